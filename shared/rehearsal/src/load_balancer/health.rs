//! Target health: what the answers to health checks make of a target, as states and words of the `ELBv2` API.
//!
//! Values only: who is asked when is in [`checker`](super::checker), and who is registered in
//! [`target_group`](super::target_group). Sources: Elastic Load Balancing user guide, "Health checks for target groups"; API
//! reference, `TargetHealth`.

use std::time::{Duration, Instant};

/// How the targets of a group are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// The path that is asked by `GET`.
    pub path: String,
    /// Which statuses are healthy.
    pub matcher: Matcher,
    /// From one check of a target to the next.
    pub interval: Duration,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// So many checks in a row make an unhealthy target healthy.
    pub healthy_threshold: u32,
    /// So many failed checks in a row make a target unhealthy.
    pub unhealthy_threshold: u32,
    /// How long a target that was deregistered is shown as draining.
    pub deregistration_delay: Duration,
}

/// The statuses that pass a health check: the lowest and the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matcher(pub u16, pub u16);

impl Matcher {
    fn takes(self, status: u16) -> bool {
        (self.0..=self.1).contains(&status)
    }
}

impl std::fmt::Display for Matcher {
    /// As in `Matcher.HttpCode`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self(lowest, highest) if lowest == highest => write!(f, "{lowest}"),
            Self(lowest, highest) => write!(f, "{lowest}-{highest}"),
        }
    }
}

/// What became of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    Answered(u16),
    TimedOut,
    /// No connection, or no HTTP.
    Failed,
}

/// What a target is, in the API's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetHealth {
    /// `initial`, `healthy`, `unhealthy`, `unused` or `draining`.
    pub state: &'static str,
    /// For example `Target.Timeout`; none when healthy.
    pub reason: Option<&'static str>,
    /// A sentence; none when healthy.
    pub description: Option<String>,
}

/// One target's health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Health {
    condition: Condition,
    passed: u32,
    failed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Unused,
    Registering,
    Checking,
    Healthy,
    Unhealthy(Checked),
    Draining(Instant),
}

impl Health {
    /// A target that was registered a moment ago.
    pub(super) fn new() -> Self {
        Self { condition: Condition::Registering, passed: 0, failed: 0 }
    }

    /// No listener's action names the group: nothing is checked.
    pub(super) fn unused(&mut self) {
        if !self.is_draining() {
            *self = Self { condition: Condition::Unused, passed: 0, failed: 0 };
        }
    }

    /// A listener's action names the group: what was unused begins anew.
    pub(super) fn used(&mut self) {
        if self.condition == Condition::Unused {
            *self = Self::new();
        }
    }

    /// A check begins.
    pub(super) fn asked(&mut self) {
        if self.condition == Condition::Registering {
            self.condition = Condition::Checking;
        }
    }

    /// A check is over. The first that is passed makes a new target healthy, whatever the threshold.
    pub(super) fn checked(&mut self, check: &HealthCheck, outcome: Checked) {
        if matches!(self.condition, Condition::Unused | Condition::Draining(_)) {
            return;
        }
        if matches!(outcome, Checked::Answered(status) if check.matcher.takes(status)) {
            (self.passed, self.failed) = (self.passed.saturating_add(1), 0);
            let is_enough =
                !matches!(self.condition, Condition::Unhealthy(_)) || self.passed >= check.healthy_threshold;
            if is_enough {
                self.condition = Condition::Healthy;
            }
        } else {
            (self.passed, self.failed) = (0, self.failed.saturating_add(1));
            if self.failed >= check.unhealthy_threshold {
                self.condition = Condition::Unhealthy(outcome);
            }
        }
    }

    /// It is deregistered, and shown until `until`.
    pub(super) fn drain(&mut self, until: Instant) {
        self.condition = Condition::Draining(until);
    }

    /// Whether it was deregistered and is not shown any more.
    pub(super) fn is_gone(&self, now: Instant) -> bool {
        matches!(self.condition, Condition::Draining(until) if until <= now)
    }

    pub(super) fn is_draining(&self) -> bool {
        matches!(self.condition, Condition::Draining(_))
    }

    pub(super) fn is_healthy(&self) -> bool {
        self.condition == Condition::Healthy
    }

    pub(super) fn is_unhealthy(&self) -> bool {
        matches!(self.condition, Condition::Unhealthy(_))
    }

    /// In the API's words.
    pub(super) fn shown(&self) -> TargetHealth {
        let (state, reason, description) = match self.condition {
            Condition::Healthy => return TargetHealth { state: "healthy", reason: None, description: None },
            Condition::Unused => (
                "unused",
                "Target.NotInUse",
                "Target group is not configured to receive traffic from the load balancer".to_owned(),
            ),
            Condition::Registering => {
                ("initial", "Elb.RegistrationInProgress", "Target registration is in progress".to_owned())
            }
            Condition::Checking => {
                ("initial", "Elb.InitialHealthChecking", "Initial health checks in progress".to_owned())
            }
            Condition::Unhealthy(Checked::Answered(status)) => (
                "unhealthy",
                "Target.ResponseCodeMismatch",
                format!("Health checks failed with these codes: [{status}]"),
            ),
            Condition::Unhealthy(Checked::TimedOut) => ("unhealthy", "Target.Timeout", "Request timed out".to_owned()),
            Condition::Unhealthy(Checked::Failed) => {
                ("unhealthy", "Target.FailedHealthChecks", "Health checks failed".to_owned())
            }
            Condition::Draining(_) => {
                ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress".to_owned())
            }
        };
        TargetHealth { state, reason: Some(reason), description: Some(description) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: Checked = Checked::Answered(200);
    const BAD: Checked = Checked::Answered(500);

    fn check() -> HealthCheck {
        HealthCheck {
            path: "/health".to_owned(),
            matcher: Matcher(200, 299),
            interval: Duration::from_millis(50),
            timeout: Duration::from_millis(500),
            healthy_threshold: 2,
            unhealthy_threshold: 2,
            deregistration_delay: Duration::from_secs(1),
        }
    }

    /// The state after each step: `+`, `-`, `t`, `f` are checks passed, failed, timed out, not connected; `u` and `n`
    /// are not used and used again, `d` is deregistered.
    fn states(steps: &str) -> String {
        let mut health = Health::new();
        let mut seen = vec![health.shown().state];
        for step in steps.chars() {
            match step {
                '+' => health.checked(&check(), OK),
                '-' => health.checked(&check(), BAD),
                't' => health.checked(&check(), Checked::TimedOut),
                'f' => health.checked(&check(), Checked::Failed),
                'u' => health.unused(),
                'n' => health.used(),
                _ => health.drain(Instant::now()),
            }
            seen.push(health.shown().state);
        }
        seen.join(" ")
    }

    #[test]
    fn a_target_goes_from_state_to_state_as_its_checks_go() {
        let cases = [
            ("the first passed check is enough for a new target", "+", "initial healthy"),
            ("one failed check makes a new target nothing yet", "-+", "initial initial healthy"),
            ("two failed checks make it unhealthy", "--", "initial initial unhealthy"),
            ("a healthy one stays so for one failure", "+-+-+", "initial healthy healthy healthy healthy healthy"),
            ("of any kind, two in a row do", "+tf", "initial healthy healthy unhealthy"),
            ("an unhealthy one needs two", "--+-++", "initial initial unhealthy unhealthy unhealthy unhealthy healthy"),
            ("what is not used is not checked", "+u+--", "initial healthy unused unused unused unused"),
            ("and begins anew when it is", "+un+", "initial healthy unused initial healthy"),
            ("being used changes nothing for the others", "+n", "initial healthy healthy"),
            (
                "what drains does so to its end",
                "+d-u+n",
                "initial healthy draining draining draining draining draining",
            ),
        ];
        for (case, steps, expected) in cases {
            assert_eq!(states(steps), expected, "{case}");
        }
    }

    #[test]
    fn states_say_why() {
        let after = |outcome: Checked| {
            let mut health = Health::new();
            health.checked(&check(), outcome);
            health.checked(&check(), outcome);
            let shown = health.shown();
            (shown.reason.unwrap_or_default(), shown.description.unwrap_or_default())
        };
        assert_eq!(after(BAD), ("Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]".into()));
        assert_eq!(after(Checked::TimedOut).0, "Target.Timeout");
        assert_eq!(after(Checked::Failed).0, "Target.FailedHealthChecks");
        assert_eq!(after(OK), ("", String::new()));
        let mut health = Health::new();
        assert_eq!(health.shown().reason, Some("Elb.RegistrationInProgress"));
        health.asked();
        assert_eq!(health.shown().reason, Some("Elb.InitialHealthChecking"));
        health.unused();
        assert_eq!(health.shown().reason, Some("Target.NotInUse"));
    }

    #[test]
    fn a_range_is_written_as_the_api_writes_it() {
        assert_eq!((Matcher(200, 200).to_string(), Matcher(200, 499).to_string()), ("200".into(), "200-499".into()));
        assert!(Matcher(200, 499).takes(499) && !Matcher(200, 499).takes(500) && !Matcher(200, 499).takes(199));
    }

    #[test]
    fn a_draining_target_is_gone_in_time() {
        let now = Instant::now();
        let mut health = Health::new();
        assert!(!health.is_gone(now));
        health.drain(now + Duration::from_secs(1));
        assert!(!health.is_gone(now) && health.is_gone(now + Duration::from_secs(1)));
    }
}

//! What can go wrong in a rehearsal, by the names that a person types.
//!
//! A fault is a name, a sentence and what is expected of it. What it does is done where it happens: in green's
//! behaviour, on a listener, in CodeDeploy's API, in Lambda.

use std::fmt;
use std::str::FromStr;

use greenlight_suite::diagnostics::did_you_mean;
use serde::{Serialize, Serializer};

/// Something that goes wrong in a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Green answers 500 to everything but its health check.
    Status500,
    /// Green is healthy, and another version than the one that is deployed.
    WrongVersion,
    /// Green answers later than anyone waits, from its first test traffic on.
    Slow,
    /// Green takes connections and never answers, from its first test traffic on.
    Hang,
    /// Green refuses connections, from its first test traffic on.
    Refuse,
    /// One of green's tasks stops right after the installation.
    NotSteady,
    /// Green has one task less than blue.
    FewerTasks,
    /// One of green's tasks answers 500 to everything, from the end of the installation on.
    OneBadTask,
    /// Green's health checks fail from the end of the installation on, and the rest answers.
    UnhealthyTargets,
    /// Blue keeps answering on the test listener for a while.
    LateSwitch,
    /// Half of the test listener's nodes serve green at once, the others follow after a while.
    NodeByNode,
    /// DescribeListeners shows green, and every node keeps serving blue.
    NeverSwitch,
    /// The test listener's action itself stays on blue.
    BlueOnTestListener,
    /// Green answers 503 for a while after it got test traffic.
    NotReady,
    /// CodeDeploy throttles the first status calls of every hook.
    Throttle,
    /// Every second call to AWS is throttled, whatever it is.
    ThrottleHalf,
    /// Every read of AWS is denied; the status call is not.
    AccessDenied,
    /// Every function is killed once, just after it got its event.
    Kill,
    /// Every function is killed whenever it got its event; only the last resort lives.
    KillAlways,
    /// The suite cannot be parsed.
    SuiteBroken,
    /// Lambda delivers every event twice.
    Twice,
}

/// How a deployment is expected to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Green serves production.
    Succeeded,
    /// Blue serves production.
    RolledBack,
}

impl Fault {
    /// In the order of the help text: a broken green, a platform that is slow or wrong, broken functions.
    pub const ALL: [Self; 21] = [
        Self::Status500,
        Self::WrongVersion,
        Self::Slow,
        Self::Hang,
        Self::Refuse,
        Self::NotSteady,
        Self::FewerTasks,
        Self::OneBadTask,
        Self::UnhealthyTargets,
        Self::LateSwitch,
        Self::NodeByNode,
        Self::NeverSwitch,
        Self::BlueOnTestListener,
        Self::NotReady,
        Self::Throttle,
        Self::ThrottleHalf,
        Self::AccessDenied,
        Self::Kill,
        Self::KillAlways,
        Self::SuiteBroken,
        Self::Twice,
    ];

    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Status500 => "status-500",
            Self::WrongVersion => "wrong-version",
            Self::Slow => "slow",
            Self::Hang => "hang",
            Self::Refuse => "refuse",
            Self::NotSteady => "not-steady",
            Self::FewerTasks => "fewer-tasks",
            Self::OneBadTask => "one-bad-task",
            Self::UnhealthyTargets => "unhealthy-targets",
            Self::LateSwitch => "late-switch",
            Self::NodeByNode => "node-by-node",
            Self::NeverSwitch => "never-switch",
            Self::BlueOnTestListener => "blue-on-test-listener",
            Self::NotReady => "not-ready",
            Self::Throttle => "throttle",
            Self::ThrottleHalf => "throttle-half",
            Self::AccessDenied => "access-denied",
            Self::Kill => "kill",
            Self::KillAlways => "kill-always",
            Self::SuiteBroken => "suite-broken",
            Self::Twice => "twice",
        }
    }

    /// What it does, in one sentence for a help text.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Status500 => "green answers 500 to everything but its health check",
            Self::WrongVersion => "green is healthy, and another version than the one that is deployed",
            Self::Slow => "green answers later than anyone waits, from its first test traffic on",
            Self::Hang => "green takes connections and never answers, from its first test traffic on",
            Self::Refuse => "green refuses connections, from its first test traffic on",
            Self::NotSteady => "one of green's tasks stops right after the installation",
            Self::FewerTasks => "green has one task less than blue",
            Self::OneBadTask => "one of green's tasks answers 500 to everything once it is installed",
            Self::UnhealthyTargets => "green's health checks fail with 503 once it is installed",
            Self::LateSwitch => "blue keeps answering on the test listener for a while",
            Self::NodeByNode => "blue and green answer in turns on the test listener for a while",
            Self::NeverSwitch => "DescribeListeners shows green, and every node keeps serving blue",
            Self::BlueOnTestListener => "the test listener's action stays on blue",
            Self::NotReady => "green answers 503 for a while after it got test traffic",
            Self::Throttle => "CodeDeploy throttles the first status calls of every hook",
            Self::ThrottleHalf => "AWS throttles every second call, whatever it is",
            Self::AccessDenied => "the functions' role allows no read of AWS",
            Self::Kill => "every function is killed once, just after it got its event",
            Self::KillAlways => "every function is killed whenever it got its event; only the last resort lives",
            Self::SuiteBroken => "the suite cannot be parsed",
            Self::Twice => "Lambda delivers every event twice",
        }
    }

    /// How a deployment of a good green with this fault should end: a platform that is slow is waited for, and a
    /// broken green is rolled back. Of several faults the worst decides.
    #[must_use]
    pub fn ending(self) -> Ending {
        match self {
            Self::LateSwitch
            | Self::NodeByNode
            | Self::NotReady
            | Self::Throttle
            | Self::ThrottleHalf
            | Self::Kill
            | Self::Twice => Ending::Succeeded,
            Self::Status500
            | Self::WrongVersion
            | Self::Slow
            | Self::Hang
            | Self::Refuse
            | Self::NotSteady
            | Self::KillAlways
            | Self::SuiteBroken
            | Self::NeverSwitch
            | Self::BlueOnTestListener
            | Self::OneBadTask
            | Self::UnhealthyTargets
            | Self::FewerTasks
            | Self::AccessDenied => Ending::RolledBack,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A name that is not one of [`Fault::ALL`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFault {
    /// As it was typed.
    pub name: String,
}

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Fault::ALL.into_iter().map(Fault::name).collect();
        write!(f, "`{}` is not a fault; ", self.name)?;
        if let Some(meant) = did_you_mean(&self.name, names.iter().copied()) {
            return write!(f, "did you mean `{meant}`?");
        }
        write!(f, "there are {}", names.join(", "))
    }
}

impl std::error::Error for UnknownFault {}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|fault| fault.name() == text).ok_or_else(|| UnknownFault { name: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_by_its_name() {
        for fault in Fault::ALL {
            assert_eq!(fault.name().parse(), Ok(fault));
            assert_eq!(fault.to_string(), fault.name());
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_answered_with_what_was_meant() {
        let cases = [
            ("status500", "`status500` is not a fault; did you mean `status-500`?"),
            ("kil", "`kil` is not a fault; did you mean `kill`?"),
            (
                "explode",
                "`explode` is not a fault; there are status-500, wrong-version, slow, hang, refuse, not-steady, \
                 fewer-tasks, one-bad-task, unhealthy-targets, late-switch, node-by-node, never-switch, \
                 blue-on-test-listener, not-ready, throttle, throttle-half, access-denied, kill, kill-always, \
                 suite-broken, twice",
            ),
        ];
        for (typed, expected) in cases {
            assert_eq!(typed.parse::<Fault>().unwrap_err().to_string(), expected);
        }
    }
}

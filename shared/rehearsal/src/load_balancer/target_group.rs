//! The groups that targets are registered in.
//!
//! A group is a list that can change while requests are running, and knows which of its targets take requests. Which
//! group a request goes to is decided in [`Forward`](super::Forward), what health is in [`health`](super::health).

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::Target;
use super::health::{Checked, Health, HealthCheck, TargetHealth};

/// A named list of targets, taken in turn. Clones are the same group: what is registered through one is seen by all.
///
/// Without a [`HealthCheck`] every registered target takes requests. With one, a target does from its first passed
/// check on; while every target is unhealthy all of them do, as the real one fails open.
/// Source: Elastic Load Balancing user guide, "Health checks for target groups".
#[derive(Clone)]
pub struct TargetGroup {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    arn: String,
    check: Option<HealthCheck>,
    members: Mutex<Members>,
}

#[derive(Default)]
struct Members {
    list: Vec<Member>,
    next: usize,
}

struct Member {
    target: Target,
    health: Health,
    next_check: Instant,
    /// True while an answer is waited for.
    is_asked: bool,
}

impl TargetGroup {
    /// An empty group without a health check, with an ARN made up from its name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let suffix = RandomState::new().hash_one(name);
        let arn = format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}/{suffix:016x}");
        Self::with_arn(name, &arn, None)
    }

    /// An empty group with an ARN that the caller has chosen. Its targets are checked once it is given to
    /// [`LoadBalancer::check`](super::LoadBalancer::check).
    #[must_use]
    pub fn with_arn(name: &str, arn: &str, check: Option<HealthCheck>) -> Self {
        let shared = Shared { name: name.to_owned(), arn: arn.to_owned(), check, members: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// The name, as in `DescribeTargetGroups`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// The identity of the group, as the `ELBv2` API gives it.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.shared.arn
    }

    /// How its targets are checked, if they are.
    #[must_use]
    pub fn health_check(&self) -> Option<&HealthCheck> {
        self.shared.check.as_ref()
    }

    /// Lets requests go to `target` from now on, or from its first passed check on. A target that is registered already
    /// stays once in the list.
    pub fn register(&self, target: impl Into<Target>) {
        let target = target.into();
        let mut members = self.members();
        members.list.retain(|member| member.target != target || !member.health.is_draining());
        if !members.list.iter().any(|member| member.target == target) {
            let next_check = Instant::now();
            members.list.push(Member { target, health: Health::new(), next_check, is_asked: false });
        }
    }

    /// Sends no further requests to `target`; those under way are finished. False when it was not registered.
    pub fn deregister(&self, target: &Target) -> bool {
        let mut members = self.members();
        let Some(place) =
            members.list.iter().position(|member| member.target == *target && !member.health.is_draining())
        else {
            return false;
        };
        match &self.shared.check {
            Some(check) => members.list[place].health.drain(Instant::now() + check.deregistration_delay),
            None => drop(members.list.remove(place)),
        }
        true
    }

    /// The registered targets, in the order of their registration.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        self.members().registered().map(|member| member.target.clone()).collect()
    }

    /// What `DescribeTargetHealth` says: every registered target and those that are still draining.
    #[must_use]
    pub fn health(&self) -> Vec<(Target, TargetHealth)> {
        let now = Instant::now();
        let mut members = self.members();
        members.list.retain(|member| !member.health.is_gone(now));
        members.list.iter().map(|member| (member.target.clone(), member.health.shown())).collect()
    }

    /// The target whose turn it is, if there is any that takes requests.
    pub(super) fn next_target(&self) -> Option<Target> {
        let mut members = self.members();
        let is_any_healthy = members.registered().any(|member| member.health.is_healthy());
        let fails_open = members.registered().all(|member| member.health.is_unhealthy());
        let takes = |member: &Member| {
            self.shared.check.is_none() || fails_open || (is_any_healthy && member.health.is_healthy())
        };
        let taking: Vec<_> = members.registered().filter(|member| takes(member)).map(|member| &member.target).collect();
        let index = members.next.checked_rem(taking.len())?;
        let target = taking.get(index).copied().cloned();
        members.next = index + 1;
        target
    }

    /// The targets that are to be checked now; each is expected to be answered by [`Self::checked`].
    pub(super) fn due(&self, is_used: bool, now: Instant) -> Vec<Target> {
        let Some(check) = &self.shared.check else { return Vec::new() };
        let mut members = self.members();
        members.list.retain(|member| !member.health.is_gone(now));
        let mut due = Vec::new();
        for member in members.list.iter_mut().filter(|member| !member.health.is_draining()) {
            if !is_used {
                member.health.unused();
                continue;
            }
            member.health.used();
            if !member.is_asked && member.next_check <= now {
                member.health.asked();
                (member.is_asked, member.next_check) = (true, now + check.interval);
                due.push(member.target.clone());
            }
        }
        due
    }

    /// What became of a check.
    pub(super) fn checked(&self, target: &Target, outcome: Checked) {
        let Some(check) = &self.shared.check else { return };
        let mut members = self.members();
        if let Some(member) = members.list.iter_mut().find(|member| member.target == *target) {
            member.is_asked = false;
            member.health.checked(check, outcome);
        }
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        // Nothing panics while holding the lock, and a list of targets is whole after every statement.
        self.shared.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    fn registered(&self) -> impl Iterator<Item = &Member> {
        self.list.iter().filter(|member| !member.health.is_draining())
    }
}

impl PartialEq for TargetGroup {
    fn eq(&self, other: &Self) -> bool {
        self.arn() == other.arn()
    }
}

impl Eq for TargetGroup {}

impl fmt::Debug for TargetGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TargetGroup").field("name", &self.name()).field("targets", &self.targets()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::super::health::Matcher;
    use super::*;

    #[test]
    fn targets_take_turns_and_can_leave() {
        let group = TargetGroup::new("orders-blue");
        assert_eq!(group.next_target(), None);
        let one: Target = "http://127.0.0.1:1".parse().unwrap();
        let two: Target = "http://127.0.0.1:2".parse().unwrap();
        group.register(one.clone());
        group.register(two.clone());
        group.register(one.clone());
        let turns: Vec<_> = std::iter::repeat_with(|| group.next_target().unwrap()).take(4).collect();
        assert_eq!(turns, [one.clone(), two.clone(), one.clone(), two.clone()]);
        assert!(group.clone().deregister(&one));
        assert!(!group.deregister(&one));
        assert_eq!(group.next_target(), Some(two));
    }
    #[test]
    fn requests_go_to_the_healthy_or_to_all_when_none_is() {
        let check = HealthCheck {
            path: "/health".to_owned(),
            matcher: Matcher(200, 200),
            interval: Duration::ZERO,
            timeout: Duration::from_secs(1),
            healthy_threshold: 1,
            unhealthy_threshold: 1,
            deregistration_delay: Duration::from_hours(1),
        };
        let group = TargetGroup::with_arn("orders-green", "arn", Some(check));
        let targets: [Target; 2] = ["http://127.0.0.1:1".parse().unwrap(), "http://127.0.0.1:2".parse().unwrap()];
        let turns = || {
            [group.next_target(), group.next_target(), group.next_target()]
                .map(|next| next.map(|target| target.address()))
        };
        let states = || group.health().into_iter().map(|(_, health)| health.state).collect::<Vec<_>>();
        let at = |address: &str| Some(format!("127.0.0.1:{address}"));
        let (good, bad) = (Checked::Answered(200), Checked::Answered(503));

        assert_eq!(turns(), [None, None, None], "nothing is registered");
        for target in &targets {
            group.register(target.clone());
        }
        assert_eq!(turns(), [None, None, None], "nothing is checked yet");
        assert!(group.due(false, Instant::now()).is_empty());
        assert_eq!(states(), ["unused"; 2]);
        assert_eq!(group.due(true, Instant::now()), targets);
        assert!(group.due(true, Instant::now()).is_empty(), "an answer is waited for");
        group.checked(&targets[1], good);
        assert_eq!(turns(), [at("2"), at("2"), at("2")]);
        group.checked(&targets[0], bad);
        assert_eq!(states(), ["unhealthy", "healthy"]);
        assert_eq!(turns(), [at("2"), at("2"), at("2")]);
        group.checked(&targets[1], bad);
        assert_eq!(turns().into_iter().collect::<BTreeSet<_>>(), [at("1"), at("2")].into(), "it fails open");
        assert!(group.deregister(&targets[1]) && !group.deregister(&targets[1]));
        assert_eq!(states(), ["unhealthy", "draining"]);
        assert_eq!(turns(), [at("1"), at("1"), at("1")]);
        assert_eq!(group.targets(), targets[..1]);
        group.register(targets[1].clone());
        assert_eq!(states(), ["unhealthy", "initial"], "registered again, it begins anew");
        assert_eq!(turns(), [None, None, None], "it does not fail open while one is not checked yet");
    }
}

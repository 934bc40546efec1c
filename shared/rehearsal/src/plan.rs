//! What the faults and settings make of this rehearsal: how green is broken and when, and which settings mean nothing.
//!
//! Decided before anything is started; what is decided here is done by the stage and the player.

use std::time::Duration;

use greenlight_suite::diagnostics::did_you_mean;

use crate::application::Behaviour;
use crate::aws::{ACTIONS, Misbehaviour, Refusal};
use crate::error::RehearsalError;
use crate::fault::Fault;
use crate::settings::{Settings, Shift};

/// Later than anyone waits: longer than the default time limit of a request.
const SLOW: Duration = Duration::from_secs(15);
/// What a wrong green says it is.
const WRONG_VERSION: &str = "0ddba11";
/// Status calls of a hook that are throttled.
const THROTTLED_CALLS: u32 = 3;
/// The one action that is not a read.
const PUT_STATUS: &str = "codedeploy:PutLifecycleEventHookExecutionStatus";

/// How green is broken.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Green {
    /// What its tasks do from their start on.
    pub(crate) behaviour: Behaviour,
    /// What they do once they get test traffic, when that is something else.
    pub(crate) with_test_traffic: Option<Behaviour>,
    /// How many there are.
    pub(crate) tasks: u32,
}

impl Green {
    /// # Errors
    ///
    /// Faults that cannot happen together, or here.
    pub(crate) fn of(settings: &Settings, late: Duration) -> Result<Self, RehearsalError> {
        let faults = |why: String| RehearsalError::Faults { why };
        let breaking: Vec<_> = settings.faults.iter().copied().filter(|fault| breaks_green(*fault)).collect();
        match breaking[..] {
            [fault, ..] if settings.green.is_some() => {
                return Err(faults(format!(
                    "`{fault}` breaks the built-in green, and green is a server of your own here"
                )));
            }
            [one, other, ..] => {
                return Err(faults(format!(
                    "`{one}` and `{other}` both break green, which can be broken in one way at a time"
                )));
            }
            _ => {}
        }
        let switching: Vec<_> = settings.faults.iter().filter(|fault| turns_the_test_listener(**fault)).collect();
        if let [one, other, ..] = switching[..] {
            return Err(faults(format!("`{one}` and `{other}` both say how the test listener follows")));
        }
        let is = |fault| settings.faults.contains(&fault);
        if is(Fault::SuiteBroken) && settings.no_suite {
            return Err(faults(format!("`{}` breaks the suite, and there is none here", Fault::SuiteBroken)));
        }
        let fewer = u32::from(is(Fault::FewerTasks));
        if fewer == settings.tasks.get() {
            return Err(faults(format!("`{}` needs a blue with at least two tasks", Fault::FewerTasks)));
        }
        let (behaviour, with_test_traffic) = match breaking.first() {
            Some(Fault::Status500) => (Behaviour::Status(500), None),
            Some(Fault::WrongVersion) => (Behaviour::WrongVersion(WRONG_VERSION.to_owned()), None),
            Some(Fault::Slow) => (Behaviour::Healthy, Some(Behaviour::Slow(SLOW))),
            Some(Fault::Hang) => (Behaviour::Healthy, Some(Behaviour::Hang)),
            Some(Fault::Refuse) => (Behaviour::Healthy, Some(Behaviour::Refuse)),
            Some(Fault::NotReady) => (Behaviour::Healthy, Some(Behaviour::NotReadyFor(late))),
            _ => (Behaviour::Healthy, None),
        };
        Ok(Self { behaviour, with_test_traffic, tasks: settings.tasks.get() - fewer })
    }
}

fn breaks_green(fault: Fault) -> bool {
    use Fault::{Hang, NotReady, NotSteady, OneBadTask, Refuse, Slow, Status500, UnhealthyTargets, WrongVersion};
    matches!(
        fault,
        Status500 | WrongVersion | Slow | Hang | Refuse | NotReady | NotSteady | OneBadTask | UnhealthyTargets
    )
}

fn turns_the_test_listener(fault: Fault) -> bool {
    matches!(fault, Fault::LateSwitch | Fault::NodeByNode | Fault::NeverSwitch | Fault::BlueOnTestListener)
}

/// How the AWS API misbehaves, by settings and faults together.
///
/// # Errors
///
/// An action that nobody asks for.
pub(crate) fn misbehaviour(settings: &Settings) -> Result<Misbehaviour, RehearsalError> {
    let mut misbehaviour = settings.aws.clone();
    for action in &settings.denied {
        if !ACTIONS.contains(&action.as_str()) {
            let meant = match did_you_mean(action, ACTIONS) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("there are {}", ACTIONS.join(", ")),
            };
            return Err(RehearsalError::Settings { why: format!("`{action}` is no action that is played; {meant}") });
        }
        misbehaviour.refusals.push(Refusal::denied(action));
    }
    if settings.faults.contains(&Fault::AccessDenied) {
        let reads = ACTIONS.into_iter().filter(|action| *action != PUT_STATUS);
        misbehaviour.refusals.extend(reads.map(Refusal::denied));
    }
    if settings.faults.contains(&Fault::Throttle) {
        misbehaviour.throttle_status_calls += THROTTLED_CALLS;
    }
    misbehaviour.throttle_every_second |= settings.faults.contains(&Fault::ThrottleHalf);
    Ok(misbehaviour)
}

/// Looks at numbers that have a range, and at addresses that belong together.
///
/// # Errors
///
/// One that is out of its range.
pub(crate) fn check(settings: &Settings) -> Result<(), RehearsalError> {
    let wrong = |why: String| Err(RehearsalError::Settings { why });
    if !(1..=Settings::MAX_NODES).contains(&settings.nodes) {
        return wrong(format!("a load balancer has 1 to {} nodes here, not {}", Settings::MAX_NODES, settings.nodes));
    }
    if let Shift::Canary { percent } = settings.shift
        && !(1..100).contains(&percent)
    {
        return wrong(format!("a canary takes 1 to 99 percent of production, not {percent}"));
    }
    if settings.page_size == Some(0) {
        return wrong("a page has at least one item".to_owned());
    }
    if settings.production.ip() != settings.test.ip() {
        return wrong(format!(
            "both listeners are of one load balancer, which has one address: {} and {} are two",
            settings.production.ip(),
            settings.test.ip()
        ));
    }
    for (place, _) in &settings.objects {
        let key = place.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        if key.is_none_or(|(bucket, key)| bucket.is_empty() || key.is_empty()) {
            return wrong(format!("`{place}` is no place of an object, expected `s3://bucket/key`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::FunctionSource;

    fn settings() -> Settings {
        Settings::new(FunctionSource::Directory("/nowhere".into()))
    }

    fn refused(settings: &Settings) -> String {
        let green = Green::of(settings, Duration::ZERO).map(drop);
        green.and(misbehaviour(settings).map(drop)).and(check(settings)).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_played_is_said() {
        let faults = |faults: &[Fault]| Settings { faults: faults.to_vec(), ..settings() };
        let green = Some("http://127.0.0.1:1".to_owned());
        let cases = [
            (
                faults(&[Fault::Hang, Fault::OneBadTask]),
                "`hang` and `one-bad-task` both break green, which can be broken in one way at a time",
            ),
            (
                faults(&[Fault::LateSwitch, Fault::NeverSwitch]),
                "`late-switch` and `never-switch` both say how the test listener follows",
            ),
            (
                Settings { green, ..faults(&[Fault::UnhealthyTargets]) },
                "`unhealthy-targets` breaks the built-in green, and green is a server of your own here",
            ),
            (
                Settings { no_suite: true, ..faults(&[Fault::SuiteBroken]) },
                "`suite-broken` breaks the suite, and there is none here",
            ),
            (
                Settings { tasks: std::num::NonZeroU32::MIN, ..faults(&[Fault::FewerTasks]) },
                "`fewer-tasks` needs a blue with at least two tasks",
            ),
            (
                Settings { denied: vec!["ecs:DescribeService".to_owned()], ..settings() },
                "`ecs:DescribeService` is no action that is played; did you mean `ecs:DescribeServices`?",
            ),
            (Settings { nodes: 5, ..settings() }, "a load balancer has 1 to 4 nodes here, not 5"),
            (
                Settings { shift: Shift::Canary { percent: 100 }, ..settings() },
                "a canary takes 1 to 99 percent of production, not 100",
            ),
            (Settings { page_size: Some(0), ..settings() }, "a page has at least one item"),
            (
                Settings { objects: vec![("s3://bucket".to_owned(), Vec::new())], ..settings() },
                "`s3://bucket` is no place of an object, expected `s3://bucket/key`",
            ),
            (
                Settings { test: "127.0.0.2:0".parse().unwrap(), ..settings() },
                "both listeners are of one load balancer, which has one address: 127.0.0.1 and 127.0.0.2 are two",
            ),
        ];
        for (settings, expected) in cases {
            assert_eq!(refused(&settings), expected);
        }
        assert!(refused(&Settings { denied: vec!["?".to_owned()], ..settings() }).contains("s3:GetObject"));
    }

    #[test]
    fn green_is_broken_from_the_start_or_with_its_first_traffic() {
        let of = |fault| Green::of(&Settings { faults: vec![fault], ..settings() }, SLOW).unwrap();
        assert_eq!(
            (of(Fault::Status500).behaviour, of(Fault::Status500).with_test_traffic),
            (Behaviour::Status(500), None)
        );
        assert_eq!(
            (of(Fault::Hang).behaviour, of(Fault::Hang).with_test_traffic),
            (Behaviour::Healthy, Some(Behaviour::Hang))
        );
        assert_eq!((of(Fault::FewerTasks).tasks, of(Fault::Hang).tasks), (3, 4));
    }

    #[test]
    fn without_access_everything_is_denied_but_the_verdict() {
        let denied = misbehaviour(&Settings { faults: vec![Fault::AccessDenied], ..settings() }).unwrap().refusals;
        assert_eq!(denied.len(), ACTIONS.len() - 1);
        assert!(denied.iter().all(|refusal| refusal.action != PUT_STATUS && refusal.code == "AccessDenied"));
    }
}

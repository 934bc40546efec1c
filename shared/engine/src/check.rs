//! One check: its steps in order until one fails, then `finally`, whatever happened.

use std::time::Duration;

use greenlight_suite::{Check, Step};
use tokio::time::Instant;

use crate::attempt::Cause;
use crate::deadline::Deadline;
use crate::duration::duration;
use crate::outcome::Outcome;
use crate::record::{CheckRecord, Failure, FailureKind, StepRecord};
use crate::scope::Captures;
use crate::session::Session;
use crate::step::{Stepped, Until};

/// The most time that is kept back for `finally`; less when less than five times as much is left at all.
const FINALLY: Duration = Duration::from_secs(5);

impl Session {
    /// Runs one check.
    pub(crate) async fn check(&self, check: &Check, deadline: Deadline) -> CheckRecord {
        let started = Instant::now();
        let mut captures = Captures::new();
        let mut record = CheckRecord::begun(check);
        let until = Until {
            within: check.within.map(|within| Deadline::after(within).instant()),
            deadline: if check.finally.is_empty() { deadline } else { before_finally(deadline) },
        };
        for step in &check.steps {
            if let Some(cause) = until.over_in(Duration::ZERO) {
                let step = self.begun(step);
                let problem = not_begun(&step.request, check, cause);
                record.outcome = problem.kind.outcome();
                record.reason = Some(problem.sentence());
                record.steps.push(StepRecord { outcome: record.outcome, problem: Some(problem), ..step });
                break;
            }
            let Stepped { record: mut stepped, mut wrong } = self.step(step, &mut captures, until).await;
            record.outcome = stepped.outcome;
            if let (Outcome::Fail, Some(failed)) = (stepped.outcome, stepped.attempts.last())
                && let Some((beside, words)) = self.ask_beside(step, &captures, failed, until.deadline).await
            {
                stepped.beside = Some(beside);
                wrong = format!("{wrong}; {words}");
            }
            record.steps.push(stepped);
            if record.outcome != Outcome::Pass {
                record.reason = Some(wrong);
                break;
            }
        }
        let failed = record.outcome != Outcome::Pass;
        for step in &check.finally {
            let Stepped { record: tidied, wrong } = self.tidy_up(step, &mut captures, deadline, failed).await;
            if !matches!(tidied.outcome, Outcome::Pass | Outcome::Skipped) {
                record.outcome = record.outcome.max(tidied.outcome);
                let added = format!("`finally`: {wrong}");
                record.reason = Some(match record.reason.take() {
                    Some(reason) => format!("{reason}; {added}"),
                    None => added,
                });
            }
            record.finally.push(tidied);
        }
        record.duration = started.elapsed();
        record
    }

    /// A `finally` step. After a failure, one that lacks a capture has nothing to tidy up and is skipped.
    async fn tidy_up(&self, step: &Step, captures: &mut Captures, deadline: Deadline, failed: bool) -> Stepped {
        if deadline.has_passed() {
            let record = self.begun(step);
            let problem = over("before this step");
            let wrong = format!("{}: {}", record.request, problem.sentence());
            return Stepped { record: StepRecord { problem: Some(problem), ..record }, wrong };
        }
        let mut stepped = self.step(step, captures, Until { within: None, deadline }).await;
        let record = &mut stepped.record;
        let lacks_value = record.problem.as_ref().is_some_and(|problem| problem.kind == FailureKind::Undefined);
        if failed && lacks_value && record.attempts.is_empty() {
            record.outcome = Outcome::Skipped;
        }
        stepped
    }
}

fn before_finally(deadline: Deadline) -> Deadline {
    let left = deadline.remaining();
    Deadline::after(left.saturating_sub(FINALLY.min(left / 5))).min(deadline)
}

/// Why a step was not begun. Too slow a green fails its check; too short a time for the whole is an error.
fn not_begun(next: &str, check: &Check, cause: Cause) -> Failure {
    match (cause, check.within) {
        (Cause::Budget | Cause::Timeout, Some(within)) => Failure {
            kind: FailureKind::Assertion,
            subject: "time".into(),
            observed: format!("over before `{next}`"),
            expected: Some(format!("the whole check within {}", duration(within))),
            remedy: None,
        },
        _ => over(&format!("before `{next}`")),
    }
}

fn over(when: &str) -> Failure {
    Failure {
        kind: FailureKind::Deadline,
        subject: "time for the whole".into(),
        observed: format!("was over {when}"),
        expected: None,
        remedy: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;

    fn check(within: Option<Duration>) -> Check {
        Check {
            name: "c".into(),
            line: 1,
            required: true,
            side_effects: false,
            direct: false,
            within,
            steps: Vec::new(),
            finally: Vec::new(),
        }
    }

    #[test]
    fn too_slow_a_green_fails_and_too_short_a_time_is_an_error() {
        let slow = not_begun("GET /", &check(Some(Duration::from_secs(10))), Cause::Budget);
        assert_eq!(slow.sentence(), "time over before `GET /`, expected the whole check within 10s");
        assert_eq!(slow.kind.outcome(), Outcome::Fail);
        let short = not_begun("GET /", &check(None), Cause::Deadline);
        assert_eq!(short.sentence(), "time for the whole was over before `GET /`");
        assert_eq!(short.kind.outcome(), Outcome::Error);
    }

    #[test]
    fn a_check_that_was_not_begun_is_skipped_and_says_why() {
        let record = CheckRecord::skipped(&check(None), "green was not ready");
        assert_eq!((record.name.as_str(), record.line, record.required), ("c", 1, true));
        assert_eq!((record.outcome, record.reason.as_deref()), (Outcome::Skipped, Some("green was not ready")));
        assert_eq!((record.attempts(), record.duration), (0, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn finally_gets_a_fifth_of_what_is_left_and_five_seconds_at_most() {
        for (left, steps) in [(10, 8), (60, 55)] {
            let steps = Duration::from_secs(steps);
            assert_eq!(before_finally(Deadline::after(Duration::from_secs(left))).remaining(), steps);
        }
    }
}

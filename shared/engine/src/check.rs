//! One check: its steps in order until one fails, then `finally`, whatever happened.

use std::time::Duration;

use greenlight_suite::{Check, Step};
use tokio::time::Instant;

use crate::attempt::Cause;
use crate::deadline::Deadline;
use crate::duration;
use crate::outcome::Outcome;
use crate::record::{AttemptRecord, CheckRecord, Failure, FailureKind, StepRecord};
use crate::request;
use crate::scope::Captures;
use crate::session::Session;
use crate::step::{Until, begun};

/// The most time that is kept back for `finally`; less when less than five times as much is left at all.
const FINALLY: Duration = Duration::from_secs(5);
/// Failures that are in a reason; the record has them all.
const IN_REASON: usize = 3;

impl Session {
    /// Runs one check.
    pub(crate) async fn check(&self, check: &Check, deadline: Deadline) -> CheckRecord {
        let started = Instant::now();
        let mut captures = Captures::new();
        let mut record = unasked(check);
        let until = Until {
            within: check.within.map(|within| Deadline::after(within).instant()),
            deadline: if check.finally.is_empty() { deadline } else { before_finally(deadline) },
        };
        record.outcome = Outcome::Pass;
        for step in &check.steps {
            if let Some(cause) = until.over_in(Duration::ZERO) {
                let problem = not_begun(step, check, cause);
                record.outcome = problem.kind.outcome();
                record.reason = Some(problem.fit_to_show(self.scope.redactor()).sentence());
                break;
            }
            let step = self.step(step, &mut captures, until).await;
            let outcome = step.outcome;
            record.steps.push(step);
            if outcome != Outcome::Pass {
                record.outcome = outcome;
                record.reason = record.steps.last().map(sentence);
                break;
            }
        }
        let failed = record.outcome != Outcome::Pass;
        for step in &check.finally {
            let tidied = self.tidy_up(step, &mut captures, deadline, failed).await;
            if !matches!(tidied.outcome, Outcome::Pass | Outcome::Skipped) {
                record.outcome = record.outcome.max(tidied.outcome);
                let added = format!("`finally`: {}", sentence(&tidied));
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
    async fn tidy_up(&self, step: &Step, captures: &mut Captures, deadline: Deadline, failed: bool) -> StepRecord {
        if deadline.has_passed() {
            let problem = Failure {
                kind: FailureKind::Deadline,
                subject: "time for the whole".into(),
                observed: "was over before this step".into(),
                expected: None,
                remedy: None,
            };
            return StepRecord { problem: Some(problem), ..begun(step) };
        }
        let mut record = self.step(step, captures, Until { within: None, deadline }).await;
        let lacks_value = record.problem.as_ref().is_some_and(|problem| problem.kind == FailureKind::Undefined);
        if failed && lacks_value && record.attempts.is_empty() {
            record.outcome = Outcome::Skipped;
        }
        record
    }
}

/// The record of a check that was not begun, for want of time.
pub(crate) fn skipped(check: &Check) -> CheckRecord {
    CheckRecord {
        outcome: Outcome::Skipped,
        reason: Some("not begun: the time for the whole was over".into()),
        ..unasked(check)
    }
}

fn unasked(check: &Check) -> CheckRecord {
    CheckRecord {
        name: check.name.clone(),
        line: check.line,
        required: check.required,
        outcome: Outcome::Error,
        reason: None,
        duration: Duration::ZERO,
        steps: Vec::new(),
        finally: Vec::new(),
    }
}

fn before_finally(deadline: Deadline) -> Deadline {
    let left = deadline.remaining();
    Deadline::after(left.saturating_sub(FINALLY.min(left / 5))).min(deadline)
}

/// Why a step was not begun. Too slow a green fails its check; too short a time for the whole is an error.
fn not_begun(step: &Step, check: &Check, cause: Cause) -> Failure {
    let next = format!("before `{}` (line {})", request::written(&step.request), step.line);
    let within = check.within.map_or_else(String::new, duration::shown);
    let (kind, observed) = match cause {
        Cause::Budget | Cause::Timeout => {
            (FailureKind::Assertion, format!("was longer than the check's `within: {within}` {next}"))
        }
        Cause::Deadline => (FailureKind::Deadline, format!("for the whole was over {next}")),
    };
    Failure { kind, subject: "time".into(), observed, expected: None, remedy: None }
}

/// What went wrong with a step: request, observed, expected, how often.
fn sentence(step: &StepRecord) -> String {
    let attempt = telling(&step.attempts);
    let request = attempt.map_or(&step.request, |attempt| &attempt.request);
    let failures: Vec<&Failure> =
        step.problem.iter().chain(attempt.into_iter().flat_map(|attempt| &attempt.failures)).collect();
    let mut said: Vec<String> = failures.iter().take(IN_REASON).map(|failure| failure.sentence()).collect();
    if failures.len() > IN_REASON {
        said.push(format!("and {} more", failures.len() - IN_REASON));
    }
    let times = match step.attempts_made() {
        0 | 1 => String::new(),
        times => format!(" ({times} attempts)"),
    };
    format!("{request}: {}{times}", said.join("; "))
}

/// The last attempt; but the one before it when the last one was cut short and says nothing but that.
fn telling(attempts: &[AttemptRecord]) -> Option<&AttemptRecord> {
    match attempts {
        [.., before, last] if last.status.is_none() && before.status.is_some() => Some(before),
        [.., last] => Some(last),
        [] => None,
    }
}

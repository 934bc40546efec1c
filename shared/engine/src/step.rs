//! One step of a check: a request, tried as often as the suite says.

use std::time::Duration;

use greenlight_suite::{Repeat, Step};
use tokio::time::{Instant, sleep};

use crate::attempt::{Cause, Limit, Question};
use crate::client::Connection;
use crate::deadline::Deadline;
use crate::outcome::Outcome;
use crate::record::{Failure, FailureKind, StepRecord};
use crate::request;
use crate::scope::{Captures, Layered};
use crate::session::Session;

/// Until when a step may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Until {
    /// The end of the check's own budget.
    pub(crate) within: Option<Instant>,
    /// The end of everything.
    pub(crate) deadline: Deadline,
}

impl Until {
    /// Which of the two is over in so much time from now; the deadline before the budget.
    pub(crate) fn over_in(self, pause: Duration) -> Option<Cause> {
        let then = Instant::now() + pause;
        if then >= self.deadline.instant() {
            Some(Cause::Deadline)
        } else {
            self.within.filter(|end| then >= *end).map(|_| Cause::Budget)
        }
    }
}

impl Session {
    /// Runs one step. What it keeps from its last answer is added to `captures`.
    pub(crate) async fn step(&self, step: &Step, captures: &mut Captures, until: Until) -> StepRecord {
        let mut record = begun(step);
        let question = Question {
            request: &step.request,
            expect: &step.expect,
            keep: step.capture.iter().map(|(name, extraction)| (name.as_str(), extraction)).collect(),
            connection: Connection::Kept,
        };
        let timeout = step.timeout.unwrap_or(self.timeout);
        let (tries, budget, pause) = match step.repeat {
            Repeat::Once => (1, None, Duration::ZERO),
            Repeat::Retry { times, every } => (u64::from(times.get()) + 1, None, every),
            Repeat::Eventually { within, every } => (u64::MAX, Some(Deadline::after(within).instant()), every),
        };
        let shared = budget.into_iter().chain(until.within).min();
        for nth in 1..=tries {
            let limit = Limit::nearest(timeout, shared, until.deadline);
            let values = Layered { scope: &self.scope, captures };
            let attempt = match self.ask(&question, values, limit).await {
                Ok(attempt) => attempt,
                Err(problem) => {
                    record.outcome = problem.kind.outcome();
                    record.problem = Some(problem);
                    break;
                }
            };
            record.outcome = attempt.outcome();
            let passed = attempt.passed();
            record.push(attempt.record);
            for (name, value) in attempt.kept {
                if !record.captured.contains(&name) {
                    record.captured.push(name.clone());
                }
                captures.insert(name, value);
            }
            let left = budget.is_none_or(|end| Instant::now() + pause < end);
            if passed || nth == tries || !left || attempt.cut_by == Some(Cause::Deadline) {
                break;
            }
            match until.over_in(pause) {
                None => sleep(pause).await,
                Some(Cause::Deadline) => {
                    let problem = out_of_time(record.attempts_made());
                    record.outcome = problem.kind.outcome();
                    record.problem = Some(problem);
                    break;
                }
                Some(Cause::Budget | Cause::Timeout) => break,
            }
        }
        record
    }
}

/// The record of a step of which nothing is known yet.
pub(crate) fn begun(step: &Step) -> StepRecord {
    StepRecord {
        request: request::written(&step.request),
        line: step.line,
        outcome: Outcome::Error,
        attempts: Vec::new(),
        attempts_left_out: 0,
        problem: None,
        captured: Vec::new(),
    }
}

fn out_of_time(attempts: usize) -> Failure {
    Failure {
        kind: FailureKind::Deadline,
        subject: "time for the whole".into(),
        observed: format!("was over after {attempts} attempts, with more to come"),
        expected: None,
        remedy: None,
    }
}

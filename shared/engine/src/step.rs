//! One step of a check: a request, tried as often as the suite says.

use std::time::Duration;

use greenlight_suite::{Repeat, Step};
use tokio::time::{Instant, sleep};

use crate::attempt::{Attempt, Cause, Limit, Question, Whose};
use crate::client::Connection;
use crate::deadline::Deadline;
use crate::outcome::Outcome;
use crate::record::{Failure, FailureKind, StepRecord};
use crate::scope::{Captures, Layered};
use crate::session::Session;
use crate::version::with_remedy;

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

/// How a step went.
#[derive(Debug)]
pub(crate) struct Stepped {
    pub(crate) record: StepRecord,
    /// What was wrong: request, observed, expected, how often. Says nothing of a step that passed.
    pub(crate) wrong: String,
}

/// How often a step is tried.
#[derive(Debug, Clone, Copy)]
struct Tries {
    times: u64,
    budget: Option<Instant>,
    pause: Duration,
}

impl Tries {
    fn of(repeat: Repeat) -> Self {
        match repeat {
            Repeat::Once => Self { times: 1, budget: None, pause: Duration::ZERO },
            Repeat::Retry { times, every } => Self { times: u64::from(times.get()) + 1, budget: None, pause: every },
            Repeat::Eventually { within, every } => {
                Self { times: u64::MAX, budget: Some(Deadline::after(within).instant()), pause: every }
            }
        }
    }

    /// Whether there is another one after the `nth`, counted from 1.
    fn go_on(self, nth: u64) -> bool {
        nth < self.times && self.budget.is_none_or(|end| Instant::now() + self.pause < end)
    }
}

impl Session {
    /// Runs one step. What it keeps from its answers is added to `captures`.
    pub(crate) async fn step(&self, step: &Step, captures: &mut Captures, until: Until) -> Stepped {
        let mut record = self.begun(step);
        let question = Question {
            request: &step.request,
            expect: &step.expect,
            keep: step.capture.iter().map(|(name, extraction)| (name.as_str(), extraction)).collect(),
            connection: Connection::Kept,
            only: self.counting.as_ref(),
            whose: Whose::Anyones,
        };
        let tries = Tries::of(step.repeat);
        let budget = tries.budget.into_iter().chain(until.within).min();
        let mut seen = None;
        for nth in 1.. {
            let limit = Limit::nearest(step.timeout.unwrap_or(self.timeout), budget, until.deadline);
            let values = Layered { scope: &self.scope, captures };
            let asked = self.ask_who_counts(&question, values, limit, &mut record.not_counted);
            let attempt = match asked.await {
                Ok(attempt) => attempt,
                Err(problem) => {
                    record.outcome = problem.kind.outcome();
                    record.problem = Some(problem);
                    break;
                }
            };
            seen = Some(said(&attempt, seen));
            record.outcome = attempt.outcome();
            let ended = attempt.passed() || attempt.cut_by == Some(Cause::Deadline);
            record.push(attempt.record);
            for (name, value) in attempt.kept {
                if !record.captured.contains(&name) {
                    record.captured.push(name.clone());
                }
                captures.insert(name, value);
            }
            if ended || !tries.go_on(nth) {
                break;
            }
            match until.over_in(tries.pause) {
                None => sleep(tries.pause).await,
                Some(Cause::Deadline) => {
                    let problem = out_of_time();
                    record.outcome = problem.kind.outcome();
                    record.problem = Some(problem);
                    break;
                }
                Some(Cause::Budget | Cause::Timeout) => break,
            }
        }
        let wrong = reason(&record, seen);
        Stepped { record, wrong }
    }

    /// The record of a step of which nothing is known yet.
    pub(crate) fn begun(&self, step: &Step) -> StepRecord {
        StepRecord {
            request: self.written(&step.request),
            line: step.line,
            outcome: Outcome::Error,
            attempts: Vec::new(),
            attempts_left_out: 0,
            problem: None,
            captured: Vec::new(),
            not_counted: 0,
            beside: None,
        }
    }
}

/// What was wrong with an attempt. One that was cut short says less than the one before it, so both are said.
fn said(attempt: &Attempt, before: Option<String>) -> String {
    let now = attempt.record.wrong();
    match (attempt.cut_by, before) {
        (Some(Cause::Budget | Cause::Deadline), Some(before)) => format!("{before}; at last {now}"),
        _ => now,
    }
}

fn reason(record: &StepRecord, seen: Option<String>) -> String {
    let request = record.attempts.last().map_or(&record.request, |attempt| &attempt.request);
    let problem = record.problem.as_ref().map(with_remedy);
    let wrong: Vec<String> = seen.into_iter().chain(problem).collect();
    let times = match record.attempts_made() {
        0 | 1 => String::new(),
        times => format!(" ({times} attempts)"),
    };
    format!("{request}: {}{times}", wrong.join("; "))
}

fn out_of_time() -> Failure {
    Failure {
        kind: FailureKind::Deadline,
        subject: "time for the whole".into(),
        observed: "was over before the next attempt".into(),
        expected: None,
        remedy: None,
    }
}

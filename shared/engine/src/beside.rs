//! Asks somebody else the question that green failed: does production (blue) fail in the same way?
//!
//! That is the first question of whoever is on call. It changes no outcome.

use std::time::Duration;

use greenlight_suite::{Expect, Step};

use crate::attempt::{Attempt, Limit, Question, Whose};
use crate::client::Connection;
use crate::deadline::Deadline;
use crate::duration::duration;
use crate::outcome::Outcome;
use crate::record::{AttemptRecord, BesideRecord, Failure, FailureKind};
use crate::scope::{Captures, Layered};
use crate::session::Session;

/// The longest that one such question may take.
const LONGEST: Duration = Duration::from_secs(5);
/// What a failure is about whose limits are green's alone.
const TIME: &str = "time";

/// Who is asked beside green.
#[derive(Debug)]
pub(crate) struct Beside {
    session: Session,
    name: String,
}

impl Session {
    /// Asks `other`, which reasons call `name` (`production (blue)`), what this session's target answers wrongly: the
    /// first failing request of each check once, within five seconds, where its method is safe. How long an answer
    /// takes is not judged.
    #[must_use]
    pub fn beside(self, other: Session, name: &str) -> Self {
        Self { beside: Some(Box::new(Beside { session: other, name: name.to_owned() })), ..self }
    }

    /// Asks the question of a step that has failed with `failed`, and says in words what came of it.
    pub(crate) async fn ask_beside(
        &self,
        step: &Step,
        captures: &Captures,
        failed: &AttemptRecord,
        deadline: Deadline,
    ) -> Option<(BesideRecord, String)> {
        let Beside { session, name } = self.beside.as_deref()?;
        if !step.request.is_safe() || deadline.has_passed() {
            return None;
        }
        let expect = Expect { time: None, ..step.expect.clone() };
        let question = Question {
            request: &step.request,
            expect: &expect,
            keep: step.capture.iter().map(|(name, extraction)| (name.as_str(), extraction)).collect(),
            connection: Connection::Fresh,
            only: None,
            whose: Whose::Anyones,
        };
        let values = Layered { scope: &session.scope, captures };
        let timeout = step.timeout.unwrap_or(session.timeout).min(LONGEST);
        let (passed, observed, words) =
            match session.ask(&question, values, Limit::nearest(timeout, None, deadline)).await {
                Ok(attempt) if attempt.passed() => passed(&attempt, failed),
                Ok(attempt) if attempt.outcome() == Outcome::Fail => {
                    let wrong = attempt.record.wrong();
                    (false, wrong.clone(), fails_too(&attempt.record, failed, &wrong))
                }
                Ok(attempt) => not_asked(attempt.record.wrong()),
                Err(failure) => not_asked(failure.sentence()),
            };
        Some((BesideRecord { name: name.clone(), passed, observed }, format!("{name} {words}")))
    }
}

fn passed(attempt: &Attempt, failed: &AttemptRecord) -> (bool, String, String) {
    let time = duration(attempt.record.timings.total);
    let status = attempt.record.status.map_or_else(String::new, |status| format!("{status} "));
    let only_late = failed.failures.iter().all(|failure| failure.subject == TIME);
    let words = if only_late { format!("answers in {time}") } else { "answers as expected".to_owned() };
    (true, format!("{status}in {time}"), words)
}

fn fails_too(here: &AttemptRecord, failed: &AttemptRecord, wrong: &str) -> String {
    let first = |record: &AttemptRecord| record.failures.iter().find(|failure| failure.subject != TIME).cloned();
    match (first(here), first(failed)) {
        (Some(here), Some(green)) if is_same(&here, &green) => {
            format!("fails in the same way: {} {}", here.subject, here.observed)
        }
        _ => format!("fails too, otherwise: {wrong}"),
    }
}

/// What went wrong with a connection names the address, which is never the same.
fn is_same(here: &Failure, green: &Failure) -> bool {
    let observed = match here.kind {
        FailureKind::Refused
        | FailureKind::ConnectTimeout
        | FailureKind::Tls
        | FailureKind::NoAnswer
        | FailureKind::ClosedEarly
        | FailureKind::Protocol => true,
        _ => here.observed == green.observed,
    };
    here.kind == green.kind && here.subject == green.subject && observed
}

fn not_asked(problem: String) -> (bool, String, String) {
    let words = format!("could not be asked: {problem}");
    (false, problem, words)
}

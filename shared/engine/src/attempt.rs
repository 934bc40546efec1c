//! One attempt: a request made ready, sent, answered and judged, with what is kept from the answer.
//!
//! Trying again is [`crate::step`]'s, waiting for green is [`crate::ready`]'s.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use greenlight_suite::{Expect, Extraction, Request};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::classify;
use crate::client::Connection;
use crate::counting::{By, Counting};
use crate::deadline::Deadline;
use crate::document::Document;
use crate::exchange::{Answer, Trace};
use crate::extract::{extract, place, reads_body};
use crate::judge::{Judged, judge};
use crate::load_balancer;
use crate::outcome::Outcome;
use crate::record::{AttemptRecord, Failure, FailureKind, Timings};
use crate::request::{Prepared, prepare};
use crate::scope::{Captures, Layered};
use crate::session::Session;

/// What is asked, what the answer must be, and what is kept from it.
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    pub(crate) request: &'a Request,
    pub(crate) expect: &'a Expect,
    pub(crate) keep: Vec<(&'a str, &'a Extraction)>,
    pub(crate) connection: Connection,
    /// Whose answers are judged; anybody's when absent.
    pub(crate) only: Option<&'a Counting>,
    pub(crate) whose: Whose,
}

/// Whose answer is asked for. Where a load balancer got none out of a target, what it says then is never that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// That of whoever answers, wherever redirects lead.
    Anyones,
    /// That of an application: not what a load balancer answers by itself.
    Applications,
    /// The same, and of the target's own.
    Targets,
}

/// When an attempt is cut off, and what for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) end: Instant,
    pub(crate) length: Duration,
    pub(crate) cause: Cause,
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The attempt's own.
    Timeout,
    /// A budget that several attempts share.
    Budget,
    /// The whole execution's.
    Deadline,
}

impl Limit {
    /// The nearest of an attempt's own time, a budget's end and the deadline.
    pub(crate) fn nearest(timeout: Duration, budget: Option<Instant>, deadline: Deadline) -> Self {
        let now = Instant::now();
        let own = Deadline::after(timeout).instant();
        let mut limit = Self { end: own, length: timeout, cause: Cause::Timeout };
        for (end, cause) in
            budget.map(|end| (end, Cause::Budget)).into_iter().chain([(deadline.instant(), Cause::Deadline)])
        {
            if end < limit.end {
                limit = Self { end, length: end.saturating_duration_since(now), cause };
            }
        }
        limit
    }
}

/// How one attempt went.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) record: AttemptRecord,
    /// What was kept, by name. Present also when something else was wrong, so that `finally` can tidy up.
    pub(crate) kept: Vec<(String, Value)>,
    /// The limit that cut it off, if one did.
    pub(crate) cut_by: Option<Cause>,
    /// The target's addresses that were asked: more than one when a connection had to be made anew on the way.
    pub(crate) reached: BTreeSet<IpAddr>,
    /// Who answered, when that is somebody whose answers are not judged.
    pub(crate) not_counted: Option<By>,
}

impl Attempt {
    pub(crate) fn passed(&self) -> bool {
        self.record.failures.is_empty()
    }

    /// The worst of what was wrong.
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome::worst(self.record.failures.iter().map(|failure| failure.kind.outcome())).unwrap_or(Outcome::Pass)
    }
}

impl Session {
    /// Whether a question can be asked at all, with no captures at hand.
    ///
    /// # Errors
    ///
    /// What keeps it from being asked, now and later.
    pub(crate) fn can_ask(&self, request: &Request, expect: &Expect) -> Result<(), Failure> {
        let captures = Captures::new();
        let values = Layered { scope: &self.scope, captures: &captures };
        self.prepare(request, expect, values).map(|_| ())
    }

    fn prepare(&self, request: &Request, expect: &Expect, values: Layered<'_>) -> Result<Prepared, Failure> {
        values
            .can_judge(expect)
            .and_then(|()| prepare(request, &self.headers, &self.wire.origin, values))
            .map_err(|failure| failure.fit_to_show(values.redactor()))
    }

    /// Asks once.
    ///
    /// # Errors
    ///
    /// The request could not be made, and will not be better next time: nothing was sent.
    pub(crate) async fn ask(
        &self,
        question: &Question<'_>,
        values: Layered<'_>,
        limit: Limit,
    ) -> Result<Attempt, Failure> {
        let redactor = values.redactor();
        let prepared = self.prepare(question.request, question.expect, values)?;
        let request = redactor.cut(&format!("{} {}", prepared.method, prepared.url), SHOWN);
        let mut trace = Trace::start(&self.wire.origin);
        let exchange =
            self.wire.exchange(prepared, question.request.redirects, &question.connection, redactor, &mut trace);
        let result = timeout_at(limit.end, exchange).await;
        let total = trace.started.elapsed();
        let mut not_counted = None;
        let (failures, kept, cut_by) = match result {
            Ok(Ok(answer)) => {
                let (failures, kept) = match not_theirs(question.whose, &answer, &trace) {
                    Some(failure) => (vec![failure], Vec::new()),
                    None => judge_and_keep(question, &answer, total, values),
                };
                not_counted = question.only.and_then(|only| does_not_count(only, &answer, failures.is_empty()));
                if not_counted.is_some() { (Vec::new(), Vec::new(), None) } else { (failures, kept, None) }
            }
            Ok(Err(failure)) => (vec![failure], Vec::new(), None),
            Err(_) => {
                trace.note_connection();
                (vec![cut_off(&trace, limit)], Vec::new(), Some(limit.cause))
            }
        };
        let record = AttemptRecord {
            request,
            peer: trace.peer,
            status: trace.status.map(|status| status.as_u16()),
            by_load_balancer: trace.by_load_balancer
                || failures.iter().any(|failure| failure.kind == FailureKind::LoadBalancer),
            size: trace.size,
            timings: Timings { connect: trace.connect, first_byte: trace.first_byte, total },
            redirects: trace.redirects,
            failures: failures.into_iter().map(|failure| failure.fit_to_show(redactor)).collect(),
        };
        Ok(Attempt { record, kept, cut_by, reached: trace.reached, not_counted })
    }
}

/// Characters of a request line that are shown.
const SHOWN: usize = 300;

/// Why an answer is not of those who are asked.
fn not_theirs(whose: Whose, answer: &Answer, trace: &Trace) -> Option<Failure> {
    match (whose, trace.elsewhere()) {
        (Whose::Anyones, _) => None,
        (Whose::Targets, Some(place)) => Some(Failure {
            kind: FailureKind::Capture,
            subject: "answer".into(),
            observed: format!("came from `{place}`, where a redirect led"),
            expected: Some("one of the target itself".into()),
            remedy: Some("who answers there says nothing about green: ask for a path that does not lead away".into()),
        }),
        (Whose::Applications | Whose::Targets, _) => {
            load_balancer::speaks(&answer.headers).then(|| load_balancer::failure_to_pass_on(answer.status))
        }
    }
}

fn judge_and_keep(
    question: &Question<'_>,
    answer: &Answer,
    time: Duration,
    values: Layered<'_>,
) -> (Vec<Failure>, Vec<(String, Value)>) {
    if load_balancer::made(answer.status, &answer.headers) {
        return (vec![load_balancer::failure(answer.status)], Vec::new());
    }
    let expect = question.expect;
    let reads_json = !expect.json.is_empty()
        || question.keep.iter().any(|(_, extraction)| matches!(extraction, Extraction::Json(_)));
    let json = (reads_json && !answer.truncated).then(|| Document::read(&answer.body));
    let judged = Judged { answer, time, json };
    let mut failures = judge(expect, &judged, values);
    let looks_inside = expect.body.is_some() || expect.size.is_some() || reads_json;
    if answer.truncated && (looks_inside || question.keep.iter().any(|(_, extraction)| reads_body(extraction))) {
        failures.push(too_large(answer.body.len()));
        return (failures, Vec::new());
    }
    let mut kept = Vec::new();
    let as_expected = failures.is_empty();
    for (name, extraction) in &question.keep {
        match extract(extraction, &judged) {
            Ok(value) => kept.push(((*name).to_owned(), value)),
            // Of an answer that is wrong already, nobody needs to hear that it also lacks this.
            Err(observed) if as_expected => failures.push(Failure {
                kind: FailureKind::Capture,
                subject: place(extraction),
                observed,
                expected: Some(format!("a value for `{name}`")),
                remedy: None,
            }),
            Err(_) => {}
        }
    }
    (failures, kept)
}

/// Who answered, when that answer is not to be judged. One that carries no marker may be green's: when it is an error of
/// the server's, it is judged.
fn does_not_count(only: &Counting, answer: &Answer, passed: bool) -> Option<By> {
    match only.by(&answer.headers) {
        By::Green => None,
        By::Unknown if answer.status.is_server_error() && !passed => None,
        by => Some(by),
    }
}

fn too_large(limit: usize) -> Failure {
    Failure {
        kind: FailureKind::BodyLimit,
        subject: "body".into(),
        observed: "goes on".into(),
        expected: Some(format!("at most {limit} bytes")),
        remedy: Some("raise `target.body_limit`, or expect nothing of the body".into()),
    }
}

pub(crate) fn cut_off(trace: &Trace, limit: Limit) -> Failure {
    let mut failure = classify::too_long(trace, limit.length);
    match limit.cause {
        Cause::Timeout => {}
        Cause::Budget => failure.observed.push_str(", which was left of the time for all attempts"),
        Cause::Deadline => {
            failure.kind = FailureKind::Deadline;
            failure.observed.push_str(", when the time for the whole was over");
            failure.remedy = None;
        }
    }
    failure
}

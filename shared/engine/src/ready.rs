//! Waits until green answers steadily: so many good answers in a row, each on a fresh connection.
//!
//! Until then everything is *not yet*, nothing is *failed*: targets register, health checks begin, and the change of the
//! listener reaches one load balancer node after the other, so that blue answers in between. Each fresh connection
//! begins with the next node's address (see [`crate::resolve`]).

mod observations;
mod streak;

use std::time::Duration;

use greenlight_suite::{
    Bound, Expect, Expectation, Matcher, Ready, Redirects, Request, Template, ValueTemplate, Version,
};
use tokio::time::{Instant, sleep};

use crate::attempt::{Attempt, Cause, Limit, Question};
use crate::deadline::Deadline;
use crate::duration::duration;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::record::{Failure, ReadinessRecord, VersionRecord};
use crate::scope::{Captures, Layered};
use crate::session::Session;
use crate::version::{Proof, Sample, mismatch, with_remedy};
use observations::Observations;
use streak::Streak;

impl Session {
    /// Waits until green answers steadily, within `ready`'s budget and the deadline.
    ///
    /// A good answer is `ready`'s request answered as expected *and*, where there is a `version`, green's marker.
    /// Without `ready` the version's request alone is polled; without either, `GET /`, which is well answered by anything
    /// below 500 that the load balancer did not make itself. The version's record is there when `version` is.
    ///
    /// The outcome is `fail` when the budget is spent, `error` when the deadline came before that, or when the request
    /// or green's marker lacks a value: then nothing is waited for.
    pub async fn ready(
        &self,
        ready: Option<&Ready>,
        version: Option<&Version>,
        deadline: Deadline,
        progress: &dyn Progress,
    ) -> (ReadinessRecord, Option<VersionRecord>) {
        let fallback = any_answer();
        let plan = ready.unwrap_or(&fallback);
        let polls_request = ready.is_some() || version.is_none();
        let mut record = ReadinessRecord {
            outcome: Outcome::Error,
            reason: None,
            requests: [version.map(|version| &version.request), polls_request.then_some(&plan.request)]
                .into_iter()
                .flatten()
                .map(|request| self.written(request))
                .collect(),
            consecutive: plan.consecutive.get(),
            good: 0,
            polls: 0,
            not_yet: Vec::new(),
            duration: Duration::ZERO,
            last: None,
        };
        let askable = if polls_request { self.can_ask(&plan.request, &plan.expect) } else { Ok(()) };
        let proof = match askable.and_then(|()| version.map(|version| self.proof(version)).transpose()) {
            Ok(proof) => proof,
            Err(failure) => {
                record.reason = Some(with_remedy(&failure));
                return (record, version.map(|version| self.unproven(version, &failure)));
            }
        };
        let mut wait = Wait {
            session: self,
            plan,
            polls_request,
            version_timeout: version.and_then(|version| version.timeout),
            streak: Streak::default(),
            proof,
            record,
            observations: Observations::default(),
        };
        wait.run(deadline, progress).await;
        (wait.record, wait.proof.as_ref().map(|proof| wait.streak.record(self.record_of(proof))))
    }
}

/// A wait under way.
struct Wait<'a> {
    session: &'a Session,
    plan: &'a Ready,
    polls_request: bool,
    version_timeout: Option<Duration>,
    proof: Option<Proof<'a>>,
    streak: Streak,
    record: ReadinessRecord,
    observations: Observations,
}

/// What one poll saw.
enum Poll {
    Good,
    NotYet(String),
    /// The end of the wait came first.
    Cut(String),
    /// It can never be asked.
    Impossible(Failure),
}

impl Wait<'_> {
    async fn run(&mut self, deadline: Deadline, progress: &dyn Progress) {
        let started = Instant::now();
        let budget = Deadline::after(self.plan.within);
        let end = budget.min(deadline);
        let waiting = format!("waiting for {}", self.subjects());
        progress.phase(&waiting);
        while !end.has_passed() {
            let poll = self.poll(budget, deadline).await;
            self.record.polls = self.record.polls.saturating_add(1);
            match poll {
                Poll::Good => {
                    self.record.good += 1;
                    if self.record.good >= self.plan.consecutive.get() {
                        self.record.outcome = Outcome::Pass;
                        break;
                    }
                }
                Poll::NotYet(observed) => {
                    self.record.good = 0;
                    if self.observations.see(&observed) {
                        progress.phase(&format!("{waiting}: {observed}"));
                    }
                }
                Poll::Cut(observed) => {
                    // What was cut off by the end of the wait says less than what was seen before.
                    self.record.good = 0;
                    if self.observations.last().is_none() {
                        self.observations.see(&observed);
                    }
                    break;
                }
                Poll::Impossible(failure) => {
                    self.record.reason = Some(with_remedy(&failure));
                    break;
                }
            }
            sleep(self.plan.every.min(end.remaining())).await;
        }
        self.record.duration = started.elapsed();
        if self.record.outcome != Outcome::Pass && self.record.reason.is_none() {
            let by_deadline = deadline.has_passed() && self.record.duration < self.plan.within;
            self.record.outcome = if by_deadline { Outcome::Error } else { Outcome::Fail };
            self.record.reason = Some(self.reason(by_deadline));
        }
        self.record.not_yet = self.observations.list();
    }

    /// The version first: while blue answers, nothing else that it says matters.
    async fn poll(&mut self, budget: Deadline, deadline: Deadline) -> Poll {
        let budget = Some(budget.instant());
        let captures = Captures::new();
        let values = Layered { scope: &self.session.scope, captures: &captures };
        // Both questions go to one node: with a connection each, a load balancer that hands out its nodes in turn would
        // let every version be asked of one that has switched, and every other request of one that has not.
        let connection = self.session.wire.clients.share();
        if let Some(proof) = &self.proof {
            let limit = Limit::nearest(self.version_timeout.unwrap_or(self.session.timeout), budget, deadline);
            let attempt = match self.session.ask(&proof.question(connection.clone()), values, limit).await {
                Ok(attempt) => attempt,
                Err(failure) => return Poll::Impossible(failure),
            };
            let sample = self.session.sample(proof, &attempt);
            let poll = match &sample {
                Sample::Green => Poll::Good,
                Sample::Other(observed) => {
                    let expected = self.session.record_of(proof).expected;
                    Poll::NotYet(format!("version marker `{observed}`, expected `{expected}`"))
                }
                Sample::Unread(observed) => not_yet(&attempt, observed),
            };
            if !matches!(poll, Poll::Cut(_)) {
                self.streak.count(sample);
            }
            self.record.last = Some(attempt.record);
            if !matches!(poll, Poll::Good) {
                return poll;
            }
        }
        if !self.polls_request {
            return Poll::Good;
        }
        let question =
            Question { request: &self.plan.request, expect: &self.plan.expect, keep: Vec::new(), connection };
        let limit = Limit::nearest(self.plan.timeout.unwrap_or(self.session.timeout), budget, deadline);
        match self.session.ask(&question, values, limit).await {
            Ok(attempt) => {
                let poll = if attempt.passed() { Poll::Good } else { not_yet(&attempt, &attempt.record.wrong()) };
                self.record.last = Some(attempt.record);
                poll
            }
            Err(failure) => Poll::Impossible(failure),
        }
    }

    fn subjects(&self) -> String {
        self.record.requests.iter().map(|request| format!("`{request}`")).collect::<Vec<_>>().join(" and ")
    }

    /// What was waited for, how long, how often, and what was seen last.
    fn reason(&self, by_deadline: bool) -> String {
        let ReadinessRecord { consecutive, polls, duration: waited, .. } = &self.record;
        let needed = if *consecutive == 1 { "a good one".into() } else { format!("{consecutive} good ones in a row") };
        let polled = if *polls == 1 { "1 poll".to_owned() } else { format!("{polls} polls") };
        let length = if by_deadline {
            format!("in {}, when the time for the whole was over", duration(*waited))
        } else {
            format!("within {}", duration(self.plan.within))
        };
        let asked = format!("{polled} of {}, {needed} wanted", self.subjects());
        match (self.streak.other(), self.observations.last()) {
            (Some(observed), _) => {
                let expected = self.proof.as_ref().map(|proof| self.session.record_of(proof).expected);
                format!("{}: no change {length} ({asked})", mismatch(observed, &expected.unwrap_or_default()))
            }
            (_, Some(observed)) => format!("green was not ready {length}: {observed} ({asked})"),
            (_, None) => format!("green was not ready {length} ({asked})"),
        }
    }
}

fn not_yet(attempt: &Attempt, observed: &str) -> Poll {
    let observed = format!("{}: {observed}", attempt.record.request);
    match attempt.cut_by {
        Some(Cause::Deadline | Cause::Budget) => Poll::Cut(observed),
        Some(Cause::Timeout) | None => Poll::NotYet(observed),
    }
}

/// What is waited for when a suite says nothing: any answer of green's own below 500.
fn any_answer() -> Ready {
    let below_500 = Matcher::Below(Bound::Number(ValueTemplate::Number(500.into())));
    Ready {
        request: Request {
            method: "GET".into(),
            path: Template::literal("/"),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            redirects: Redirects::None,
        },
        expect: Expect { status: Some(Expectation(vec![below_500])), ..Expect::default() },
        consecutive: Ready::DEFAULT_CONSECUTIVE,
        within: Ready::DEFAULT_WITHIN,
        every: Ready::DEFAULT_EVERY,
        timeout: None,
    }
}

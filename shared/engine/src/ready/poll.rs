//! One poll: is it green that answers, and does it answer well?

use std::collections::BTreeSet;
use std::net::IpAddr;

use greenlight_suite::{Bound, Expect, Expectation, Matcher, Ready, Redirects, Request, Template, ValueTemplate};

use super::Wait;
use crate::attempt::{Attempt, Cause, Limit, Question};
use crate::deadline::Deadline;
use crate::record::Failure;
use crate::scope::{Captures, Layered};
use crate::version::Sample;

/// What one poll saw.
pub(super) enum Poll {
    Good,
    NotYet(Lack),
    /// The end of the wait came first.
    Cut(String),
    /// It can never be asked.
    Impossible(Failure),
}

/// What an answer lacked to be a good one.
#[derive(Debug, Clone)]
pub(super) enum Lack {
    /// Green's marker: this one was read.
    Marker(String),
    /// Something else.
    Other(String),
}

impl Wait<'_> {
    /// Asks once. The version first: while blue answers, nothing else that it says matters. `reached` is told which
    /// addresses were asked.
    pub(super) async fn poll(&mut self, budget: Deadline, deadline: Deadline, reached: &mut BTreeSet<IpAddr>) -> Poll {
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
            reached.extend(&attempt.reached);
            let sample = self.session.sample(proof, &attempt);
            let poll = match &sample {
                Sample::Green => Poll::Good,
                Sample::Other(observed) => Poll::NotYet(Lack::Marker(observed.clone())),
                Sample::Unread(observed) => not_yet(&attempt, observed),
            };
            if !matches!(poll, Poll::Cut(_)) {
                self.markers.count(sample);
            }
            self.record.last = Some(attempt.record);
            if !matches!(poll, Poll::Good) {
                return poll;
            }
        }
        if !self.polls_request {
            return Poll::Good;
        }
        let question = Question {
            request: &self.plan.request,
            expect: &self.plan.expect,
            keep: Vec::new(),
            connection,
            only: None,
        };
        let limit = Limit::nearest(self.plan.timeout.unwrap_or(self.session.timeout), budget, deadline);
        match self.session.ask(&question, values, limit).await {
            Ok(attempt) => {
                reached.extend(&attempt.reached);
                let poll = if attempt.passed() { Poll::Good } else { not_yet(&attempt, &attempt.record.wrong()) };
                self.record.last = Some(attempt.record);
                poll
            }
            Err(failure) => Poll::Impossible(failure),
        }
    }
}

fn not_yet(attempt: &Attempt, observed: &str) -> Poll {
    let observed = format!("{}: {observed}", attempt.record.request);
    match attempt.cut_by {
        Some(Cause::Deadline | Cause::Budget) => Poll::Cut(observed),
        Some(Cause::Timeout) | None => Poll::NotYet(Lack::Other(observed)),
    }
}

/// What is waited for when a suite says nothing: any answer of green's own below 500.
pub(super) fn any_answer() -> Ready {
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

//! One poll: is it green that answers, and does it answer well?

use std::collections::BTreeSet;
use std::net::IpAddr;

use greenlight_suite::{Bound, Expect, Expectation, Matcher, Ready, Redirects, Request, Template, ValueTemplate};

use super::Wait;
use crate::attempt::{Attempt, Cause, Limit, Question, Whose};
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
            whose: Whose::Applications,
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

/// Below 500, and still no sign that green itself was asked: who wants credentials, or a firewall, may stand before it,
/// and 460, 463 and 464 are the load balancer's own.
/// Source: ALB user guide, "Troubleshoot your Application Load Balancers".
const NOT_GREENS: [u16; 5] = [401, 403, 460, 463, 464];

/// What is waited for when a suite says nothing: an answer of green's own below 500, but for [`NOT_GREENS`].
pub(super) fn any_answer() -> Ready {
    let number = |status: u16| ValueTemplate::Number(status.into());
    let below_500 = Matcher::Below(Bound::Number(number(500)));
    let greens = Matcher::Not(Expectation(vec![Matcher::OneOf(NOT_GREENS.map(number).to_vec())]));
    Ready {
        request: Request {
            method: "GET".into(),
            path: Template::literal("/"),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            redirects: Redirects::None,
        },
        expect: Expect { status: Some(Expectation(vec![below_500, greens])), ..Expect::default() },
        consecutive: Ready::DEFAULT_CONSECUTIVE,
        within: Ready::DEFAULT_WITHIN,
        every: Ready::DEFAULT_EVERY,
        timeout: None,
    }
}

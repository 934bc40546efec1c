//! Waits until green answers steadily: so many good answers in a row, each on a fresh connection, and at least one of
//! them from every address that the target's name stands for.
//!
//! Until then everything is *not yet*, nothing is *failed*: targets register, health checks begin, and the change of the
//! listener reaches one load balancer node after the other, so that blue answers in between. Each fresh connection
//! begins with the next node's address (see [`crate::resolver`]); when that is enough is [`streak`]'s. A closed
//! [`Gate`] is *not yet* too.

mod markers;
mod observations;
mod poll;
mod reason;
mod streak;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use greenlight_suite::{Ready, Version};
use tokio::time::{Instant, sleep};

use crate::deadline::Deadline;
use crate::gate::Gate;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::record::{ReadinessRecord, VersionRecord};
use crate::session::Session;
use crate::version::{Proof, with_remedy};
use markers::Markers;
use observations::Observations;
use poll::{Lack, Poll, any_answer};
use streak::{Standing, Streak};

impl Session {
    /// Waits until green answers steadily and the gate is open, within `ready`'s budget and the deadline.
    ///
    /// A good answer is `ready`'s request answered as expected *and*, where there is a `version`, green's marker.
    /// Nothing that the load balancer made itself is one, and a marker only counts that the target itself answered with.
    /// Without `ready` the version's request alone is polled; without either, `GET /`, which is well answered by anything
    /// below 500 but 401, 403, 460, 463 and 464. The version's record is there when `version` is.
    ///
    /// In one unbroken row there have to be as many good answers as `ready` wants, and one from every address that the
    /// target's name stands for at that moment. An address that no connection reaches in two further turns is passed
    /// over and named in the record, unless its last answer was not good.
    ///
    /// The outcome is `fail` when the budget is spent, `error` when the deadline came before that, or when the request
    /// or green's marker lacks a value: then nothing is waited for.
    pub async fn ready(
        &self,
        ready: Option<&Ready>,
        version: Option<&Version>,
        gate: &dyn Gate,
        deadline: Deadline,
        progress: &dyn Progress,
    ) -> (ReadinessRecord, Option<VersionRecord>) {
        let fallback = any_answer();
        let plan = ready.unwrap_or(&fallback);
        let polls_request = ready.is_some() || version.is_none();
        let mut record = ReadinessRecord {
            outcome: Outcome::Error,
            reason: None,
            requests: self.polled(version, polls_request.then_some(&plan.request)),
            consecutive: plan.consecutive.get(),
            good: 0,
            addresses: Vec::new(),
            unreached: Vec::new(),
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
            gate,
            proof,
            record,
            streak: Streak::default(),
            markers: Markers::default(),
            observations: Observations::default(),
            lacks: None,
            left: Vec::new(),
        };
        wait.run(deadline, progress).await;
        let version = wait.version();
        (wait.record, version)
    }

    /// What a poll asks, as it is written; one request that is both is written once.
    fn polled(&self, version: Option<&Version>, request: Option<&greenlight_suite::Request>) -> Vec<String> {
        let version = version.map(|version| &version.request);
        let mut written: Vec<String> = [version, request].into_iter().flatten().map(|it| self.written(it)).collect();
        written.dedup();
        written
    }
}

/// A wait under way.
struct Wait<'a> {
    session: &'a Session,
    plan: &'a Ready,
    polls_request: bool,
    version_timeout: Option<Duration>,
    gate: &'a dyn Gate,
    proof: Option<Proof<'a>>,
    record: ReadinessRecord,
    streak: Streak,
    markers: Markers,
    observations: Observations,
    /// What the last answer that was not good lacked; nothing once all who can be reached have answered better since.
    lacks: Option<Lack>,
    /// Addresses that a long enough row of good answers was lacking at last.
    left: Vec<IpAddr>,
}

impl Wait<'_> {
    async fn run(&mut self, deadline: Deadline, progress: &dyn Progress) {
        let started = Instant::now();
        let budget = Deadline::after(self.plan.within);
        let end = budget.min(deadline);
        let waiting = format!("waiting for {}", self.subjects());
        progress.phase(&waiting);
        while !end.has_passed() {
            let mut reached = BTreeSet::new();
            let poll = self.poll(budget, deadline, &mut reached).await;
            self.record.polls = self.record.polls.saturating_add(1);
            let observed = match poll {
                Poll::Good => {
                    self.streak.good(&reached);
                    match self.after_a_good_answer() {
                        Next::Ready => {
                            self.record.outcome = Outcome::Pass;
                            break;
                        }
                        Next::GoOn(observed) => observed,
                    }
                }
                Poll::NotYet(lack) => {
                    self.streak.not_good(&reached);
                    let observed = self.observed(&lack);
                    self.lacks = Some(lack);
                    self.left.clear();
                    Some(observed)
                }
                Poll::Cut(observed) => {
                    // What was cut off by the end of the wait says less than what was seen before.
                    self.streak.not_good(&reached);
                    if self.observations.last().is_none() {
                        self.observations.see(&observed);
                        self.lacks = Some(Lack::Other(observed));
                    }
                    break;
                }
                Poll::Impossible(failure) => {
                    self.record.reason = Some(with_remedy(&failure));
                    break;
                }
            };
            if let Some(observed) = observed.filter(|observed| self.observations.see(observed)) {
                progress.phase(&format!("{waiting}: {observed}"));
            }
            sleep(self.plan.every.min(end.remaining())).await;
        }
        self.record.duration = started.elapsed();
        self.record.good = self.streak.length();
        self.record.addresses = self.streak.covered();
        if self.record.outcome != Outcome::Pass && self.record.reason.is_none() {
            let by_deadline = deadline.has_passed() && self.record.duration < self.plan.within;
            self.record.outcome = if by_deadline { Outcome::Error } else { Outcome::Fail };
            self.record.reason = Some(self.reason(by_deadline));
        }
        self.record.not_yet = self.observations.list();
    }

    /// Whether a good answer was the last one that was needed; otherwise what is still waited for, where that is more
    /// than the next answers.
    fn after_a_good_answer(&mut self) -> Next {
        match self.streak.standing(self.plan.consecutive.get(), &self.addresses()) {
            Standing::Short => Next::GoOn(None),
            Standing::Partial(left) => {
                if !self.streak.holds_against(&left) {
                    self.lacks = None;
                }
                self.left = left;
                Next::GoOn(self.missing())
            }
            Standing::Complete(unreached) => {
                self.lacks = None;
                self.left.clear();
                if let Some(closed) = self.gate.closed() {
                    return Next::GoOn(Some(closed));
                }
                self.record.unreached = unreached;
                Next::Ready
            }
        }
    }

    /// A lack in words, as it is listed.
    fn observed(&self, lack: &Lack) -> String {
        match (lack, &self.proof) {
            (Lack::Marker(marker), Some(proof)) => {
                format!("version marker `{marker}`, expected `{}`", self.session.record_of(proof).expected)
            }
            (Lack::Marker(observed) | Lack::Other(observed), _) => observed.clone(),
        }
    }

    /// The addresses that the row of good answers lacks, in words.
    fn missing(&self) -> Option<String> {
        let left: Vec<String> = self.left.iter().map(IpAddr::to_string).collect();
        (!left.is_empty()).then(|| format!("no good answer yet from {}", left.join(", ")))
    }

    /// What the wait says about the version: never that it is proven while the lack of green's marker is what it ended
    /// with, also when the last answer, from another node, had it.
    fn version(&self) -> Option<VersionRecord> {
        let record = self.session.record_of(self.proof.as_ref()?);
        let other = match &self.lacks {
            Some(Lack::Marker(observed)) if self.record.outcome != Outcome::Pass => Some(observed.as_str()),
            _ => None,
        };
        Some(self.markers.record(record, other, &self.session.place))
    }

    /// What the target's name stands for at the moment.
    fn addresses(&self) -> Vec<IpAddr> {
        self.session.wire.clients.addresses()
    }

    fn subjects(&self) -> String {
        self.record.requests.iter().map(|request| format!("`{request}`")).collect::<Vec<_>>().join(" and ")
    }
}

/// How a wait goes on after a good answer.
enum Next {
    Ready,
    /// With what is waited for, where there is more to say than that it goes on.
    GoOn(Option<String>),
}

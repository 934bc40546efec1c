//! Asks everything that a plan has to ask of one target: readiness, version, checks, and the version again.
//!
//! The same from a function and from `greenlight check`: they differ in where the suite, the target and the facts come
//! from, in whether anybody watches the control plane meanwhile, and in nothing else.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use greenlight_engine::{BaseUrl, CheckRecord, Deadline, Outcome, Resolve, Scope, Session, VersionRecord};
use greenlight_suite::{CREDENTIALS, Suite, Version};
use serde_json::Value;
use tokio::time::sleep;

use crate::draft::Board;
use crate::plan::Plan;
use crate::settings::Environment;
use crate::traffic::Watch;

/// Where and with what a suite is asked.
#[derive(Debug, Clone)]
pub struct Target<'a> {
    /// Where requests go.
    pub base: &'a BaseUrl,
    /// What a person calls it, for example `the test listener`.
    pub name: &'a str,
    /// Where blue serves customers, when it does: a request that fails is asked there once.
    pub blue: Option<&'a BaseUrl>,
    /// What is known about the deployment, by the names that templates use.
    pub facts: BTreeMap<String, Value>,
    /// Why facts are not known, by the beginning of their names.
    pub unknown: Vec<(&'static str, String)>,
    /// Values of the parameters that secrets are read from, by the parameters' names.
    pub parameters: BTreeMap<String, String>,
    /// Names that are not looked up.
    pub resolve: &'a Resolve,
    /// The folder of the suite file, for files that it names.
    pub suite_folder: Option<&'a Path>,
}

/// What blue is called in a reason.
const BLUE: &str = "production (blue)";

impl Target<'_> {
    /// Makes ready to ask: finds every value that the plan needs.
    ///
    /// # Errors
    ///
    /// What is missing, all of it, in one sentence.
    pub(crate) fn open(&self, suite: &Suite, environment: &dyn Environment) -> Result<Session, String> {
        let session = self.session(suite, self.base, environment)?.called(self.name);
        match self.blue {
            Some(blue) => Ok(session.beside(self.session(suite, blue, environment)?, BLUE)),
            None => Ok(session),
        }
    }

    /// A session with somebody else, with the same suite and the same values.
    pub(crate) fn session(
        &self,
        suite: &Suite,
        base: &BaseUrl,
        environment: &dyn Environment,
    ) -> Result<Session, String> {
        let visible = |name: &str| visible(environment, name);
        let scope =
            Scope::build(suite, self.facts.clone(), &visible, &self.parameters).map_err(|error| error.to_string())?;
        let scope = self.unknown.iter().fold(scope, |scope, (prefix, why)| scope.unknown(prefix, why));
        Session::open(suite, base, scope, self.suite_folder, self.resolve).map_err(|error| error.to_string())
    }
}

/// A suite may read the environment, and not the function's own credentials: they may report verdicts.
fn visible(environment: &dyn Environment, name: &str) -> Option<String> {
    environment.get(name).filter(|_| !CREDENTIALS.contains(&name))
}

/// Asks, and writes what is found on the board.
pub async fn ask<W: Watch>(
    plan: &Plan<'_>,
    target: Target<'_>,
    watch: &W,
    environment: &dyn Environment,
    deadline: Deadline,
    board: &Board,
) {
    demand(plan, &target, board);
    if plan.version.is_none() && !plan.checks.iter().any(|check| check.required) {
        // Nothing that could be found would be evidence: waiting for green would only delay the verdict.
        return skip(plan, board, "nothing that is required would have been asked");
    }
    board.update(|draft| draft.demands.readiness = true);
    let suite = plan.suite();
    for round in 1..=ROUNDS {
        // Each with connections of its own: a kept one may still lead to whoever answered in the round before.
        let session = match target.open(&suite, environment) {
            Ok(session) => session,
            Err(problem) => return board.update(|draft| draft.problems.push(problem)),
        };
        let ended = Round { plan, session: &session, watch, deadline, board }.ask().await;
        let against = match ended {
            Ended::Final => return,
            Ended::Voided { against } => against,
        };
        if round == ROUNDS || deadline.has_passed() {
            let problem = against.map(|said| format!("after the checks {said}"));
            return board.update(|draft| draft.problems.extend(problem));
        }
        board.update(|draft| {
            draft.checks.clear();
            let what = against.as_deref().unwrap_or("somebody else than green answered");
            draft.warnings.push(format!("after the checks {what}, so everything was asked once more"));
        });
    }
}

/// A round that was voided is repeated once.
const ROUNDS: u32 = 2;
/// How often a sample after the checks is tried that told nobody's marker: a task may just be leaving.
const SAMPLE_TRIES: u32 = 4;
/// Pause between two tries.
const SAMPLE_PAUSE: Duration = Duration::from_millis(250);

/// Writes down what has to be found.
pub(crate) fn demand(plan: &Plan<'_>, target: &Target<'_>, board: &Board) {
    board.update(|draft| {
        draft.target = Some(target.base.to_string());
        draft.demands.version = plan.version.is_some();
        draft.demands.checks = plan.planned();
    });
}

fn skip(plan: &Plan<'_>, board: &Board, why: &str) {
    board.update(|draft| {
        draft.checks = plan.checks.iter().map(|check| CheckRecord::skipped(check, why)).collect();
    });
}

/// Readiness, version, checks, and the version again.
struct Round<'a, W> {
    plan: &'a Plan<'a>,
    session: &'a Session,
    watch: &'a W,
    deadline: Deadline,
    board: &'a Board,
}

/// What a round came to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ended {
    /// What was found is on the board.
    Final,
    /// After the checks it was not green alone that answered: what they found proves nothing.
    Voided {
        /// What AWS says against it, when it does.
        against: Option<String>,
    },
}

impl<W: Watch> Round<'_, W> {
    async fn ask(&self) -> Ended {
        let Self { plan, session, watch, deadline, board } = *self;
        let wait = async {
            tokio::select! {
                ready = session.ready(plan.ready, plan.version, watch.gate(), deadline, board) => ready,
                never = watch.watch() => match never {},
            }
        };
        let (readiness, version) = board.phase("readiness", wait).await;
        let is_ready = readiness.outcome == Outcome::Pass
            && version.as_ref().is_none_or(|version| version.outcome == Outcome::Pass);
        let wanted = readiness.samples_wanted();
        board.update(|draft| {
            draft.readiness = Some(readiness);
            draft.version.clone_from(&version);
        });
        if !is_ready {
            skip(plan, board, "green was not ready");
            return Ended::Final;
        }

        let records = board.phase("checks", session.run(&plan.checks, plan.parallel(), deadline, board)).await;
        board.update(|draft| draft.checks = records);

        let (voided, ()) = board
            .phase("version", async { tokio::join!(self.still_green(version, wanted), watch.look(deadline)) })
            .await;
        let against = watch.against();
        if voided || against.is_some() { Ended::Voided { against } } else { Ended::Final }
    }

    /// As many samples as readiness wanted, when the checks are done. Whether somebody else answered.
    async fn still_green(&self, before: Option<VersionRecord>, samples: u32) -> bool {
        let (Some(wanted), Some(before)) = (self.plan.version, before) else { return false };
        let after = self.sampled(wanted, before, samples).await;
        let voided = after.outcome == Outcome::Fail && after.observed.is_some();
        self.board.update(|draft| draft.version = Some(after));
        voided
    }

    /// One answer that bears a marker, whoever's it is; at last one that bears none.
    async fn sample(&self, wanted: &Version) -> VersionRecord {
        let mut sample = self.session.version(wanted, self.deadline).await;
        for _ in 1..SAMPLE_TRIES {
            if sample.observed.is_some() || self.deadline.remaining() <= SAMPLE_PAUSE {
                break;
            }
            sleep(SAMPLE_PAUSE).await;
            sample = self.session.version(wanted, self.deadline).await;
        }
        sample
    }

    async fn sampled(&self, wanted: &Version, before: VersionRecord, samples: u32) -> VersionRecord {
        let mut record = before;
        for _ in 0..samples {
            let sample = self.sample(wanted).await;
            record.samples += sample.samples;
            if sample.outcome != Outcome::Pass {
                let reason = sample.reason.as_deref().unwrap_or(sample.outcome.word());
                let reason = Some(format!("green had answered, but after the checks: {reason}"));
                return VersionRecord { samples: record.samples, reason, ..sample };
            }
        }
        record
    }
}

//! Asks everything that a plan has to ask of one target: readiness, version, checks, and the version again.
//!
//! The same from a function and from `greenlight check`: they differ in where the suite, the target and the facts come
//! from, and in nothing else.

use std::collections::BTreeMap;
use std::path::Path;

use greenlight_engine::{BaseUrl, CheckRecord, Deadline, Outcome, Scope, Session, VersionRecord};
use greenlight_suite::{CREDENTIALS, Ready, Suite, Version};
use serde_json::Value;

use crate::draft::Board;
use crate::plan::Plan;
use crate::settings::Environment;

/// Where and with what a suite is asked.
#[derive(Debug)]
pub struct Target<'a> {
    /// Where requests go.
    pub base: &'a BaseUrl,
    /// What is known about the deployment, by the names that templates use.
    pub facts: BTreeMap<String, Value>,
    /// The folder of the suite file, for files that it names.
    pub suite_folder: Option<&'a Path>,
}

/// Asks, and writes what is found on the board.
pub async fn ask(
    suite: &Suite,
    plan: &Plan<'_>,
    target: Target<'_>,
    environment: &dyn Environment,
    deadline: Deadline,
    board: &Board,
) {
    board.update(|draft| {
        draft.target = Some(target.base.to_string());
        draft.demands.version = plan.version.is_some();
        draft.demands.checks = plan.planned();
        if plan.version.is_none() {
            draft.unproven.push(
                "that it was green that answered: the suite names no `version`, so a marker could not be compared"
                    .to_owned(),
            );
        }
    });
    if plan.version.is_none() && !plan.checks.iter().any(|check| check.required) {
        // Nothing that could be found would be evidence: waiting for green would only delay the verdict.
        let reason = "nothing that is required would have been asked";
        return board.update(|draft| {
            draft.checks = plan.checks.iter().map(|check| CheckRecord::skipped(check, reason)).collect();
        });
    }
    board.update(|draft| draft.demands.readiness = true);
    let session = Scope::build(suite, target.facts, &|name| visible(environment, name))
        .map_err(|error| error.to_string())
        .and_then(|scope| {
            Session::open(suite, target.base, scope, target.suite_folder).map_err(|error| error.to_string())
        });
    let session = match session {
        Ok(session) => session,
        Err(problem) => return board.update(|draft| draft.problems.push(problem)),
    };

    let round = Round { suite, plan, session: &session, deadline, board };
    if round.ask().await == Ended::Voided && !deadline.has_passed() {
        board.update(|draft| {
            draft.checks.clear();
            draft.warnings.push(
                "somebody else than green answered after the checks, so everything was asked once more".to_owned(),
            );
        });
        round.ask().await;
    }
}

/// A suite may read the environment, and not the function's own credentials: they may report verdicts.
fn visible(environment: &dyn Environment, name: &str) -> Option<String> {
    environment.get(name).filter(|_| !CREDENTIALS.contains(&name))
}

/// Readiness, version, checks, and the version again.
struct Round<'a> {
    suite: &'a Suite,
    plan: &'a Plan<'a>,
    session: &'a Session,
    deadline: Deadline,
    board: &'a Board,
}

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// What was found is on the board.
    Final,
    /// Somebody else than green answered after the checks: what they found proves nothing.
    Voided,
}

impl Round<'_> {
    async fn ask(&self) -> Ended {
        let Self { suite, plan, session, deadline, board } = *self;
        let ready = session.ready(plan.ready, plan.version, deadline, board);
        let (readiness, version) = board.phase("readiness", ready).await;
        let is_ready = readiness.outcome == Outcome::Pass
            && version.as_ref().is_none_or(|version| version.outcome == Outcome::Pass);
        board.update(|draft| {
            draft.readiness = Some(readiness);
            draft.version.clone_from(&version);
            if !is_ready {
                draft.checks =
                    plan.checks.iter().map(|check| CheckRecord::skipped(check, "green was not ready")).collect();
            }
        });
        if !is_ready {
            return Ended::Final;
        }

        let records = board.phase("checks", session.run(&plan.checks, suite.parallel, deadline, board)).await;
        board.update(|draft| draft.checks = records);

        let (Some(wanted), Some(before)) = (plan.version, version) else { return Ended::Final };
        let after = board.phase("version", self.still_green(wanted, before)).await;
        let voided = after.outcome == Outcome::Fail && after.observed.is_some();
        board.update(|draft| draft.version = Some(after));
        if voided { Ended::Voided } else { Ended::Final }
    }

    /// As many samples as readiness wanted, when the checks are done.
    async fn still_green(&self, wanted: &Version, before: VersionRecord) -> VersionRecord {
        let samples = self.plan.ready.map_or(Ready::DEFAULT_CONSECUTIVE, |ready| ready.consecutive);
        let mut record = before;
        for _ in 0..samples.get() {
            let sample = self.session.version(wanted, self.deadline).await;
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

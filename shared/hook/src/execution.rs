//! One execution of a hook, from the event to the delivered verdict.
//!
//! This is where the three promises meet. Whatever the investigation does (finish, fail, panic, hang), a conclusion
//! comes out of it before the reserve is touched, and the conclusion is delivered.

use std::sync::Arc;
use std::time::Duration;

use greenlight_deployment::Delivery;
use greenlight_engine::Deadline;
use greenlight_report::{GreenRecord, Report};
use greenlight_suite::Hook;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::conclusion::{Conclusion, is_unfinished, listed};
use crate::controller::Controller;
use crate::delivery::{Undelivered, deliver};
use crate::draft::{Board, Draft};
use crate::guard::{Interrupted, grace, guarded, reserve};
use crate::investigation::{Found, Investigation};
use crate::log;
use crate::settings::{Environment, Settings};

/// The most bytes of a report: a log event of CloudWatch and a record for a Lambda destination hold 256 KB, with
/// something around it. Source: CloudWatch Logs and AWS Lambda developer guides, quotas.
const LARGEST_REPORT: usize = 200_000;

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Executed {
    /// A verdict was reported; this is its record.
    Reported(Box<Report>),
    /// The event had been decided before: nothing was asked, and nothing was reported.
    AlreadyDecided {
        /// How it had been decided.
        already_decided: String,
    },
}

/// Runs one hook: finds out, judges, reports.
///
/// `stop` is when Lambda stops the function.
///
/// # Errors
///
/// [`Undelivered`] when the verdict did not reach the controller: only then should Lambda try again.
pub async fn execute<C: Controller>(
    controller: &C,
    hook: Hook,
    event: &Value,
    stop: Instant,
    environment: Arc<dyn Environment>,
) -> Result<Executed, Undelivered> {
    let started = Instant::now();
    let execution = controller.identify(event).map_err(Undelivered::UnknownExecution)?;

    let settings = Settings::read(&*environment);
    let (draft, conclusion) = investigate(controller, &execution, hook, settings, stop, environment).await;
    let conclusion = match conclusion {
        Judged::Conclusion(conclusion) => conclusion,
        Judged::AlreadyDecided(already_decided) => {
            log::already_decided(hook, &already_decided);
            return Ok(Executed::AlreadyDecided { already_decided });
        }
    };

    let mut report = assemble(Some(hook), draft, &conclusion, started.elapsed());
    report.execution = Some(controller.describe(&execution));
    // The verdict comes first: nothing that is written down may keep it waiting.
    let delivery = deliver(controller, &execution, &conclusion, stop).await;
    if matches!(delivery, Ok(Delivery::AlreadyCompleted)) {
        report.warnings.push(
            "the lifecycle event had been decided already, by an earlier report, a time-out or a stop".to_owned(),
        );
    }
    let report = report.fit(LARGEST_REPORT);
    log::report(&report);
    log::verdict(&report, &delivery);
    delivery.map(|_| Executed::Reported(Box::new(report)))
}

enum Judged {
    Conclusion(Conclusion),
    AlreadyDecided(String),
}

async fn investigate<C: Controller>(
    controller: &C,
    execution: &C::Execution,
    hook: Hook,
    settings: Settings,
    stop: Instant,
    environment: Arc<dyn Environment>,
) -> (Draft, Judged) {
    let whole = stop.saturating_duration_since(Instant::now());
    let reserve = reserve(settings.reserve, whole);
    let deadline = Deadline::at(stop.checked_sub(reserve).unwrap_or(stop));
    let patience = Deadline::at(deadline.instant() + grace(reserve));
    let mode = settings.mode;

    let board = Board::new(mode);
    let work = {
        let (board, controller, execution) = (board.clone(), controller.clone(), execution.clone());
        move || -> Result<Found, String> {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| format!("the engine could not start: {error}"))?;
            let _lines = log::of_execution(&controller.describe(&execution)).entered();
            let id = controller.describe(&execution).deployment_id;
            let investigation = Investigation {
                hook,
                deployment_id: &id,
                settings: &settings,
                environment: &*environment,
                deadline,
                board: &board,
            };
            let found = runtime.block_on(investigation.run(controller.reader(&execution)));
            // A look-up of a name cannot be cancelled; ending the runtime in the usual way would wait for it.
            runtime.shutdown_background();
            Ok(found)
        }
    };
    let ended = guarded(patience, work).await;
    let draft = board.snapshot().unwrap_or_else(|| Draft::new(mode));
    let failed = |reason: String| Judged::Conclusion(Conclusion::failed(draft.mode, reason));
    let judged = match ended {
        Ok(Ok(Found::Everything)) => Judged::Conclusion(Conclusion::of(&draft)),
        Ok(Ok(Found::AlreadyDecided(how))) => Judged::AlreadyDecided(how),
        Ok(Err(problem)) => failed(problem),
        Err(Interrupted::Panicked(said)) => {
            failed(format!("Greenlight itself failed while {}: {said}; this says nothing about green", draft.doing))
        }
        Err(Interrupted::TimedOut) => failed(format!(
            "the time was over ({} with {} kept for reporting) while {}{}",
            greenlight_report::duration(whole),
            greenlight_report::duration(reserve),
            draft.doing,
            match draft.unfinished().as_slice() {
                [] => String::new(),
                names => format!("; unfinished checks: {}", listed(names)),
            }
        )),
    };
    (draft, judged)
}

/// Makes the report of what was found and what was concluded from it.
#[must_use]
pub fn assemble(hook: Option<Hook>, draft: Draft, conclusion: &Conclusion, duration: Duration) -> Report {
    let mut unfinished = draft.unfinished();
    unfinished.extend(draft.checks.iter().filter(|record| is_unfinished(record)).map(|record| record.name.clone()));
    let mut warnings = draft.warnings;
    warnings.extend(draft.problems.into_iter().skip(1));
    Report {
        report: Report::VERSION,
        greenlight: env!("CARGO_PKG_VERSION").to_owned(),
        verdict: conclusion.verdict(),
        judged: conclusion.judged(),
        mode: conclusion.mode(),
        reason: conclusion.reason().to_owned(),
        hook,
        execution: None,
        deployment: draft.deployment,
        suite: draft.suite,
        target: draft.target,
        task_set: draft.task_set,
        green: (draft.green != GreenRecord::default()).then_some(draft.green),
        reach: draft.reach,
        direct: draft.direct,
        readiness: draft.readiness,
        version: draft.version,
        checks: draft.checks,
        unfinished,
        unproven: draft.unproven,
        warnings,
        phases: draft.phases,
        duration,
        left_out: None,
    }
}

#[cfg(test)]
mod tests;

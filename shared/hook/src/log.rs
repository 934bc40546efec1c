//! What an execution writes to the log: one line for the verdict, one for the whole report.
//!
//! CodeDeploy has no field for a reason and shows no log of an ECS deployment, so these lines are where whoever is on
//! call finds out why.

use greenlight_deployment::{Delivery, Verdict};
use greenlight_engine::Outcome;
use greenlight_report::Report;
use greenlight_suite::Hook;

use crate::delivery::Undelivered;

/// The whole report as one line of JSON.
pub(crate) fn report(report: &Report) {
    match serde_json::to_string(report) {
        Ok(json) => tracing::info!(report = json, "report"),
        Err(error) => tracing::error!(%error, "the report could not be written"),
    }
}

/// The verdict line.
pub(crate) fn verdict(report: &Report, delivery: &Result<Delivery, Undelivered>) {
    let delivered = match delivery {
        Ok(Delivery::Accepted) => "accepted".to_owned(),
        Ok(Delivery::AlreadyCompleted) => "already completed".to_owned(),
        Err(error) => error.to_string(),
    };
    let passed = report.checks.iter().filter(|check| check.outcome == Outcome::Pass).count();
    let (deployment, hook_execution) =
        report.execution.as_ref().map_or(("", ""), |id| (id.deployment_id.as_str(), id.hook_execution.as_str()));
    let duration_ms = u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                verdict = %report.verdict,
                judged = %report.judged,
                reason = report.reason,
                hook = report.hook.map_or("", |hook| hook.name()),
                deployment,
                hook_execution,
                delivered,
                checks_passed = passed,
                checks = report.checks.len(),
                duration_ms,
                "verdict"
            )
        };
    }
    match (delivery, report.judged) {
        (Err(_), _) => line!(error),
        (Ok(_), Verdict::Failed) => line!(warn),
        (Ok(_), Verdict::Succeeded) => line!(info),
    }
}

/// A duplicate delivery: nothing was done.
pub(crate) fn already_decided(hook: Hook, how: &str) {
    tracing::info!(reason = how, hook = hook.name(), "already decided: nothing was asked, nothing is reported");
}

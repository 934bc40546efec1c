//! What an execution writes to the log: one line for the verdict, one for the whole report.
//!
//! CodeDeploy has no field for a reason and shows no log of an ECS deployment, so these lines are where whoever is on
//! call finds out why. They have a target of their own, [`TARGET`], because they are written at every log level.

use greenlight_deployment::{Delivery, Verdict};
use greenlight_engine::Outcome;
use greenlight_report::{ExecutionId, Report};
use greenlight_suite::Hook;

use crate::conclusion::Conclusion;
use crate::delivery::Undelivered;

/// The target of the lines that no log level leaves out.
pub const TARGET: &str = "greenlight_verdict";

/// A span for what is written while an execution runs: two of them may share a process.
pub(crate) fn of_execution(id: &ExecutionId) -> tracing::Span {
    tracing::error_span!("execution", deployment = id.deployment_id, hook_execution = id.hook_execution)
}

/// The whole report as one line of JSON.
pub(crate) fn report(report: &Report) {
    match serde_json::to_string(report) {
        Ok(json) => tracing::info!(target: TARGET, report = json, "report"),
        Err(error) => tracing::error!(target: TARGET, %error, "the report could not be written"),
    }
}

/// The verdict line.
pub(crate) fn verdict(report: &Report, delivery: &Result<Delivery, Undelivered>) {
    let delivered = words(delivery);
    let passed = report.checks.iter().filter(|check| check.outcome == Outcome::Pass).count();
    let (deployment, hook_execution) =
        report.execution.as_ref().map_or(("", ""), |id| (id.deployment_id.as_str(), id.hook_execution.as_str()));
    let duration_ms = u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
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

/// The verdict line of the last resort.
pub(crate) fn last_resort(id: &ExecutionId, conclusion: &Conclusion, delivery: &Result<Delivery, Undelivered>) {
    tracing::error!(
        target: TARGET,
        verdict = %conclusion.verdict(),
        reason = conclusion.reason(),
        deployment = id.deployment_id,
        hook_execution = id.hook_execution,
        delivered = words(delivery),
        "last resort"
    );
}

/// A duplicate delivery: nothing was done.
pub(crate) fn already_decided(hook: Hook, how: &str) {
    tracing::info!(target: TARGET, reason = how, hook = hook.name(), "already decided: nothing was asked or reported");
}

fn words(delivery: &Result<Delivery, Undelivered>) -> String {
    match delivery {
        Ok(delivery) => delivery.to_string(),
        Err(error) => error.to_string(),
    }
}

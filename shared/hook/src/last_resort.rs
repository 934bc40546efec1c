//! The on-failure destination of the hooks: reports `Failed` for an execution that died without a verdict.
//!
//! Lambda hands over the original event with how the function ended. Nothing is tested here; without this function
//! CodeDeploy would wait for the rest of its hour.

use greenlight_deployment::Reader;
use greenlight_engine::Redactor;
use greenlight_report::Mode;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

use crate::conclusion::Conclusion;
use crate::controller::Controller;
use crate::delivery::{Undelivered, deliver};
use crate::log;
use crate::settings::{Environment, Settings};

/// Longest time for learning whether the deployment is a rollback.
const READ_BUDGET: Duration = Duration::from_secs(3);
/// Characters of the reason that are kept: the function's own message is in it.
const LONGEST_REASON: usize = 1_000;

/// How the function ended, from what Lambda sends to a destination. Whatever of it is missing is left out.
/// Source: AWS Lambda developer guide, "Capturing records of Lambda asynchronous invocations".
fn reason(payload: &Value) -> String {
    let text = |pointer| payload.pointer(pointer).and_then(Value::as_str);
    let mut reason = "the function ended without a verdict".to_owned();
    if let Some(condition) = text("/requestContext/condition") {
        let times = payload.pointer("/requestContext/approximateInvokeCount").and_then(Value::as_u64).unwrap_or(1);
        let function = text("/requestContext/functionArn").unwrap_or("an unknown function");
        reason = format!("{reason} ({condition}, {times} invocations of {function})");
    }
    if let Some(message) = text("/responsePayload/errorMessage") {
        reason = format!("{reason}: {message}");
    }
    reason
}

/// The mode of the function that died: a rollback must not be vetoed here either.
async fn mode<C: Controller>(controller: &C, execution: &C::Execution, environment: &dyn Environment) -> Mode {
    let settings = Settings::read(environment);
    if settings.mode == settings.on_rollback {
        return settings.mode;
    }
    let read = async { controller.reader(execution).await.deployment().await };
    match tokio::time::timeout(READ_BUDGET, read).await {
        Ok(Ok(deployment)) if deployment.is_rollback() => settings.on_rollback,
        _ => settings.mode,
    }
}

/// Reports `Failed` for the event inside a destination's payload; `Succeeded` in observe mode, which stops nothing. A
/// hook's own event is taken as well.
///
/// # Errors
///
/// [`Undelivered`] when the verdict did not reach the controller.
pub async fn last_resort<C: Controller>(
    controller: &C,
    payload: &Value,
    stop: Instant,
    environment: &dyn Environment,
) -> Result<Value, Undelivered> {
    let event = payload.get("requestPayload").unwrap_or(payload);
    let execution = controller.identify(event).map_err(Undelivered::UnknownExecution)?;
    let id = controller.describe(&execution);
    let reason = Redactor::default().cut(&controller.redact(&execution, &reason(payload)), LONGEST_REASON);
    let conclusion = Conclusion::failed(mode(controller, &execution, environment).await, reason);
    let delivery = deliver(controller, &execution, &conclusion, stop).await;
    log::last_resort(&id, &conclusion, &delivery);
    let delivered = delivery?.to_string();
    let verdict = conclusion.verdict().to_string();
    Ok(json!({ "verdict": verdict, "reason": conclusion.reason(), "delivered": delivered, "execution": id }))
}

#[cfg(test)]
mod tests;

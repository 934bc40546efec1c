//! The on-failure destination of the hooks: reports `Failed` for an execution that died without a verdict.
//!
//! Lambda hands over the original event with how the function ended. Nothing is tested here; without this function
//! CodeDeploy would wait for the rest of its hour.

use greenlight_deployment::Delivery;
use greenlight_report::Mode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::conclusion::Conclusion;
use crate::controller::Controller;
use crate::delivery::{Undelivered, deliver};

/// What Lambda sends to a destination.
/// Source: AWS Lambda developer guide, "Capturing records of Lambda asynchronous invocations".
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    #[serde(default)]
    request_context: RequestContext,
    request_payload: Value,
    #[serde(default)]
    response_payload: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    #[serde(default)]
    function_arn: String,
    #[serde(default)]
    condition: String,
    #[serde(default)]
    approximate_invoke_count: u64,
}

impl Destination {
    fn reason(&self) -> String {
        let RequestContext { function_arn, condition, approximate_invoke_count } = &self.request_context;
        let message = self.response_payload.get("errorMessage").and_then(Value::as_str).unwrap_or("no message");
        format!(
            "the function ended without a verdict ({condition}, {approximate_invoke_count} invocations of {function_arn}): {}",
            message.chars().take(500).collect::<String>()
        )
    }
}

/// Reports `Failed` for the event inside a destination's payload. A hook's own event is taken as well.
///
/// # Errors
///
/// [`Undelivered`] when the verdict did not reach the controller.
pub async fn last_resort<C: Controller>(controller: &C, payload: &Value, stop: Instant) -> Result<Value, Undelivered> {
    let (event, reason) = match Destination::deserialize(payload) {
        Ok(destination) => (destination.request_payload.clone(), destination.reason()),
        Err(_) => (payload.clone(), "the function ended without a verdict".to_owned()),
    };
    let execution = controller.identify(&event).map_err(Undelivered::UnknownExecution)?;
    let id = controller.describe(&execution);
    let conclusion = Conclusion::failed(Mode::Enforce, reason);
    let delivery = deliver(controller, &execution, &conclusion, stop).await;
    let delivered = match &delivery {
        Ok(Delivery::Accepted) => "accepted".to_owned(),
        Ok(Delivery::AlreadyCompleted) => "already completed".to_owned(),
        Err(error) => error.to_string(),
    };
    tracing::error!(
        verdict = "Failed",
        reason = conclusion.reason(),
        deployment = id.deployment_id,
        hook_execution = id.hook_execution,
        delivered,
        "last resort"
    );
    delivery?;
    Ok(json!({ "verdict": "Failed", "reason": conclusion.reason(), "delivered": delivered, "execution": id }))
}

#[cfg(test)]
mod tests;

//! CodeDeploy as the controller: its event, its reads, its write.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::codedeploy::CodeDeployLifecycleEvent;
use greenlight_deployment::{Aws, CallError, CodeDeploy, Delivery, DeploymentReader, HookExecution};
use greenlight_report::ExecutionId;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::Controller;
use crate::conclusion::Conclusion;

/// CodeDeploy, reached as the environment says. Nothing is connected until it is needed.
#[derive(Debug, Clone, Default)]
pub struct CodeDeployController {
    /// For the verdict alone, on the function's own runtime; it outlives an execution.
    reporter: Arc<OnceCell<CodeDeploy>>,
}

impl Controller for CodeDeployController {
    type Execution = HookExecution;
    type Reader = DeploymentReader;

    fn identify(&self, event: &Value) -> Result<HookExecution, String> {
        // The deserializer's own words would repeat what the event holds, and that may be the id.
        let event: CodeDeployLifecycleEvent = serde::Deserialize::deserialize(event).map_err(|_| lacking(event))?;
        let execution = HookExecution {
            deployment_id: event.deployment_id,
            hook_execution_id: event.lifecycle_event_hook_execution_id,
        };
        if execution.deployment_id.is_empty() || execution.hook_execution_id.is_empty() {
            return Err("an id in the event is empty".to_owned());
        }
        Ok(execution)
    }

    fn redact(&self, execution: &HookExecution, text: &str) -> String {
        text.replace(&execution.hook_execution_id, "(redacted)")
    }

    fn describe(&self, execution: &HookExecution) -> ExecutionId {
        ExecutionId { deployment_id: execution.deployment_id.clone(), hook_execution: execution.fingerprint() }
    }

    async fn reader(&self, execution: &HookExecution) -> DeploymentReader {
        DeploymentReader::new(&Aws::from_environment().await, &execution.deployment_id)
    }

    async fn deliver(
        &self,
        execution: &HookExecution,
        conclusion: &Conclusion,
        limit: Duration,
    ) -> Result<Delivery, CallError> {
        let client = self.reporter.get_or_init(CodeDeploy::from_environment).await;
        client.report(execution, conclusion.verdict(), limit).await
    }
}

/// What an event lacks, without repeating what it holds.
fn lacking(event: &Value) -> String {
    const FIELDS: [&str; 2] = ["DeploymentId", "LifecycleEventHookExecutionId"];
    let what = match event {
        Value::Object(fields) => {
            let missing: Vec<_> =
                FIELDS.iter().filter(|name| !fields.get(**name).is_some_and(Value::is_string)).collect();
            format!("no text at {missing:?}")
        }
        Value::String(_) => "a text; is it JSON that was encoded twice?".to_owned(),
        _ => "no mapping".to_owned(),
    };
    format!("this is not a CodeDeploy lifecycle event with {} and {}: {what}", FIELDS[0], FIELDS[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_event_is_read_as_codedeploy_writes_it() {
        let event = json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": " opaque== ", "Later": true});
        let execution = CodeDeployController::default().identify(&event).unwrap();
        assert_eq!(execution.deployment_id, "d-1");
        assert_eq!(execution.hook_execution_id, " opaque== ", "never trimmed");
    }

    #[test]
    fn an_event_without_ids_says_what_it_lacks_and_repeats_nothing() {
        let controller = CodeDeployController::default();
        for event in [
            json!({}),
            json!({"deploymentId": "hidden"}),
            json!({"DeploymentId": "hidden", "LifecycleEventHookExecutionId": ["hidden"]}),
            json!({"DeploymentId": "hidden", "LifecycleEventHookExecutionId": ""}),
            json!(["hidden"]),
            json!("{\"LifecycleEventHookExecutionId\":\"hidden\"}"),
            json!(null),
        ] {
            let error = controller.identify(&event).unwrap_err();
            assert!(error.contains("event"), "{error}");
            assert!(!error.contains("hidden"), "{error}");
        }
    }
}

//! CodeDeploy: the reads that tell what a deployment is doing, and the one write, the verdict.
//!
//! Each function makes one call, once per attempt; how long to go on trying is the caller's to decide. Every call has
//! time limits, because the SDK alone would wait for ever on a silent server.

use std::fmt;
use std::time::Duration;

use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::config::retry::RetryConfig;
use aws_sdk_codedeploy::config::timeout::TimeoutConfig;
use aws_sdk_codedeploy::error::SdkError;
use aws_sdk_codedeploy::operation::put_lifecycle_event_hook_execution_status::PutLifecycleEventHookExecutionStatusError as PutError;
use aws_sdk_codedeploy::types::LifecycleEventStatus;

use crate::aws::{ATTEMPT_TIMEOUT, Aws};
use crate::call::CallError;
use crate::execution::HookExecution;
use crate::facts::{Deployment, EcsTarget};
use crate::verdict::Verdict;

pub(crate) const GET_DEPLOYMENT: &str = "codedeploy:GetDeployment";
pub(crate) const LIST_DEPLOYMENT_TARGETS: &str = "codedeploy:ListDeploymentTargets";
pub(crate) const GET_DEPLOYMENT_TARGET: &str = "codedeploy:GetDeploymentTarget";
const PUT_LIFECYCLE_EVENT_HOOK_EXECUTION_STATUS: &str = "codedeploy:PutLifecycleEventHookExecutionStatus";

/// How a verdict reached CodeDeploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It was taken.
    Accepted,
    /// The lifecycle event was decided already, by an earlier delivery, a time-out or a stop. Nothing is left to do.
    AlreadyCompleted,
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::AlreadyCompleted => "already completed",
        })
    }
}

/// A client of CodeDeploy. Belongs to the async runtime on which it is first used.
#[derive(Debug, Clone)]
pub struct CodeDeploy {
    client: Client,
    aws: Aws,
}

impl CodeDeploy {
    /// A client that calls as `aws` says. Nothing is connected yet.
    #[must_use]
    pub fn new(aws: &Aws) -> Self {
        Self { client: Client::new(aws.config()), aws: aws.clone() }
    }

    /// A client configured from Lambda's environment variables: region, credentials and the SDK's own endpoint
    /// variables. Nothing is connected yet, and what is missing shows at the first call.
    pub async fn from_environment() -> Self {
        Self::new(&Aws::from_environment().await)
    }

    /// What the deployment is and how it stands.
    ///
    /// # Errors
    ///
    /// [`CallError`] with the action `codedeploy:GetDeployment`.
    pub async fn deployment(&self, id: &str) -> Result<Deployment, CallError> {
        let output = self
            .client
            .get_deployment()
            .deployment_id(id)
            .send()
            .await
            .map_err(|error| self.aws.call_error(GET_DEPLOYMENT, deployment_resource(id), &error))?;
        output
            .deployment_info()
            .map(Deployment::from)
            .ok_or_else(|| CallError::lacking(GET_DEPLOYMENT, deployment_resource(id), "deploymentInfo"))
    }

    /// The id of the deployment's one target, the ECS service.
    ///
    /// # Errors
    ///
    /// [`CallError`] with the action `codedeploy:ListDeploymentTargets`; a deployment without a target is `None`.
    pub async fn target_id(&self, id: &str) -> Result<Option<String>, CallError> {
        let output = self
            .client
            .list_deployment_targets()
            .deployment_id(id)
            .send()
            .await
            .map_err(|error| self.aws.call_error(LIST_DEPLOYMENT_TARGETS, deployment_resource(id), &error))?;
        Ok(output.target_ids().first().cloned())
    }

    /// The service's task sets and lifecycle events, as they are now.
    ///
    /// # Errors
    ///
    /// [`CallError`] with the action `codedeploy:GetDeploymentTarget`; a target that is not an ECS service is `None`.
    pub async fn target(&self, id: &str, target_id: &str) -> Result<Option<EcsTarget>, CallError> {
        let output = self
            .client
            .get_deployment_target()
            .deployment_id(id)
            .target_id(target_id)
            .send()
            .await
            .map_err(|error| self.aws.call_error(GET_DEPLOYMENT_TARGET, deployment_resource(id), &error))?;
        Ok(output.deployment_target().and_then(|target| target.ecs_target()).map(EcsTarget::from))
    }

    /// Reports the verdict: one attempt, no longer than `limit`.
    ///
    /// # Errors
    ///
    /// [`CallError`] with the action `codedeploy:PutLifecycleEventHookExecutionStatus`.
    pub async fn report(
        &self,
        execution: &HookExecution,
        verdict: Verdict,
        limit: Duration,
    ) -> Result<Delivery, CallError> {
        let limit = limit.min(ATTEMPT_TIMEOUT);
        let once = aws_sdk_codedeploy::config::Builder::new()
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(limit).operation_timeout(limit).build());
        let answer = self
            .client
            .put_lifecycle_event_hook_execution_status()
            .deployment_id(&execution.deployment_id)
            .lifecycle_event_hook_execution_id(&execution.hook_execution_id)
            .status(match verdict {
                Verdict::Succeeded => LifecycleEventStatus::Succeeded,
                Verdict::Failed => LifecycleEventStatus::Failed,
            })
            .customize()
            .config_override(once)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Delivery::Accepted),
            Err(SdkError::ServiceError(context))
                if matches!(context.err(), PutError::LifecycleEventAlreadyCompletedException(_)) =>
            {
                Ok(Delivery::AlreadyCompleted)
            }
            Err(error) => {
                let resource = deployment_resource(&execution.deployment_id);
                let error = self.aws.call_error(PUT_LIFECYCLE_EVENT_HOOK_EXECUTION_STATUS, resource, &error);
                Err(without_id(error, execution))
            }
        }
    }
}

/// What a call about a deployment asks about.
pub(crate) fn deployment_resource(id: &str) -> String {
    format!("deployment {id}")
}

/// AWS may repeat the id it was given; it must not reach a log.
fn without_id(mut error: CallError, execution: &HookExecution) -> CallError {
    if !execution.hook_execution_id.is_empty() {
        error.detail = error.detail.replace(&execution.hook_execution_id, "(redacted)");
    }
    error
}

#[cfg(test)]
mod tests;

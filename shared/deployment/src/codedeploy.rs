//! CodeDeploy: the reads that tell what a deployment is doing, and the one write, the verdict.
//!
//! Each function makes one call, once per attempt; how long to go on trying is the caller's to decide. Every call has
//! time limits, because the SDK alone would wait for ever on a silent server.

use std::fmt;
use std::time::Duration;

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader};
use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::error::SdkError;
use aws_sdk_codedeploy::operation::put_lifecycle_event_hook_execution_status::PutLifecycleEventHookExecutionStatusError as PutError;
use aws_sdk_codedeploy::types::LifecycleEventStatus;

use crate::call::{CallError, CallErrorKind};
use crate::execution::HookExecution;
use crate::facts::{Deployment, EcsTarget};
use crate::transport::Transport;
use crate::verdict::Verdict;

/// Longest time until a connection to AWS stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest time of one attempt of one call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time of one read with the SDK's retries.
const READ_TIMEOUT: Duration = Duration::from_secs(15);

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
    region: String,
    /// What is needed in the environment, and is not there.
    unset: Vec<&'static str>,
}

impl CodeDeploy {
    /// A client configured from Lambda's environment variables: region, credentials and the SDK's own endpoint
    /// variables. Nothing is connected yet, and what is missing shows at the first call.
    pub async fn from_environment() -> Self {
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(EnvironmentVariableRegionProvider::new())
            .credentials_provider(EnvironmentVariableCredentialsProvider::new());
        Self::load(loader, unset(|name| std::env::var(name).ok())).await
    }

    async fn load(loader: ConfigLoader, unset: Vec<&'static str>) -> Self {
        let mut loader = loader
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(READ_TIMEOUT)
                    .build(),
            )
            .retry_config(RetryConfig::standard().with_max_attempts(4));
        // Without a client of its own the SDK fails each call with a sentence, which is then the reported reason.
        if let Ok(client) = greenlight_engine::http_client().connect_timeout(CONNECT_TIMEOUT).build() {
            loader = loader.http_client(Transport::new(client));
        }
        let config = loader.load().await;
        let region = config.region().map_or_else(|| "no region".to_owned(), ToString::to_string);
        Self { client: Client::new(&config), region, unset }
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
            .map_err(|error| self.explained(CallError::new("codedeploy:GetDeployment", &error)))?;
        output.deployment_info().map(Deployment::from).ok_or_else(|| CallError {
            action: "codedeploy:GetDeployment",
            kind: CallErrorKind::Server,
            detail: "the answer held no deploymentInfo".to_owned(),
        })
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
            .map_err(|error| self.explained(CallError::new("codedeploy:ListDeploymentTargets", &error)))?;
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
            .map_err(|error| self.explained(CallError::new("codedeploy:GetDeploymentTarget", &error)))?;
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
                let error = CallError::new("codedeploy:PutLifecycleEventHookExecutionStatus", &error);
                Err(self.explained(without_id(error, execution)))
            }
        }
    }

    /// Adds what the SDK does not say. The region to errors about what does not exist: it is the usual reason. And to
    /// calls that could not be made, the name of what is missing.
    fn explained(&self, mut error: CallError) -> CallError {
        if error.detail.contains(" DeploymentDoesNotExist") {
            error.detail = format!("{}; looked for it in region {}", error.detail, self.region);
        }
        if error.kind == CallErrorKind::NotConfigured
            && let Some((last, others)) = self.unset.split_last()
        {
            error.detail = if others.is_empty() {
                format!("{last} is not set: Lambda sets it; elsewhere set it")
            } else {
                format!("{} and {last} are not set: Lambda sets them; elsewhere set them", others.join(", "))
            };
        }
        error
    }
}

/// The environment variables that are needed and that `variable` does not have. Those that the SDK falls back to count.
fn unset(variable: impl Fn(&str) -> Option<String>) -> Vec<&'static str> {
    let is_set = |name: &&str| variable(name).is_some_and(|value| !value.trim().is_empty());
    [&["AWS_REGION", "AWS_DEFAULT_REGION"][..], &["AWS_ACCESS_KEY_ID"], &["AWS_SECRET_ACCESS_KEY", "SECRET_ACCESS_KEY"]]
        .into_iter()
        .filter(|names| !names.iter().any(is_set))
        .map(|names| names[0])
        .collect()
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

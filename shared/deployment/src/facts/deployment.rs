//! A deployment as CodeDeploy's GetDeployment tells it.

use aws_sdk_codedeploy::types as sdk;
use serde::{Deserialize, Serialize};

/// A deployment as GetDeployment describes it: the fields that matter to a gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// For example `d-A1B2C3D4E`.
    pub id: String,
    /// The application's name.
    pub application: String,
    /// The deployment group's name.
    pub group: String,
    /// `InProgress`, `Succeeded`, `Stopped`, … as AWS writes it.
    pub status: String,
    /// `user`, `codeDeployRollback`, … as AWS writes it.
    pub creator: String,
    /// `ECS`, `Lambda` or `Server`.
    pub compute_platform: String,
    /// Whether a failed hook rolls the deployment back.
    pub rolls_back_on_failure: bool,
    /// ARN of the test listener; absent when the deployment group has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_listener: Option<String>,
    /// ARN of the production listener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production_listener: Option<String>,
}

impl Deployment {
    /// Whether this deployment is itself a rollback.
    #[must_use]
    pub fn is_rollback(&self) -> bool {
        self.creator == "codeDeployRollback"
    }

    /// Whether it has ended, so that no verdict can change it. A status that this program does not know has not.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "Succeeded" | "Failed" | "Stopped")
    }
}

impl From<&sdk::DeploymentInfo> for Deployment {
    fn from(info: &sdk::DeploymentInfo) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let rollback = info.auto_rollback_configuration();
        let pair = info.load_balancer_info().and_then(|info| info.target_group_pair_info_list().first());
        Self {
            id: text(info.deployment_id()),
            application: text(info.application_name()),
            group: text(info.deployment_group_name()),
            status: text(info.status().map(sdk::DeploymentStatus::as_str)),
            creator: text(info.creator().map(sdk::DeploymentCreator::as_str)),
            compute_platform: text(info.compute_platform().map(sdk::ComputePlatform::as_str)),
            rolls_back_on_failure: rollback.is_some_and(|rollback| {
                rollback.enabled() && rollback.events().contains(&sdk::AutoRollbackEvent::DeploymentFailure)
            }),
            test_listener: pair.and_then(|pair| listener(pair.test_traffic_route())),
            production_listener: pair.and_then(|pair| listener(pair.prod_traffic_route())),
        }
    }
}

/// A route has at most one listener. Source: CodeDeploy API reference, `TrafficRoute`.
fn listener(route: Option<&sdk::TrafficRoute>) -> Option<String> {
    route?.listener_arns().first().cloned()
}

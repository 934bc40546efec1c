//! The ECS service and its task sets as DescribeServices tells them, and which of them is green.

use aws_sdk_ecs::types as sdk;
use serde::{Deserialize, Serialize};

/// An ECS service whose deployments CodeDeploy makes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The cluster's name.
    pub cluster: String,
    /// The service's name.
    pub name: String,
    /// The service's ARN.
    pub arn: String,
    /// Blue's and green's, and for a while those of earlier deployments.
    pub task_sets: Vec<ServiceTaskSet>,
}

/// A task set, with what ECS alone knows of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceTaskSet {
    /// For example `ecs-svc/1234567890`.
    pub id: String,
    /// The task set's ARN.
    pub arn: String,
    /// `PRIMARY`, `ACTIVE` or `DRAINING`.
    pub status: String,
    /// ARN of the task definition that its tasks run.
    pub task_definition: String,
    /// `CODE_DEPLOY` when a deployment made it.
    pub started_by: String,
    /// The id of that deployment.
    pub external_id: String,
    /// Tasks wanted: the service's wanted number by this task set's share.
    pub desired: i64,
    /// Tasks that are starting.
    pub pending: i64,
    /// Tasks that run.
    pub running: i64,
    /// `STEADY_STATE` or `STABILIZING`; empty where ECS does not say.
    pub stability: String,
    /// ARNs of the target groups that its tasks are registered in.
    pub target_groups: Vec<String>,
    /// `FARGATE` or `EC2`; empty with a capacity provider.
    pub launch_type: String,
}

impl Service {
    /// The replacement task set of a deployment.
    ///
    /// Source: ECS API reference, `TaskSet`: `startedBy` is `CODE_DEPLOY` and `externalId` the deployment's id.
    #[must_use]
    pub fn green(&self, deployment_id: &str) -> Option<&ServiceTaskSet> {
        self.task_sets.iter().find(|set| set.is_of(deployment_id))
    }

    /// The original task set of a deployment: the `PRIMARY` one, or when green is that already, because production has
    /// moved, the only other one that is not `DRAINING`.
    #[must_use]
    pub fn blue(&self, deployment_id: &str) -> Option<&ServiceTaskSet> {
        let others = || self.task_sets.iter().filter(|set| !set.is_of(deployment_id));
        others().find(|set| set.status == "PRIMARY").or_else(|| {
            let mut staying = others().filter(|set| set.status != "DRAINING");
            staying.next().filter(|_| staying.next().is_none())
        })
    }
}

impl ServiceTaskSet {
    /// Whether every wanted task runs, nothing is starting, there is at least one, and ECS does not say otherwise.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        let says_so = self.stability.is_empty() || self.stability == "STEADY_STATE";
        self.desired > 0 && self.running == self.desired && self.pending == 0 && says_so
    }

    fn is_of(&self, deployment_id: &str) -> bool {
        self.started_by == "CODE_DEPLOY" && self.external_id == deployment_id
    }
}

impl From<&sdk::TaskSet> for ServiceTaskSet {
    fn from(set: &sdk::TaskSet) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Self {
            id: text(set.id()),
            arn: text(set.task_set_arn()),
            status: text(set.status()),
            task_definition: text(set.task_definition()),
            started_by: text(set.started_by()),
            external_id: text(set.external_id()),
            desired: set.computed_desired_count().into(),
            pending: set.pending_count().into(),
            running: set.running_count().into(),
            stability: text(set.stability_status().map(sdk::StabilityStatus::as_str)),
            target_groups: set.load_balancers().iter().filter_map(|one| one.target_group_arn.clone()).collect(),
            launch_type: text(set.launch_type().map(sdk::LaunchType::as_str)),
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn set(id: &str, started_by: &str, external_id: &str, status: &str) -> ServiceTaskSet {
        ServiceTaskSet {
            id: id.into(),
            started_by: started_by.into(),
            external_id: external_id.into(),
            status: status.into(),
            ..ServiceTaskSet::default()
        }
    }

    #[test]
    fn green_is_this_deployments_and_blue_the_other_one() {
        let ours = |status| set("ours", "CODE_DEPLOY", "d-1", status);
        let before = |status| set("before", "CODE_DEPLOY", "d-0", status);
        let other = |status| set("other", "CODE_DEPLOY", "d-x", status);
        for (case, task_sets, green, blue) in [
            ("before production moves", vec![before("PRIMARY"), ours("ACTIVE")], Some("ours"), Some("before")),
            ("after production moved", vec![before("ACTIVE"), ours("PRIMARY")], Some("ours"), Some("before")),
            ("whatever the order", vec![ours("PRIMARY"), before("ACTIVE")], Some("ours"), Some("before")),
            ("before green exists", vec![before("PRIMARY")], None, Some("before")),
            ("the first deployment of a service", vec![ours("PRIMARY")], Some("ours"), None),
            (
                "an older one still drains",
                vec![other("DRAINING"), before("ACTIVE"), ours("PRIMARY")],
                Some("ours"),
                Some("before"),
            ),
            ("blue drains after all", vec![before("DRAINING"), ours("PRIMARY")], Some("ours"), None),
            ("two could be blue", vec![before("ACTIVE"), other("ACTIVE"), ours("PRIMARY")], Some("ours"), None),
            (
                "made by somebody else with the same id",
                vec![before("PRIMARY"), set("foreign", "", "d-1", "ACTIVE")],
                None,
                Some("before"),
            ),
            ("no task set", vec![], None, None),
        ] {
            let service = Service { task_sets, ..Service::default() };
            assert_eq!(service.green("d-1").map(|set| set.id.as_str()), green, "{case}: green");
            assert_eq!(service.blue("d-1").map(|set| set.id.as_str()), blue, "{case}: blue");
        }
    }

    #[test]
    fn a_task_set_is_steady_when_every_wanted_task_runs_and_ecs_agrees() {
        for (case, desired, running, pending, stability, steady) in [
            ("all run", 2, 2, 0, "STEADY_STATE", true),
            ("ECS does not say", 2, 2, 0, "", true),
            ("ECS is not content", 2, 2, 0, "STABILIZING", false),
            ("none is wanted", 0, 0, 0, "STEADY_STATE", false),
            ("one is missing", 2, 1, 0, "STEADY_STATE", false),
            ("one too many runs", 2, 3, 0, "STEADY_STATE", false),
            ("one is starting", 2, 2, 1, "STEADY_STATE", false),
        ] {
            let stability = stability.to_owned();
            let set = ServiceTaskSet { desired, pending, running, stability, ..ServiceTaskSet::default() };
            assert_eq!(set.is_steady(), steady, "{case}");
        }
    }
}

//! The ECS service of a deployment as CodeDeploy's GetDeploymentTarget tells it.

use aws_sdk_codedeploy::types as sdk;
use serde::{Deserialize, Serialize};

use crate::appspec::BindingPoint;

/// The ECS service of a deployment as GetDeploymentTarget describes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EcsTarget {
    /// In the order of the deployment.
    pub lifecycle_events: Vec<LifecycleEvent>,
    /// Blue's and green's.
    pub task_sets: Vec<TaskSet>,
}

/// One lifecycle event and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleEvent {
    /// For example `AfterInstall`.
    pub name: String,
    /// `Pending`, `InProgress`, `Succeeded`, `Failed`, `Skipped` or `Unknown`.
    pub status: String,
}

/// A task set, counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskSet {
    /// For example `ecs-svc/1234567890`.
    pub id: String,
    /// `Blue` or `Green`, where CodeDeploy says so.
    pub label: String,
    /// `PRIMARY`, `ACTIVE` or `DRAINING`.
    pub status: String,
    /// Tasks wanted.
    pub desired: i64,
    /// Tasks that are starting.
    pub pending: i64,
    /// Tasks that run.
    pub running: i64,
    /// Share of production traffic in percent.
    pub traffic_weight: f64,
    /// Name of its target group.
    pub target_group: String,
}

impl TaskSet {
    /// Whether every wanted task runs, nothing is starting, and there is at least one.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        self.desired > 0 && self.running == self.desired && self.pending == 0
    }
}

impl EcsTarget {
    /// The replacement task set: the one labelled `Green`, or the only one that is not `PRIMARY`.
    #[must_use]
    pub fn green(&self) -> Option<&TaskSet> {
        self.task_sets.iter().find(|set| set.label == "Green").or_else(|| {
            let mut others = self.task_sets.iter().filter(|set| set.label.is_empty() && set.status != "PRIMARY");
            others.next().filter(|_| others.next().is_none())
        })
    }

    /// The original task set: the one labelled `Blue`, or without labels the only `PRIMARY` one.
    #[must_use]
    pub fn blue(&self) -> Option<&TaskSet> {
        self.task_sets.iter().find(|set| set.label == "Blue").or_else(|| {
            let mut primary = self.task_sets.iter().filter(|set| set.label.is_empty() && set.status == "PRIMARY");
            primary.next().filter(|_| primary.next().is_none())
        })
    }

    /// How a lifecycle event stands, where it is listed.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&LifecycleEvent> {
        self.lifecycle_events.iter().find(|event| event.name == name)
    }

    /// The one lifecycle event in progress that can have a hook: the one whose function was asked, as CodeDeploy
    /// records it. Where nothing, or more than one, is in progress it cannot be told.
    #[must_use]
    pub fn hook_in_progress(&self) -> Option<&LifecycleEvent> {
        let mut found = self.lifecycle_events.iter().filter(|event| {
            event.status == "InProgress" && BindingPoint::ALL.into_iter().any(|point| point.name() == event.name)
        });
        found.next().filter(|_| found.next().is_none())
    }
}

impl From<&sdk::EcsTarget> for EcsTarget {
    fn from(target: &sdk::EcsTarget) -> Self {
        Self {
            lifecycle_events: target.lifecycle_events().iter().map(LifecycleEvent::from).collect(),
            task_sets: target.task_sets_info().iter().map(TaskSet::from).collect(),
        }
    }
}

impl From<&sdk::LifecycleEvent> for LifecycleEvent {
    fn from(event: &sdk::LifecycleEvent) -> Self {
        Self {
            name: event.lifecycle_event_name().unwrap_or_default().to_owned(),
            status: event.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        }
    }
}

impl From<&sdk::EcsTaskSet> for TaskSet {
    fn from(set: &sdk::EcsTaskSet) -> Self {
        Self {
            id: set.identifer().unwrap_or_default().to_owned(),
            label: set.task_set_label().map(|label| label.as_str().to_owned()).unwrap_or_default(),
            status: set.status().unwrap_or_default().to_owned(),
            desired: set.desired_count(),
            pending: set.pending_count(),
            running: set.running_count(),
            traffic_weight: set.traffic_weight(),
            target_group: set.target_group().and_then(|group| group.name()).unwrap_or_default().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task_set(label: &str, status: &str, desired: i64, running: i64, pending: i64) -> TaskSet {
        TaskSet { label: label.into(), status: status.into(), desired, running, pending, ..TaskSet::default() }
    }

    #[test]
    fn a_task_set_is_steady_when_every_wanted_task_runs_and_there_is_one() {
        for (case, set, steady) in [
            ("all run", task_set("Green", "ACTIVE", 2, 2, 0), true),
            ("none is wanted", task_set("Green", "ACTIVE", 0, 0, 0), false),
            ("one is missing", task_set("Green", "ACTIVE", 2, 1, 0), false),
            ("one is starting", task_set("Green", "ACTIVE", 2, 2, 1), false),
        ] {
            assert_eq!(set.is_steady(), steady, "{case}");
        }
    }

    #[test]
    fn green_is_the_labelled_set_or_the_only_other_one() {
        let blue = task_set("Blue", "PRIMARY", 1, 1, 0);
        let green = task_set("Green", "ACTIVE", 1, 1, 0);
        let bare = |status| task_set("", status, 1, 1, 0);
        for (case, task_sets, found) in [
            ("labelled", vec![blue.clone(), green.clone()], Some(green.clone())),
            ("only blue is there", vec![blue.clone()], None),
            ("no labels", vec![bare("PRIMARY"), bare("ACTIVE")], Some(bare("ACTIVE"))),
            ("no labels and two others", vec![bare("PRIMARY"), bare("ACTIVE"), bare("ACTIVE")], None),
        ] {
            let target = EcsTarget { task_sets, ..EcsTarget::default() };
            assert_eq!(target.green(), found.as_ref(), "{case}");
        }
    }

    #[test]
    fn blue_is_the_labelled_set_or_the_only_primary_one() {
        let blue = task_set("Blue", "ACTIVE", 1, 1, 0);
        let green = task_set("Green", "PRIMARY", 1, 1, 0);
        let bare = |status| task_set("", status, 1, 1, 0);
        for (case, task_sets, found) in [
            ("labelled, after production moved", vec![green.clone(), blue.clone()], Some(blue.clone())),
            ("only green is there", vec![green.clone()], None),
            ("no labels", vec![bare("ACTIVE"), bare("PRIMARY")], Some(bare("PRIMARY"))),
            ("no labels and two primaries", vec![bare("PRIMARY"), bare("PRIMARY")], None),
        ] {
            let target = EcsTarget { task_sets, ..EcsTarget::default() };
            assert_eq!(target.blue(), found.as_ref(), "{case}");
        }
    }

    #[test]
    fn the_hook_in_progress_is_the_one_running_event_that_can_have_a_function() {
        for (case, events, found) in [
            ("a hook runs", &[("Install", "Succeeded"), ("AfterInstall", "InProgress")][..], Some("AfterInstall")),
            ("before green exists", &[("BeforeInstall", "InProgress"), ("Install", "Pending")], Some("BeforeInstall")),
            (
                "hooks before it are done and others wait",
                &[
                    ("AfterInstall", "Succeeded"),
                    ("AfterAllowTestTraffic", "InProgress"),
                    ("BeforeAllowTraffic", "Pending"),
                ],
                Some("AfterAllowTestTraffic"),
            ),
            ("just before traffic", &[("BeforeAllowTraffic", "InProgress")], Some("BeforeAllowTraffic")),
            ("after traffic", &[("AfterAllowTraffic", "InProgress")], Some("AfterAllowTraffic")),
            ("CodeDeploy's own step runs", &[("AfterInstall", "Succeeded"), ("AllowTraffic", "InProgress")], None),
            ("nothing runs yet", &[("AfterInstall", "Pending")], None),
            ("two at once", &[("AfterInstall", "InProgress"), ("BeforeAllowTraffic", "InProgress")], None),
            ("no events are listed", &[], None),
        ] {
            let lifecycle_events = events
                .iter()
                .map(|(name, status)| LifecycleEvent { name: (*name).into(), status: (*status).into() })
                .collect();
            let target = EcsTarget { lifecycle_events, ..EcsTarget::default() };
            assert_eq!(target.hook_in_progress().map(|event| event.name.as_str()), found, "{case}");
        }
    }
}

//! All deployments as CodeDeploy knows them. What happens within one is in `deployment`, how they look on the wire in
//! `shapes`.

use super::deployment::{Deployment, TaskSet, Version};
use crate::aws::Identity;
use crate::lifecycle::LifecycleEvent;
use crate::record::{DeploymentStatus, StepStatus};
use crate::settings::Shift;
use crate::unknowns::Unknowns;

/// Everything that the API answers from.
pub(in crate::aws) struct State {
    pub(in crate::aws) identity: Identity,
    /// So many status calls of every hook are throttled before one is taken.
    pub(super) throttled_status_calls: u32,
    pub(super) unknowns: Unknowns,
    pub(super) shift: Shift,
    /// The one that is played, and after a failure the one that rolled it back.
    pub(super) deployments: Vec<Deployment>,
}

impl State {
    pub(in crate::aws) fn new(
        identity: Identity,
        throttled_status_calls: u32,
        unknowns: Unknowns,
        shift: Shift,
    ) -> Self {
        let blue = TaskSet::serving(identity.tasks.get());
        let played = Deployment::new(blue, Version::Green, None);
        Self { identity, throttled_status_calls, unknowns, shift, deployments: vec![played] }
    }

    /// The latest deployment: the one that was created by a person, until another one rolls it back with hooks.
    pub(in crate::aws) fn played(&self) -> &Deployment {
        &self.deployments[self.latest()]
    }

    pub(in crate::aws) fn played_mut(&mut self) -> &mut Deployment {
        let latest = self.latest();
        &mut self.deployments[latest]
    }

    /// A rollback that is played is the latest deployment; one that only moved traffic back is not.
    fn latest(&self) -> usize {
        self.deployments.iter().rposition(|deployment| !deployment.is_instant).unwrap_or_default()
    }

    /// A rollback is a new deployment of the last good revision. This one only moves traffic back, and asks no hooks:
    /// it is over as soon as it is there.
    pub(in crate::aws) fn roll_back(&mut self) -> String {
        let hookless = self.hookless();
        let mut rollback = self.rollback();
        for event in LifecycleEvent::ALL {
            rollback.begin(event);
            rollback.end(event, if event.is_hook() { hookless } else { StepStatus::Succeeded });
        }
        rollback.is_instant = true;
        rollback.finish(DeploymentStatus::Succeeded, None);
        self.add(rollback)
    }

    /// A rollback that is played like any other deployment, with its hooks.
    pub(in crate::aws) fn begin_rollback(&mut self) -> String {
        let rollback = self.rollback();
        self.add(rollback)
    }

    /// How an event without a hook ends.
    pub(in crate::aws) fn hookless(&self) -> StepStatus {
        if self.unknowns.hookless_succeed { StepStatus::Succeeded } else { StepStatus::Skipped }
    }

    fn rollback(&self) -> Deployment {
        let failed = self.played();
        let blue = failed.blue.clone().unwrap_or_else(|| TaskSet::serving(self.identity.tasks.get()));
        Deployment::new(blue, Version::Blue, Some(failed.id.clone()))
    }

    fn add(&mut self, rollback: Deployment) -> String {
        let id = rollback.id.clone();
        self.played_mut().rolled_back_by = Some(id.clone());
        self.deployments.push(rollback);
        id
    }
}

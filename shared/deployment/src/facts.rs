//! What is known of one deployment, as typed values: every fact is there, or the call that would have told it.
//!
//! How the facts are read together is `read`'s; the values that templates use and what tells green from blue are
//! `values`'; each other module is one kind of fact as AWS writes it.

mod deployment;
mod image;
mod listener;
mod load_balancer;
mod read;
#[cfg(test)]
mod scripted;
mod service;
mod target;
mod target_group;
mod task_definition;
mod unknown;
mod values;

pub use deployment::Deployment;
pub use listener::{Forward, Listener};
pub use load_balancer::LoadBalancer;
pub use service::{Service, ServiceTaskSet};
pub use target::{EcsTarget, LifecycleEvent, TaskSet};
pub use target_group::{HealthCheck, TargetGroup, TargetHealth};
pub use task_definition::{Container, TaskDefinition};
pub use values::Difference;

use crate::call::Known;

/// The facts of one deployment, as they were at one look.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The deployment that the facts are of.
    pub deployment_id: String,
    /// What it is and how it stands.
    pub deployment: Known<Deployment>,
    /// Its lifecycle events, and its task sets as CodeDeploy counts them; `None` when there is no ECS service.
    pub target: Known<Option<EcsTarget>>,
    /// Its service, and the task sets as ECS counts them.
    pub service: Known<Service>,
    /// The test listener; `None` when the deployment group has none.
    pub test: Known<Option<Listener>>,
    /// The production listener; `None` when the deployment group has none.
    pub production: Known<Option<Listener>>,
    /// The load balancer of the test listener; where there is none, of the production listener.
    pub load_balancer: Known<LoadBalancer>,
    /// The replacement.
    pub green: Side,
    /// The original.
    pub blue: Side,
    /// Green's target group.
    pub target_group: Known<TargetGroup>,
    /// The health of every target in green's target group.
    pub health: Known<Vec<TargetHealth>>,
}

/// Green, or blue: a task set, where it is registered, and what it runs.
#[derive(Debug, Clone)]
pub struct Side {
    /// `None` when the service has no such task set.
    pub task_set: Known<Option<ServiceTaskSet>>,
    /// The ARN of its target group; `None` when it has none.
    pub target_group: Known<Option<String>>,
    /// What it runs; `None` when there is no such task set.
    pub task_definition: Known<Option<TaskDefinition>>,
}

//! A whole ECS blue/green deployment on this machine, with the real function binaries and no account.
//!
//! [`rehearse`] plays CodeDeploy's lifecycle in CodeDeploy's order: an application load balancer with a production and
//! a test listener, two task sets behind it, the AWS APIs that functions ask, and Lambda, which runs the functions as
//! processes of their own. What AWS documents is kept, with its source beside it; what goes wrong on purpose is a [`Fault`].
//!
//! Nothing is judged here. The functions judge, and what they report decides, as in a real deployment.

pub mod application;
mod asking;
pub mod aws;
mod binding;
mod error;
mod event;
mod example;
#[cfg(test)]
mod fake_function;
mod fault;
mod hook;
mod inputs;
mod lambda;
mod lifecycle;
pub mod load_balancer;
mod millis;
mod narrator;
mod plan;
mod player;
mod printer;
mod programs;
mod record;
mod rehearse;
mod server;
mod settings;
mod stage;
mod task_definition;
mod task_root;
mod task_set;
mod unknowns;

pub use error::RehearsalError;
pub use event::Event;
pub use fault::{Ending, Fault, UnknownFault};
pub use lifecycle::LifecycleEvent;
pub use printer::Printer;
pub use record::{
    Answer, Call, DeploymentStatus, ErrorInformation, Exchange, Invocation, InvocationEnding, LogLine, Opening,
    Outcome, Rehearsal, Step, StepStatus,
};
pub use rehearse::rehearse;
pub use settings::{ForwardShape, FunctionSource, Settings, Shift};
pub use task_definition::TaskDefinition;
pub use unknowns::{Question, ReadyWait, Repeated, Unknowns};

//! What AWS knows about a deployment, and the one write: the verdict.
//!
//! This crate makes calls and gives back typed facts; what follows from them is the hook's to decide.

pub mod appspec;
mod call;
mod codedeploy;
mod execution;
mod facts;
mod transport;
mod verdict;

pub use call::{CallError, CallErrorKind};
pub use codedeploy::{CodeDeploy, Delivery};
pub use execution::HookExecution;
pub use facts::{Deployment, EcsTarget, LifecycleEvent, TaskSet};
pub use verdict::Verdict;

//! CodeDeploy: its deployments, and what each operation answers.
//!
//! The player tells what happens; the functions read it, and put their verdicts.

mod deployment;
mod operations;
mod shapes;
mod state;

pub use deployment::HookExecution;
pub(super) use deployment::{TaskSet, Version};
pub(super) use operations::{PUT_STATUS, perform};
pub(super) use shapes::seconds;
pub(super) use state::State;

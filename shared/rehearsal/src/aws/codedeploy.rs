//! CodeDeploy: its deployments, and what each operation answers.
//!
//! The player tells what happens; the functions read it, and put their verdicts.

mod operations;
mod shapes;
mod state;

pub(super) use operations::{PUT_STATUS, perform};
pub(super) use shapes::seconds;
pub use state::HookExecution;
pub(super) use state::{State, TaskSet, Version};

//! One hook execution: event, plan, evidence, verdict. The three promises live here.
//!
//! 1. **Never a false `Succeeded`**: [`Conclusion`] can only be raised by evidence, in one place.
//! 2. **Never a silence**: [`execute`] waits for the investigation on another thread than the one it runs on, and
//!    reports when the time is over, whatever has become of it.
//! 3. **Always a reason**: a conclusion has one, and it goes to the log, the report and the return value.
//!
//! HTTP is the engine's, AWS is the deployment crate's, the words of the suite are the suite crate's.

mod after_install;
mod canary;
mod conclusion;
mod controller;
mod default_suite;
mod delivery;
mod destination;
mod draft;
mod execution;
mod guard;
mod investigation;
mod last_resort;
mod log;
mod looks;
mod marker;
mod noting;
mod plan;
mod questions;
mod secrets;
mod settings;
mod standing;
mod suite_place;
mod traffic;

pub use conclusion::Conclusion;
pub use controller::Controller;
pub use controller::codedeploy::CodeDeployController;
pub use delivery::Undelivered;
pub use draft::{Board, Demands, Draft, PlannedCheck};
pub use execution::{Executed, assemble, execute};
pub use last_resort::last_resort;
pub use log::TARGET as VERDICT_TARGET;
pub use plan::{Listener, Plan};
pub use questions::{Target, ask};
pub use settings::{Environment, ProcessEnvironment, Settings};
pub use suite_place::{DEFAULT_NAME, LoadedSuite, SuitePlace};
pub use traffic::Watch;

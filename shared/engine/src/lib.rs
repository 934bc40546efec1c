//! Asks questions over HTTP and judges the answers.
//!
//! The engine takes the meaning of a suite and a target, and gives back records. It knows neither YAML nor AWS nor
//! deployments, and decides no verdict: the hook and the command line cannot disagree about either.

mod deadline;
mod outcome;
mod progress;
mod record;

pub use deadline::Deadline;
pub use outcome::Outcome;
pub use progress::{Progress, Silent};
pub use record::{
    AttemptRecord, CheckRecord, Failure, FailureKind, NotYet, ReadinessRecord, StepRecord, Timings, VersionRecord,
    millis,
};

/// Replaced by its own module.
#[derive(Debug)]
pub struct Redactor;

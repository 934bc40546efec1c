//! What is told while a rehearsal is played, as it happens.

use std::time::Duration;

use crate::lifecycle::LifecycleEvent;
use crate::record::{Invocation, LogLine, Opening, Outcome, Step};

/// Something that happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The deployment begins: both listeners serve blue.
    Began(Opening),
    /// A step begins.
    StepBegan(LifecycleEvent),
    /// An attempt of a function is over.
    Invoked(Invocation),
    /// A function wrote a line.
    Logged(LogLine),
    /// A step is over.
    StepEnded(Step),
    /// CodeDeploy rolls back with a deployment that is played like the first; its steps follow.
    RollbackBegan {
        /// Its id.
        deployment_id: String,
    },
    /// Nothing happens for a while, so that a person can ask the listeners.
    Holding(Duration),
    /// The deployment is over.
    Ended(Outcome),
}

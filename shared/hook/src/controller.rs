//! Who asks for the verdict: the border between a hook execution and the service that controls the deployment.
//!
//! CodeDeploy is one such service. Its event, its reads and its write are known to [`codedeploy`] alone; a second
//! controller (ECS's own blue/green deployments) is a second module here and nothing else.

pub(crate) mod codedeploy;
#[cfg(test)]
pub(crate) mod scripted;

use std::future::Future;
use std::time::Duration;

use greenlight_deployment::{CallError, Delivery, Reader};
use greenlight_report::ExecutionId;
use serde_json::Value;

use crate::conclusion::Conclusion;

/// A service that controls deployments and waits for a hook's verdict.
pub trait Controller: Clone + Send + Sync + 'static {
    /// What its event identifies: all that is needed to report.
    type Execution: Clone + Send + Sync + 'static;
    /// Reads about the deployment. Made and used on the engine's own runtime.
    type Reader: Reader;

    /// Reads the ids from an event.
    ///
    /// # Errors
    ///
    /// A sentence about what the event lacks. Nothing can be reported then.
    fn identify(&self, event: &Value) -> Result<Self::Execution, String>;

    /// A text without the ids that would let its reader report.
    fn redact(&self, execution: &Self::Execution, text: &str) -> String;

    /// What of the ids may be shown.
    fn describe(&self, execution: &Self::Execution) -> ExecutionId;

    /// A reader for this deployment, for the runtime that this is called on.
    fn reader(&self, execution: &Self::Execution) -> impl Future<Output = Self::Reader>;

    /// Reports the verdict: one attempt, no longer than `limit`.
    ///
    /// # Errors
    ///
    /// [`CallError`], which says whether another attempt may help.
    fn deliver(
        &self,
        execution: &Self::Execution,
        conclusion: &Conclusion,
        limit: Duration,
    ) -> impl Future<Output = Result<Delivery, CallError>> + Send;
}

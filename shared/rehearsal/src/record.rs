//! The record of a rehearsal: every step, invocation, call and answer, as one JSON document.
//!
//! Values that others fill; how a person reads them is [`crate::Printer`]'s.

use std::net::SocketAddr;
use std::time::Duration;

use greenlight_deployment::Verdict;
use serde::Serialize;
use serde_json::Value;

use crate::fault::Fault;
use crate::lifecycle::LifecycleEvent;
use crate::millis;

/// A rehearsal that was played to its end.
#[derive(Debug, Clone, Serialize)]
pub struct Rehearsal {
    /// The version of this document's form.
    pub rehearsal: u32,
    /// What was deployed.
    pub deployment: Opening,
    /// The lifecycle, in order.
    pub steps: Vec<Step>,
    /// The lifecycle of the deployment that rolled back, when it invoked its hooks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollback_steps: Vec<Step>,
    /// What CodeDeploy did at the end.
    pub outcome: Outcome,
    /// Every attempt of every function, in order.
    pub invocations: Vec<Invocation>,
    /// Every call to AWS, of every service, in order.
    pub calls: Vec<Call>,
    /// The same as they went over the wire, when that was asked for.
    #[serde(skip)]
    pub exchanges: Vec<Exchange>,
    /// What the functions wrote, in order.
    pub logs: Vec<LogLine>,
}

impl Rehearsal {
    /// The version of the document's form.
    pub const VERSION: u32 = 1;

    /// Whether green went live.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.outcome.status == DeploymentStatus::Succeeded
    }
}

/// What is deployed, and where it can be asked.
#[derive(Debug, Clone, Serialize)]
pub struct Opening {
    /// For example `d-A1B2C3D4E`.
    pub deployment_id: String,
    /// The CodeDeploy application, which is named after the service.
    pub application: String,
    /// What green is: its version, or its address when it is the user's own server.
    pub green: String,
    /// What blue is.
    pub blue: String,
    /// The production listener.
    pub production: SocketAddr,
    /// The test listener.
    pub test: SocketAddr,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

/// One step of the lifecycle, when it is over.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Which one.
    pub event: LifecycleEvent,
    /// How it ended, in CodeDeploy's word.
    pub status: StepStatus,
    /// How long it took.
    #[serde(rename = "duration_ms", with = "millis")]
    pub duration: Duration,
    /// What happened, in one sentence; may be empty.
    pub detail: String,
    /// The function that judged, when a hook is bound, by the appspec's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// What was put for it, when anything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What that function returned: its report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Value>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum StepStatus {
    /// No function is bound to it, or the deployment had ended before.
    Skipped,
    /// It went well.
    Succeeded,
    /// It did not.
    Failed,
}

/// What CodeDeploy did at the end.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The deployment's status.
    pub status: DeploymentStatus,
    /// The deployment that rolled this one back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_deployment_id: Option<String>,
    /// CodeDeploy's error code and sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInformation>,
    /// The step that failed and why, for the last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What customers saw when it was over.
    pub production: Answer,
    /// What the test listener answered when it was over.
    pub test: Answer,
    /// From the first step to the last.
    #[serde(rename = "duration_ms", with = "millis")]
    pub duration: Duration,
}

/// The status of a deployment that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum DeploymentStatus {
    /// Green serves production.
    Succeeded,
    /// It does not.
    Failed,
}

/// `errorInformation` of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorInformation {
    /// For example `HOOK_EXECUTION_FAILURE`.
    pub code: String,
    /// CodeDeploy's sentence.
    pub message: String,
}

/// What a listener answered to `GET /`, asked over HTTP when the deployment was over.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The listener.
    pub listener: SocketAddr,
    /// The status; absent when there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The first line of the body, shortened, or why there was no answer.
    pub text: String,
    /// Which target group answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_group: Option<String>,
    /// How many requests each target group answered on this listener during the whole rehearsal.
    pub requests: Vec<(String, u64)>,
}

/// One attempt of one function.
#[derive(Debug, Clone, Serialize)]
pub struct Invocation {
    /// By the appspec's name.
    pub function: String,
    /// For which step.
    pub event: LifecycleEvent,
    /// Counted from 1.
    pub attempt: u32,
    /// Lambda's request id.
    pub request_id: String,
    /// How it ended.
    pub ending: InvocationEnding,
    /// From the moment that the function got its event; zero when it never did.
    #[serde(rename = "duration_ms", with = "millis")]
    pub duration: Duration,
    /// How long Lambda waits before the next attempt, when there is one. One minute of Lambda's is shorter here.
    #[serde(
        rename = "retry_after_ms",
        skip_serializing_if = "Option::is_none",
        serialize_with = "millis::serialize_some"
    )]
    pub retry_after: Option<Duration>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum InvocationEnding {
    /// The function returned.
    Returned {
        /// What it returned.
        value: Value,
    },
    /// The function answered with an error.
    Error {
        /// `errorType` and `errorMessage`, as it sent them.
        error: Value,
    },
    /// The process ended.
    Exited {
        /// How, in the system's words.
        status: String,
    },
    /// The rehearsal killed it, because a fault says so.
    Killed,
    /// Its time was over, and it was killed.
    TimedOut,
    /// The process never asked for an event.
    NotStarted {
        /// Why.
        why: String,
    },
}

/// One call to AWS.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    /// When, since the rehearsal began.
    #[serde(rename = "at_ms", with = "millis")]
    pub at: Duration,
    /// The service, as it is called in IAM actions, for example `ecs`; `unknown` when nobody is meant.
    pub service: String,
    /// For example `PutLifecycleEventHookExecutionStatus`; the raw target or path when it is none that is known.
    pub operation: String,
    /// `ok`, or the error's code.
    pub outcome: String,
    /// The status that was put, when one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// One call as it went over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// As in [`Call`].
    pub service: String,
    /// As in [`Call`].
    pub operation: String,
    /// For example `POST`.
    pub method: String,
    /// Path and query.
    pub uri: String,
    /// In the order in which they were sent, names in lower case.
    pub request_headers: Vec<(String, String)>,
    /// As it was sent.
    pub request_body: Vec<u8>,
    /// The answer's status.
    pub status: u16,
    /// As the service set them: the server adds a date and a length.
    pub response_headers: Vec<(String, String)>,
    /// As it was answered.
    pub response_body: Vec<u8>,
}

/// One line that a function wrote.
#[derive(Debug, Clone, Serialize)]
pub struct LogLine {
    /// When, since the rehearsal began.
    #[serde(rename = "at_ms", with = "millis")]
    pub at: Duration,
    /// By the appspec's name.
    pub function: String,
    /// Without its end.
    pub line: String,
}

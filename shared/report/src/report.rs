//! The record of one hook execution, or of one `greenlight check`.

use std::time::Duration;

use greenlight_deployment::{Deployment, Verdict};
use greenlight_engine::{CheckRecord, Outcome, ReadinessRecord, VersionRecord, millis};
use greenlight_suite::Hook;
use serde::{Deserialize, Serialize};

use crate::green::{DirectRecord, GreenRecord, ReachRecord};

/// Everything about one execution. One JSON document, the same from a function, `check` and `rehearse`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of this document's form.
    pub report: u32,
    /// The program's version.
    pub greenlight: String,
    /// What CodeDeploy is told.
    pub verdict: Verdict,
    /// What the evidence says. Differs from `verdict` in observe mode alone.
    pub judged: Verdict,
    /// Whether the verdict follows the evidence.
    pub mode: Mode,
    /// Why, in one or a few sentences: request, observed, expected, what to do.
    pub reason: String,
    /// At which hook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<Hook>,
    /// Whose verdict it is. Absent when there is no deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<ExecutionId>,
    /// What AWS said about the deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Deployment>,
    /// Which suite was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<SuiteOrigin>,
    /// Where requests were sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Green's task set, where it was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_set: Option<TaskSetRecord>,
    /// Who green is, and what says that it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub green: Option<GreenRecord>,
    /// Whether the test listener can be reached, where that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<ReachRecord>,
    /// Green's tasks that were asked one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub direct: Vec<DirectRecord>,
    /// How green became ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<ReadinessRecord>,
    /// Which revision answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionRecord>,
    /// Every check of the plan, in the order of the suite.
    #[serde(default)]
    pub checks: Vec<CheckRecord>,
    /// Checks that had begun, or waited to begin, when the time was over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<String>,
    /// What could not be proven, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unproven: Vec<String>,
    /// What should be looked at although it did not decide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Parts of the execution, in order.
    #[serde(default)]
    pub phases: Vec<Phase>,
    /// What was left out of this document so that it is not too long. Absent when nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// The whole execution, without the status call.
    #[serde(rename = "duration_ms", with = "millis")]
    pub duration: Duration,
}

impl Report {
    /// The version of the document's form.
    pub const VERSION: u32 = 1;
}

/// Whether the verdict follows the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It does.
    Enforce,
    /// `Succeeded` is reported whatever was found; what was found is recorded beside it.
    Observe,
}

/// Which execution, without the id that would let a reader report for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionId {
    /// For example `d-A1B2C3D4E`.
    pub deployment_id: String,
    /// A fingerprint of the hook execution id.
    pub hook_execution: String,
}

/// Which suite was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteOrigin {
    /// Its path, or where in AWS it is.
    pub place: String,
    /// Which version of it, where the place keeps versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// SHA-256 of its text, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Its `service`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

/// Whether green's tasks run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskSetRecord {
    /// `Pass` when they do.
    pub outcome: Outcome,
    /// Why not. Absent when it passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Green's tasks as they were last counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub green: Option<TaskCount>,
    /// Blue's tasks as they were last counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blue: Option<TaskCount>,
    /// How often it was looked at.
    pub polls: u32,
}

/// The tasks of a task set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCount {
    /// Wanted.
    pub desired: i64,
    /// Starting.
    pub pending: i64,
    /// Running.
    pub running: i64,
}

/// A part of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// For example `readiness`.
    pub name: String,
    /// How long it took.
    #[serde(rename = "duration_ms", with = "millis")]
    pub duration: Duration,
}

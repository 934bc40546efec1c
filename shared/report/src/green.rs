//! Who green is by AWS's word, how it stands, and what says that it was green that answered.

use greenlight_deployment::TargetHealth;
use greenlight_engine::{CheckRecord, Outcome, Share};
use serde::{Deserialize, Serialize};

/// Green, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GreenRecord {
    /// ARN of its task definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// Images of its containers, in the order of the task definition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Name of its target group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_group: Option<String>,
    /// Its targets as they were last seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetHealth>,
    /// Whether AWS says that the listener serves green. Absent where no listener was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_plane: Option<ControlPlaneRecord>,
    /// By what green is told from blue in an answer, or `none configured`. Absent where nothing was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// Whose answers production gave while it served both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
}

/// The control plane's half of the proof that green answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlPlaneRecord {
    /// `pass` when the listener serves green as it should, `fail` when it does not, `inconclusive` when it is unknown.
    pub outcome: Outcome,
    /// What was seen, in words.
    pub said: String,
}

/// Whether the test listener can be reached from the function. Whoever answered, it was only about the way there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReachRecord {
    /// Where.
    pub target: String,
    /// `pass` when anybody answered.
    pub outcome: Outcome,
    /// Why not. Absent when it passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One of green's tasks, asked by its own address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectRecord {
    /// `address:port`.
    pub task: String,
    /// In the order of the suite.
    pub checks: Vec<CheckRecord>,
}

impl DirectRecord {
    /// Whether every required check passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| !check.required || check.outcome == Outcome::Pass)
    }
}

//! The record of waiting for green, and of the proof that it is green that answers.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AttemptRecord, millis};
use crate::outcome::Outcome;

/// How readiness went, and with it the first proof of the version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadinessRecord {
    /// `Pass`, or how it ended when the budget was spent.
    pub outcome: Outcome,
    /// What was waited for, how long, and what was last observed. Absent when it passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The request lines that were polled, as written in the suite.
    pub requests: Vec<String>,
    /// Good answers in a row that were wanted.
    pub consecutive: u32,
    /// Good answers in a row at the end.
    pub good: u32,
    /// Addresses of the target that gave those good answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// Addresses that the target's name stands for and that could not be reached, when it passed without them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<IpAddr>,
    /// Questions in all.
    pub polls: u32,
    /// Each different "not yet" that was seen, in order of first sight, and how often.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_yet: Vec<NotYet>,
    /// From the first question to the last answer.
    #[serde(rename = "duration_ms", with = "millis")]
    pub duration: Duration,
    /// The last attempt, in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<AttemptRecord>,
}

impl ReadinessRecord {
    /// How many samples have to be taken later on, to see that green still answers: as many as good answers were wanted
    /// in a row, and at least one for each address.
    #[must_use]
    pub fn samples_wanted(&self) -> u32 {
        let addresses = self.addresses.len() + self.unreached.len();
        self.consecutive.max(u32::try_from(addresses).unwrap_or(u32::MAX))
    }
}

/// A reason to go on waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotYet {
    /// What was observed.
    pub observed: String,
    /// How often.
    pub times: u32,
}

/// Which revision answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionRecord {
    /// `Pass` when the marker was green's in every sample.
    pub outcome: Outcome,
    /// Why not. Absent when it passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The request line, as written in the suite.
    pub request: String,
    /// Green's marker.
    pub expected: String,
    /// Blue's marker, where the suite makes green's of facts that are known of blue too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blue: Option<String>,
    /// The last marker that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
    /// Answers whose marker was compared.
    pub samples: u32,
}

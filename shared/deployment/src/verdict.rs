//! The two words that a hook may report.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What CodeDeploy is told. The API's other status words are refused for this call, so they cannot be said here.
///
/// Source: CodeDeploy API reference, `PutLifecycleEventHookExecutionStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// The deployment goes on.
    Succeeded,
    /// CodeDeploy fails the deployment, and rolls it back where that is enabled.
    Failed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        })
    }
}

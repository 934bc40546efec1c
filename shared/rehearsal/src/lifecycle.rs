//! The lifecycle of an ECS blue/green deployment, in CodeDeploy's order and words.
//!
//! Source: CodeDeploy user guide, "Deployment steps on an Amazon ECS compute platform".

use std::fmt;

use serde::{Serialize, Serializer};

/// One step of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LifecycleEvent {
    /// Hook: before green exists.
    BeforeInstall,
    /// CodeDeploy creates green's tasks.
    Install,
    /// Hook: green runs, the test listener serves blue.
    AfterInstall,
    /// CodeDeploy points the test listener at green.
    AllowTestTraffic,
    /// Hook: the test listener serves green.
    AfterAllowTestTraffic,
    /// Hook: the same, just before production traffic moves.
    BeforeAllowTraffic,
    /// CodeDeploy points the production listener at green.
    AllowTraffic,
    /// Hook: production serves green, blue still runs.
    AfterAllowTraffic,
}

impl LifecycleEvent {
    /// In CodeDeploy's order.
    pub const ALL: [Self; 8] = [
        Self::BeforeInstall,
        Self::Install,
        Self::AfterInstall,
        Self::AllowTestTraffic,
        Self::AfterAllowTestTraffic,
        Self::BeforeAllowTraffic,
        Self::AllowTraffic,
        Self::AfterAllowTraffic,
    ];

    /// As in `lifecycleEventName`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BeforeInstall => "BeforeInstall",
            Self::Install => "Install",
            Self::AfterInstall => "AfterInstall",
            Self::AllowTestTraffic => "AllowTestTraffic",
            Self::AfterAllowTestTraffic => "AfterAllowTestTraffic",
            Self::BeforeAllowTraffic => "BeforeAllowTraffic",
            Self::AllowTraffic => "AllowTraffic",
            Self::AfterAllowTraffic => "AfterAllowTraffic",
        }
    }

    /// Whether a function can be bound to it; the others are CodeDeploy's own work.
    #[must_use]
    pub fn is_hook(self) -> bool {
        !matches!(self, Self::Install | Self::AllowTestTraffic | Self::AllowTraffic)
    }
}

impl fmt::Display for LifecycleEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for LifecycleEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

//! How the AWS API is told to misbehave: the same for every service.

use std::time::Duration;

/// How the API behaves beside the documented way. The default is well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Misbehaviour {
    /// This many status calls of every hook are throttled before one is taken.
    pub throttle_status_calls: u32,
    /// Every second call, whichever it is, is throttled.
    pub throttle_every_second: bool,
    /// Actions that are always refused.
    pub refusals: Vec<Refusal>,
    /// Actions that are never answered, by their IAM names.
    pub silent: Vec<String>,
    /// How long every answer takes.
    pub latency: Duration,
}

/// An action that is always answered with the same error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The IAM action, for example `codedeploy:GetDeployment`.
    pub action: String,
    /// The error's code, for example `AccessDenied`; each service's own ending is put to it.
    pub code: String,
}

impl Refusal {
    /// What a role does that does not allow the action.
    #[must_use]
    pub fn denied(action: &str) -> Self {
        Self { action: action.to_owned(), code: "AccessDenied".to_owned() }
    }
}

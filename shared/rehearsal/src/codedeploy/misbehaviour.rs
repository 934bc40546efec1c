//! How the API is told to misbehave.

use std::time::Duration;

/// How the API behaves beside the documented way. The default is well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Misbehaviour {
    /// This many status calls of every hook are throttled before one is taken.
    pub throttle_status_calls: u32,
    /// Every second call, whichever it is, is throttled.
    pub throttle_every_second: bool,
    /// Operations that are always refused.
    pub refusals: Vec<Refusal>,
    /// How long every answer takes.
    pub latency: Duration,
}

/// An operation that is always answered with the same error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For example `GetDeployment`.
    pub operation: String,
    /// For example `AccessDeniedException`.
    pub code: String,
}

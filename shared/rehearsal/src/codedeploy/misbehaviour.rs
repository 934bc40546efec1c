//! How the API is told to misbehave.

use std::time::Duration;

/// How the API behaves beside the documented way. The default is well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Misbehaviour {
    /// This many status calls of every hook are throttled before one is taken.
    pub throttle_status_calls: u32,
    /// Every second call, whichever it is, is throttled.
    pub throttle_every_second: bool,
    /// Actions that the functions' role does not allow, for example `GetDeployment`.
    pub denied: Vec<String>,
    /// How long every answer takes.
    pub latency: Duration,
}

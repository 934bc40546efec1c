//! Who is told what happens while it happens.
//!
//! A watchdog on another thread must be able to name what is unfinished, even when the engine is stuck.

use crate::record::CheckRecord;

/// Is told what the engine does. Called from the engine's thread; must not block.
pub trait Progress: Send + Sync {
    /// A phase has begun or a wait goes on, for example ``waiting for `GET /health`: status 503``.
    fn phase(&self, what: &str);
    /// A check has sent, or is about to send, its first request.
    fn started(&self, check: &str);
    /// A check has ended.
    fn finished(&self, record: &CheckRecord);
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _: &str) {}
    fn started(&self, _: &str) {}
    fn finished(&self, _: &CheckRecord) {}
}

//! What else green has to be, beside answering well: known to the caller, waited for by [`crate::ready`].

/// Something that readiness waits for and that no answer tells, for example that the load balancer holds every target
/// for healthy. Asked from the engine's thread, often; must not block.
pub trait Gate: Send + Sync {
    /// What is still waited for, in words, for example `1 of 4 targets is healthy`; `None` when nothing.
    fn closed(&self) -> Option<String>;
}

/// Good answers are all that is waited for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

impl Gate for Open {
    fn closed(&self) -> Option<String> {
        None
    }
}

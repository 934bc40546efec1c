//! The two ids that a hook's event holds, and how much of them may be shown.

use std::fmt;

/// The identity of one hook execution: all that is needed to report its verdict.
#[derive(Clone, PartialEq, Eq)]
pub struct HookExecution {
    /// For example `d-A1B2C3D4E`.
    pub deployment_id: String,
    /// Opaque. Whoever has it may report a verdict, so it is a secret: never parsed, never printed.
    pub hook_execution_id: String,
}

impl HookExecution {
    /// Eight hexadecimal digits that stand for the hook execution id in logs: enough to tell two executions apart,
    /// too little to report with.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        // FNV-1a: the same in every version of the program, so that two functions' logs can be matched.
        let hash = self
            .hook_execution_id
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        format!("{hash:08x}")
    }
}

impl fmt::Debug for HookExecution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookExecution")
            .field("deployment_id", &self.deployment_id)
            .field("hook_execution", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_execution_id_never_shows() {
        let execution = HookExecution { deployment_id: "d-1".into(), hook_execution_id: "eyJsecret".into() };
        let shown = format!("{execution:?}");
        assert!(!shown.contains("eyJsecret"), "{shown}");
        assert!(shown.contains(&execution.fingerprint()), "{shown}");
        assert_eq!(execution.fingerprint().len(), 8);
    }
}

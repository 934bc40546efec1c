//! Delivers the verdict: tries until it is taken, refused for good, or the function's time is over.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use greenlight_deployment::{CallError, CallErrorKind, Delivery};
use greenlight_engine::Deadline;
use tokio::time::{Instant, sleep};

use crate::conclusion::Conclusion;
use crate::controller::Controller;

/// Pause after the first failed attempt; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Kept between the last attempt and the moment when Lambda stops the function, for the log and the return value.
const MARGIN: Duration = Duration::from_millis(300);

/// A verdict that did not reach the controller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// The event does not say whose verdict it is.
    #[error("no verdict can be reported: {0}")]
    UnknownExecution(String),
    /// The controller refused it, or was not reached in time.
    #[error(
        "the verdict `{verdict}` did not reach the controller ({attempts} tried): {error}; the verdict's reason: {reason}"
    )]
    NotTaken {
        /// What should have been reported.
        verdict: greenlight_deployment::Verdict,
        /// How often it was tried.
        attempts: u32,
        /// What happened at last.
        error: CallError,
        /// Why the verdict is what it is.
        reason: String,
    },
}

/// Reports until shortly before `stop`, when Lambda stops the function.
pub(crate) async fn deliver<C: Controller>(
    controller: &C,
    execution: &C::Execution,
    conclusion: &Conclusion,
    stop: Instant,
) -> Result<Delivery, Undelivered> {
    let deadline = Deadline::at(stop.checked_sub(MARGIN).unwrap_or(stop));
    let mut attempts = 0;
    let mut pause = FIRST_PAUSE;
    loop {
        attempts += 1;
        // The first attempt is made whatever the clock says: a verdict that may be late is better than a silence.
        let limit = deadline.remaining().max(Duration::from_millis(250));
        let error = match tokio::time::timeout(limit, controller.deliver(execution, conclusion, limit)).await {
            Ok(Ok(delivery)) => return Ok(delivery),
            Ok(Err(error)) => error,
            Err(_) => CallError {
                action: "reporting the verdict",
                resource: "this execution".into(),
                kind: CallErrorKind::Unreachable,
                detail: "no answer in time".into(),
            },
        };
        let wait = jittered(pause);
        let again = error.kind.is_transient() && wait < deadline.remaining();
        tracing::warn!(attempts, again, %error, "the verdict was not taken");
        if !again {
            let reason = conclusion.reason().to_owned();
            return Err(Undelivered::NotTaken { verdict: conclusion.verdict(), attempts, error, reason });
        }
        sleep(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Between half and all of a pause, so that many functions that were throttled together do not return together.
fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(()) % 1_000;
    pause / 2 + pause.mul_f64(f64::from(u32::try_from(random).unwrap_or_default()) / 2_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_pause_is_shortened_by_half_at_most(millis in 1_u64..10_000) {
            let pause = Duration::from_millis(millis);
            let jittered = jittered(pause);
            prop_assert!(jittered >= pause / 2 && jittered <= pause);
        }
    }
}

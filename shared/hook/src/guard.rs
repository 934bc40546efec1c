//! The watchdog: work that may hang, panic or block is done elsewhere, and given up when its time is over.
//!
//! The work gets a thread of its own. Whoever waits for it shares no runtime and no lock with it, so that a stuck
//! engine cannot keep the verdict from being reported.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use greenlight_engine::{Deadline, Redactor};
use tokio::sync::oneshot;

/// Characters of a panic's message that are kept.
const SAID: usize = 300;

/// Why work gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// Its time was over.
    TimedOut,
    /// It panicked, or its thread could not be started; what it said.
    Panicked(String),
}

/// Does `work` on a thread of its own and waits for it until `deadline`.
pub(crate) async fn guarded<T: Send + 'static>(
    deadline: Deadline,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Interrupted> {
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("engine".into()).spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(work));
        // Nobody waits any more when the time was over.
        let _ = sender.send(result);
    });
    if let Err(error) = thread {
        return Err(Interrupted::Panicked(format!("a thread could not be started: {error}")));
    }
    match tokio::time::timeout_at(deadline.instant(), receiver).await {
        Ok(Ok(Ok(result))) => Ok(result),
        Ok(Ok(Err(panic))) => {
            let said = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "no message".to_owned());
            Err(Interrupted::Panicked(Redactor::default().cut(&said, SAID)))
        }
        Ok(Err(_)) => Err(Interrupted::Panicked("its thread ended without a result".to_owned())),
        Err(_) => Err(Interrupted::TimedOut),
    }
}

/// Time kept for reporting: what was wanted, at most a third of the whole.
pub(crate) fn reserve(wanted: Duration, whole: Duration) -> Duration {
    wanted.min(whole / 3)
}

/// How much longer than the engine the watchdog waits, so that the engine's own account of a spent deadline wins.
pub(crate) fn grace(reserve: Duration) -> Duration {
    (reserve / 6).min(Duration::from_millis(500))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_millis(50))
    }

    #[tokio::test]
    async fn work_that_ends_gives_its_result() {
        assert_eq!(guarded(Deadline::after(Duration::from_mins(1)), || 7).await, Ok(7));
    }

    #[tokio::test]
    async fn work_that_blocks_its_thread_is_given_up_at_the_deadline() {
        let stuck = guarded(soon(), || std::thread::sleep(Duration::from_secs(1))).await;
        assert_eq!(stuck, Err(Interrupted::TimedOut));
    }

    #[tokio::test]
    async fn work_that_panics_says_what_it_said() {
        let panicked = guarded(Deadline::after(Duration::from_mins(1)), || -> () { panic!("index {}", 3) }).await;
        assert_eq!(panicked, Err(Interrupted::Panicked("index 3".into())));
    }

    proptest! {
        #[test]
        fn the_reserve_is_at_most_a_third_and_the_watchdog_ends_within_it(
            wanted in 0_u64..3_600_000, whole in 0_u64..900_000,
        ) {
            let (wanted, whole) = (Duration::from_millis(wanted), Duration::from_millis(whole));
            let reserve = reserve(wanted, whole);
            prop_assert!(reserve <= wanted && reserve <= whole / 3);
            prop_assert!(grace(reserve) <= reserve);
            // The engine's own account of the end is waited for, where there is time for it.
            prop_assert!(reserve < Duration::from_millis(6) || grace(reserve) >= Duration::from_millis(1));
        }
    }
}

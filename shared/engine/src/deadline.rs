//! The moment by which everything must have ended, and what is left until then.

use std::time::Duration;

use tokio::time::Instant;

/// A moment that every wait, request and retry is cut to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// At this moment.
    #[must_use]
    pub fn at(moment: Instant) -> Self {
        Self(moment)
    }

    /// So long from now. A length beyond what the clock can hold is cut to a day.
    #[must_use]
    pub fn after(length: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(length).unwrap_or(now + Duration::from_hours(24)))
    }

    /// The moment itself.
    #[must_use]
    pub fn instant(self) -> Instant {
        self.0
    }

    /// What is left; zero once it has passed.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    #[must_use]
    pub fn has_passed(self) -> bool {
        self.remaining().is_zero()
    }

    /// The nearer of this deadline and one that is so long from now.
    #[must_use]
    pub fn within(self, budget: Duration) -> Self {
        self.min(Self::after(budget))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_counts_down_to_zero_and_budgets_never_move_it_back() {
        let deadline = Deadline::after(Duration::from_secs(10));
        assert_eq!(deadline.within(Duration::from_mins(1)), deadline);
        assert_eq!(deadline.within(Duration::from_secs(3)).remaining(), Duration::from_secs(3));
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(deadline.has_passed());
        assert_eq!(deadline.remaining(), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn a_budget_only_ever_brings_the_end_nearer(whole in 0_u64..1_000_000, budgets in prop::collection::vec(0_u64..1_000_000, 0..5)) {
            let mut deadline = Deadline::after(Duration::from_millis(whole));
            let mut shortest = Duration::from_millis(whole);
            for budget in budgets.into_iter().map(Duration::from_millis) {
                let nearer = deadline.within(budget);
                shortest = shortest.min(budget);
                prop_assert!(nearer <= deadline && nearer.remaining() <= shortest);
                deadline = nearer;
            }
        }

        #[test]
        fn no_length_is_too_long_for_the_clock(seconds in 0..=u64::MAX) {
            prop_assert!(Deadline::after(Duration::from_secs(seconds)).remaining() <= Duration::from_secs(seconds));
        }
    }
}

//! The words for how a question ended, and the one order between them.

use serde::{Deserialize, Serialize};

/// How a check or a proof ended. From best to worst; the worst of several is the outcome of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The answer was as expected.
    Pass,
    /// It was not asked; the reason says why.
    Skipped,
    /// Too little was measured to say.
    Inconclusive,
    /// It could not be asked, or the question itself is wrong.
    Error,
    /// The answer was wrong.
    Fail,
}

impl Outcome {
    /// The worst of several; `None` when there are none.
    pub fn worst(outcomes: impl IntoIterator<Item = Self>) -> Option<Self> {
        outcomes.into_iter().max()
    }

    /// As in a report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Skipped => "skipped",
            Self::Inconclusive => "inconclusive",
            Self::Error => "error",
            Self::Fail => "fail",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_outcome_wins() {
        use Outcome::{Error, Fail, Inconclusive, Pass, Skipped};
        for (outcomes, worst) in [
            (vec![], None),
            (vec![Pass, Pass], Some(Pass)),
            (vec![Pass, Skipped], Some(Skipped)),
            (vec![Inconclusive, Skipped], Some(Inconclusive)),
            (vec![Inconclusive, Error, Pass], Some(Error)),
            (vec![Error, Fail, Pass], Some(Fail)),
        ] {
            assert_eq!(Outcome::worst(outcomes.clone()), worst, "{outcomes:?}");
        }
    }
}

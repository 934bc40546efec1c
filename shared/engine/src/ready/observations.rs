//! What was seen while waiting, and how often; bounded, however often it changes.

use crate::record::NotYet;

/// Different observations that are told apart. A wait that sees more of them is not better understood by seeing all.
const MOST: usize = 8;
/// What stands for all others.
const OTHERS: &str = "something else";

/// The different reasons to go on waiting, in order of first sight.
#[derive(Debug, Default)]
pub(super) struct Observations {
    seen: Vec<NotYet>,
    last: Option<String>,
}

impl Observations {
    /// Counts an observation. Says whether it is another one than the last.
    pub(super) fn see(&mut self, observed: &str) -> bool {
        let full = self.seen.len() >= MOST;
        let name = if full && !self.knows(observed) { OTHERS } else { observed };
        match self.seen.iter_mut().find(|seen| seen.observed == name) {
            Some(seen) => seen.times = seen.times.saturating_add(1),
            None => self.seen.push(NotYet { observed: name.to_owned(), times: 1 }),
        }
        let changed = self.last.as_deref() != Some(observed);
        self.last = Some(observed.to_owned());
        changed
    }

    pub(super) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    pub(super) fn list(&self) -> Vec<NotYet> {
        self.seen.clone()
    }

    fn knows(&self, observed: &str) -> bool {
        self.seen.iter().any(|seen| seen.observed == observed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observations_are_counted_and_their_number_is_bounded() {
        let mut observations = Observations::default();
        assert!(observations.see("status 503"));
        assert!(!observations.see("status 503"));
        assert!(observations.see("connection refused"));
        for number in 0..100 {
            observations.see(&format!("time {number}ms"));
        }
        let list = observations.list();
        assert_eq!(list.len(), MOST + 1);
        assert_eq!((list[0].observed.as_str(), list[0].times), ("status 503", 2));
        assert_eq!((list[MOST].observed.as_str(), list[MOST].times), (OTHERS, 94));
        assert_eq!(observations.last(), Some("time 99ms"));
    }
}

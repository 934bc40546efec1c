//! How often CodeDeploy may be asked for its target again: it throttles at about 40 calls a minute for a whole account.

use std::cell::Cell;

/// Further looks that are left.
#[derive(Debug)]
pub(crate) struct Looks(Cell<u32>);

impl Looks {
    /// With the three calls that everything begins with, five in one execution.
    pub(crate) fn new() -> Self {
        Self(Cell::new(2))
    }

    /// Whether there is one more; it is used up by this.
    pub(crate) fn take(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_two_further_looks_whoever_takes_them() {
        let looks = Looks::new();
        assert_eq!([looks.take(), looks.take(), looks.take(), looks.take()], [true, true, false, false]);
    }
}

//! What was left out of a report, in one sentence.

use greenlight_engine::{CheckRecord, Outcome};

use crate::text::counted;

/// What a check has lost; each word includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lost {
    Nothing,
    Attempts,
    Steps,
    Check,
}

/// What was left out.
pub(super) struct LeftOut {
    checks: Vec<Lost>,
    entries: Vec<(&'static str, usize)>,
    /// Whether texts were cut.
    pub(super) texts: bool,
    max_bytes: usize,
}

impl LeftOut {
    /// Bytes that the sentence and its key have at most.
    pub(super) const LONGEST: usize = 768;

    /// Nothing yet, of a report with so many checks that may have so many bytes.
    pub(super) fn new(checks: usize, max_bytes: usize) -> Self {
        Self { checks: vec![Lost::Nothing; checks], entries: Vec::new(), texts: false, max_bytes }
    }

    pub(super) fn check(&self, index: usize) -> Lost {
        self.checks[index]
    }

    pub(super) fn note_check(&mut self, index: usize, lost: Lost) {
        self.checks[index] = self.checks[index].max(lost);
    }

    /// Notes entries of a list, by the name of one.
    pub(super) fn note(&mut self, one: &'static str, count: usize) {
        match self.entries.iter_mut().find(|(name, _)| *name == one) {
            Some((_, so_far)) => *so_far += count,
            None => self.entries.push((one, count)),
        }
    }

    /// The sentence; `None` when nothing was left out. `checks` are all of them, still.
    pub(super) fn said(&self, checks: &[CheckRecord]) -> Option<String> {
        let number = |wanted: Lost, of: fn(&CheckRecord) -> bool| {
            checks.iter().zip(&self.checks).filter(|(check, lost)| **lost == wanted && of(check)).count()
        };
        let passed = |check: &CheckRecord| check.outcome == Outcome::Pass;
        let mut parts = Vec::new();
        for (count, before, after) in [
            (number(Lost::Attempts, |_| true), "attempts of ", ""),
            (number(Lost::Steps, |_| true), "steps of ", ""),
            (number(Lost::Check, passed), "", " that passed"),
            (number(Lost::Check, |check| check.outcome != Outcome::Pass), "", " that did not pass"),
        ] {
            if count > 0 {
                parts.push(format!("{before}{}{after}", counted(count, "check")));
            }
        }
        parts.extend(self.entries.iter().filter(|(_, count)| *count > 0).map(|&(one, count)| counted(count, one)));
        if self.texts {
            parts.push("the ends of long texts".to_owned());
        }
        let last = parts.pop()?;
        let all = if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) };
        Some(format!("{all}, to keep the report within {} bytes", self.max_bytes))
    }
}

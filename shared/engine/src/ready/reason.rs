//! Why green was not ready: what was waited for, how long, how often, and what was lacking at last.

use super::Wait;
use super::poll::Lack;
use crate::duration::duration;
use crate::record::ReadinessRecord;

impl Wait<'_> {
    /// The sentence for a wait that ended without a pass. What the answers lacked comes first, then who has not answered
    /// well, and then what the gate still waits for.
    pub(super) fn reason(&self, by_deadline: bool) -> String {
        let length = if by_deadline {
            format!("in {}, when the time for the whole was over", duration(self.record.duration))
        } else {
            format!("within {}", duration(self.plan.within))
        };
        let asked = self.asked();
        let besides = self.missing().into_iter().chain(self.gate.closed());
        if let (Some(Lack::Marker(observed)), Some(proof)) = (&self.lacks, &self.proof) {
            let mismatch = self.session.record_of(proof).mismatch(observed, &self.session.place);
            let whole: Vec<String> = [mismatch, format!("no change {length}")].into_iter().chain(besides).collect();
            return format!("{} ({asked})", whole.join("; "));
        }
        let lacking: Vec<String> = self.lacks.iter().map(|lack| self.observed(lack)).chain(besides).collect();
        let lacking = if lacking.is_empty() { String::new() } else { format!(": {}", lacking.join("; ")) };
        format!("green was not ready {length}{lacking} ({asked})")
    }

    fn asked(&self) -> String {
        let ReadinessRecord { consecutive, polls, .. } = &self.record;
        let polled = if *polls == 1 { "1 poll".to_owned() } else { format!("{polls} polls") };
        let needed = if *consecutive == 1 { "a good one".into() } else { format!("{consecutive} good ones in a row") };
        let spread = match self.addresses().len() {
            0 | 1 => String::new(),
            addresses => format!(", from {addresses} addresses"),
        };
        format!("{polled} of {}, {needed} wanted{spread}", self.subjects())
    }
}

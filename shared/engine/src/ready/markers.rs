//! The version markers that were read while waiting.

use crate::outcome::Outcome;
use crate::record::VersionRecord;
use crate::version::Sample;

/// The markers that were read.
#[derive(Default)]
pub(super) struct Markers {
    green: u32,
    compared: u32,
    last: Option<Sample>,
    observed: Option<String>,
}

impl Markers {
    pub(super) fn count(&mut self, sample: Sample) {
        match &sample {
            Sample::Green => self.green += 1,
            Sample::Other(observed) => self.observed = Some(observed.clone()),
            Sample::Unread(_) => {}
        }
        if !matches!(sample, Sample::Green) {
            self.green = 0;
        }
        if !matches!(sample, Sample::Unread(_)) {
            self.compared += 1;
        }
        self.last = Some(sample);
    }

    /// Passes with the samples since which green alone has answered; blue's before that were *not yet*. `other` is the
    /// marker that the wait ended with for want of green's.
    pub(super) fn record(&self, record: VersionRecord, other: Option<&str>, place: &str) -> VersionRecord {
        let not_greens = |observed: &str, record: VersionRecord| VersionRecord {
            outcome: Outcome::Fail,
            reason: Some(record.mismatch(observed, place)),
            observed: Some(observed.to_owned()),
            samples: self.compared,
            ..record
        };
        match (other, &self.last) {
            (Some(observed), _) => not_greens(observed, record),
            (None, Some(Sample::Other(observed))) => not_greens(observed, record),
            (None, Some(Sample::Green)) => VersionRecord {
                outcome: Outcome::Pass,
                observed: Some(record.expected.clone()),
                samples: self.green,
                ..record
            },
            (None, Some(Sample::Unread(why))) => VersionRecord {
                outcome: Outcome::Fail,
                reason: Some(format!("the version marker could not be read: {why}")),
                observed: self.observed.clone(),
                samples: self.compared,
                ..record
            },
            (None, None) => VersionRecord { reason: Some("there was no time to ask".into()), ..record },
        }
    }
}

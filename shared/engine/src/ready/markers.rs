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

    /// The marker that was read last, when it was not green's.
    pub(super) fn other(&self) -> Option<&str> {
        match &self.last {
            Some(Sample::Other(observed)) => Some(observed),
            _ => None,
        }
    }

    /// Passes with the samples since which green alone has answered; blue's before that were *not yet*.
    pub(super) fn record(&self, record: VersionRecord, place: &str) -> VersionRecord {
        match &self.last {
            Some(Sample::Green) => VersionRecord {
                outcome: Outcome::Pass,
                observed: Some(record.expected.clone()),
                samples: self.green,
                ..record
            },
            Some(Sample::Other(observed)) => VersionRecord {
                outcome: Outcome::Fail,
                reason: Some(record.mismatch(observed, place)),
                observed: Some(observed.clone()),
                samples: self.compared,
                ..record
            },
            Some(Sample::Unread(why)) => VersionRecord {
                outcome: Outcome::Fail,
                reason: Some(format!("the version marker could not be read: {why}")),
                observed: self.observed.clone(),
                samples: self.compared,
                ..record
            },
            None => VersionRecord { reason: Some("there was no time to ask".into()), ..record },
        }
    }
}

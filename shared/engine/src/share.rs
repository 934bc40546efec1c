//! Counts who answers while production traffic is shared: at a canary or linear shift, green and blue both do.

use std::num::NonZeroU32;
use std::time::Duration;

use greenlight_suite::Version;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::attempt::Limit;
use crate::deadline::Deadline;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::record::VersionRecord;
use crate::scope::{Captures, Layered};
use crate::session::Session;
use crate::version::{Proof, Sample};

/// Between two samples: a tenth of the traffic is found in seconds, and nobody calls that load.
const PAUSE: Duration = Duration::from_millis(100);

/// Whose markers were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Answers with green's marker.
    pub green: u32,
    /// Answers with any other.
    pub other: u32,
}

impl Share {
    /// Answers whose marker was read.
    #[must_use]
    pub fn all(self) -> u32 {
        self.green.saturating_add(self.other)
    }
}

impl Session {
    /// Asks for the version marker, each time on a fresh connection, until green has answered `wanted` times. Answers
    /// of others are counted and prove nothing, neither way.
    ///
    /// The outcome is `fail` when green has not answered so often before the deadline, and `error` when its marker is
    /// not known: then nothing is asked.
    pub async fn share(
        &self,
        version: &Version,
        wanted: NonZeroU32,
        deadline: Deadline,
        progress: &dyn Progress,
    ) -> (VersionRecord, Share) {
        let mut share = Share::default();
        let proof = match self.proof(version) {
            Ok(proof) => proof,
            Err(failure) => return (self.unproven(version, &failure), share),
        };
        let mut record = self.record_of(&proof);
        let waiting = format!("looking for green's share on {}", self.place);
        progress.phase(&waiting);
        let mut unread = None;
        while share.green < wanted.get() && !deadline.has_passed() {
            match self.one_of_many(version, &proof, deadline).await {
                Sample::Green => {
                    share.green += 1;
                    record.observed = Some(record.expected.clone());
                }
                Sample::Other(observed) => {
                    share.other = share.other.saturating_add(1);
                    record.observed = Some(observed);
                }
                Sample::Unread(why) => unread = Some(why),
            }
            progress.phase(&format!("{waiting}: {} of {} answers", share.green, share.all()));
            if share.green < wanted.get() {
                sleep(PAUSE.min(deadline.remaining())).await;
            }
        }
        record.samples = share.all();
        if share.green >= wanted.get() {
            record.outcome = Outcome::Pass;
        } else {
            record.outcome = Outcome::Fail;
            let unread = unread.map_or_else(String::new, |why| format!("; the last answer without a marker: {why}"));
            record.reason = Some(format!("green answered {} of {}, {wanted} wanted{unread}", share.green, share.all()));
        }
        (record, share)
    }

    async fn one_of_many(&self, version: &Version, proof: &Proof<'_>, deadline: Deadline) -> Sample {
        let captures = Captures::new();
        let values = Layered { scope: &self.scope, captures: &captures };
        let limit = Limit::nearest(version.timeout.unwrap_or(self.timeout), None, deadline);
        match self.ask(&proof.question(self.wire.clients.share()), values, limit).await {
            Ok(attempt) => self.sample(proof, &attempt),
            Err(failure) => Sample::Unread(failure.sentence()),
        }
    }
}

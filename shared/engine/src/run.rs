//! Runs checks side by side.
//!
//! All of them share one thread: a check waits most of its time, and what it does besides is bounded by the limit of
//! its answers' bodies. So nothing has to be `'static`, and a check costs no more than its own future.

use std::num::NonZeroUsize;

use futures_util::stream::{FuturesUnordered, StreamExt};
use greenlight_suite::Check;

use crate::deadline::Deadline;
use crate::progress::Progress;
use crate::record::CheckRecord;
use crate::session::Session;

impl Session {
    /// Runs checks side by side, at most `parallel` at a time. The records are in the order of the checks, one for each;
    /// a check that there was no time left to begin is `skipped`.
    pub async fn run(
        &self,
        checks: &[&Check],
        parallel: NonZeroUsize,
        deadline: Deadline,
        progress: &dyn Progress,
    ) -> Vec<CheckRecord> {
        let mut waiting = checks.iter().enumerate();
        let mut running = FuturesUnordered::new();
        let mut ended = Vec::with_capacity(checks.len());
        loop {
            while running.len() < parallel.get()
                && let Some((index, check)) = waiting.next()
            {
                running.push(async move { (index, self.told(check, deadline, progress).await) });
            }
            match running.next().await {
                Some(record) => ended.push(record),
                None => break,
            }
        }
        ended.sort_unstable_by_key(|(index, _)| *index);
        ended.into_iter().map(|(_, record)| record).collect()
    }

    /// Runs one check, telling of its beginning and its end.
    async fn told(&self, check: &Check, deadline: Deadline, progress: &dyn Progress) -> CheckRecord {
        let record = if deadline.has_passed() {
            CheckRecord::skipped(check, "not begun: the time for the whole was over")
        } else {
            progress.started(&check.name);
            self.check(check, deadline).await
        };
        progress.finished(&record);
        record
    }
}

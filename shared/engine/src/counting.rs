//! Judges green's answers alone, where others answer too: while production traffic shifts, both do.
//!
//! Each answer has to carry green's marker in a header. One with another marker is not judged, and the question is asked
//! again. One without any is not judged either, with one exception: a 5xx that nobody owns up to may be green's, and is
//! not explained away.

use std::time::Duration;

use greenlight_suite::{Extraction, Version};
use http::HeaderMap;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::attempt::{Attempt, Cause, Limit, Question};
use crate::client::Connection;
use crate::judge::header_lines;
use crate::record::{Failure, FailureKind};
use crate::scope::Layered;
use crate::session::Session;
use crate::version::{is_marker, text_of};

/// Between two answers, when the first was not green's.
const PAUSE: Duration = Duration::from_millis(50);

/// How green's answers are told from others.
#[derive(Debug, Clone)]
pub(crate) struct Counting {
    header: String,
    green: Value,
}

/// Who gave an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum By {
    Green,
    /// Somebody whose marker is this.
    Other(String),
    /// It does not say.
    Unknown,
}

impl Session {
    /// The same session, for checks of which only green's answers are judged. An answer of somebody else is asked for
    /// again, within the time of its attempt, where the method is safe; it is counted in the record. A step that green
    /// did not answer is `inconclusive`.
    ///
    /// None when the marker is not in a header, or green's is not known: then answers cannot be told apart.
    #[must_use]
    pub fn counting_only(self, version: &Version) -> Option<Self> {
        let Extraction::Header(header) = &version.read else { return None };
        let counting = Counting { header: header.clone(), green: self.proof(version).ok()?.expected().clone() };
        Some(Self { counting: Some(counting), ..self })
    }

    /// Asks until somebody answers who counts, as long as one attempt may take.
    ///
    /// # Errors
    ///
    /// The request could not be made.
    pub(crate) async fn ask_who_counts(
        &self,
        question: &Question<'_>,
        values: Layered<'_>,
        limit: Limit,
        not_counted: &mut u32,
    ) -> Result<Attempt, Failure> {
        let mut attempt = self.ask(question, values, limit).await?;
        let Some(counting) = question.only else { return Ok(attempt) };
        let again = Question { connection: Connection::Fresh, ..question.clone() };
        let before = *not_counted;
        while let Some(by) = attempt.not_counted.take() {
            *not_counted = not_counted.saturating_add(1);
            let others = *not_counted - before;
            let missed = |attempt: Attempt, cut_by: Option<Cause>| {
                let failure = counting.missed(&by, others, cut_by).fit_to_show(values.redactor());
                let mut record = attempt.record;
                record.failures.push(failure);
                Attempt { record, cut_by, ..attempt }
            };
            if !question.request.is_safe() {
                return Ok(missed(attempt, None));
            }
            sleep(PAUSE.min(limit.end.saturating_duration_since(Instant::now()))).await;
            if Instant::now() >= limit.end {
                return Ok(missed(attempt, Some(limit.cause)));
            }
            let next = self.ask(&again, values, limit).await?;
            if next.cut_by.is_some() {
                return Ok(missed(attempt, next.cut_by));
            }
            attempt = next;
        }
        Ok(attempt)
    }
}

impl Counting {
    pub(crate) fn by(&self, headers: &HeaderMap) -> By {
        match header_lines(headers, &self.header).as_slice() {
            [] => By::Unknown,
            [line] if is_marker(&Value::from(line.as_str()), &self.green) => By::Green,
            lines => By::Other(lines.join(", ")),
        }
    }

    /// That green was not among those who answered.
    fn missed(&self, by: &By, others: u32, cut_by: Option<Cause>) -> Failure {
        let last = match by {
            By::Other(marker) => format!("`{marker}`"),
            By::Green | By::Unknown => "none".to_owned(),
        };
        let remedy = match cut_by {
            None => "a request that may change something is not sent again: check it before traffic shifts",
            Some(_) => "raise `timeout`, or give green a larger share before this hook",
        };
        Failure {
            kind: if cut_by == Some(Cause::Deadline) { FailureKind::Deadline } else { FailureKind::NotGreen },
            subject: format!("header `{}`", self.header),
            observed: format!("{last} ({others} {} of others)", if others == 1 { "answer" } else { "answers" }),
            expected: Some(format!("green's `{}`", text_of(&self.green))),
            remedy: Some(remedy.into()),
        }
    }
}

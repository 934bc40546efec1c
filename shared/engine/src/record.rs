//! The record of what was asked and what was answered, down to every attempt.
//!
//! These are the values that a report is made of. Every text in them has passed the [`Redactor`] and
//! is cut to a bounded length, so they may be shown as they are. Bodies are not in them, only what an expectation
//! needed to show.

pub mod millis;
mod readiness;

use std::net::SocketAddr;
use std::time::Duration;

use greenlight_suite::Check;
use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;
use crate::redactor::Redactor;

pub use readiness::{NotYet, ReadinessRecord, VersionRecord};

/// How one check went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// The check's name.
    pub name: String,
    /// Line of the suite file where the check begins.
    pub line: u32,
    /// Whether it decides the verdict.
    pub required: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not pass: request, observed and expected in one sentence. Absent when it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// From the first request to the last answer, `finally` included.
    #[serde(rename = "duration_ms", with = "millis")]
    pub duration: Duration,
    /// The steps that were begun, in order, and the one that there was no time for.
    pub steps: Vec<StepRecord>,
    /// The `finally` steps that were begun, in order. A failing one makes a passing check fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub finally: Vec<StepRecord>,
}

impl CheckRecord {
    /// The record of a check that was not begun, and why.
    #[must_use]
    pub fn skipped(check: &Check, reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Skipped, reason: Some(reason.into()), ..Self::begun(check) }
    }

    /// The record of a check that nothing has gone wrong with yet.
    pub(crate) fn begun(check: &Check) -> Self {
        Self {
            name: check.name.clone(),
            line: check.line,
            required: check.required,
            outcome: Outcome::Pass,
            reason: None,
            duration: Duration::ZERO,
            steps: Vec::new(),
            finally: Vec::new(),
        }
    }

    /// Attempts in all steps, `finally` included.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.steps.iter().chain(&self.finally).map(StepRecord::attempts_made).sum()
    }
}

/// How one request of a check went, over all its attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The request line as written in the suite, for example `GET /orders/${order}`.
    pub request: String,
    /// Line of the suite file where the step begins.
    pub line: u32,
    /// How it ended: that of its last attempt.
    pub outcome: Outcome,
    /// Every attempt, in order; of very many, the first and the last ones, and in a report that would be too long fewer.
    /// Empty when the request could not be made, for example for want of a capture.
    pub attempts: Vec<AttemptRecord>,
    /// How many more attempts there were: those between the first [`Self::FIRST_KEPT`] and the last [`Self::LAST_KEPT`],
    /// and those that a report had no room for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attempts_left_out: usize,
    /// What kept it from any attempt, or from the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Failure>,
    /// Names of the values that were kept from the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub captured: Vec<String>,
    /// Answers of somebody else, that were not judged, where only green's count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_counted: u32,
    /// What somebody else answered to the same question, when green's answer was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<BesideRecord>,
}

/// The question that green failed, asked of somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BesideRecord {
    /// Who was asked: `production (blue)`.
    pub name: String,
    /// Whether the answer was as expected; how long it took is not judged.
    pub passed: bool,
    /// `200 in 3ms`, or what was wrong.
    pub observed: String,
}

impl StepRecord {
    /// Attempts at the beginning that are kept, however many there are.
    pub const FIRST_KEPT: usize = 3;
    /// Attempts at the end that are kept, however many there are.
    pub const LAST_KEPT: usize = 10;

    /// How often the request was sent.
    #[must_use]
    pub fn attempts_made(&self) -> usize {
        self.attempts.len() + self.attempts_left_out
    }

    /// Adds an attempt; leaves out one in the middle when there are too many.
    pub(crate) fn push(&mut self, attempt: AttemptRecord) {
        self.attempts.push(attempt);
        if self.attempts.len() > Self::FIRST_KEPT + Self::LAST_KEPT {
            self.attempts.remove(Self::FIRST_KEPT);
            self.attempts_left_out += 1;
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One request as it was sent, and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The request line with its full URL, for example `GET http://10.0.0.1:8080/orders/7`.
    pub request: String,
    /// Where the connection went, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<SocketAddr>,
    /// The status of the answer that was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Whether the load balancer made the answer itself: `Server: awselb/2.0` on a 502, 503 or 504, and on any status
    /// where only green's own answer will do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_load_balancer: bool,
    /// Bytes of the body that were read, after decompression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// How long each part took.
    pub timings: Timings,
    /// Redirects that were followed, each as `302 → http://…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirects: Vec<String>,
    /// What was not as expected. Empty when the attempt passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
}

impl AttemptRecord {
    /// Failures that are said in one sentence; the record has them all.
    const SAID: usize = 3;

    /// What was not as expected, in one sentence: the first failures, and how many more there are.
    #[must_use]
    pub fn wrong(&self) -> String {
        let mut said: Vec<String> = self.failures.iter().take(Self::SAID).map(Failure::sentence).collect();
        if self.failures.len() > Self::SAID {
            said.push(format!("and {} more", self.failures.len() - Self::SAID));
        }
        said.join("; ")
    }
}

/// Parts of one attempt, each from its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// Until the connection stood, TLS included. Absent when one was reused, or none came about.
    #[serde(default, rename = "connect_ms", skip_serializing_if = "Option::is_none", with = "millis::optional")]
    pub connect: Option<Duration>,
    /// Until the status line and headers were there.
    #[serde(default, rename = "first_byte_ms", skip_serializing_if = "Option::is_none", with = "millis::optional")]
    pub first_byte: Option<Duration>,
    /// Until the last byte of the body, or until it went wrong.
    #[serde(rename = "total_ms", with = "millis")]
    pub total: Duration,
}

/// One thing that was not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of thing.
    pub kind: FailureKind,
    /// What was looked at: `status`, ``header `content-type` ``, ``json `$.id` ``, `time`, or the connection.
    pub subject: String,
    /// What was seen there, for example `503`.
    pub observed: String,
    /// What should have been, for example `200`. Absent for a connection that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What to do about it, where that can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Failure {
    /// With every text fit to be shown.
    pub(crate) fn fit_to_show(self, redactor: &Redactor) -> Self {
        const SHOWN: usize = 300;
        let fit = |text: &str| redactor.cut(text, SHOWN);
        Self {
            kind: self.kind,
            subject: fit(&self.subject),
            observed: fit(&self.observed),
            expected: self.expected.as_deref().map(fit),
            remedy: self.remedy.as_deref().map(fit),
        }
    }

    /// `status 503, expected 200`; for a connection `connection refused by 10.0.0.1:8080`.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.expected {
            Some(expected) => format!("{} {}, expected {expected}", self.subject, self.observed),
            None => format!("{} {}", self.subject, self.observed),
        }
    }
}

/// What kind of thing went wrong: where in the life of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The host name was not resolved.
    Dns,
    /// The connection was refused.
    Refused,
    /// No connection came about within the time.
    ConnectTimeout,
    /// The TLS handshake failed: an unknown issuer, a wrong name, an expired certificate.
    Tls,
    /// A connection stood, and no complete answer came within the time.
    NoAnswer,
    /// The connection was closed before the answer was complete.
    ClosedEarly,
    /// The answer was not HTTP, or broke its rules.
    Protocol,
    /// The load balancer answered by itself: green did not.
    LoadBalancer,
    /// The status was not as expected.
    Status,
    /// Something else in the answer was not as expected.
    Assertion,
    /// The body was larger than what is read.
    BodyLimit,
    /// A value that the request needs does not exist.
    Undefined,
    /// A value could not be kept from the answer.
    Capture,
    /// Somebody else than green answered, where only green's answers count.
    NotGreen,
    /// The time for the whole was over before this was done.
    Deadline,
}

impl FailureKind {
    /// Whether green answered, wrongly (`fail`), rather than that nobody could be asked (`error`).
    ///
    /// A green that refuses, hangs or breaks off is wrong too: the listener sends it customers. Only what is the
    /// asker's own trouble (a name that does not resolve, a value that does not exist) is an `error`. Where green was
    /// not among those who answered, nothing is known of it.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Dns | Self::Undefined | Self::Deadline => Outcome::Error,
            Self::NotGreen => Outcome::Inconclusive,
            Self::Refused
            | Self::ConnectTimeout
            | Self::Tls
            | Self::NoAnswer
            | Self::ClosedEarly
            | Self::Protocol
            | Self::LoadBalancer
            | Self::Status
            | Self::Assertion
            | Self::BodyLimit
            | Self::Capture => Outcome::Fail,
        }
    }
}

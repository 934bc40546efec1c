//! Asks which revision answers.
//!
//! A marker is text, whatever its type where it was read: a task definition's revision is a number in one place and an
//! environment variable in the other.

use greenlight_suite::{Expect, Version};
use serde_json::Value;

use crate::attempt::{Attempt, Limit, Question, Whose};
use crate::client::Connection;
use crate::deadline::Deadline;
use crate::judge::same;
use crate::outcome::Outcome;
use crate::record::{Failure, FailureKind, VersionRecord};
use crate::scope::{Captures, Layered};
use crate::session::Session;

/// The name under which the marker is kept from an answer.
const MARKER: &str = "version";

/// The question about the version, and the answer that green gives.
pub(crate) struct Proof<'a> {
    version: &'a Version,
    expect: Expect,
    expected: Value,
    /// Blue's marker, where it is known.
    blue: Option<Value>,
}

/// One answer to it.
pub(crate) enum Sample {
    /// Green's marker.
    Green,
    /// Another marker: somebody else answered.
    Other(String),
    /// No marker was in the answer, or there was no answer.
    Unread(String),
}

impl Session {
    /// Asks for the version marker once, on a fresh connection to the next address: to see, later on, that green still
    /// answers.
    pub async fn version(&self, version: &Version, deadline: Deadline) -> VersionRecord {
        let proof = match self.proof(version) {
            Ok(proof) => proof,
            Err(failure) => return self.unproven(version, &failure),
        };
        let captures = Captures::new();
        let values = Layered { scope: &self.scope, captures: &captures };
        let limit = Limit::nearest(version.timeout.unwrap_or(self.timeout), None, deadline);
        let attempt = match self.ask(&proof.question(self.wire.clients.share()), values, limit).await {
            Ok(attempt) => attempt,
            Err(failure) => return self.unproven(version, &failure),
        };
        let record = self.record_of(&proof);
        match self.sample(&proof, &attempt) {
            Sample::Green => {
                VersionRecord { outcome: Outcome::Pass, observed: Some(record.expected.clone()), samples: 1, ..record }
            }
            Sample::Other(observed) => VersionRecord {
                outcome: Outcome::Fail,
                reason: Some(record.mismatch(&observed, &self.place)),
                observed: Some(observed),
                samples: 1,
                ..record
            },
            Sample::Unread(why) => VersionRecord {
                outcome: attempt.outcome(),
                reason: Some(format!("{}: {why}", attempt.record.request)),
                ..record
            },
        }
    }

    /// Learns what green's marker is.
    ///
    /// # Errors
    ///
    /// It cannot be known in this execution.
    pub(crate) fn proof<'v>(&self, version: &'v Version) -> Result<Proof<'v>, Failure> {
        let captures = Captures::new();
        let values = Layered { scope: &self.scope, captures: &captures };
        let expect = Expect::default();
        self.can_ask(&version.request, &expect)?;
        let expected = version
            .equals
            .render(&values)
            .map_err(|undefined| self.scope.undefined(undefined).fit_to_show(self.scope.redactor()))?;
        if text_of(&expected).is_empty() {
            return Err(Failure {
                kind: FailureKind::Undefined,
                subject: "version marker".into(),
                observed: "empty".into(),
                expected: Some("something that tells green from blue".into()),
                remedy: None,
            });
        }
        let blue = self.scope.for_blue(&version.equals);
        Ok(Proof { version, expect, expected, blue })
    }

    /// What an attempt says about who answered.
    pub(crate) fn sample(&self, proof: &Proof<'_>, attempt: &Attempt) -> Sample {
        if let Some(failure) = attempt.record.failures.first() {
            return Sample::Unread(failure.sentence());
        }
        match attempt.kept.iter().find(|(name, _)| name == MARKER) {
            Some((_, found)) if is_marker(found, &proof.expected) => Sample::Green,
            Some((_, found)) => Sample::Other(self.scope.redactor().text(&text_of(found))),
            None => Sample::Unread("no marker was read".into()),
        }
    }

    /// The record of a proof that cannot be made: nobody knows green's marker, or the request lacks a value.
    pub(crate) fn unproven(&self, version: &Version, failure: &Failure) -> VersionRecord {
        VersionRecord {
            outcome: failure.kind.outcome(),
            reason: Some(with_remedy(failure)),
            request: self.written(&version.request),
            expected: source_of(version),
            blue: None,
            observed: None,
            samples: 0,
        }
    }

    /// A record of no samples yet.
    pub(crate) fn record_of(&self, proof: &Proof<'_>) -> VersionRecord {
        VersionRecord {
            outcome: Outcome::Error,
            reason: None,
            request: self.written(&proof.version.request),
            expected: self.scope.redactor().text(&text_of(&proof.expected)),
            blue: proof.blue.as_ref().map(|blue| self.scope.redactor().text(&text_of(blue))),
            observed: None,
            samples: 0,
        }
    }
}

impl Proof<'_> {
    /// The question, as any 2xx answers it.
    pub(crate) fn question(&self, connection: Connection) -> Question<'_> {
        Question {
            request: &self.version.request,
            expect: &self.expect,
            keep: vec![(MARKER, &self.version.read)],
            connection,
            only: None,
            whose: Whose::Targets,
        }
    }

    /// Green's marker. Never empty.
    pub(crate) fn expected(&self) -> &Value {
        &self.expected
    }
}

impl VersionRecord {
    /// Whether blue bears the same marker, so that it does not tell green from blue.
    #[must_use]
    pub fn is_blues_too(&self) -> bool {
        self.blue.as_ref() == Some(&self.expected)
    }

    /// The sentence for a marker that is not green's, read at `place`.
    pub(crate) fn mismatch(&self, observed: &str, place: &str) -> String {
        let expected = &self.expected;
        match self.blue.as_deref() {
            Some(blue) if blue == observed => {
                format!("blue still answers on {place}: version marker `{observed}`, expected `{expected}`")
            }
            blue => {
                let neither = if blue.is_some() { ": neither green nor blue" } else { "" };
                format!("{place} answers `{observed}` (version marker), expected `{expected}`{neither}")
            }
        }
    }
}

/// A failure with what to do about it.
pub(crate) fn with_remedy(failure: &Failure) -> String {
    match &failure.remedy {
        Some(remedy) => format!("{}: {remedy}", failure.sentence()),
        None => failure.sentence(),
    }
}

/// Whether a marker that was read is the one that is expected.
pub(crate) fn is_marker(found: &Value, expected: &Value) -> bool {
    same(found, expected) || text_of(found) == text_of(expected)
}

pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        value => value.to_string(),
    }
}

/// The marker as the suite writes it, for when it has no value.
fn source_of(version: &Version) -> String {
    match &version.equals {
        greenlight_suite::ValueTemplate::Text(template) => template.source(),
        _ => String::new(),
    }
}

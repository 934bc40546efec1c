//! Asks questions over HTTP and judges the answers.
//!
//! The engine takes the meaning of a suite and a target, and gives back records. It knows neither YAML nor AWS nor
//! deployments, and decides no verdict: the hook and the command line cannot disagree about either.
//!
//! A [`Session`] asks; what it asks with is a [`Scope`]. From the outside to the wire, one module each:
//!
//! | module | question |
//! | --- | --- |
//! | `run`, `check`, `step` | which requests, in which order, how often |
//! | `ready`, `version` | does green answer steadily, and is it green |
//! | `share`, `counting` | who answers while traffic shifts, and what of it is judged |
//! | `reach`, `find_marker`, `beside` | can it be reached at all, where is a marker, does blue fail too |
//! | `attempt` | one request, asked and judged |
//! | `request`, `exchange` | what goes onto the wire, where redirects lead, what is taken in |
//! | `judge`, `extract`, `document` | is the answer as expected, and what is kept of it |
//! | `classify`, `load_balancer` | what went wrong, and what to do about it |
//! | `client`, `tls`, `resolver`, `resolve`, `stopwatch` | how a connection comes about |
//! | `redactor` | what of all that may be shown |
//!
//! A new matcher is an arm in `judge/matcher.rs` and its words in `judge/words.rs`; the compiler asks for both.

mod attempt;
mod base_url;
mod beside;
mod check;
mod classify;
mod client;
mod counting;
mod deadline;
mod document;
mod duration;
mod exchange;
mod extract;
mod find_marker;
mod gate;
mod judge;
mod load_balancer;
mod origin;
mod outcome;
mod progress;
mod reach;
mod ready;
mod record;
mod redactor;
mod request;
mod resolve;
mod resolver;
mod run;
mod scope;
mod session;
mod share;
mod step;
mod stopwatch;
#[cfg(test)]
mod test_support;
mod tls;
mod version;

pub use base_url::{BaseUrl, BaseUrlError};
pub use client::http_client;
pub use deadline::Deadline;
pub use duration::duration;
pub use find_marker::FoundMarker;
pub use gate::{Gate, Open};
pub use outcome::Outcome;
pub use progress::{Progress, Silent};
pub use record::{
    AttemptRecord, BesideRecord, CheckRecord, Failure, FailureKind, NotYet, ReadinessRecord, StepRecord, Timings,
    VersionRecord, millis,
};
pub use redactor::Redactor;
pub use resolve::Resolve;
pub use scope::{Missing, Scope, ScopeError, secrets_needed};
pub use session::{Session, SessionError};
pub use share::Share;

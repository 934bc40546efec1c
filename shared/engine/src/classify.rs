//! Says what went wrong with a request that got no answer, and what to do about it.
//!
//! reqwest's own sentence is "error sending request"; the cause is in the chain of errors below it, down to the system,
//! rustls or hyper. A chain that holds none of these is shown in its last words.

mod certificate;

use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;

use crate::duration::duration;
use crate::exchange::Trace;
use crate::record::{Failure, FailureKind};
use crate::resolver::LookupError;
use crate::stopwatch::Phase;

/// What a request's error means.
pub(crate) fn failure(error: &reqwest::Error, trace: &Trace) -> Failure {
    let causes = chain(error);
    let place = place(trace);
    if let Some(lookup) = find::<LookupError>(&causes) {
        return Failure {
            kind: FailureKind::Dns,
            subject: "host".into(),
            observed: format!("`{}` was not resolved ({})", lookup.host, lookup.problem),
            expected: None,
            remedy: Some("is the name right, and can it be resolved from where this runs (its VPC, its DNS)?".into()),
        };
    }
    if let Some(tls) = find::<rustls::Error>(&causes) {
        return certificate::failure(tls, &place);
    }
    if error.is_connect() {
        return match find::<io::Error>(&causes).map(io::Error::kind) {
            Some(ErrorKind::TimedOut) => no_connection(trace, None),
            Some(ErrorKind::ConnectionRefused) => not_connected(format!("refused by {place}"), Some(REFUSED)),
            Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
                not_connected(format!("impossible: there is no route to {place}"), Some(UNREACHABLE))
            }
            Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof) => Failure {
                kind: FailureKind::Tls,
                subject: "TLS".into(),
                observed: format!("was not agreed on: {place} closed the connection"),
                expected: None,
                remedy: Some("is `https://` meant, and does this port speak TLS?".into()),
            },
            _ => not_connected(format!("to {place} failed: {}", last_words(&causes)), None),
        };
    }
    if broke_off(error) {
        let state = match (trace.status, trace.size) {
            (Some(status), Some(size)) => format!("status {} and {size} bytes of its body", status.as_u16()),
            _ => "nothing".into(),
        };
        return Failure {
            kind: FailureKind::ClosedEarly,
            subject: "connection".into(),
            observed: format!("closed by {place} before the answer was complete: {state} had come"),
            expected: None,
            remedy: Some("look at the task's log at this time: it may have crashed, or been stopped".into()),
        };
    }
    let what = match find::<hyper::Error>(&causes) {
        Some(hyper) if hyper.is_parse() => format!("is not proper HTTP/1.1 ({})", last_words(&causes)),
        _ if error.is_decode() => format!("is not encoded as its `Content-Encoding` says ({})", last_words(&causes)),
        _ => format!("could not be read: {}", last_words(&causes)),
    };
    Failure {
        kind: FailureKind::Protocol,
        subject: "answer".into(),
        observed: format!("of {place} {what}"),
        expected: None,
        remedy: Some("does something else listen on this port, or does it speak TLS (`https://`)?".into()),
    }
}

/// What it means that a request was cut off after `limit`.
pub(crate) fn too_long(trace: &Trace, limit: Duration) -> Failure {
    let place = place(trace);
    let length = duration(limit);
    match (trace.stopwatch.phase(), trace.size) {
        (Phase::Resolving, _) => Failure {
            kind: FailureKind::Dns,
            subject: "host".into(),
            observed: format!("of {place} was not resolved within {length}"),
            expected: None,
            remedy: Some("can name servers be reached from where this runs?".into()),
        },
        (Phase::Connecting, _) => no_connection(trace, Some(limit)),
        (Phase::Waiting, None) => Failure {
            kind: FailureKind::NoAnswer,
            subject: "no answer".into(),
            observed: format!("within {length}"),
            expected: None,
            remedy: Some(format!("{place} took the connection and sent nothing: look at what it was waiting for")),
        },
        (Phase::Waiting, Some(size)) => Failure {
            kind: FailureKind::NoAnswer,
            subject: "no complete answer".into(),
            observed: format!("within {length}: {size} bytes of the body had come"),
            expected: None,
            remedy: Some("raise `timeout` if the answer is meant to take so long".into()),
        },
    }
}

/// Whether the other side closed the connection in the middle of things.
///
/// An end of input that hyper knows nothing of is another thing: a compressed body that ends too early.
pub(crate) fn broke_off(error: &reqwest::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let causes = chain(error);
    let Some(hyper) = find::<hyper::Error>(&causes).filter(|_| !error.is_connect()) else { return false };
    let by_system = find::<io::Error>(&causes).map(io::Error::kind);
    hyper.is_incomplete_message()
        || hyper.is_canceled()
        || hyper.is_closed()
        || matches!(by_system, Some(BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof))
}

const REFUSED: &str = "nothing listens on this port: is the listener there, and is the port right?";
const UNREACHABLE: &str = "is this function in a subnet of the VPC from which the listener can be reached?";

fn not_connected(observed: String, remedy: Option<&str>) -> Failure {
    let remedy = remedy.map(str::to_owned);
    Failure { kind: FailureKind::Refused, subject: "connection".into(), observed, expected: None, remedy }
}

/// `limit` is absent when the system gave up by itself.
fn no_connection(trace: &Trace, limit: Option<Duration>) -> Failure {
    let port = trace.asked.rsplit(':').next().unwrap_or_default();
    let within = limit.map_or_else(String::new, |limit| format!(" within {}", duration(limit)));
    Failure {
        kind: FailureKind::ConnectTimeout,
        subject: "no connection".into(),
        observed: format!("to {}{within}", place(trace)),
        expected: None,
        remedy: Some(format!("does the listener's security group let this function in on port {port}?")),
    }
}

/// `host:port`, and the address when the host is a name that stands for one address alone.
fn place(trace: &Trace) -> String {
    let port = trace.asked.rsplit(':').next().and_then(|port| port.parse().ok());
    let address = trace.peer.or_else(|| {
        let mut address = trace.stopwatch.only_address()?;
        address.set_port(port?);
        Some(address)
    });
    match address.map(|address| address.to_string()) {
        Some(address) if address != trace.asked => format!("{} ({address})", trace.asked),
        _ => trace.asked.clone(),
    }
}

/// An error and all that caused it. An error inside of an [`io::Error`] is skipped by `source`, so it is looked for.
fn chain(error: &reqwest::Error) -> Vec<&(dyn Error + 'static)> {
    let mut causes: Vec<&(dyn Error + 'static)> = Vec::new();
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = next {
        causes.push(cause);
        next = match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    causes
}

/// The innermost cause of this type: an I/O error may be wrapped in others.
fn find<'e, E: Error + 'static>(causes: &[&'e (dyn Error + 'static)]) -> Option<&'e E> {
    causes.iter().rev().find_map(|cause| cause.downcast_ref())
}

fn last_words(causes: &[&(dyn Error + 'static)]) -> String {
    causes.last().map_or_else(|| "no cause was given".to_owned(), ToString::to_string)
}

//! The Runtime API of one function: where its process asks for events and answers them.
//!
//! Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};

use crate::server::{self, Answer, Server};

const PREFIX: &str = "/2018-06-01/runtime/";

/// A running Runtime API.
pub(super) struct RuntimeApi {
    server: Server,
    desk: Arc<Desk>,
}

/// One event that waits to be taken.
pub(super) struct Offer {
    pub(super) request_id: String,
    pub(super) function_arn: String,
    pub(super) event: Value,
    pub(super) timeout: Duration,
}

/// What happens to an offer.
pub(super) struct Progress {
    /// When the process took the event.
    pub(super) taken: oneshot::Receiver<Instant>,
    /// What the process answered.
    pub(super) answered: oneshot::Receiver<Answered>,
}

/// How a process answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answered {
    Returned(Value),
    Error(Value),
    /// It could not start, and said so before it took an event.
    NotInitialised(Value),
}

#[derive(Default)]
struct Desk {
    slot: Mutex<Option<Slot>>,
    offered: Notify,
}

/// At most one event is under way: an execution environment serves one at a time.
struct Slot {
    offer: Offer,
    taken: Option<oneshot::Sender<Instant>>,
    answered: Option<oneshot::Sender<Answered>>,
}

impl RuntimeApi {
    pub(super) async fn start() -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let for_calls = Arc::clone(&desk);
        let server = Server::start(move |request| answer(Arc::clone(&for_calls), request)).await?;
        Ok(Self { server, desk })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Offers an event to whichever process asks next. An earlier offer is forgotten.
    pub(super) fn offer(&self, offer: Offer) -> Progress {
        let (taken, when_taken) = oneshot::channel();
        let (answered, when_answered) = oneshot::channel();
        *self.desk.slot() = Some(Slot { offer, taken: Some(taken), answered: Some(answered) });
        self.desk.offered.notify_waiters();
        Progress { taken: when_taken, answered: when_answered }
    }
}

impl Desk {
    fn slot(&self) -> MutexGuard<'_, Option<Slot>> {
        // Nothing panics while holding the lock, and a slot is whole after every statement.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for an event, as long as it takes: so does Lambda.
    async fn next(&self) -> Answer {
        loop {
            let offered = self.offered.notified();
            tokio::pin!(offered);
            // Registered before the slot is looked at, so that no offer is missed in between.
            offered.as_mut().enable();
            if let Some(slot) = self.slot().as_mut()
                && let Some(taken) = slot.taken.take()
            {
                let answer = event(&slot.offer);
                let _ = taken.send(Instant::now());
                return answer;
            }
            offered.await;
        }
    }

    fn finish(&self, request_id: &str, answered: Answered) -> Answer {
        let mut slot = self.slot();
        let current = slot.as_mut().filter(|slot| slot.offer.request_id == request_id && slot.taken.is_none());
        match current.and_then(|slot| slot.answered.take()) {
            Some(sender) => {
                let _ = sender.send(answered);
                accepted()
            }
            None => refused(StatusCode::BAD_REQUEST, "InvalidRequestID", "no such invocation is under way"),
        }
    }

    fn not_initialised(&self, error: Value) -> Answer {
        if let Some(sender) = self.slot().as_mut().and_then(|slot| slot.answered.take()) {
            let _ = sender.send(Answered::NotInitialised(error));
        }
        accepted()
    }
}

async fn answer(desk: Arc<Desk>, request: Request<Bytes>) -> Answer {
    let path = request.uri().path().strip_prefix(PREFIX).unwrap_or_default();
    let parts: Vec<_> = path.split('/').collect();
    match (request.method(), &parts[..]) {
        (&Method::GET, ["invocation", "next"]) => desk.next().await,
        (&Method::POST, ["invocation", id, "response"]) => match serde_json::from_slice(request.body()) {
            Ok(value) => desk.finish(id, Answered::Returned(value)),
            // Lambda takes any bytes from an asynchronous function; a person reads them better as text.
            Err(_) => desk.finish(id, Answered::Returned(text(request.body()))),
        },
        (&Method::POST, ["invocation", id, "error"]) => desk.finish(id, Answered::Error(error(request.body()))),
        (&Method::POST, ["init", "error"]) => desk.not_initialised(error(request.body())),
        _ => refused(StatusCode::NOT_FOUND, "NotFound", "the Runtime API has no such path"),
    }
}

/// An event as a process gets it. Its time runs from now.
fn event(offer: &Offer) -> Answer {
    let deadline = (SystemTime::now() + offer.timeout).duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut answer = Response::new(Full::new(Bytes::from(offer.event.to_string())));
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", offer.request_id.clone()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", offer.function_arn.clone()),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
        ),
    ];
    for (name, value) in headers {
        // An ARN with characters that no header takes is left out rather than the whole event.
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

fn error(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| json!({ "errorMessage": text(body) }))
}

fn text(body: &[u8]) -> Value {
    Value::String(String::from_utf8_lossy(body).into_owned())
}

fn accepted() -> Answer {
    server::text(StatusCode::ACCEPTED, "{\"status\":\"OK\"}")
}

fn refused(status: StatusCode, kind: &str, message: &str) -> Answer {
    let mut answer = server::text(status, json!({ "errorType": kind, "errorMessage": message }).to_string());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// A new request id, in the form of a UUID.
pub(super) fn request_id() -> String {
    use std::hash::{BuildHasher, RandomState};
    let (high, low) = (RandomState::new().hash_one(0), RandomState::new().hash_one(1));
    let digits = format!("{high:016x}{low:016x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

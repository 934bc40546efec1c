//! Sends one attempt of one request, follows where it is led, and takes in the answer, within limits.
//!
//! This module neither judges the answer nor tries again. What it learns on the way goes into a [`Trace`] that is
//! outside of the future, so that a request that is cut off in the middle still tells how far it came.

mod redirect;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use greenlight_suite::Redirects;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::Response;
use tokio::time::Instant;

use crate::classify;
use crate::client::{Clients, Connection};
use crate::load_balancer;
use crate::origin::Origin;
use crate::record::Failure;
use crate::redactor::Redactor;
use crate::request::Prepared;
use crate::stopwatch::Stopwatch;

pub(crate) use redirect::Unfollowed;

/// What answers are taken from, and how much of them.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) clients: Clients,
    pub(crate) origin: Origin,
    /// The most bytes of a body that are kept; a compressed body is no exception.
    pub(crate) body_limit: u64,
}

/// An answer, taken in.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// At most the limit.
    pub(crate) body: Vec<u8>,
    /// The body went on beyond the limit.
    pub(crate) truncated: bool,
    /// The redirect that this answer is, when it was not followed.
    pub(crate) unfollowed: Option<Unfollowed>,
}

/// How far one attempt came.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) started: Instant,
    /// Of the request that is under way: the last one, when redirects were followed.
    pub(crate) stopwatch: Stopwatch,
    /// `host:port` of the same.
    pub(crate) asked: String,
    /// Whether the same goes to the target itself, and not where a redirect leads away from it.
    asks_target: bool,
    pub(crate) connect: Option<Duration>,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) peer: Option<SocketAddr>,
    /// Every address of the target's own that a request went to; redirects may lead elsewhere, or to another one.
    pub(crate) reached: BTreeSet<IpAddr>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) by_load_balancer: bool,
    pub(crate) size: Option<u64>,
    /// As in a record.
    pub(crate) redirects: Vec<String>,
}

impl Trace {
    pub(crate) fn start(origin: &Origin) -> Self {
        Self {
            started: Instant::now(),
            stopwatch: Stopwatch::default(),
            asked: origin.listener(),
            asks_target: true,
            connect: None,
            first_byte: None,
            peer: None,
            reached: BTreeSet::new(),
            status: None,
            by_load_balancer: false,
            size: None,
            redirects: Vec::new(),
        }
    }

    /// `host:port` of whoever is asked where a redirect leads away from the target.
    pub(crate) fn elsewhere(&self) -> Option<&str> {
        (!self.asks_target).then_some(self.asked.as_str())
    }

    /// Takes over what the stopwatch saw; the first connection is the attempt's.
    pub(crate) fn note_connection(&mut self) {
        if let Some(connected) = self.stopwatch.connected() {
            self.connect.get_or_insert(connected.at.saturating_duration_since(self.started));
            self.note_peer(connected.peer);
        }
    }

    fn note_peer(&mut self, peer: Option<SocketAddr>) {
        if let Some(peer) = peer {
            self.peer = Some(peer);
            if self.asks_target {
                self.reached.insert(peer.ip().to_canonical());
            }
        }
    }
}

impl Wire {
    /// Sends a request and follows redirects as far as allowed.
    pub(crate) async fn exchange(
        &self,
        request: Prepared,
        redirects: Redirects,
        connection: &Connection,
        redactor: &Redactor,
        trace: &mut Trace,
    ) -> Result<Answer, Failure> {
        let mut request = request;
        loop {
            let response = self.send(&request, connection, trace).await?;
            let follow = redirect::next(&request, &response, redirects, &self.origin, trace.redirects.len());
            let unfollowed = match follow {
                redirect::Next::Answer(unfollowed) => unfollowed,
                redirect::Next::Follow(next) => {
                    let hop = format!("{} → {}", response.status().as_u16(), next.url);
                    trace.redirects.push(redactor.cut(&hop, redirect::SHOWN));
                    request = *next;
                    continue;
                }
            };
            return self.take_in(response, &request.method, unfollowed, trace).await;
        }
    }

    /// One request on the wire, up to the headers of its answer.
    pub(crate) async fn send(
        &self,
        request: &Prepared,
        connection: &Connection,
        trace: &mut Trace,
    ) -> Result<Response, Failure> {
        // A kept connection may turn out to be closed when the request is already on it, and nobody knows then whether
        // it was carried out. A request that may be repeated is: on a fresh connection. Any other never takes the risk.
        let repeatable = request.method.is_idempotent();
        let connection = if repeatable { connection } else { &Connection::Fresh };
        let again = if matches!(connection, Connection::Shared(_)) { connection } else { &Connection::Fresh };
        match self.send_once(request, connection, trace).await {
            Err(error)
                if !matches!(connection, Connection::Fresh)
                    && trace.stopwatch.connected().is_none()
                    && classify::broke_off(&error) =>
            {
                self.send_once(request, again, trace).await
            }
            result => result,
        }
        .map_err(|error| classify::failure(&error, trace))
    }

    async fn send_once(
        &self,
        request: &Prepared,
        connection: &Connection,
        trace: &mut Trace,
    ) -> Result<Response, reqwest::Error> {
        let mut sent = reqwest::Request::new(request.method.clone(), request.url.clone());
        for header in &request.headers {
            sent.headers_mut().append(header.name.clone(), header.value.clone());
        }
        if !request.body.is_empty() {
            *sent.body_mut() = Some(request.body.clone().into());
        } else if matches!(request.method, Method::POST | Method::PUT | Method::PATCH) {
            // Servers may refuse these without a length, also when there is nothing. Source: RFC 9110, section 8.6.
            sent.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
        }
        trace.stopwatch = Stopwatch::default();
        (trace.first_byte, trace.status, trace.by_load_balancer) = (None, None, false);
        trace.asks_target = self.origin.own(&request.url).is_some();
        if trace.asks_target {
            trace.asked = self.origin.listener();
            if let Some(host) = self.origin.host_header() {
                sent.headers_mut().entry(HOST).or_insert(host.clone());
            }
        } else {
            trace.asked = authority(&request.url);
        }
        let result = trace.stopwatch.watch(self.clients.of(connection).execute(sent)).await;
        trace.note_connection();
        let response = result?;
        trace.first_byte = Some(trace.started.elapsed());
        trace.note_peer(response.remote_addr());
        trace.status = Some(response.status());
        trace.by_load_balancer = load_balancer::made(response.status(), response.headers());
        Ok(response)
    }

    /// Reads the body, up to the limit. What is beyond it is never asked for: the connection is given up.
    async fn take_in(
        &self,
        mut response: Response,
        method: &Method,
        unfollowed: Option<Unfollowed>,
        trace: &mut Trace,
    ) -> Result<Answer, Failure> {
        let limit = usize::try_from(self.body_limit).unwrap_or(usize::MAX);
        let mut body = Vec::new();
        let mut truncated = false;
        let has_body = *method != Method::HEAD && !matches!(response.status().as_u16(), 204 | 304);
        trace.size = Some(0);
        while has_body && !truncated {
            let chunk = response.chunk().await.map_err(|error| classify::failure(&error, trace))?;
            let Some(chunk) = chunk else { break };
            let room = limit - body.len();
            truncated = chunk.len() > room;
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            trace.size = u64::try_from(body.len()).ok();
        }
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        Ok(Answer { status, headers, body, truncated, unfollowed })
    }
}

fn authority(url: &url::Url) -> String {
    match url.port_or_known_default() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    }
}

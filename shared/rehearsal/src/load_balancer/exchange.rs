//! One request through the load balancer: check it, choose a target, send it there, pass the answer on.
//!
//! Whatever goes wrong before the answer has begun becomes an [`OwnAnswer`]; afterwards the client's connection is
//! broken off, since there is no other honest way to say it.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};

use http_body_util::{Either, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Uri, Version,
    body::{Body as _, Bytes, Incoming},
    header::{HOST, HeaderValue},
};
use tokio::time::{timeout, timeout_at};

use super::{
    Listener, Target, Timeouts,
    bodies::{Progress, Relay, Upload},
    connections::{Connections, Lease},
    headers,
    own_answer::OwnAnswer,
    refusals::SocketNotes,
    upgrade::{self, Tunnel},
};

/// Longest request line and longest single header.
/// Source: Elastic Load Balancing user guide, "Application Load Balancers", quotas.
const MAX_LINE: usize = 16 * 1024;

/// Largest head in all. Source: as above.
const MAX_HEAD: usize = 64 * 1024;

/// An answer on its way to the client: the load balancer's own, or a target's.
pub(super) type Answer = Response<Either<Full<Bytes>, Relay>>;

/// What all requests of a listener share.
pub(super) struct Exchange {
    pub(super) listener: Listener,
    pub(super) connections: Arc<Connections>,
    pub(super) timeouts: Timeouts,
}

/// One client's connection.
pub(super) struct Visit {
    pub(super) client: SocketAddr,
    node: usize,
    pub(super) socket: Arc<SocketNotes>,
    tunnel: Mutex<Option<Tunnel>>,
}

impl Visit {
    pub(super) fn new(client: SocketAddr, node: usize) -> Self {
        Self { client, node, socket: Arc::default(), tunnel: Mutex::default() }
    }

    /// What is to be done with the connection after it has stopped being HTTP, if it has.
    pub(super) fn take_tunnel(&self) -> Option<Tunnel> {
        self.tunnel.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put_tunnel(&self, tunnel: Tunnel) {
        *self.tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some(tunnel);
    }
}

impl Exchange {
    /// Answers one request, in every case.
    pub(super) async fn answer(&self, visit: &Visit, request: Request<Incoming>) -> Answer {
        let version = request.version();
        visit.socket.begin(version);
        let answer = match self.forward(visit, request).await {
            Ok(answer) => answer.map(Either::Right),
            Err(own) => own.response().map(Either::Left),
        };
        visit.socket.answered(answer.status(), answer.body().is_end_stream());
        answer
    }

    async fn forward(&self, visit: &Visit, mut request: Request<Incoming>) -> Result<Response<Relay>, OwnAnswer> {
        let host = vet(&request)?;
        let target = self.choose(visit.node).ok_or(OwnAnswer::ServiceUnavailable)?;
        let client_side = headers::wants_websocket(request.headers()).then(|| hyper::upgrade::on(&mut request));

        let host = host.map_or_else(|| HeaderValue::from_str(&self.listener.addr().to_string()), Ok);
        let host = host.map_err(|_| OwnAnswer::BadRequest)?;
        let mut request = request.map(Upload::new);
        *request.uri_mut() = target_uri(request.uri(), target.base()).ok_or(OwnAnswer::BadRequest)?;
        *request.version_mut() = Version::HTTP_11;
        headers::for_target(request.headers_mut(), visit.client.ip(), self.listener.addr().port());
        request.headers_mut().insert(HOST, host);
        if client_side.is_some() {
            headers::put_websocket(request.headers_mut());
        }

        let progress = request.body().progress();
        let (mut response, lease) = self.patiently(&progress, self.send(&target, request)).await?;
        *response.version_mut() = Version::HTTP_11;
        headers::strip(response.headers_mut());
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            // A target that switches without having been asked is not speaking HTTP.
            let client_side = client_side.ok_or(OwnAnswer::BadGateway)?;
            let target_side = hyper::upgrade::on(&mut response);
            headers::put_websocket(response.headers_mut());
            visit.put_tunnel(upgrade::tunnel(client_side, target_side, self.timeouts.connect));
        }
        let (idle, socket) = (self.timeouts.idle, Arc::clone(&visit.socket));
        Ok(response.map(|body| Relay::new(body, lease, progress, idle, socket)))
    }

    fn choose(&self, node: usize) -> Option<Target> {
        self.listener.choose(node)?.next_target()
    }

    /// Waits for the target's answer until nothing has moved for the idle timeout.
    async fn patiently<T>(
        &self,
        progress: &Progress,
        answer: impl Future<Output = Result<T, OwnAnswer>>,
    ) -> Result<T, OwnAnswer> {
        let mut answer = pin!(answer);
        loop {
            if let Ok(answer) = timeout_at(progress.moved() + self.timeouts.idle, &mut answer).await {
                return answer;
            }
            if progress.silent_for(self.timeouts.idle) {
                let at_fault = progress.wants_client();
                return Err(if at_fault { OwnAnswer::RequestTimeout } else { OwnAnswer::GatewayTimeout });
            }
        }
    }

    /// Sends a request over a kept connection or a new one.
    ///
    /// A kept connection may have been closed by the target a moment ago. A request that was not sent yet moves on to
    /// another connection; one that was sent is repeated once, on a new connection, if it is safe and has no body.
    async fn send(
        &self,
        target: &Target,
        mut request: Request<Upload>,
    ) -> Result<(Response<Incoming>, Lease), OwnAnswer> {
        let address = target.address();
        while let Some(mut lease) = self.connections.kept(&address).await {
            let copy = repeatable(&request);
            match lease.sender.try_send_request(request).await {
                Ok(response) => return Ok((response, lease)),
                Err(mut failure) => {
                    if let Some(unsent) = failure.take_message() {
                        request = unsent;
                        continue;
                    }
                    tracing::debug!(%target, error = %failure.error(), "a kept connection failed");
                    let copy = copy.filter(|_| !failure.error().is_parse());
                    request = copy.ok_or(OwnAnswer::BadGateway)?;
                    break;
                }
            }
        }
        let opened = timeout(self.timeouts.connect, self.connections.open(&address)).await;
        let mut lease = opened.map_err(|_| OwnAnswer::GatewayTimeout)?.map_err(|error| {
            tracing::debug!(%target, %error, "the target could not be connected to");
            OwnAnswer::BadGateway
        })?;
        let response = lease.sender.send_request(request).await.map_err(|error| {
            tracing::debug!(%target, %error, "the target did not answer");
            OwnAnswer::BadGateway
        })?;
        Ok((response, lease))
    }
}

/// Refuses what the real load balancer does not forward, and finds the host that the client means.
fn vet(request: &Request<Incoming>) -> Result<Option<HeaderValue>, OwnAnswer> {
    if request.method() == Method::TRACE {
        return Err(OwnAnswer::MethodNotAllowed);
    }
    if request.method() == Method::CONNECT {
        return Err(OwnAnswer::BadRequest);
    }
    let line = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if line > MAX_LINE {
        return Err(OwnAnswer::UriTooLong);
    }
    // Each header takes a colon, a space and a line end besides.
    let sizes = || request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    if sizes().any(|size| size > MAX_LINE) || line + sizes().sum::<usize>() > MAX_HEAD {
        return Err(OwnAnswer::BadRequest);
    }
    let host = only_host(request.headers())?;
    if host.is_none() && request.version() >= Version::HTTP_11 {
        return Err(OwnAnswer::BadRequest);
    }
    // By RFC 9112, section 3.2.2, a full URL on the request line outranks the header.
    let named = request.uri().authority().map(|authority| HeaderValue::from_str(authority.as_str()));
    match named {
        Some(named) => named.map(Some).map_err(|_| OwnAnswer::BadRequest),
        None => Ok(host),
    }
}

fn only_host(headers: &HeaderMap) -> Result<Option<HeaderValue>, OwnAnswer> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => Err(OwnAnswer::BadRequest),
        (host, None) => Ok(host.cloned()),
    }
}

/// The request's path behind the target's base, as it stands on the line to the target.
fn target_uri(asked: &Uri, base: &str) -> Option<Uri> {
    let path = asked.path_and_query().map_or("/", |path| path.as_str());
    match (base, path) {
        ("", path) => path.parse().ok(),
        (base, "*") => base.parse().ok(),
        (base, path) => format!("{base}{path}").parse().ok(),
    }
}

/// A copy to send again, if doing so cannot change anything at the target.
fn repeatable(request: &Request<Upload>) -> Option<Request<Upload>> {
    if !request.method().is_safe() {
        return None;
    }
    let body = request.body().again()?;
    let mut copy = Request::new(body);
    copy.method_mut().clone_from(request.method());
    copy.uri_mut().clone_from(request.uri());
    copy.headers_mut().clone_from(request.headers());
    copy.extensions_mut().clone_from(request.extensions());
    Some(copy)
}

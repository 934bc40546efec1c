//! The HTTP clients: one that keeps connections for the checks, one that makes a fresh one every time.
//!
//! Redirects, time limits and judgement are not theirs: the engine follows, limits and judges by itself, so that every
//! hop and every limit is in the record.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};

use crate::resolver::{InTurn, Steady, TargetResolver};
use crate::session::SessionError;
use crate::stopwatch::StopwatchLayer;
use crate::tls;

/// Below the idle time limit of anything in front of a service (load balancers: 60 s, many servers: 5 s), so that a
/// kept connection is rarely one that the other side has just given up.
const KEEP_IDLE: Duration = Duration::from_secs(4);

/// The one HTTP and TLS stack: rustls on ring, the public certificate authorities, HTTP/1.1, no proxy, no redirects.
///
/// A load balancer's listener speaks HTTP/1.1 to everybody; a proxy of the environment would answer for green.
/// The AWS SDK's HTTP client is made of it too, so that a function carries one stack.
pub fn http_client() -> reqwest::ClientBuilder {
    with_tls(tls::client_config(tls::public_roots()))
}

/// A client for green that keeps at most `idle` connections.
fn client<R>(tls: &ClientConfig, resolver: R, idle: usize) -> reqwest::Result<reqwest::Client>
where
    R: reqwest::dns::Resolve + 'static,
{
    with_tls(tls.clone())
        .user_agent(concat!("greenlight/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(resolver))
        .connector_layer(StopwatchLayer)
        .pool_idle_timeout(KEEP_IDLE)
        .pool_max_idle_per_host(idle)
        .build()
}

fn with_tls(tls: ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
}

/// Whether a request may go out on a connection that was used before.
#[derive(Debug, Clone)]
pub(crate) enum Connection {
    /// Each request has a connection of its own: every one asks the load balancer anew.
    Fresh,
    /// A connection that is already there is used.
    Kept,
    /// The first request has a fresh connection, and those after it have the same one, or another one to the same
    /// address where it was closed: they ask the same node of the load balancer.
    Shared(reqwest::Client),
}

/// The clients of one execution.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    fresh: reqwest::Client,
    kept: reqwest::Client,
    tls: ClientConfig,
    resolver: Arc<TargetResolver>,
}

impl Clients {
    pub(crate) fn new(roots: &RootCertStore, resolver: &Arc<TargetResolver>) -> Result<Self, SessionError> {
        let tls = tls::client_config(roots.clone());
        let build = |idle| client(&tls, InTurn(Arc::clone(resolver)), idle).map_err(SessionError::Client);
        Ok(Self { fresh: build(0)?, kept: build(usize::MAX)?, resolver: Arc::clone(resolver), tls })
    }

    /// A connection for several requests that has not been used yet. Where it has to be made anew for one of them, it
    /// goes to the same address.
    pub(crate) fn share(&self) -> Connection {
        let steady = Steady { turn: self.resolver.next_turn(), resolver: Arc::clone(&self.resolver) };
        client(&self.tls, steady, 1).map_or(Connection::Fresh, Connection::Shared)
    }

    /// The addresses that the target stands for, as of the last connection.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        self.resolver.addresses()
    }

    pub(crate) fn of<'c>(&'c self, connection: &'c Connection) -> &'c reqwest::Client {
        match connection {
            Connection::Fresh => &self.fresh,
            Connection::Kept => &self.kept,
            Connection::Shared(client) => client,
        }
    }
}

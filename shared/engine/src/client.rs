//! The HTTP clients: one that keeps connections for the checks, one that makes a fresh one every time.
//!
//! Redirects, time limits and judgement are not theirs: the engine follows, limits and judges by itself, so that every
//! hop and every limit is in the record.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use rustls::RootCertStore;

use crate::resolve::TargetResolver;
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
    trusting(tls::public_roots())
}

fn trusting(roots: RootCertStore) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config(roots))
        .http1_only()
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
}

/// Whether a request may go out on a connection that was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connection {
    /// Each request has a connection of its own: every one asks the load balancer anew.
    Fresh,
    /// A connection that is already there is used.
    Kept,
}

/// The clients of one execution.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    fresh: reqwest::Client,
    kept: reqwest::Client,
}

impl Clients {
    pub(crate) fn new(roots: &RootCertStore, resolver: &Arc<TargetResolver>) -> Result<Self, SessionError> {
        let build = |idle: usize| {
            trusting(roots.clone())
                .user_agent(concat!("greenlight/", env!("CARGO_PKG_VERSION")))
                .dns_resolver(Arc::clone(resolver))
                .connector_layer(StopwatchLayer)
                .pool_idle_timeout(KEEP_IDLE)
                .pool_max_idle_per_host(idle)
                .build()
                .map_err(SessionError::Client)
        };
        Ok(Self { fresh: build(0)?, kept: build(usize::MAX)? })
    }

    pub(crate) fn of(&self, connection: Connection) -> &reqwest::Client {
        match connection {
            Connection::Fresh => &self.fresh,
            Connection::Kept => &self.kept,
        }
    }
}

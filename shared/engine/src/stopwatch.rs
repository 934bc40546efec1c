//! Notes when and where the connection of a request came about.
//!
//! reqwest tells neither, and says of a request that takes too long only that it took too long. So each request is sent
//! [in the sight of](Stopwatch::watch) a stopwatch, which a layer around the client's connector finds and marks:
//! what is marked last tells which part of the request's life hung. No mark of a connection means that one was reused.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use tokio::time::Instant;
use tower::{Layer, Service};

tokio::task_local! {
    static CURRENT: Stopwatch;
}

/// The marks of one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stopwatch(Arc<Marks>);

#[derive(Debug, Default)]
struct Marks {
    connecting: OnceLock<()>,
    resolving: OnceLock<()>,
    resolved: OnceLock<Vec<SocketAddr>>,
    connected: OnceLock<Connected>,
}

/// A connection that stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connected {
    pub(crate) at: Instant,
    pub(crate) peer: Option<SocketAddr>,
}

/// What a request that has no answer was last busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The name of the host.
    Resolving,
    /// The connection, TLS included.
    Connecting,
    /// The answer.
    Waiting,
}

impl Stopwatch {
    /// Runs a request; whatever connects for it is marked here.
    pub(crate) async fn watch<F: Future>(&self, request: F) -> F::Output {
        CURRENT.scope(self.clone(), request).await
    }

    /// The stopwatch in whose sight the current task is, where there is one.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    pub(crate) fn resolving(&self) {
        self.0.resolving.get_or_init(|| ());
    }

    pub(crate) fn resolved(&self, addresses: &[SocketAddr]) {
        self.0.resolved.get_or_init(|| addresses.to_vec());
    }

    /// The connection that was made for this request; none when one was reused.
    pub(crate) fn connected(&self) -> Option<Connected> {
        self.0.connected.get().copied()
    }

    /// The only address that the name of the host stands for.
    pub(crate) fn only_address(&self) -> Option<SocketAddr> {
        match self.0.resolved.get().map(Vec::as_slice) {
            Some([address]) => Some(*address),
            _ => None,
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        let marks = &self.0;
        if marks.connected.get().is_some() || marks.connecting.get().is_none() {
            Phase::Waiting
        } else if marks.resolving.get().is_some() && marks.resolved.get().is_none() {
            Phase::Resolving
        } else {
            Phase::Connecting
        }
    }
}

/// Puts [`StopwatchService`] around a connector.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StopwatchLayer;

impl<S> Layer<S> for StopwatchLayer {
    type Service = StopwatchService<S>;

    fn layer(&self, connector: S) -> Self::Service {
        StopwatchService { connector }
    }
}

/// A connector that marks the current stopwatch.
#[derive(Debug, Clone)]
pub(crate) struct StopwatchService<S> {
    connector: S,
}

impl<S, R> Service<R> for StopwatchService<S>
where
    S: Service<R>,
    S::Response: Connection,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, destination: R) -> Self::Future {
        let stopwatch = Stopwatch::current().unwrap_or_default();
        stopwatch.0.connecting.get_or_init(|| ());
        let connecting = self.connector.call(destination);
        Box::pin(async move {
            let connection = connecting.await?;
            let mut extras = http::Extensions::new();
            connection.connected().get_extras(&mut extras);
            let peer = extras.get::<HttpInfo>().map(HttpInfo::remote_addr);
            stopwatch.0.connected.get_or_init(|| Connected { at: Instant::now(), peer });
            Ok(connection)
        })
    }
}

//! A listener: the handle that deployments turn, and the loop that accepts its connections.
//!
//! What happens with one request is in [`exchange`](super::exchange).

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    TargetGroup,
    exchange::{Exchange, Visit},
    forward::{Forward, Routing},
    refusals::ClientSocket,
};

/// Most bytes that are read ahead of a request's head or of a slow target. The limits of heads are kept in
/// [`exchange`](super::exchange); this one is above them.
const MAX_AHEAD: usize = 128 * 1024;

/// Most headers of a request: as many as fit into a head of 64 KiB for all that clients do.
const MAX_HEADERS: usize = 1_000;

/// How long accepting pauses when the system has no room for another connection.
const BREATH: Duration = Duration::from_millis(5);

/// A handle on one listener. Clones are the same listener; it closes with its [`LoadBalancer`](super::LoadBalancer).
#[derive(Clone)]
pub struct Listener {
    shared: Arc<Shared>,
}

struct Shared {
    /// One for each node.
    addresses: Vec<SocketAddr>,
    routing: Mutex<Routing>,
    hits: Mutex<BTreeMap<String, u64>>,
}

impl Listener {
    /// `addresses` must have at least one.
    pub(super) fn new(addresses: Vec<SocketAddr>, forward: Forward) -> Self {
        let routing = Mutex::new(Routing::new(forward, addresses.len()));
        Self { shared: Arc::new(Shared { addresses, routing, hits: Mutex::default() }) }
    }

    /// The address of the first node, with the real port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.shared.addresses[0]
    }

    /// The addresses of all nodes. They have the same port.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.shared.addresses
    }

    /// The forward action as it was last set: what `DescribeListeners` says, even while the nodes still follow the
    /// one before it.
    #[must_use]
    pub fn forward(&self) -> Forward {
        self.routing().asked().clone()
    }

    /// The forward action that a node follows, counted from 0; `None` when there is no such node.
    #[must_use]
    pub fn serving(&self, node: usize) -> Option<Forward> {
        self.routing().serving(node, Instant::now()).cloned()
    }

    /// Changes the forward action for every request that comes from now on, on all nodes and on kept connections too.
    pub fn set_forward(&self, forward: Forward) {
        self.routing().set(forward);
    }

    /// Changes what [`Listener::forward`] says and leaves every node as it is.
    pub fn announce(&self, forward: Forward) {
        self.routing().announce(forward);
    }

    /// Changes the forward action with nodes that are late: [`Listener::forward`] shows the change at once, requests
    /// get it after `delay`. It takes the place of every change that nodes still wait for.
    pub fn set_forward_after(&self, forward: &Forward, delay: Duration) {
        let now = Instant::now();
        self.routing().set_late(forward, |_| later(now, delay), now);
    }

    /// Changes the forward action node by node: the first follows at once, each other one `delay` after the one before
    /// it, so that for a while both forward actions are met. [`Listener::forward`] shows the change at once. It takes
    /// the place of every change that nodes still wait for.
    pub fn set_forward_node_by_node(&self, forward: &Forward, delay: Duration) {
        let now = Instant::now();
        let due = |node: usize| later(now, delay.saturating_mul(u32::try_from(node).unwrap_or(u32::MAX)));
        self.routing().set_late(forward, due, now);
    }

    /// Tells one node, counted from 0, what to do after `delay`, beside what it was told before. Any number of such
    /// changes may be ahead, in any order, until one of the other kinds takes their place. [`Listener::forward`] does
    /// not show it: see [`Listener::announce`].
    pub fn set_forward_at(&self, node: usize, forward: Forward, delay: Duration) {
        self.routing().set_at(node, forward, later(Instant::now(), delay));
    }

    /// How many requests were sent to each target group, by name. Counted when the group is chosen, so a request that
    /// its target never answered counts too; a group that was never chosen is absent.
    #[must_use]
    pub fn hits(&self) -> BTreeMap<String, u64> {
        self.lock_hits().clone()
    }

    /// The group of the next request at `node`, counted.
    pub(super) fn choose(&self, node: usize) -> Option<TargetGroup> {
        let group = self.routing().choose(node, Instant::now())?;
        *self.lock_hits().entry(group.name().to_owned()).or_default() += 1;
        Some(group)
    }

    fn routing(&self) -> MutexGuard<'_, Routing> {
        // Nothing panics while holding the lock.
        self.shared.routing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_hits(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        // Nothing panics while holding the lock.
        self.shared.hits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("addr", &self.addr()).field("forward", &self.forward()).finish_non_exhaustive()
    }
}

/// A delay beyond the clock's end is cut to one that no rehearsal lives to see.
fn later(now: Instant, delay: Duration) -> Instant {
    now.checked_add(delay).unwrap_or_else(|| now + Duration::from_hours(24 * 365))
}

/// Accepts the connections of one node until it is dropped; their tasks end with it.
pub(super) async fn accept(node: usize, socket: TcpListener, exchange: Arc<Exchange>) {
    let mut visits = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, client)) => {
                    visits.spawn(serve(stream, Visit::new(client, node), Arc::clone(&exchange)));
                }
                Err(error) => {
                    tracing::warn!(%error, "the load balancer could not accept a connection");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = visits.join_next() => {}
        }
    }
}

/// Serves one client's connection until either side closes it.
async fn serve(stream: TcpStream, visit: Visit, exchange: Arc<Exchange>) {
    // Without it small answers wait for acknowledgements; a socket that refuses the option works all the same.
    let _ = stream.set_nodelay(true);
    let visit = Arc::new(visit);
    let socket = ClientSocket::new(stream, Arc::clone(&visit.socket));
    let service = service_fn(|request| {
        let (exchange, visit) = (Arc::clone(&exchange), Arc::clone(&visit));
        async move { Ok::<_, std::convert::Infallible>(exchange.answer(&visit, request).await) }
    });
    let served = http1::Builder::new()
        .preserve_header_case(true)
        .title_case_headers(true)
        .max_buf_size(MAX_AHEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(client = %visit.client, %error, "the connection of a client ended early");
    }
    if let Some(tunnel) = visit.take_tunnel() {
        tunnel.await;
    }
}

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
    forward::{Forward, Late, Node, Routing},
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
    address: SocketAddr,
    routing: Mutex<Routing>,
    hits: Mutex<BTreeMap<String, u64>>,
}

impl Listener {
    pub(super) fn new(address: SocketAddr, forward: Forward) -> Self {
        let shared = Shared { address, routing: Mutex::new(Routing::new(forward)), hits: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// The address that clients connect to, with the real port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.shared.address
    }

    /// The forward action as it was last set: what `DescribeListeners` says, even while the nodes still follow the
    /// one before it.
    #[must_use]
    pub fn forward(&self) -> Forward {
        self.routing().asked().clone()
    }

    /// The forward action that every node follows, the latest one included.
    #[must_use]
    pub fn serving(&self) -> Forward {
        self.routing().serving(Instant::now()).clone()
    }

    /// Changes the forward action for every request that comes from now on, on kept connections too.
    pub fn set_forward(&self, forward: Forward) {
        self.routing().set(forward);
    }

    /// Changes the forward action with nodes that are late: [`Listener::forward`] shows the change at once, requests
    /// get it after `delay`. A later change of either kind takes the place of one that the nodes still wait for.
    pub fn set_forward_after(&self, forward: Forward, delay: Duration) {
        self.set_late(forward, Late::All, delay);
    }

    /// Changes the forward action node by node: every second connection belongs to a node that follows at once, the
    /// others to one that follows after `delay`, so that for a while both forward actions are met. A later change of
    /// any kind takes the place of this one.
    pub fn set_forward_node_by_node(&self, forward: Forward, delay: Duration) {
        self.set_late(forward, Late::Second, delay);
    }

    fn set_late(&self, forward: Forward, late: Late, delay: Duration) {
        let now = Instant::now();
        // A delay beyond the clock's end is cut to one that no rehearsal lives to see.
        let due = now.checked_add(delay).unwrap_or_else(|| now + Duration::from_hours(24 * 365));
        self.routing().set_late(forward, late, due, now);
    }

    /// How many requests were sent to each target group, by name. Counted when the group is chosen, so a request that
    /// its target never answered counts too; a group that was never chosen is absent.
    #[must_use]
    pub fn hits(&self) -> BTreeMap<String, u64> {
        self.lock_hits().clone()
    }

    /// The group of the next request at `node`, counted.
    pub(super) fn choose(&self, node: Node) -> Option<TargetGroup> {
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

/// Accepts connections until it is dropped; their tasks end with it.
pub(super) async fn accept(socket: TcpListener, exchange: Arc<Exchange>) {
    let mut visits = JoinSet::new();
    let mut nodes = [Node::First, Node::Second].into_iter().cycle();
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, client)) => {
                    // The cycle never ends.
                    let node = nodes.next().unwrap_or(Node::First);
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

//! An Application Load Balancer stand-in: listeners that forward over weighted target groups.
//!
//! It is a proxy of its own, real enough that clients and targets cannot tell: any method, bodies streamed both ways,
//! kept connections on both sides, the headers that the real one adds and removes, `WebSocket` upgrades, and the real
//! one's own answers (`Server: awselb/2.0`) when there is no target or the target misbehaves.
//!
//! It leaves to others: which group is blue or green and when weights change (the deployment's player), health checks
//! (a target takes requests from the moment it is registered), and the `ELBv2` API. It speaks plain HTTP/1 on both
//! sides and knows neither listener rules nor stickiness.

mod bodies;
mod connections;
mod exchange;
mod forward;
mod headers;
mod listener;
mod own_answer;
mod refusals;
mod target;
mod upgrade;

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{net::TcpListener, task::JoinSet};

use self::{connections::Connections, exchange::Exchange};
pub use self::{
    forward::Forward,
    listener::Listener,
    target::{Target, TargetError, TargetGroup},
};

/// A load balancer with any number of listeners. It lives as long as this value: dropping it closes every listener and
/// every connection, whatever [`Listener`] handles are still held.
pub struct LoadBalancer {
    timeouts: Timeouts,
    connections: Arc<Connections>,
    listeners: Mutex<JoinSet<()>>,
}

/// How long the load balancer waits for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Longest time until a target accepts a connection; then the answer is 504. Above zero.
    pub connect: Duration,
    /// Longest silence while a request is under way. Before the target's answer has begun it becomes 504 (408 when
    /// it was the client that stopped sending), after that the client's connection is broken off. Above zero.
    pub idle: Duration,
}

impl Default for Timeouts {
    /// Those of the real one: 10 seconds to connect, 60 seconds of silence.
    /// Source: Elastic Load Balancing user guide, "Application Load Balancers", "Troubleshoot".
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), idle: Duration::from_mins(1) }
    }
}

impl fmt::Debug for LoadBalancer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadBalancer").field("timeouts", &self.timeouts).finish_non_exhaustive()
    }
}

impl LoadBalancer {
    /// A load balancer without listeners, with the real one's [`Timeouts`].
    ///
    /// # Errors
    ///
    /// None today; starting is allowed to need the system.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Timeouts::default()).await
    }

    /// A load balancer without listeners that waits as long as `timeouts` say.
    ///
    /// # Errors
    ///
    /// None today; starting is allowed to need the system.
    #[expect(clippy::unused_async, reason = "every part of a rehearsal is started in the same way")]
    pub async fn start_with(timeouts: Timeouts) -> io::Result<Self> {
        Ok(Self { timeouts, connections: Arc::default(), listeners: Mutex::default() })
    }

    /// Opens a listener at `address`; port 0 takes any free one, see [`Listener::addr`].
    ///
    /// # Errors
    ///
    /// Those of binding: the address is in use, is not of this machine, or may not be taken.
    pub async fn listen(&self, address: SocketAddr, forward: Forward) -> io::Result<Listener> {
        let socket = TcpListener::bind(address).await?;
        let listener = Listener::new(socket.local_addr()?, forward);
        let exchange = Exchange {
            listener: listener.clone(),
            connections: Arc::clone(&self.connections),
            timeouts: self.timeouts,
        };
        // A set of tasks is whole whoever panicked while holding it.
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.spawn(listener::accept(socket, Arc::new(exchange)));
        Ok(listener)
    }

    /// Closes every listener and every connection, and returns when the ports are free again. Requests under way are
    /// broken off.
    pub async fn stop(self) {
        let mut listeners = self.listeners.into_inner().unwrap_or_else(PoisonError::into_inner);
        listeners.shutdown().await;
    }
}

//! An Application Load Balancer stand-in: listeners that forward over weighted target groups.
//!
//! It is a proxy of its own, real enough that clients and targets cannot tell: any method, bodies streamed both ways,
//! kept connections on both sides, the headers that the real one adds and removes, `WebSocket` upgrades, and the real
//! one's own answers (`Server: awselb/2.0`) when there is no target or the target misbehaves.
//!
//! It has one or more nodes, each with an address and a routing of its own, and checks the health of targets itself. It
//! leaves to others: which group is blue or green and when weights change (the deployment's player), and the `ELBv2`
//! API. It speaks plain HTTP/1 on both sides and knows neither listener rules nor stickiness.

mod bodies;
mod checker;
mod connections;
mod exchange;
mod forward;
mod headers;
mod health;
mod listener;
mod own_answer;
mod refusals;
mod target;
mod target_group;
mod upgrade;

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{net::TcpListener, task::JoinSet};

use self::{connections::Connections, exchange::Exchange};
pub use self::{
    forward::Forward,
    health::{HealthCheck, Matcher, TargetHealth},
    listener::Listener,
    target::{Target, TargetError},
    target_group::TargetGroup,
};

/// A load balancer with any number of listeners. It lives as long as this value: dropping it closes every listener and
/// every connection, whatever [`Listener`] handles are still held.
pub struct LoadBalancer {
    timeouts: Timeouts,
    connections: Arc<Connections>,
    listeners: Arc<Mutex<Vec<Listener>>>,
    tasks: Mutex<JoinSet<()>>,
}

/// How often a free port is looked for that every node has.
const PORTS_TRIED: usize = 16;

/// The addresses of a load balancer with as many nodes as can be, at most `wanted`: this machine's loopback addresses
/// 127.0.0.1, 127.0.0.2 and so on. Systems other than Linux have the first alone.
#[must_use]
pub fn loopback_nodes(wanted: usize) -> Vec<IpAddr> {
    let numbers = (1..=u8::MAX).take(wanted.max(1));
    let addresses = numbers.map(|number| IpAddr::V4(Ipv4Addr::new(127, 0, 0, number)));
    addresses.take_while(|address| can_be_bound(*address)).collect()
}

fn can_be_bound(address: IpAddr) -> bool {
    address == Ipv4Addr::LOCALHOST || std::net::TcpListener::bind((address, 0)).is_ok()
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
        Ok(Self { timeouts, connections: Arc::default(), listeners: Arc::default(), tasks: Mutex::default() })
    }

    /// Opens a listener with one node, at `address`; port 0 takes any free one, see [`Listener::addr`].
    ///
    /// # Errors
    ///
    /// Those of binding: the address is in use, is not of this machine, or may not be taken.
    pub async fn listen(&self, address: SocketAddr, forward: Forward) -> io::Result<Listener> {
        self.listen_on(&[address.ip()], address.port(), forward).await
    }

    /// Opens a listener with a node at each of the addresses, at the same port; port 0 takes one that is free at all of
    /// them.
    ///
    /// # Errors
    ///
    /// Those of binding: the port is in use, an address is not of this machine, or may not be taken; or there is no
    /// address.
    pub async fn listen_on(&self, nodes: &[IpAddr], port: u16, forward: Forward) -> io::Result<Listener> {
        let sockets = bind(nodes, port).await?;
        let addresses = sockets.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
        let listener = Listener::new(addresses, forward);
        let exchange = Arc::new(Exchange {
            listener: listener.clone(),
            connections: Arc::clone(&self.connections),
            timeouts: self.timeouts,
        });
        let mut tasks = unpoisoned(&self.tasks);
        for (node, socket) in sockets.into_iter().enumerate() {
            tasks.spawn(listener::accept(node, socket, Arc::clone(&exchange)));
        }
        unpoisoned(&self.listeners).push(listener.clone());
        Ok(listener)
    }

    /// Checks the health of a group's targets from now on, whenever a listener's forward action names the group. A
    /// group without a health check is left alone.
    pub fn check(&self, group: &TargetGroup) {
        let listeners = Arc::clone(&self.listeners);
        let is_used = move |group: &TargetGroup| {
            let names = |listener: &Listener| listener.forward().groups().iter().any(|(member, _)| member == group);
            unpoisoned(&listeners).iter().any(names)
        };
        unpoisoned(&self.tasks).spawn(checker::run(group.clone(), is_used));
    }

    /// Closes every listener and every connection, and returns when the ports are free again. Requests under way are
    /// broken off.
    pub async fn stop(self) {
        let mut tasks = self.tasks.into_inner().unwrap_or_else(PoisonError::into_inner);
        tasks.shutdown().await;
    }
}

async fn bind(nodes: &[IpAddr], port: u16) -> io::Result<Vec<TcpListener>> {
    let (first, others) = nodes.split_first().ok_or_else(|| io::Error::other("a listener needs an address"))?;
    let mut tried = 1;
    'ports: loop {
        let mut sockets = vec![TcpListener::bind((*first, port)).await?];
        let port_of_all = sockets[0].local_addr()?.port();
        for node in others {
            match TcpListener::bind((*node, port_of_all)).await {
                Ok(socket) => sockets.push(socket),
                Err(error) if port == 0 && error.kind() == io::ErrorKind::AddrInUse && tried < PORTS_TRIED => {
                    tried += 1;
                    continue 'ports;
                }
                Err(error) => return Err(error),
            }
        }
        return Ok(sockets);
    }
}

/// Nothing panics while holding one of these locks, and lists are whole after every statement.
fn unpoisoned<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The demo application that a rehearsal deploys when the user brings none: one HTTP server per task set.
//!
//! It answers who it is, keeps a few orders in memory so that suites with steps have something to talk to, and breaks
//! in the ways that real releases break, by [`Behaviour`]. It knows nothing of deployments: which of two applications
//! is green, and what green does wrong, is decided by whoever starts it.
//!
//! | request | answer |
//! | --- | --- |
//! | `GET /` | the version and a line end, as text |
//! | `GET /health` | `ok` as text |
//! | `GET /version` | `{"version":"…"}` |
//! | `POST /orders` with a JSON object | 201, the object with its new `id`, `Location` |
//! | `GET /orders`, `GET /orders/7`, `DELETE /orders/7` | a list; the order or 404; 204 or 404 |
//! | `HEAD` for each `GET` | the same without a body |
//! | anything else | 404 or 405 with a short text |
//!
//! Every answer has `X-Version`.

mod behaviour;
mod bodies;
mod orders;
mod routes;
mod server;

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

pub use self::behaviour::Behaviour;
use self::{
    routes::Site,
    server::{Command, Door},
};

/// A running demo application. Dropping it closes its port and its connections at once.
pub struct Application {
    address: SocketAddr,
    site: Arc<Site>,
    commands: mpsc::Sender<Command>,
    server: JoinSet<()>,
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application").field("addr", &self.address).finish_non_exhaustive()
    }
}

impl Application {
    /// Starts an application on a free port of this machine's loopback address. It answers as `version`: printable
    /// ASCII, since it travels in a header; other characters are left out there.
    ///
    /// # Errors
    ///
    /// The system has no free port.
    pub async fn start(version: &str, behaviour: Behaviour) -> io::Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), version, behaviour).await
    }

    /// Starts an application at `address`; port 0 takes any free one.
    ///
    /// # Errors
    ///
    /// Those of binding: the address is in use, is not of this machine, or may not be taken.
    #[expect(clippy::unused_async, reason = "every part of a rehearsal is started in the same way")]
    pub async fn start_at(address: SocketAddr, version: &str, behaviour: Behaviour) -> io::Result<Self> {
        let door = Door::bind(address)?;
        let address = door.address();
        let refuses = behaviour == Behaviour::Refuse;
        let door = if refuses { door } else { door.open()? };
        let site = Arc::new(Site::new(version, behaviour));
        let (commands, inbox) = mpsc::channel(1);
        let mut server = JoinSet::new();
        server.spawn(server::run(door, Arc::clone(&site), inbox));
        Ok(Self { address, site, commands, server })
    }

    /// Where the application listens, or would listen if it did not refuse connections.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Changes what the application does with every request that comes from now on. When this returns, the port
    /// refuses or takes connections as `behaviour` says. Orders are kept.
    ///
    /// # Errors
    ///
    /// The port could not be opened again after [`Behaviour::Refuse`].
    pub async fn set_behaviour(&self, behaviour: Behaviour) -> io::Result<()> {
        let open = behaviour != Behaviour::Refuse;
        self.site.set_behaviour(behaviour);
        let (done, answer) = oneshot::channel();
        let sent = self.commands.send(Command::Door { open, done }).await;
        sent.map_err(|_| io::Error::other("the application has stopped"))?;
        answer.await.map_err(|_| io::Error::other("the application has stopped"))?
    }

    /// Stops at once, as a killed task does: requests under way are broken off. Returns when the port is free.
    pub async fn stop(mut self) {
        self.server.shutdown().await;
    }

    /// Stops as a task does that is asked to: takes no connections any more, finishes the requests under way for at
    /// most `limit`, then breaks off the rest. Returns when the port is free.
    pub async fn stop_within(mut self, limit: Duration) {
        let (done, finished) = oneshot::channel();
        if self.commands.send(Command::Finish { done }).await.is_ok() {
            // Either way the rest is broken off.
            let _ = tokio::time::timeout(limit, finished).await;
        }
        self.server.shutdown().await;
    }
}

//! The application's port: open or refusing, and the connections that came in by it.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};

use super::routes::Site;

/// Most connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// How long accepting pauses when the system has no room for another connection.
const BREATH: Duration = Duration::from_millis(5);

/// What the server is asked to do from outside of a request.
pub(super) enum Command {
    /// Take connections, or refuse them and close those there are.
    Door { open: bool, done: oneshot::Sender<io::Result<()>> },
    /// Take no more connections and finish the requests under way.
    Finish { done: oneshot::Sender<()> },
}

/// A port that is held in either state. One that is bound and does not listen refuses connections, and the system gives
/// it to nobody who asks for any free one.
pub(super) enum Door {
    Open(TcpListener, SocketAddr),
    Refusing(TcpSocket, SocketAddr),
}

impl Door {
    pub(super) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // So that a port with connections that are just closing can be taken again.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let address = socket.local_addr()?;
        Ok(Self::Refusing(socket, address))
    }

    pub(super) fn address(&self) -> SocketAddr {
        match self {
            Self::Open(_, address) | Self::Refusing(_, address) => *address,
        }
    }

    pub(super) fn open(self) -> io::Result<Self> {
        match self {
            Self::Open(..) => Ok(self),
            Self::Refusing(socket, address) => Ok(Self::Open(socket.listen(BACKLOG)?, address)),
        }
    }

    fn refuse(self) -> io::Result<Self> {
        match self {
            Self::Open(listener, address) => {
                drop(listener);
                Self::bind(address)
            }
            Self::Refusing(..) => Ok(self),
        }
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        match self {
            Self::Open(listener, _) => listener.accept().await.map(|(stream, _)| stream),
            Self::Refusing(..) => std::future::pending().await,
        }
    }
}

/// Serves until it is dropped or told to finish; its connections end with it.
pub(super) async fn run(mut door: Door, site: Arc<Site>, mut inbox: mpsc::Receiver<Command>) {
    let mut visits = JoinSet::new();
    let (finish, finishing) = watch::channel(false);
    loop {
        tokio::select! {
            accepted = door.accept() => match accepted {
                Ok(stream) => {
                    visits.spawn(serve(stream, Arc::clone(&site), finishing.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "the demo application could not accept a connection");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = visits.join_next() => {}
            command = inbox.recv() => match command {
                Some(Command::Door { open, done }) => {
                    let address = door.address();
                    let turned = if open { door.open() } else { door.refuse() };
                    if !open {
                        visits.shutdown().await;
                    }
                    let (kept, outcome) = match turned {
                        Ok(door) => (Ok(door), Ok(())),
                        Err(error) => (Door::bind(address), Err(error)),
                    };
                    // Nobody waits any more: the caller was dropped, which is no reason to stop.
                    let _ = done.send(outcome);
                    match kept {
                        Ok(kept) => door = kept,
                        Err(error) => {
                            tracing::warn!(%error, %address, "the demo application has lost its port");
                            return;
                        }
                    }
                }
                Some(Command::Finish { done }) => {
                    drop(door);
                    // Connections that have ended since do not listen.
                    let _ = finish.send(true);
                    while visits.join_next().await.is_some() {}
                    let _ = done.send(());
                    return;
                }
                None => return,
            },
        }
    }
}

/// Serves one connection until either side closes it, or the server finishes.
async fn serve(stream: TcpStream, site: Arc<Site>, mut finishing: watch::Receiver<bool>) {
    // Without it small answers wait for acknowledgements; a socket that refuses the option works all the same.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let site = Arc::clone(&site);
        async move { site.answer(request).await }
    });
    let mut connection =
        std::pin::pin!(http1::Builder::new().title_case_headers(true).serve_connection(TokioIo::new(stream), service));
    let asked = async {
        // The sender is gone only when this task is about to be dropped.
        let _ = finishing.wait_for(|finishing| *finishing).await;
    };
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = asked => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection of the demo application ended early");
    }
}

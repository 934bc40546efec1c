//! Connections to targets: opened when needed, kept while they last, and used again.
//!
//! A connection is handed out to one request at a time, and comes back when the answer's body has ended well
//! ([`Lease::give_back`]). One that is dropped instead is closed.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use super::bodies::Upload;

/// Most idle connections that are kept for one target.
const MAX_IDLE: usize = 256;

/// How long a connection that was just given back may need to be ready again. It needs microseconds: the task that
/// drives it only has to be scheduled once more.
const SETTLING: Duration = Duration::from_millis(20);

/// Most bytes of an answer's head, and of what is read ahead of a slow client.
const MAX_HEAD: usize = 64 * 1024;

/// The idle connections of a load balancer, by the address of the target.
#[derive(Default)]
pub(super) struct Connections {
    idle: Mutex<HashMap<String, Vec<SendRequest<Upload>>>>,
}

/// A connection in use by one request.
pub(super) struct Lease {
    pub(super) sender: SendRequest<Upload>,
    address: String,
    home: Arc<Connections>,
}

impl Connections {
    /// A connection that was kept, if one is still open.
    pub(super) async fn kept(self: &Arc<Self>, address: &str) -> Option<Lease> {
        loop {
            let mut sender = self.idle().get_mut(address)?.pop()?;
            if let Ok(Ok(())) = timeout(SETTLING, sender.ready()).await {
                return Some(self.lease(sender, address));
            }
        }
    }

    /// A new connection to `address`, a host and a port.
    ///
    /// # Errors
    ///
    /// The host has no address, or none of its addresses accepts a connection.
    pub(super) async fn open(self: &Arc<Self>, address: &str) -> io::Result<Lease> {
        let stream = TcpStream::connect(address).await?;
        // Without it small requests wait for acknowledgements; a socket that refuses the option works all the same.
        let _ = stream.set_nodelay(true);
        let (sender, driver) = http1::Builder::new()
            .preserve_header_case(true)
            .title_case_headers(true)
            .max_buf_size(MAX_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        // It ends when the sender is dropped, so it cannot outlive the load balancer. Its errors are the requests'.
        tokio::spawn(driver.with_upgrades());
        Ok(self.lease(sender, address))
    }

    fn lease(self: &Arc<Self>, sender: SendRequest<Upload>, address: &str) -> Lease {
        Lease { sender, address: address.to_owned(), home: Arc::clone(self) }
    }

    fn idle(&self) -> MutexGuard<'_, HashMap<String, Vec<SendRequest<Upload>>>> {
        // Nothing panics while holding the lock.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Keeps the connection for another request. To be called when request and answer have both ended.
    pub(super) fn give_back(self) {
        let mut idle = self.home.idle();
        let kept = idle.entry(self.address).or_default();
        kept.retain(|sender| !sender.is_closed());
        if !self.sender.is_closed() && kept.len() < MAX_IDLE {
            kept.push(self.sender);
        }
    }
}

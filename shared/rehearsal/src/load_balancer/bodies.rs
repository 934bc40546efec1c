//! Bodies on their way through: the client's to the target, the target's to the client.
//!
//! Neither is ever held: a piece is asked for when the other side can take it. Both note when something last moved, so
//! that silence can be told from work, and whose silence it is.

use std::{
    error::Error,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{connections::Lease, refusals::SocketNotes};

/// What is known about a request's body while it goes to the target.
pub(super) struct Progress(Mutex<Standing>);

#[derive(Clone, Copy)]
struct Standing {
    moved: Instant,
    ended: bool,
    wants_client: bool,
}

impl Progress {
    /// When the client's last piece came, or the request began.
    pub(super) fn moved(&self) -> Instant {
        self.standing().moved
    }

    /// True while the target could take more and the client has not sent it.
    pub(super) fn wants_client(&self) -> bool {
        let standing = *self.standing();
        standing.wants_client && !standing.ended
    }

    /// True when the whole body has been taken over.
    pub(super) fn ended(&self) -> bool {
        self.standing().ended
    }

    /// True when nothing moved for `limit`.
    pub(super) fn silent_for(&self, limit: Duration) -> bool {
        self.moved().elapsed() >= limit
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        // Nothing panics while holding the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's body on its way from the client to the target.
pub(super) struct Upload {
    client: Option<Incoming>,
    progress: Arc<Progress>,
}

impl Upload {
    pub(super) fn new(client: Incoming) -> Self {
        let ended = client.is_end_stream();
        let standing = Standing { moved: Instant::now(), ended, wants_client: false };
        Self { client: Some(client), progress: Arc::new(Progress(Mutex::new(standing))) }
    }

    /// The same body again, which is only possible for one that has nothing in it.
    pub(super) fn again(&self) -> Option<Self> {
        self.is_end_stream().then(|| Self { client: None, progress: Arc::clone(&self.progress) })
    }

    pub(super) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let Some(client) = this.client.as_mut() else { return Poll::Ready(None) };
        let polled = Pin::new(&mut *client).poll_frame(cx);
        let mut standing = this.progress.standing();
        standing.wants_client = polled.is_pending();
        let piece = ready!(polled);
        standing.moved = Instant::now();
        standing.ended = piece.is_none() || client.is_end_stream();
        Poll::Ready(piece)
    }

    fn is_end_stream(&self) -> bool {
        self.client.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.client.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

/// An answer's body on its way from the target to the client.
pub(super) struct Relay {
    target: Incoming,
    lease: Option<Lease>,
    progress: Arc<Progress>,
    limit: Duration,
    silence: Option<Pin<Box<Sleep>>>,
    /// Why the answer cannot be finished, kept for a moment.
    breach: Option<Box<dyn Error + Send + Sync>>,
    socket: Arc<SocketNotes>,
}

impl Relay {
    /// Passes on `target`, and breaks off after a silence of `limit`. The connection in `lease` is given back at the
    /// end; a breach is noted for `socket`.
    pub(super) fn new(
        target: Incoming,
        lease: Lease,
        progress: Arc<Progress>,
        limit: Duration,
        socket: Arc<SocketNotes>,
    ) -> Self {
        let mut relay = Self { target, lease: Some(lease), progress, limit, silence: None, breach: None, socket };
        if relay.target.is_end_stream() {
            relay.settle();
        }
        relay
    }

    /// The answer has ended well. A connection whose request is still being sent is of no use to others.
    fn settle(&mut self) {
        if let Some(lease) = self.lease.take().filter(|_| self.progress.ended()) {
            lease.give_back();
        }
    }

    /// The answer has ended badly. What there is of it must reach the client before the connection closes, and is only
    /// written out once there is nothing more to come, so that the error is told at the next asking.
    fn break_off<T>(&mut self, breach: Box<dyn Error + Send + Sync>, cx: &Context<'_>) -> Poll<T> {
        self.lease = None;
        self.breach = Some(breach);
        self.socket.break_off();
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn silent(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let limit = self.limit;
            let silence = self.silence.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + limit)));
            ready!(silence.as_mut().poll(cx));
            if self.progress.silent_for(limit) {
                return Poll::Ready(());
            }
            silence.as_mut().reset(self.progress.moved() + limit);
        }
    }
}

impl Body for Relay {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        if let Some(breach) = this.breach.take() {
            return Poll::Ready(Some(Err(breach)));
        }
        let piece = match Pin::new(&mut this.target).poll_frame(cx) {
            Poll::Ready(Some(Ok(piece))) => piece,
            Poll::Ready(Some(Err(error))) => return this.break_off(error.into(), cx),
            Poll::Ready(None) => {
                this.settle();
                return Poll::Ready(None);
            }
            Poll::Pending => {
                ready!(this.silent(cx));
                return this.break_off("the target fell silent within its answer".into(), cx);
            }
        };
        this.silence = None;
        if this.target.is_end_stream() {
            this.settle();
        }
        Poll::Ready(Some(Ok(piece)))
    }

    fn is_end_stream(&self) -> bool {
        self.target.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.target.size_hint()
    }
}

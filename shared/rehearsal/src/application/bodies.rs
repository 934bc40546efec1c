//! Bodies that come slowly, or not to their end.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// A body in single bytes with a pause before each, or one that ends in the middle.
pub(super) struct Faulty {
    rest: Bytes,
    /// How much of `rest` is never sent.
    withheld: usize,
    pause: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Faulty {
    /// The whole body, byte by byte.
    pub(super) fn dripping(body: Bytes, pause: Duration) -> Self {
        Self { rest: body, withheld: 0, pause, waiting: None }
    }

    /// The first half of the body, then an error, which closes the connection.
    pub(super) fn broken_off(body: Bytes) -> Self {
        Self { withheld: body.len().div_ceil(2), rest: body, pause: Duration::ZERO, waiting: None }
    }
}

impl Body for Faulty {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let pause = this.pause;
        ready!(this.waiting.get_or_insert_with(|| Box::pin(sleep(pause))).as_mut().poll(cx));
        this.waiting = None;
        if this.rest.is_empty() {
            return Poll::Ready(None);
        }
        if this.rest.len() <= this.withheld {
            return Poll::Ready(Some(Err(io::Error::other("this application breaks off its answers"))));
        }
        Poll::Ready(Some(Ok(Frame::data(this.rest.split_to(1)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

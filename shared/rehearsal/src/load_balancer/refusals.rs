//! The client's socket, with the three things that the HTTP library does not do as the real load balancer does.
//!
//! A request that cannot be parsed is answered by the library itself, with an empty 400; here it becomes the load
//! balancer's page. And an answer to an HTTP/1.0 client may end with the connection, so breaking it off must be more
//! than closing: it resets the connection, or a short body would look whole. And a client that is still sending when
//! it is answered must be listened to for a while after the answer, or the system throws the answer away.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::{StatusCode, Version};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::own_answer::OwnAnswer;

/// Longest that a client is listened to after its last answer.
const LINGERING: Duration = Duration::from_secs(10);

/// What the requests of a connection tell its socket.
#[derive(Default)]
pub(super) struct SocketNotes {
    ends_with_connection: AtomicBool,
    broken: AtomicBool,
    empty_refusal_due: AtomicBool,
}

impl SocketNotes {
    /// A request has come in.
    pub(super) fn begin(&self, version: Version) {
        self.ends_with_connection.store(version < Version::HTTP_11, Relaxed);
    }

    /// Its answer is about to be written. One that looks like the library's refusals is to be let through.
    pub(super) fn answered(&self, status: StatusCode, empty: bool) {
        self.empty_refusal_due.store(status.is_client_error() && empty, Relaxed);
    }

    /// The answer cannot be finished.
    pub(super) fn break_off(&self) {
        self.broken.store(true, Relaxed);
    }
}

/// A client's connection.
pub(super) struct ClientSocket {
    stream: TcpStream,
    notes: Arc<SocketNotes>,
    /// The load balancer's page, while it is being written in place of the library's answer.
    page: Option<Page>,
    /// Set once the last answer is out and only the client's end is waited for.
    lingering: Option<Pin<Box<Sleep>>>,
}

struct Page {
    bytes: Vec<u8>,
    written: usize,
    stands_for: usize,
}

impl ClientSocket {
    pub(super) fn new(stream: TcpStream, notes: Arc<SocketNotes>) -> Self {
        Self { stream, notes, page: None, lingering: None }
    }

    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(page) = self.page.as_mut() else { return Poll::Ready(Ok(0)) };
        while let Some(rest) = page.bytes.get(page.written..).filter(|rest| !rest.is_empty()) {
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            page.written += count;
        }
        let stands_for = page.stands_for;
        self.page = None;
        Poll::Ready(Ok(stands_for))
    }
}

/// The page for an answer that the library made by itself; `None` for every other piece of bytes.
fn page_for(bytes: &[u8]) -> Option<Page> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (status, rest) = text.strip_prefix("HTTP/1.1 ")?.split_once("\r\n")?;
    let answer = match status.get(..3)? {
        "414" => OwnAnswer::UriTooLong,
        "400" | "431" => OwnAnswer::BadRequest,
        _ => return None,
    };
    let mut date = None;
    for line in rest.strip_suffix("\r\n\r\n")?.split("\r\n") {
        let (name, value) = line.split_once(": ")?;
        match (name.to_ascii_lowercase().as_str(), value) {
            ("connection", "close") | ("content-length", "0") => {}
            ("date", value) => date = Some(value),
            _ => return None,
        }
    }
    Some(Page { bytes: answer.on_the_wire(date?), written: 0, stands_for: bytes.len() })
}

impl AsyncRead for ClientSocket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for ClientSocket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.page.is_none() && bytes.starts_with(b"HTTP/1.1 4") && !self.notes.empty_refusal_due.swap(false, Relaxed)
        {
            self.page = page_for(bytes);
        }
        if self.page.is_some() {
            return self.poll_page(cx);
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // An answer without a body is one slice.
        match slices {
            [only] => self.poll_write(cx, only),
            _ if self.page.is_some() => self.poll_page(cx),
            _ => Pin::new(&mut self.stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.resets() {
            // Shutting down would end the answer in good order; dropping the socket resets it.
            return Poll::Ready(Ok(()));
        }
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.lingering = Some(Box::pin(sleep(LINGERING)));
        }
        self.poll_end(cx).map(Ok)
    }
}

impl ClientSocket {
    /// Reads what still comes and forgets it, until the client is done too.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; 8 * 1024];
        loop {
            let over = self.lingering.as_mut().is_none_or(|limit| limit.as_mut().poll(cx).is_ready());
            if over {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }

    fn resets(&self) -> bool {
        self.notes.broken.load(Relaxed) && self.notes.ends_with_connection.load(Relaxed)
    }
}

impl Drop for ClientSocket {
    fn drop(&mut self) {
        if self.resets() {
            // Where the system does not know the option, the connection is closed in the usual way.
            let _ = self.stream.set_zero_linger();
        }
    }
}

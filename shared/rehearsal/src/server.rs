//! A small HTTP server on a free port of this machine: what the AWS stand-ins listen on.
//!
//! It reads each request whole and hands it on. Dropping it closes the port and every connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The largest request that is read: Lambda's limit for what a function returns.
/// Source: AWS Lambda developer guide, "Lambda quotas".
const MAX_BODY: usize = 6 * 1024 * 1024;

/// An answer in one piece.
pub(crate) type Answer = Response<Full<Bytes>>;

/// A running server.
pub(crate) struct Server {
    address: SocketAddr,
    _accepting: JoinSet<()>,
}

impl Server {
    /// Starts on a free port. Every request is answered by `answer`, side by side.
    pub(crate) async fn start<H, F>(answer: H) -> io::Result<Self>
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::new(answer)));
        Ok(Self { address, _accepting: accepting })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn accept<H, F>(listener: TcpListener, answer: Arc<H>)
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        // A connection that is lost while it is accepted is its client's concern.
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(converse(stream, Arc::clone(&answer)));
        }
    }
}

async fn converse<H, F>(stream: TcpStream, answer: Arc<H>)
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = Arc::clone(&answer);
        async move {
            let (parts, body) = request.into_parts();
            match Limited::new(body, MAX_BODY).collect().await {
                Ok(body) => Ok::<_, hyper::Error>(answer(Request::from_parts(parts, body.to_bytes())).await),
                Err(_) => Ok(text(StatusCode::PAYLOAD_TOO_LARGE, "the request was not read to its end")),
            }
        }
    });
    // A client that goes away ends its connection with an error that concerns nobody.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// An answer of plain text.
pub(crate) fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer
}

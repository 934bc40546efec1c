//! A server that does what a test says, byte by byte: correct ones cannot be made to misbehave.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// One request, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Which connection it came on, counted from 0.
    pub(crate) connection: usize,
    /// How many requests came before it.
    pub(crate) nth: usize,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// One thing that the server does in answer to a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Send(Vec<u8>),
    Pause(Duration),
    /// The same piece until the other side has had enough.
    Forever(Vec<u8>),
    Close,
    Hang,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Answers every request as `script` says.
    pub(crate) async fn start<F>(script: F) -> Self
    where
        F: Fn(&Received) -> Vec<Act> + Send + Sync + 'static,
    {
        Self::start_with(script, |stream| async { Some(stream) }).await
    }

    /// The same, on connections that are first led through `wrap`, for example a TLS handshake.
    pub(crate) async fn start_with<F, W, S, Wrapping>(script: F, wrap: W) -> Self
    where
        F: Fn(&Received) -> Vec<Act> + Send + Sync + 'static,
        W: Fn(TcpStream) -> Wrapping + Send + Sync + 'static,
        Wrapping: Future<Output = Option<S>> + Send,
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        Self::serve_at(TcpListener::bind("127.0.0.1:0").await.unwrap(), script, wrap)
    }

    /// The nodes of a load balancer: one address each, from 127.0.0.1 on, and one port. `script` is told which it is,
    /// counted from 1.
    pub(crate) async fn nodes<F>(number: u8, script: F) -> Vec<Self>
    where
        F: Fn(u8, &Received) -> Vec<Act> + Clone + Send + Sync + 'static,
    {
        let mut listeners = Vec::new();
        // A port that is free at one address may be taken at another.
        while listeners.len() < usize::from(number) {
            listeners = vec![TcpListener::bind("127.0.0.1:0").await.unwrap()];
            let port = listeners[0].local_addr().unwrap().port();
            for last in 2..=number {
                listeners.extend(TcpListener::bind((Ipv4Addr::new(127, 0, 0, last), port)).await.ok());
            }
        }
        let node = |(listener, number): (TcpListener, u8)| {
            let script = script.clone();
            Self::serve_at(listener, move |request: &Received| script(number, request), |stream| async { Some(stream) })
        };
        listeners.into_iter().zip(1..).map(node).collect()
    }

    fn serve_at<F, W, S, Wrapping>(listener: TcpListener, script: F, wrap: W) -> Self
    where
        F: Fn(&Received) -> Vec<Act> + Send + Sync + 'static,
        W: Fn(TcpStream) -> Wrapping + Send + Sync + 'static,
        Wrapping: Future<Output = Option<S>> + Send,
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, script, wrap) = (Arc::clone(&received), Arc::new(script), Arc::new(wrap));
        let accepting = tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (log, script, wrap) = (Arc::clone(&log), Arc::clone(&script), Arc::clone(&wrap));
                tokio::spawn(async move {
                    if let Some(stream) = wrap(stream).await {
                        serve(stream, connection, &log, script.as_ref()).await;
                    }
                });
            }
        });
        Self { address, received, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// `method path` of every request, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let line = |received: Received| received.line.trim_end_matches(" HTTP/1.1").to_owned();
        self.received().into_iter().map(line).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    connection: usize,
    log: &Mutex<Vec<Received>>,
    script: &(dyn Fn(&Received) -> Vec<Act> + Send + Sync),
) {
    let mut stream = BufReader::new(stream);
    while let Some(mut received) = read(&mut stream, connection).await {
        let acts = {
            let mut log = log.lock().unwrap();
            received.nth = log.len();
            log.push(received.clone());
            script(&received)
        };
        for act in acts {
            match act {
                Act::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                        return;
                    }
                }
                Act::Pause(length) => sleep(length).await,
                Act::Forever(bytes) => while stream.write_all(&bytes).await.is_ok() {},
                Act::Close => return,
                Act::Hang => std::future::pending().await,
            }
        }
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut BufReader<S>, connection: usize) -> Option<Received> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" if lines.is_empty() => {}
            "" => break,
            text => lines.push(text.to_owned()),
        }
    }
    let headers: Vec<_> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received {
        line: lines[0].clone(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        connection,
        nth: 0,
    })
}

/// A whole, correct answer.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<Act> {
    let body = body.as_ref();
    let mut bytes = head(status, headers, body.len());
    bytes.extend_from_slice(body);
    vec![Act::Send(bytes)]
}

pub(crate) fn ok(body: &str) -> Vec<Act> {
    answer(200, &[], body)
}

/// The head of an answer whose body has this length.
pub(crate) fn head(status: u16, headers: &[(&str, &str)], length: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Some Reason\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    format!("{head}content-length: {length}\r\n\r\n").into_bytes()
}

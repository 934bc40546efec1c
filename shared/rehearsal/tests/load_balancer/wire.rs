//! Both ends of a load balancer, down to the bytes: a client and a target that do exactly as a test tells them.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use greenlight_rehearsal::load_balancer::{Forward, Listener, LoadBalancer, Target, TargetGroup, Timeouts};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};

/// Longest that any test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The silence that an impatient load balancer puts up with.
pub(crate) const IDLE: Duration = Duration::from_millis(300);

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// One end of a connection that speaks HTTP as far as tests need.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
}

/// A request or an answer.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Message {
    pub(crate) fn first_line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The value of a header; panics when there is more than one.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let mut values = pairs.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} is there twice in {}", self.head);
        value
    }
}

impl Wire {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        Self { stream: BufReader::new(TcpStream::connect(address).await.unwrap()) }
    }

    pub(crate) async fn write(&mut self, text: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(text.as_ref()).await.unwrap();
    }

    /// Writes what a peer that has hung up may not want any more.
    pub(crate) async fn try_write(&mut self, text: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(text.as_ref()).await
    }

    /// Writes `text` and reads the answer.
    pub(crate) async fn ask(&mut self, text: impl AsRef<[u8]>) -> Message {
        self.write(text).await;
        self.message().await.unwrap()
    }

    /// Reads up to the empty line. `None` when the connection ends before it.
    pub(crate) async fn head(&mut self) -> Option<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match timeout(PATIENCE, self.stream.read_line(&mut head)).await.unwrap() {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
        Some(head.replace("\r\n", "\n").trim_end().to_owned())
    }

    /// Reads a head, and a body as long as it says.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        let head = self.head().await?;
        let mut message = Message { head, body: String::new() };
        let length = message.header("content-length").map_or(0, |length| length.parse().unwrap());
        message.body = self.exactly(length).await;
        Some(message)
    }

    pub(crate) async fn exactly(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length];
        timeout(PATIENCE, self.stream.read_exact(&mut bytes)).await.unwrap().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// Reads one piece of a chunked body; empty at its end.
    pub(crate) async fn chunk(&mut self) -> String {
        let mut size = String::new();
        timeout(PATIENCE, self.stream.read_line(&mut size)).await.unwrap().unwrap();
        let piece = self.exactly(usize::from_str_radix(size.trim(), 16).unwrap()).await;
        assert_eq!(self.exactly(2).await, "\r\n");
        piece
    }

    /// Reads some bytes and forgets them. 0 at the end.
    pub(crate) async fn some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        timeout(PATIENCE, self.stream.read(buffer)).await.unwrap()
    }

    /// Everything up to the connection's end, and how it ended.
    pub(crate) async fn rest(&mut self) -> (String, io::Result<usize>) {
        let mut bytes = Vec::new();
        let ended = timeout(PATIENCE, self.stream.read_to_end(&mut bytes)).await.unwrap();
        (String::from_utf8(bytes).unwrap(), ended)
    }
}

/// Sends one request over a connection of its own and reads everything up to the connection's end.
pub(crate) async fn ask_once(address: SocketAddr, text: impl AsRef<[u8]>) -> String {
    let mut wire = Wire::to(address).await;
    // A request that is refused early may not be read to its end.
    let _ = wire.try_write(text).await;
    wire.rest().await.0
}

/// A target that counts its connections and does what it is told with each.
pub(crate) struct FakeTarget {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    _server: JoinSet<()>,
}

impl FakeTarget {
    /// `serve` gets every connection, with its number from 0 on.
    pub(crate) async fn start<F>(serve: impl Fn(Wire, usize) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut visits = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                visits.spawn(serve(Wire { stream: BufReader::new(stream) }, count.fetch_add(1, SeqCst)));
            }
        });
        Self { address, accepted, _server: server }
    }

    /// Answers every request with `answer`, and keeps the requests.
    pub(crate) async fn answering(answer: &'static str) -> (Self, Arc<Mutex<Vec<Message>>>) {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        let target = Self::start(move |mut wire, _| {
            let kept = Arc::clone(&kept);
            async move {
                while let Some(request) = wire.message().await {
                    kept.lock().unwrap().push(request);
                    wire.write(answer).await;
                }
            }
        });
        (target.await, requests)
    }

    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(SeqCst)
    }
}

/// A load balancer with one listener in front of one target. It lives as long as the first value.
pub(crate) async fn in_front_of(target: impl Into<Target>) -> (LoadBalancer, Listener) {
    let group = TargetGroup::new("orders");
    group.register(target);
    forwarding(Forward::to(&group)).await
}

/// The same, with a silence of [`IDLE`] in place of a minute.
pub(crate) async fn impatiently_in_front_of(target: impl Into<Target>) -> (LoadBalancer, Listener) {
    let group = TargetGroup::new("orders");
    group.register(target);
    listening(Timeouts { idle: IDLE, ..Timeouts::default() }, Forward::to(&group)).await
}

/// A load balancer with one listener. It lives as long as the first value.
pub(crate) async fn forwarding(forward: Forward) -> (LoadBalancer, Listener) {
    listening(Timeouts::default(), forward).await
}

/// A load balancer with one listener that has a node at each address.
pub(crate) async fn forwarding_on(nodes: &[IpAddr], forward: Forward) -> (LoadBalancer, Listener) {
    let balancer = LoadBalancer::start().await.unwrap();
    let listener = balancer.listen_on(nodes, 0, forward).await.unwrap();
    (balancer, listener)
}

async fn listening(timeouts: Timeouts, forward: Forward) -> (LoadBalancer, Listener) {
    let balancer = LoadBalancer::start_with(timeouts).await.unwrap();
    let listener = balancer.listen("127.0.0.1:0".parse().unwrap(), forward).await.unwrap();
    (balancer, listener)
}

/// A `GET` that keeps the connection.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: orders.example\r\n\r\n")
}

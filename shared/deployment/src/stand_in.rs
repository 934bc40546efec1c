//! A server that stands in for AWS in tests: answers as it is told, and keeps what was asked.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_codedeploy::config::Credentials;

use crate::aws::Aws;

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: &'static str,
    /// Header lines, each with its line end.
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn new(content_type: &str, status: &'static str, body: impl Into<String>) -> Self {
        Self { status, headers: format!("content-type: {content_type}\r\n"), body: body.into() }
    }

    pub(crate) fn json(status: &'static str, body: impl Into<String>) -> Self {
        Self::new("application/x-amz-json-1.1", status, body)
    }

    pub(crate) fn xml(status: &'static str, body: impl Into<String>) -> Self {
        Self::new("text/xml", status, body)
    }

    pub(crate) fn with_header(mut self, line: &str) -> Self {
        self.headers.push_str(line);
        self.headers.push_str("\r\n");
        self
    }
}

/// Listens as long as the test runs.
pub(crate) struct StandIn {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    /// Answers every request with one JSON document.
    pub(crate) fn answering(status: &'static str, body: &'static str) -> Self {
        Self::serving(move |_| Answer::json(status, body))
    }

    /// Answers each request, head and body as text, as the function says.
    pub(crate) fn serving(answer: impl Fn(&str) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = asked.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                // The SDK's small requests come in one or two pieces: the head, then the body to its length.
                while !is_whole(&request) {
                    match stream.read(&mut buffer) {
                        Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
                        _ => break,
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let Answer { status, headers, body } = answer(&request);
                kept.lock().unwrap().push(request);
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { url, asked }
    }

    /// AWS with this server in its place.
    pub(crate) async fn aws(&self) -> Aws {
        aws_at(&self.url).await
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// AWS with whatever is at this address in its place.
pub(crate) async fn aws_at(url: &str) -> Aws {
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        .endpoint_url(url);
    // Everything that is needed is set.
    Aws::load(loader, |_| Some("set".to_owned())).await.without_backoff()
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

//! The demo application over real sockets: what it answers, how it breaks, and how it stops.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails by panicking, like the test itself")]

use std::{
    io::ErrorKind,
    net::SocketAddr,
    time::{Duration, Instant},
};

use greenlight_rehearsal::application::{Application, Behaviour};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Longest that any test waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// Time enough for an answer that would come, on a busy machine too.
const MOMENT: Duration = Duration::from_millis(200);

/// The whole answer to one request, without its date.
async fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let unmoved = |line: &&str| !line.starts_with("Date: ") && *line != "Connection: close";
    answer.split("\r\n").filter(unmoved).collect::<Vec<_>>().join("\n")
}

async fn get(application: &Application, path: &str) -> String {
    ask(application.addr(), "GET", path, "").await
}

/// The first line of an answer, without the HTTP version.
async fn status(application: &Application, path: &str) -> String {
    let answer = get(application, path).await;
    answer.lines().next().unwrap_or_default().trim_start_matches("HTTP/1.1 ").to_owned()
}

#[tokio::test]
async fn it_says_who_it_is_and_how_it_does() {
    let application = Application::start("cf78ba1", Behaviour::Healthy).await.unwrap();
    insta::assert_snapshot!(get(&application, "/").await, @r"
    HTTP/1.1 200 OK
    Content-Type: text/plain; charset=utf-8
    X-Version: cf78ba1
    Content-Length: 8

    cf78ba1
    ");
    insta::assert_snapshot!(get(&application, "/health?from=elb").await, @r"
    HTTP/1.1 200 OK
    Content-Type: text/plain; charset=utf-8
    X-Version: cf78ba1
    Content-Length: 2

    ok
    ");
    insta::assert_snapshot!(get(&application, "/version").await, @r#"
    HTTP/1.1 200 OK
    Content-Type: application/json
    X-Version: cf78ba1
    Content-Length: 21

    {"version":"cf78ba1"}
    "#);
    insta::assert_snapshot!(ask(application.addr(), "HEAD", "/version", "").await, @r"
    HTTP/1.1 200 OK
    Content-Type: application/json
    X-Version: cf78ba1
    Content-Length: 21
    ");
    insta::assert_snapshot!(get(&application, "/favicon.ico").await, @r"
    HTTP/1.1 404 Not Found
    Content-Type: text/plain; charset=utf-8
    X-Version: cf78ba1
    Content-Length: 10

    not found
    ");
    insta::assert_snapshot!(ask(application.addr(), "PUT", "/", "x").await, @r"
    HTTP/1.1 405 Method Not Allowed
    Content-Type: text/plain; charset=utf-8
    X-Version: cf78ba1
    Allow: GET, HEAD
    Content-Length: 19

    method not allowed
    ");
}

#[tokio::test]
async fn orders_are_created_read_and_deleted() {
    let application = Application::start("v", Behaviour::Healthy).await.unwrap();
    let address = application.addr();
    insta::assert_snapshot!(ask(address, "POST", "/orders", r#"{"sku":"TEA-1","quantity":1}"#).await, @r#"
    HTTP/1.1 201 Created
    Content-Type: application/json
    X-Version: v
    Location: /orders/1
    Content-Length: 37

    {"id":"1","sku":"TEA-1","quantity":1}
    "#);
    let cases = [
        ("GET", "/orders/1", "", "HTTP/1.1 200 OK", r#"{"id":"1","sku":"TEA-1","quantity":1}"#),
        ("GET", "/orders", "", "HTTP/1.1 200 OK", r#"[{"id":"1","sku":"TEA-1","quantity":1}]"#),
        ("GET", "/orders/2", "", "HTTP/1.1 404 Not Found", "no such order\n"),
        ("POST", "/orders", "[1]", "HTTP/1.1 400 Bad Request", "an order is a JSON object\n"),
        ("PATCH", "/orders/1", "{}", "HTTP/1.1 405 Method Not Allowed", "method not allowed\n"),
        ("PUT", "/orders", "{}", "HTTP/1.1 405 Method Not Allowed", "method not allowed\n"),
        ("DELETE", "/orders/1", "", "HTTP/1.1 204 No Content", ""),
        ("DELETE", "/orders/1", "", "HTTP/1.1 404 Not Found", "no such order\n"),
        ("GET", "/orders/1", "", "HTTP/1.1 404 Not Found", "no such order\n"),
    ];
    for (method, path, body, first_line, expected) in cases {
        let answer = ask(address, method, path, body).await;
        let (head, found) = answer.split_once("\n\n").unwrap();
        assert_eq!((head.lines().next(), found), (Some(first_line), expected), "{method} {path}");
    }
    let large = format!(r#"{{"note":"{}"}}"#, "x".repeat(64 * 1024));
    assert!(ask(address, "POST", "/orders", &large).await.starts_with("HTTP/1.1 413 "));
}

#[tokio::test]
async fn broken_releases_break_as_they_are_told_to() {
    let application = Application::start("v", Behaviour::Status(500)).await.unwrap();
    assert_eq!(status(&application, "/").await, "500 Internal Server Error");
    assert_eq!(status(&application, "/orders").await, "500 Internal Server Error");
    assert_eq!(status(&application, "/health").await, "200 OK");

    application.set_behaviour(Behaviour::StatusEverywhere(503)).await.unwrap();
    assert_eq!(status(&application, "/health").await, "503 Service Unavailable");

    application.set_behaviour(Behaviour::Status(77)).await.unwrap();
    assert_eq!(status(&application, "/").await, "500 Internal Server Error");

    application.set_behaviour(Behaviour::WrongVersion("initial".to_owned())).await.unwrap();
    assert!(get(&application, "/").await.ends_with("\n\ninitial\n"));
    assert!(get(&application, "/version").await.contains("X-Version: initial\n"));

    application.set_behaviour(Behaviour::NotReadyFor(Duration::from_hours(1))).await.unwrap();
    assert_eq!(status(&application, "/health").await, "503 Service Unavailable");
    application.set_behaviour(Behaviour::NotReadyFor(Duration::ZERO)).await.unwrap();
    assert_eq!(status(&application, "/health").await, "200 OK");

    application.set_behaviour(Behaviour::CloseEarly).await.unwrap();
    assert_eq!(get(&application, "/").await, "");

    application.set_behaviour(Behaviour::BreakOff).await.unwrap();
    let answer = get(&application, "/version").await;
    assert!(answer.contains("Content-Length: 15\n") && answer.ends_with("{\"versi"), "{answer}");
}

#[tokio::test]
async fn slow_answers_are_late_and_whole() {
    let pause = Duration::from_millis(60);
    let application = Application::start("v", Behaviour::Slow(pause)).await.unwrap();
    for behaviour in [Behaviour::Slow(pause), Behaviour::Drip(pause / 2)] {
        application.set_behaviour(behaviour).await.unwrap();
        let start = Instant::now();
        assert!(get(&application, "/").await.ends_with("\n\nv\n"));
        assert!(start.elapsed() >= pause);
    }
}

#[tokio::test]
async fn a_hanging_application_reads_and_never_answers() {
    let application = Application::start("v", Behaviour::Hang).await.unwrap();
    assert!(timeout(MOMENT, get(&application, "/")).await.is_err());
    application.set_behaviour(Behaviour::Healthy).await.unwrap();
    assert_eq!(status(&application, "/").await, "200 OK");
}

#[tokio::test]
async fn a_refusing_application_can_come_back_at_its_port() {
    let application = Application::start("v", Behaviour::Refuse).await.unwrap();
    for _ in 0..3 {
        let refused = TcpStream::connect(application.addr()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        application.set_behaviour(Behaviour::Healthy).await.unwrap();
        let mut kept = TcpStream::connect(application.addr()).await.unwrap();
        assert_eq!(status(&application, "/").await, "200 OK");

        application.set_behaviour(Behaviour::Refuse).await.unwrap();
        // Closed, whether in good order or reset.
        let closed = timeout(PATIENCE, kept.read(&mut [0; 8])).await.unwrap();
        assert!(closed.is_err() || matches!(closed, Ok(0)), "{closed:?}");
    }
}

#[tokio::test]
async fn it_stops_at_once_or_when_its_requests_are_done() {
    let slow = Behaviour::Slow(Duration::from_millis(100));

    let application = Application::start("v", slow.clone()).await.unwrap();
    let address = application.addr();
    let under_way = tokio::spawn(async move { ask(address, "GET", "/", "").await });
    tokio::time::sleep(Duration::from_millis(30)).await;
    application.stop_within(PATIENCE).await;
    assert!(under_way.await.unwrap().ends_with("\n\nv\n"), "a request under way is finished");
    TcpListener::bind(address).await.unwrap();

    let application = Application::start("v", Behaviour::Hang).await.unwrap();
    let address = application.addr();
    let under_way = tokio::spawn(async move { ask(address, "GET", "/", "").await });
    tokio::time::sleep(Duration::from_millis(30)).await;
    application.stop_within(Duration::from_millis(10)).await;
    assert_eq!(under_way.await.unwrap(), "", "one that never ends is broken off");

    let application = Application::start("v", slow).await.unwrap();
    let address = application.addr();
    let idle = TcpStream::connect(address).await.unwrap();
    application.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}

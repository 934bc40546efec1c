//! A green that means harm: endless and huge answers, bombs, loops. Memory and time stay bounded.

use std::io::Write;
use std::time::Duration;

use greenlight_engine::{FailureKind, Outcome};
use tokio::time::Instant;

use crate::server::{Act, Server, answer, head};
use crate::suite::{check, failure, last, run};

const SMALL: &str = "target: { body_limit: 1KiB }\n";

#[tokio::test]
async fn a_body_beyond_the_limit_fails_only_what_looks_at_it() {
    let server = Server::start(|_| answer(200, &[], "x".repeat(1025))).await;
    for (expect, kind) in [
        ("{ status: 200 }", None),
        ("{ time: { at_most: 10s } }", None),
        ("{ body: { contains: x } }", Some(FailureKind::BodyLimit)),
        ("{ json: { $.a: 1 } }", Some(FailureKind::BodyLimit)),
        ("{ size: { above: 1B } }", Some(FailureKind::BodyLimit)),
    ] {
        let yaml = format!("{SMALL}checks: {{ c: {{ request: GET /, expect: {expect} }} }}");
        let record = run(&yaml, &server.url()).await.remove(0);
        assert_eq!(last(&record).failures.first().map(|failure| failure.kind), kind, "{expect}");
        assert_eq!(last(&record).size, Some(1024));
    }
    let exact = Server::start(|_| answer(200, &[], "x".repeat(1024))).await;
    let yaml = format!("{SMALL}checks: {{ c: {{ request: GET /, expect: {{ size: {{ equals: 1KiB }} }} }} }}");
    assert_eq!(run(&yaml, &exact.url()).await[0].outcome, Outcome::Pass);
}

#[tokio::test]
async fn a_capture_beyond_the_limit_fails() {
    let server = Server::start(|_| answer(200, &[], "x".repeat(2000))).await;
    let yaml =
        format!("{SMALL}checks: {{ c: {{ steps: [{{ request: GET /, capture: {{ a: {{ body: trimmed }} }} }}] }} }}");
    let record = run(&yaml, &server.url()).await.remove(0);
    assert_eq!(failure(&record).sentence(), "body goes on, expected at most 1024 bytes");
}

#[tokio::test]
async fn an_endless_body_is_read_up_to_the_limit() {
    let script = |_: &_| {
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        let chunk = [b"1000\r\n".to_vec(), vec![b'x'; 0x1000], b"\r\n".to_vec()].concat();
        vec![Act::Send(head), Act::Forever(chunk)]
    };
    let server = Server::start(script).await;
    let started = Instant::now();
    let record = check("request: GET /", &server.url()).await;
    assert_eq!(record.outcome, Outcome::Pass);
    assert_eq!(last(&record).size, Some(1024 * 1024));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_bomb_is_unpacked_up_to_the_limit() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..8 {
        bomb.write_all(&vec![0; 1024 * 1024]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 10_000);
    let server = Server::start(move |_| answer(200, &[("content-encoding", "gzip")], &bomb)).await;
    let record = check("request: GET /, expect: { body: { contains: x } }", &server.url()).await;
    assert_eq!(failure(&record).kind, FailureKind::BodyLimit);
    assert_eq!(last(&record).size, Some(1024 * 1024));
}

#[tokio::test]
async fn a_compressed_body_is_judged_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"Hello").unwrap();
    let packed = packed.finish().unwrap();
    let server = Server::start(move |_| answer(200, &[("content-encoding", "gzip")], &packed)).await;
    let record = check("request: GET /, expect: { body: Hello, size: { equals: 5B } }", &server.url()).await;
    assert_eq!(record.reason, None);
    assert!(server.received()[0].header("accept-encoding").unwrap().contains("gzip"));
}

#[tokio::test]
async fn a_body_that_drips_is_cut_off() {
    let script = |_: &_| {
        let mut acts = vec![Act::Send(head(200, &[], 1000))];
        for _ in 0..1000 {
            acts.extend([Act::Send(b"x".to_vec()), Act::Pause(Duration::from_millis(10))]);
        }
        acts
    };
    let server = Server::start(script).await;
    let started = Instant::now();
    let record = check("request: GET /, timeout: 80ms", &server.url()).await;
    assert_eq!(failure(&record).kind, FailureKind::NoAnswer);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let script =
        |_: &_| vec![Act::Send(b"HTTP/1.1 200 OK\r\n".to_vec()), Act::Forever(b"x-a: aaaaaaaaaaaaaaaa\r\n".to_vec())];
    let server = Server::start(script).await;
    let record = check("request: GET /", &server.url()).await;
    assert_eq!(failure(&record).kind, FailureKind::Protocol);
    let huge =
        Server::start(|_| vec![Act::Send(b"HTTP/1.1 200 OK\r\nx-a: ".to_vec()), Act::Forever(vec![b'a'; 4096])]).await;
    let record = check("request: GET /", &huge.url()).await;
    assert_eq!(
        failure(&record).sentence(),
        format!("answer of {} is not proper HTTP/1.1 (message head is too large)", huge.address)
    );
}

#[tokio::test]
async fn deep_json_is_refused() {
    let deep = "[".repeat(100_000);
    let server = Server::start(move |_| answer(200, &[], &deep)).await;
    let record = check("request: GET /, expect: { json: { $: 1 } }", &server.url()).await;
    assert!(failure(&record).sentence().starts_with("body is not JSON (recursion limit exceeded"), "{record:?}");
}

#[tokio::test]
async fn a_head_request_and_a_204_have_no_body() {
    let server = Server::start(|request| match request.line.split(' ').next() {
        Some("HEAD") => vec![Act::Send(head(200, &[], 5000))],
        _ => vec![Act::Send(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())],
    })
    .await;
    for request in ["HEAD /", "GET /"] {
        let record = check(&format!("request: {request}, expect: {{ body: {{ empty: true }} }}"), &server.url()).await;
        // `expect` without a status still wants a 2xx.
        assert_eq!(record.reason, None, "{request}");
    }
}

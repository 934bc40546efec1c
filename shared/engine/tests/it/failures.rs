//! Every way in which a request can go wrong, and the words for it.

use std::io::Write;
use std::time::Duration;

use greenlight_engine::{FailureKind, Outcome};
use tokio::net::{TcpListener, TcpSocket};

use crate::server::{Act, Server, answer, head};
use crate::suite::{check, failure, last};

const QUICK: &str = "request: GET /health, timeout: 60ms";

#[tokio::test]
async fn a_name_that_is_not_resolved() {
    let record = check("request: GET /health", "http://nowhere.invalid:8080").await;
    let failure = failure(&record);
    assert_eq!((failure.kind, record.outcome), (FailureKind::Dns, Outcome::Error));
    assert!(failure.sentence().starts_with("host `nowhere.invalid` was not resolved ("), "{failure:?}");
    assert!(record.reason.unwrap().starts_with("GET http://nowhere.invalid:8080/health: host "));
}

#[tokio::test]
async fn a_refused_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let record = check("request: GET /health", &format!("http://{address}")).await;
    let failure = failure(&record);
    assert_eq!((failure.kind, record.outcome), (FailureKind::Refused, Outcome::Fail));
    assert_eq!(failure.sentence(), format!("connection refused by {address}"));

    let record = check("request: GET /health", &format!("http://localhost:{}", address.port())).await;
    let sentence = self::failure(&record).sentence();
    assert!(sentence.starts_with(&format!("connection refused by localhost:{}", address.port())), "{sentence}");
}

#[tokio::test]
async fn a_connection_that_does_not_come_about() {
    // A backlog of one, which nobody takes from: the system answers nobody any more once it is full.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(100), tokio::net::TcpStream::connect(address)).await
    {
        waiting.push(stream);
    }
    let record = check(QUICK, &format!("http://{address}")).await;
    let failure = failure(&record);
    assert_eq!((failure.kind, record.outcome), (FailureKind::ConnectTimeout, Outcome::Fail));
    assert_eq!(failure.sentence(), format!("no connection to {address} within 60ms"));
    assert!(
        failure
            .remedy
            .as_ref()
            .unwrap()
            .contains(&format!("security group let this function in on port {}", address.port()))
    );
}

#[tokio::test]
async fn no_answer() {
    let server = Server::start(|_| vec![Act::Hang]).await;
    let record = check(QUICK, &server.url()).await;
    let failure = failure(&record);
    assert_eq!((failure.kind, record.outcome), (FailureKind::NoAnswer, Outcome::Fail));
    assert_eq!(failure.sentence(), "no answer within 60ms");
    assert_eq!(last(&record).peer, Some(server.address));
    assert!(last(&record).timings.connect.is_some());
}

#[tokio::test]
async fn an_answer_that_does_not_end() {
    let server = Server::start(|_| vec![Act::Send(head(200, &[], 10)), Act::Send(b"half".into()), Act::Hang]).await;
    let record = check(QUICK, &server.url()).await;
    let failure = failure(&record);
    assert_eq!(failure.kind, FailureKind::NoAnswer);
    assert_eq!(failure.sentence(), "no complete answer within 60ms: 4 bytes of the body had come");
    assert_eq!((last(&record).status, last(&record).size), (Some(200), Some(4)));
}

#[tokio::test]
async fn a_connection_that_is_closed_without_an_answer() {
    let server = Server::start(|_| vec![Act::Close]).await;
    let record = check("request: GET /health", &server.url()).await;
    let failure = failure(&record);
    assert_eq!((failure.kind, record.outcome), (FailureKind::ClosedEarly, Outcome::Fail));
    let address = server.address;
    assert_eq!(
        failure.sentence(),
        format!("connection closed by {address} before the answer was complete: nothing had come")
    );
}

#[tokio::test]
async fn a_connection_that_is_closed_in_the_middle_of_the_body() {
    let server = Server::start(|_| vec![Act::Send(head(200, &[], 10)), Act::Send(b"half".into()), Act::Close]).await;
    let record = check("request: GET /health", &server.url()).await;
    let failure = failure(&record);
    assert_eq!(failure.kind, FailureKind::ClosedEarly);
    assert!(failure.sentence().ends_with("status 200 and 4 bytes of its body had come"), "{failure:?}");

    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    let server = Server::start(|_| vec![Act::Send(chunked.to_vec()), Act::Close]).await;
    let record = check("request: GET /health", &server.url()).await;
    assert_eq!(self::failure(&record).kind, FailureKind::ClosedEarly);
}

#[tokio::test]
async fn something_that_is_not_http() {
    for bytes in [&b"SSH-2.0-OpenSSH_9.6\r\n"[..], b"\x15\x03\x03\x00\x02\x02\x0a", b"HTTP/1.1 abc\r\n\r\n"] {
        let server = Server::start(|_| vec![Act::Send(bytes.to_vec()), Act::Hang]).await;
        let record = check("request: GET /health", &server.url()).await;
        let failure = failure(&record);
        assert_eq!((failure.kind, record.outcome), (FailureKind::Protocol, Outcome::Fail));
        let sentence = failure.sentence();
        assert!(sentence.starts_with(&format!("answer of {} is not proper HTTP/1.1 (", server.address)), "{sentence}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_encoded_as_it_says() {
    let mut cut = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    cut.write_all(b"a body that is not all there").unwrap();
    let cut = cut.finish().unwrap()[..20].to_vec();
    for body in [b"plain text".to_vec(), cut] {
        let server = Server::start(move |_| answer(200, &[("content-encoding", "gzip")], &body)).await;
        let record = check("request: GET /health", &server.url()).await;
        let failure = failure(&record);
        assert_eq!(failure.kind, FailureKind::Protocol);
        assert!(failure.sentence().contains("is not encoded as its `Content-Encoding` says"), "{failure:?}");
    }
    let server = Server::start(|_| answer(200, &[("content-encoding", "gzip")], "")).await;
    assert_eq!(check("request: GET /health", &server.url()).await.reason, None, "nothing is nothing, packed or not");
}

#[tokio::test]
async fn an_answer_of_the_load_balancer_itself_passes_nothing() {
    for (status, meaning) in [(502, "a target closed"), (503, "no healthy target"), (504, "did not answer in time")] {
        let server = Server::start(move |_| answer(status, &[("Server", "awselb/2.0")], "<html>")).await;
        let record = check(&format!("request: GET /health, expect: {{ status: {status} }}"), &server.url()).await;
        let failure = failure(&record);
        assert_eq!((failure.kind, record.outcome), (FailureKind::LoadBalancer, Outcome::Fail));
        let sentence = failure.sentence();
        assert!(sentence.starts_with(&format!("status {status} from the load balancer itself (")), "{sentence}");
        assert!(sentence.contains(meaning), "{sentence}");
        assert!(last(&record).by_load_balancer);
    }
}

#[tokio::test]
async fn a_check_may_want_to_see_what_the_load_balancer_does_on_purpose() {
    for status in [200, 301, 403] {
        let server = Server::start(move |_| answer(status, &[("Server", "awselb/2.0")], "")).await;
        let record = check(&format!("request: GET /, expect: {{ status: {status} }}"), &server.url()).await;
        assert_eq!(record.reason, None, "{status}");
        assert!(!last(&record).by_load_balancer);
    }
}

#[tokio::test]
async fn the_applications_own_503_is_a_status() {
    let server = Server::start(|_| answer(503, &[("Server", "nginx")], "")).await;
    let record = check("request: GET /health", &server.url()).await;
    assert_eq!(failure(&record).kind, FailureKind::Status);
    assert_eq!(record.reason.unwrap(), format!("GET {}/health: status 503, expected 2xx", server.url()));
    let record = check("request: GET /health, expect: { status: 503 }", &server.url()).await;
    assert_eq!(record.outcome, Outcome::Pass);
}

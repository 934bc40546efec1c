//! Whether a target can be reached at all, and what keeps it from being reached.

use std::time::Duration;

use greenlight_engine::{Deadline, Failure, FailureKind};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use crate::server::{Act, Server, answer, head, ok};
use crate::suite::{enough, open, read};

const SUITE: &str = "
secrets: { key: env:KEY }
target: { headers: { x-key: '${secret.key}' }, host: orders.example.com }
checks: { c: { request: GET / } }
";

async fn reach(url: &str, deadline: Deadline) -> Result<(), Failure> {
    open(&read("checks: { c: { request: GET / } }"), url).reach(deadline).await
}

#[tokio::test]
async fn any_answer_of_http_will_do() {
    for acts in [
        ok(""),
        answer(500, &[], ""),
        answer(302, &[("location", "http://elsewhere.invalid/")], ""),
        answer(503, &[("server", "awselb/2.0")], ""),
        vec![Act::Send(head(200, &[], 100)), Act::Close],
    ] {
        let server = Server::start(move |_| acts.clone()).await;
        assert_eq!(reach(&server.url(), enough()).await, Ok(()));
        assert_eq!(server.asked(), ["GET /"]);
    }
}

#[tokio::test]
async fn nothing_of_the_suite_goes_along_but_the_targets_name() {
    let server = Server::start(|_| ok("")).await;
    open(&read(SUITE), &server.url()).reach(enough()).await.unwrap();
    let received = &server.received()[0];
    assert_eq!((received.header("x-key"), received.header("host")), (None, Some("orders.example.com")));
}

#[tokio::test]
async fn what_keeps_it_from_being_reached_is_told_apart_with_a_remedy() {
    let refused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let plain = Server::start(|_| ok("")).await;
    let closing = Server::start(|_| vec![Act::Close]).await;
    let other = Server::start(|_| vec![Act::Send(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), Act::Close]).await;
    for (url, kind, sentence, remedy) in [
        ("http://nowhere.invalid:8080".to_owned(), FailureKind::Dns, "host `nowhere.invalid` was not resolved", "VPC"),
        (format!("http://{refused}"), FailureKind::Refused, "connection refused by 127.0.0.1:", "is the port right"),
        (format!("https://{}", plain.address), FailureKind::Tls, "TLS ", "`https://`"),
        (closing.url(), FailureKind::ClosedEarly, "connection closed by 127.0.0.1:", "log"),
        (other.url(), FailureKind::Protocol, "answer of 127.0.0.1:", "something else listen on this port"),
    ] {
        let failure = reach(&url, enough()).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(failure.remedy.as_ref().unwrap().contains(remedy), "{failure:?}");
        assert!(failure.sentence().starts_with(sentence), "{failure:?}");
    }
}

#[tokio::test]
async fn the_deadline_may_come_first() {
    let silent = Server::start(|_| vec![Act::Hang]).await;
    let failure = reach(&silent.url(), Deadline::after(Duration::from_millis(80))).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Deadline);
    let sentence = failure.sentence();
    assert!(
        sentence.starts_with("no answer within ") && sentence.ends_with("the time for the whole was over"),
        "{sentence}"
    );
}

#[tokio::test]
async fn no_connection_within_five_seconds_is_the_security_groups() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = timeout(Duration::from_millis(100), TcpStream::connect(address)).await {
        waiting.push(stream);
    }
    let started = Instant::now();
    let failure = reach(&format!("http://{address}"), enough()).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(failure.kind, FailureKind::ConnectTimeout);
    assert_eq!(failure.sentence(), format!("no connection to {address} within 5s"));
    assert!(failure.remedy.unwrap().contains(&format!("let this function in on port {}", address.port())));
}

//! What the load balancer says by itself, and what it must never put in place of a target's answer.

use std::time::Duration;

use greenlight_rehearsal::{
    application::{Application, Behaviour},
    load_balancer::{Forward, TargetGroup},
};

use crate::wire::{FakeTarget, Wire, ask_once, forwarding, get, impatiently_in_front_of, in_front_of};

fn without_date(answer: &str) -> String {
    answer.split("\r\n").filter(|line| !line.to_lowercase().starts_with("date: ")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_group_without_targets_is_answered_503_as_the_real_one_does() {
    let (_balancer, listener) = forwarding(Forward::to(&TargetGroup::new("empty"))).await;
    let answer = ask_once(listener.addr(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    insta::assert_snapshot!(without_date(&answer), @r"
    HTTP/1.1 503 Service Temporarily Unavailable
    Server: awselb/2.0
    Content-Type: text/html
    Connection: close
    Content-Length: 162

    <html>
    <head><title>503 Service Temporarily Unavailable</title></head>
    <body>
    <center><h1>503 Service Temporarily Unavailable</h1></center>
    </body>
    </html>
    ");
}

#[tokio::test]
async fn weights_of_nothing_are_answered_503_and_the_connection_goes_on() {
    let (target, _) = FakeTarget::answering(crate::wire::OK).await;
    let group = TargetGroup::new("orders");
    group.register(target.address);
    let (_balancer, listener) = forwarding(Forward::new([(group.clone(), 0)])).await;
    let mut client = Wire::to(listener.addr()).await;
    for _ in 0..2 {
        let answer = client.ask(get("/")).await;
        assert_eq!(answer.first_line(), "HTTP/1.1 503 Service Temporarily Unavailable");
        assert_eq!(answer.header("server"), Some("awselb/2.0"));
    }
    listener.set_forward(Forward::to(&group));
    assert_eq!(client.ask(get("/")).await.first_line(), "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn targets_that_misbehave_become_502() {
    let refuses = Application::start("v", Behaviour::Refuse).await.unwrap();
    let closes = Application::start("v", Behaviour::CloseEarly).await.unwrap();
    let garbage = FakeTarget::answering("220 mail.example ESMTP\r\n\r\n").await.0;
    let half = FakeTarget::start(|mut wire, _| async move {
        let _ = wire.head().await;
        wire.write("HTTP/1.1 200 OK\r\ncontent-le").await;
    });
    let half = half.await;
    let switches =
        FakeTarget::answering("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n");
    let switches = switches.await.0;
    let cases = [
        ("refuses", refuses.addr()),
        ("closes early", closes.addr()),
        ("answers garbage", garbage.address),
        ("closes within the head", half.address),
        ("switches without being asked", switches.address),
    ];
    for (case, target) in cases {
        let (_balancer, listener) = in_front_of(target).await;
        for method in ["GET", "POST"] {
            let request = format!("{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
            let answer = Wire::to(listener.addr()).await.ask(request).await;
            assert_eq!(answer.first_line(), "HTTP/1.1 502 Bad Gateway", "{case}, {method}");
            assert_eq!(answer.header("server"), Some("awselb/2.0"), "{case}, {method}");
            assert_eq!(answer.body.len(), 122, "{case}, {method}");
        }
    }
}

#[tokio::test]
async fn a_target_that_never_answers_becomes_504_after_the_idle_timeout() {
    let application = Application::start("v", Behaviour::Hang).await.unwrap();
    let (_balancer, listener) = impatiently_in_front_of(application.addr()).await;
    let mut client = Wire::to(listener.addr()).await;
    let answer = client.ask(get("/")).await;
    assert_eq!(answer.first_line(), "HTTP/1.1 504 Gateway Time-out");
    assert_eq!(answer.header("server"), Some("awselb/2.0"));
    application.set_behaviour(Behaviour::Healthy).await.unwrap();
    assert_eq!(client.ask(get("/")).await.body, "v\n");
}

#[tokio::test]
async fn a_client_that_stops_within_its_request_is_answered_408() {
    let application = Application::start("v", Behaviour::Healthy).await.unwrap();
    let (_balancer, listener) = impatiently_in_front_of(application.addr()).await;
    let mut client = Wire::to(listener.addr()).await;
    let answer = client.ask("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{").await;
    assert_eq!(answer.first_line(), "HTTP/1.1 408 Request Time-out");
    assert_eq!(client.rest().await.0, "");
}

#[tokio::test]
async fn the_applications_own_errors_are_passed_on_as_they_are() {
    let behaviours = [
        (Behaviour::NotReadyFor(Duration::from_hours(1)), "HTTP/1.1 503 Service Unavailable", "still starting\n"),
        (Behaviour::Status(502), "HTTP/1.1 502 Bad Gateway", "502 Bad Gateway\n"),
    ];
    let application = Application::start("v", Behaviour::Healthy).await.unwrap();
    let (_balancer, listener) = in_front_of(application.addr()).await;
    for (behaviour, first_line, body) in behaviours {
        application.set_behaviour(behaviour).await.unwrap();
        let answer = Wire::to(listener.addr()).await.ask(get("/")).await;
        assert_eq!((answer.first_line(), answer.body.as_str()), (first_line, body));
        assert_eq!(answer.header("server"), None);
    }
}

#[tokio::test]
async fn requests_that_are_not_http_are_answered_400() {
    let (target, requests) = FakeTarget::answering(crate::wire::OK).await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let long = "x".repeat(17 * 1024);
    let cases = [
        ("no host", "GET / HTTP/1.1\r\n\r\n".to_owned()),
        ("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned()),
        ("no method", " / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
        ("no version", "GET /\r\n\r\n".to_owned()),
        ("an unknown version", "GET / HTTP/3.7\r\nHost: a\r\n\r\n".to_owned()),
        ("a header without a name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n".to_owned()),
        ("a header name with a space", "GET / HTTP/1.1\r\nHost: a\r\nx y: z\r\n\r\n".to_owned()),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\r\n\r\n".to_owned()),
        ("two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx".to_owned()),
        ("a length of words", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: one\r\n\r\nx".to_owned()),
        ("an unknown coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: brick\r\n\r\nx".to_owned()),
        ("a long header", format!("GET / HTTP/1.1\r\nHost: a\r\nx: {long}\r\n\r\n")),
        ("a long head", format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", format!("x: {}\r\n", &long[..9000]).repeat(8))),
        ("many headers", format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "x: y\r\n".repeat(2000))),
        ("a tunnel", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n".to_owned()),
    ];
    for (case, request) in cases {
        let answer = ask_once(listener.addr(), request).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\nServer: awselb/2.0\r\n"), "{case}: {answer}");
        assert!(answer.contains("\r\nContent-Length: 122\r\n"), "{case}: {answer}");
        assert!(
            answer.ends_with("<center><h1>400 Bad Request</h1></center>\r\n</body>\r\n</html>\r\n"),
            "{case}: {answer}"
        );
    }
    let answer = ask_once(listener.addr(), get(&format!("/{long}"))).await;
    assert!(answer.starts_with("HTTP/1.1 414 Request-URI Too Large\r\nServer: awselb/2.0\r\n"), "{answer}");
    let answer = Wire::to(listener.addr()).await.ask("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(answer.first_line(), "HTTP/1.1 405 Not Allowed");
    assert_eq!(requests.lock().unwrap().len(), 0, "nothing of this may reach a target");
}

#[tokio::test]
async fn a_broken_request_on_a_kept_connection_is_told_from_an_empty_400_of_the_target() {
    let empty = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: Sat, 21 Nov 2026 00:00:00 GMT\r\n\r\n";
    let (target, _) = FakeTarget::answering(empty).await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    for _ in 0..2 {
        let answer = client.ask(get("/")).await;
        assert_eq!((answer.first_line(), answer.header("server")), ("HTTP/1.1 400 Bad Request", None));
        assert_eq!(answer.body, "");
    }
    let answer = client.ask("nonsense\r\n\r\n").await;
    assert_eq!(answer.header("server"), Some("awselb/2.0"));
    assert_eq!(answer.body.len(), 122);
    // And the target's, when it looks just like the library's own refusal.
    let closing = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answer = ask_once(listener.addr(), closing).await.to_lowercase();
    assert!(answer.contains("connection: close") && !answer.contains("awselb"), "{answer}");
}

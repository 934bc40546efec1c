//! Connections on both sides: kept, used again, replaced when they went stale, upgraded, and gone at the end.

use greenlight_rehearsal::{
    application::{Application, Behaviour},
    load_balancer::{Forward, LoadBalancer, TargetGroup},
};
use tokio::{net::TcpListener, task::JoinSet};

use crate::wire::{FakeTarget, OK, Wire, get, in_front_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_connection_to_the_target_serves_many_requests_and_clients() {
    let (target, requests) = FakeTarget::answering(OK).await;
    let (_balancer, listener) = in_front_of(target.address).await;
    for _ in 0..5 {
        let mut client = Wire::to(listener.addr()).await;
        for _ in 0..5 {
            assert_eq!(client.ask(get("/")).await.body, "ok");
        }
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
        assert_eq!(client.ask(chunked).await.body, "ok");
    }
    assert_eq!((target.accepted(), requests.lock().unwrap().len()), (1, 30));
}

#[tokio::test]
async fn a_connection_that_the_target_has_closed_meanwhile_is_replaced() {
    // Each connection is good for one request, without a word about it.
    let target = FakeTarget::start(|mut wire, _| async move {
        let _ = wire.message().await;
        wire.write(OK).await;
    });
    let target = target.await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    for _ in 0..20 {
        assert_eq!(client.ask(get("/")).await.first_line(), "HTTP/1.1 200 OK");
    }
    assert_eq!(target.accepted(), 20);
}

/// A target whose kept connections swallow their second request and close: the race that keep-alive cannot avoid.
async fn forgetful() -> FakeTarget {
    let target = FakeTarget::start(|mut wire, _| async move {
        let _ = wire.message().await;
        wire.write(OK).await;
        let _ = wire.message().await;
    });
    target.await
}

#[tokio::test]
async fn a_safe_request_survives_a_kept_connection_that_closes_under_it() {
    for method in ["GET", "HEAD", "OPTIONS"] {
        let target = forgetful().await;
        let (_balancer, listener) = in_front_of(target.address).await;
        let mut client = Wire::to(listener.addr()).await;
        client.ask(get("/")).await;
        client.write(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        let head = client.head().await.unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{method}: {head}");
        assert_eq!(target.accepted(), 2, "{method}");
    }
}

#[tokio::test]
async fn a_request_that_changes_something_is_never_sent_twice() {
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let target = forgetful().await;
        let (_balancer, listener) = in_front_of(target.address).await;
        let mut client = Wire::to(listener.addr()).await;
        client.ask(get("/")).await;
        let answer = client.ask(format!("{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")).await;
        assert_eq!(answer.first_line(), "HTTP/1.1 502 Bad Gateway", "{method}");
        assert_eq!(target.accepted(), 1, "{method}");
    }
}

#[tokio::test]
async fn a_target_that_says_close_is_connected_to_anew() {
    let (target, _) =
        FakeTarget::answering("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok").await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    for _ in 0..3 {
        let answer = client.ask(get("/")).await;
        assert_eq!((answer.body.as_str(), answer.header("connection")), ("ok", None));
    }
    assert_eq!(target.accepted(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_requests_side_by_side_are_all_answered() {
    let application = Application::start("cf78ba1", Behaviour::Healthy).await.unwrap();
    let (_balancer, listener) = in_front_of(application.addr()).await;
    let mut clients = JoinSet::new();
    for _ in 0..100 {
        let address = listener.addr();
        clients.spawn(async move {
            let mut client = Wire::to(address).await;
            for _ in 0..10 {
                let answer = client.ask(get("/")).await;
                assert_eq!(answer.body, "cf78ba1\n", "{}", answer.head);
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    assert_eq!(listener.hits()["orders"], 1000);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let application = Application::start("v", Behaviour::Healthy).await.unwrap();
    let (_balancer, listener) = in_front_of(application.addr()).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write([get("/"), get("/health"), get("/version")].concat()).await;
    for body in ["v\n", "ok", r#"{"version":"v"}"#] {
        assert_eq!(client.message().await.unwrap().body, body);
    }
}

#[tokio::test]
async fn a_websocket_goes_through() {
    let target = FakeTarget::start(|mut wire, _| async move {
        let head = wire.head().await.unwrap().to_lowercase();
        assert!(head.contains("\nconnection: upgrade") && head.contains("\nsec-websocket-key: k"), "{head}");
        wire.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: x\r\n\r\nhello",
        )
        .await;
        let spoken = wire.exactly(4).await;
        wire.write(spoken.to_uppercase()).await;
    });
    let target = target.await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    let request = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Key: k\r\n\r\n";
    let answer = client.ask(request).await;
    assert_eq!(answer.first_line(), "HTTP/1.1 101 Switching Protocols");
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    assert_eq!(client.exactly(5).await, "hello");
    client.write("ping").await;
    assert_eq!(client.rest().await.0, "PING");
}

#[tokio::test]
async fn a_websocket_that_the_target_declines_is_an_ordinary_answer() {
    let application = Application::start("v", Behaviour::Healthy).await.unwrap();
    let (_balancer, listener) = in_front_of(application.addr()).await;
    let mut client = Wire::to(listener.addr()).await;
    let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    for _ in 0..2 {
        assert_eq!(client.ask(request).await.body, "v\n");
    }
}

#[tokio::test]
async fn stopping_frees_the_ports_and_closes_the_connections() {
    let (target, _) = FakeTarget::answering(OK).await;
    let (balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    client.ask(get("/")).await;
    balancer.stop().await;
    assert_eq!(client.rest().await.0, "");
    TcpListener::bind(listener.addr()).await.unwrap();
}

#[tokio::test]
async fn dropping_closes_everything_too() {
    let balancer = LoadBalancer::start().await.unwrap();
    let forward = Forward::to(&TargetGroup::new("empty"));
    let listener = balancer.listen("127.0.0.1:0".parse().unwrap(), forward).await.unwrap();
    let mut client = Wire::to(listener.addr()).await;
    client.ask(get("/")).await;
    drop(balancer);
    assert_eq!(client.rest().await.0, "");
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_request_at_the_target() {
    let (gone, left) = tokio::sync::oneshot::channel();
    let gone = std::sync::Mutex::new(Some(gone));
    let target = FakeTarget::start(move |mut wire, _| {
        let gone = gone.lock().unwrap().take();
        async move {
            let _ = wire.head().await;
            // Ends when the load balancer closes the connection.
            let _ = wire.rest().await;
            gone.unwrap().send(()).unwrap();
        }
    });
    let target = target.await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write(get("/")).await;
    drop(client);
    left.await.unwrap();
}

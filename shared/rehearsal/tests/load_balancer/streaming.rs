//! Bodies of any size pass through in pieces, at the pace of the slower side, to their end or not at all.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use greenlight_rehearsal::{
    application::{Application, Behaviour},
    load_balancer::{Forward, TargetGroup},
};
use tokio::{sync::Notify, time::timeout};

use crate::wire::{FakeTarget, IDLE, OK, Wire, forwarding, get, impatiently_in_front_of, in_front_of};

const MIB: usize = 1024 * 1024;

/// More than the sockets of both sides hold, by far.
const MORE_THAN_BUFFERS: usize = 256 * MIB;

#[tokio::test]
async fn an_answer_arrives_piece_by_piece() {
    let seen = Arc::new(Notify::new());
    let go_on = Arc::clone(&seen);
    let target = FakeTarget::start(move |mut wire, _| {
        let go_on = Arc::clone(&go_on);
        async move {
            let _ = wire.head().await;
            wire.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            for piece in ["5\r\nfirst\r\n", "6\r\nsecond\r\n"] {
                wire.write(piece).await;
                go_on.notified().await;
            }
            wire.write("0\r\n\r\n").await;
        }
    });
    let target = target.await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write(get("/")).await;
    let head = client.head().await.unwrap();
    assert!(head.to_lowercase().contains("\ntransfer-encoding: chunked"), "{head}");
    for piece in ["first", "second"] {
        assert_eq!(client.chunk().await, piece);
        seen.notify_one();
    }
    assert_eq!(client.chunk().await, "");
}

#[tokio::test]
async fn a_request_arrives_piece_by_piece() {
    let seen = Arc::new(Notify::new());
    let tell = Arc::clone(&seen);
    let target = FakeTarget::start(move |mut wire, _| {
        let tell = Arc::clone(&tell);
        async move {
            let _ = wire.head().await;
            for piece in ["first", "second", ""] {
                assert_eq!(wire.chunk().await, piece);
                tell.notify_one();
            }
            wire.write(OK).await;
        }
    });
    let target = target.await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    for piece in ["5\r\nfirst\r\n", "6\r\nsecond\r\n", "0\r\n\r\n"] {
        client.write(piece).await;
        seen.notified().await;
    }
    assert_eq!(client.message().await.unwrap().body, "ok");
}

#[tokio::test]
async fn a_client_is_told_to_go_on_and_the_target_never_hears_of_it() {
    let (target, requests) = FakeTarget::answering(OK).await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n").await;
    assert_eq!(client.head().await.unwrap(), "HTTP/1.1 100 Continue");
    assert_eq!(client.ask("hi").await.first_line(), "HTTP/1.1 200 OK");
    let request = requests.lock().unwrap().pop().unwrap();
    assert_eq!((request.header("expect"), request.body.as_str()), (None, "hi"));
}

#[tokio::test]
async fn a_large_answer_passes_in_full() {
    let target = FakeTarget::start(|mut wire, _| async move {
        let _ = wire.head().await;
        wire.write(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 64 * MIB)).await;
        let piece = vec![b'x'; MIB];
        for _ in 0..64 {
            wire.write(&piece).await;
        }
    });
    let target = target.await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write(get("/")).await;
    client.head().await.unwrap();
    let (mut left, mut buffer) = (64 * MIB, vec![0; MIB]);
    while left > 0 {
        let count = client.some(&mut buffer).await.unwrap();
        assert!(count > 0, "{left} bytes are missing");
        left -= count;
    }
}

#[tokio::test]
async fn a_large_request_passes_in_full() {
    let target = FakeTarget::start(|mut wire, _| async move {
        let _ = wire.head().await;
        let (mut left, mut buffer) = (64 * MIB, vec![0; MIB]);
        while left > 0 {
            left -= wire.some(&mut buffer).await.unwrap();
        }
        wire.write(OK).await;
    });
    let target = target.await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write(format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", 64 * MIB)).await;
    let piece = vec![b'x'; MIB];
    for _ in 0..64 {
        client.write(&piece).await;
    }
    assert_eq!(client.message().await.unwrap().body, "ok");
}

#[tokio::test]
async fn a_client_that_is_still_sending_gets_the_answer_all_the_same() {
    let (_balancer, listener) = forwarding(Forward::to(&TargetGroup::new("empty"))).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write(format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", 16 * MIB)).await;
    let piece = vec![b'x'; MIB];
    for _ in 0..16 {
        client.write(&piece).await;
    }
    assert_eq!(client.message().await.unwrap().first_line(), "HTTP/1.1 503 Service Temporarily Unavailable");
}

/// Writes until nothing can be written any more.
async fn fill(wire: &mut Wire, written: &AtomicUsize) {
    let piece = vec![b'x'; MIB];
    while written.load(SeqCst) < MORE_THAN_BUFFERS {
        if timeout(Duration::from_millis(300), wire.try_write(&piece)).await.is_err() {
            break;
        }
        written.fetch_add(MIB, SeqCst);
    }
}

#[tokio::test]
async fn a_slow_client_slows_the_target_down() {
    let written = Arc::new(AtomicUsize::new(0));
    let full = Arc::new(Notify::new());
    let (count, tell) = (Arc::clone(&written), Arc::clone(&full));
    let target = FakeTarget::start(move |mut wire, _| {
        let (count, tell) = (Arc::clone(&count), Arc::clone(&tell));
        async move {
            let _ = wire.head().await;
            wire.write(format!("HTTP/1.1 200 OK\r\ncontent-length: {MORE_THAN_BUFFERS}\r\n\r\n")).await;
            fill(&mut wire, &count).await;
            tell.notify_one();
        }
    });
    let target = target.await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write(get("/")).await;
    client.head().await.unwrap();
    full.notified().await;
    assert!(written.load(SeqCst) < MORE_THAN_BUFFERS / 4, "{} bytes are held somewhere", written.load(SeqCst));
}

#[tokio::test]
async fn a_slow_target_slows_the_client_down() {
    let target = FakeTarget::start(|mut wire, _| async move {
        let _ = wire.head().await;
        std::future::pending::<()>().await;
    });
    let target = target.await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write(format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {MORE_THAN_BUFFERS}\r\n\r\n")).await;
    let written = AtomicUsize::new(0);
    fill(&mut client, &written).await;
    assert!(written.load(SeqCst) < MORE_THAN_BUFFERS / 4, "{} bytes are held somewhere", written.load(SeqCst));
}

#[tokio::test]
async fn an_upload_that_takes_long_is_not_a_target_that_is_silent() {
    let application = Application::start("v", Behaviour::Healthy).await.unwrap();
    let (_balancer, listener) = impatiently_in_front_of(application.addr()).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n").await;
    for letter in r#"{"a":10}"#.chars() {
        tokio::time::sleep(IDLE / 4).await;
        client.write(letter.to_string()).await;
    }
    assert_eq!(client.message().await.unwrap().body, r#"{"id":"1","a":10}"#);
}

#[tokio::test]
async fn a_target_that_breaks_off_breaks_off_the_client() {
    let cases = [
        ("a length", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"),
        ("chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
        ("within a chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf"),
        ("no chunk at all", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\nhalf and garbage"),
    ];
    for (case, answer) in cases {
        let target = FakeTarget::start(move |mut wire, _| async move {
            let _ = wire.head().await;
            wire.write(answer).await;
        });
        let target = target.await;
        let (_balancer, listener) = in_front_of(target.address).await;
        let mut client = Wire::to(listener.addr()).await;
        client.write(get("/")).await;
        let head = client.head().await.unwrap();
        let (rest, _) = client.rest().await;
        assert!(!rest.ends_with("0\r\n\r\n"), "{case}: the end of {rest:?} looks neat");
        assert!(!head.contains("content-length") || rest.len() < 10, "{case}: {rest:?}");

        // To this client the connection's end is the body's end, so it must not be a good one.
        let mut client = Wire::to(listener.addr()).await;
        client.write("GET / HTTP/1.0\r\nHost: a\r\n\r\n").await;
        let (_, ended) = client.rest().await;
        assert!(ended.is_err() || head.contains("content-length"), "{case}: a short body looks whole");
    }
}

#[tokio::test]
async fn a_target_that_falls_silent_within_its_answer_breaks_off_the_client() {
    let application = Application::start("version", Behaviour::Drip(IDLE * 20)).await.unwrap();
    let (_balancer, listener) = impatiently_in_front_of(application.addr()).await;
    let mut client = Wire::to(listener.addr()).await;
    client.write(get("/")).await;
    client.head().await.unwrap();
    assert_eq!(client.rest().await.0, "");
}

#[tokio::test]
async fn a_target_that_drips_is_slow_and_not_silent() {
    let application = Application::start("012345", Behaviour::Drip(IDLE / 5)).await.unwrap();
    let (_balancer, listener) = impatiently_in_front_of(application.addr()).await;
    assert_eq!(Wire::to(listener.addr()).await.ask(get("/")).await.body, "012345\n");
}

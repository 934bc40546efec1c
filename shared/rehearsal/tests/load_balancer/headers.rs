//! Which headers reach the target, and which come back.

use greenlight_rehearsal::load_balancer::Target;

use crate::wire::{FakeTarget, Message, OK, Wire, ask_once, in_front_of};

/// What a target got, with ports and ids put out of sight.
async fn received(request: &str, base: &str) -> String {
    let (target, requests) = FakeTarget::answering(OK).await;
    let (_balancer, listener) =
        in_front_of(format!("http://{}{base}", target.address).parse::<Target>().unwrap()).await;
    let answer = Wire::to(listener.addr()).await.ask(request).await;
    assert_eq!(answer.first_line(), "HTTP/1.1 200 OK");
    let Message { head, body } = requests.lock().unwrap().pop().unwrap();
    let port = listener.addr().port().to_string();
    let id = |value: &str| value.len() == 35 && value.starts_with("1-");
    let words = head.replace(&port, "[PORT]");
    let words = words.split_inclusive(['=', ';', '\n']).map(|word| match word.trim_end_matches(['\n', ';']) {
        found if id(found) => word.replace(found, "[ID]"),
        _ => word.to_owned(),
    });
    format!("{}\n\n{body}", words.collect::<String>())
}

#[tokio::test]
async fn a_target_sees_the_clients_request_and_who_sent_it() {
    let request = "POST /orders?q=%20a HTTP/1.1\r\nHost: orders.example:8080\r\nX-Odd-CASE: 1\r\nContent-Length: 2\r\n\
                   Cookie: a=b\r\nCookie: c=d\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\n\
                   Keep-Alive: timeout=5\r\nTE: trailers\r\nUpgrade: h2c\r\nProxy-Connection: keep-alive\r\n\r\nhi";
    insta::assert_snapshot!(received(request, "").await, @r"
    POST /orders?q=%20a HTTP/1.1
    Host: orders.example:8080
    X-Odd-CASE: 1
    Content-Length: 2
    Cookie: a=b
    Cookie: c=d
    X-Forwarded-For: 127.0.0.1
    X-Forwarded-Proto: http
    X-Forwarded-Port: [PORT]
    X-Amzn-Trace-Id: Root=[ID]

    hi
    ");
}

#[tokio::test]
async fn what_proxies_before_have_said_is_kept() {
    let request = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 198.51.100.1\r\n\
                   X-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\
                   X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678;CalledFrom=app\r\n\r\n";
    insta::assert_snapshot!(received(request, "").await, @r"
    GET / HTTP/1.1
    Host: a
    X-Forwarded-For: 203.0.113.7, 198.51.100.1, 127.0.0.1
    X-Forwarded-Proto: http
    X-Forwarded-Port: [PORT]
    X-Amzn-Trace-Id: Self=[ID];Root=[ID];CalledFrom=app
    ");
}

#[tokio::test]
async fn the_request_line_is_put_behind_the_targets_base() {
    let cases = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", "GET / HTTP/1.1", "a"),
        ("GET /a//b/../c?x=1&y HTTP/1.1\r\nHost: a\r\n\r\n", "", "GET /a//b/../c?x=1&y HTTP/1.1", "a"),
        ("GET /items?x HTTP/1.1\r\nHost: a\r\n\r\n", "/shop/", "GET /shop/items?x HTTP/1.1", "a"),
        ("GET http://b:81/items HTTP/1.1\r\nHost: a\r\n\r\n", "/shop", "GET /shop/items HTTP/1.1", "b:81"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "", "OPTIONS * HTTP/1.1", "a"),
        ("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", "", "GET / HTTP/1.1", "a"),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "", "GET / HTTP/1.1", "127.0.0.1:[PORT]"),
    ];
    for (request, base, line, host) in cases {
        let (target, requests) = FakeTarget::answering(OK).await;
        let target = format!("http://{}{base}", target.address).parse::<Target>().map(|parsed| (target, parsed));
        let (_target, parsed) = target.unwrap();
        let (_balancer, listener) = in_front_of(parsed).await;
        Wire::to(listener.addr()).await.ask(request).await;
        let seen = requests.lock().unwrap().pop().unwrap();
        let host = host.replace("[PORT]", &listener.addr().port().to_string());
        assert_eq!((seen.first_line(), seen.header("host")), (line, Some(host.as_str())), "{request}");
    }
}

#[tokio::test]
async fn every_method_is_passed_on_with_its_body() {
    let (target, requests) = FakeTarget::answering(OK).await;
    let (_balancer, listener) = in_front_of(target.address).await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "x-Own"] {
        let request = format!("{method} /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
        assert_eq!(Wire::to(listener.addr()).await.ask(request).await.body, "ok", "{method}");
        let seen = requests.lock().unwrap().pop().unwrap();
        assert_eq!((seen.first_line(), seen.body.as_str()), (&*format!("{method} /a HTTP/1.1"), "body"));
    }
}

#[tokio::test]
async fn an_answer_comes_back_with_its_own_headers_only() {
    let answer = "HTTP/1.1 299 Quite Fine\r\nServer: orders/3\r\nSet-Cookie: a=b\r\nset-cookie: c=d\r\nX-Odd-CASE: 1\r\n\
                  Date: Sat, 21 Nov 2026 00:00:00 GMT\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive, X-Private\r\n\
                  X-Private: 1\r\nContent-Length: 2\r\n\r\nok";
    let (target, _) = FakeTarget::answering(answer).await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let answer = Wire::to(listener.addr()).await.ask(crate::wire::get("/")).await;
    insta::assert_snapshot!(answer.head, @r"
    HTTP/1.1 299 Quite Fine
    Server: orders/3
    Set-Cookie: a=b
    set-cookie: c=d
    X-Odd-CASE: 1
    Date: Sat, 21 Nov 2026 00:00:00 GMT
    Content-Length: 2
    ");
}

#[tokio::test]
async fn answers_without_bodies_keep_what_they_say_about_them() {
    let cases = [
        ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n", Some("1234")),
        ("HEAD", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", None),
        ("GET", "HTTP/1.1 304 Not Modified\r\netag: \"a\"\r\n\r\n", None),
        ("DELETE", "HTTP/1.1 204 No Content\r\n\r\n", None),
    ];
    for (method, answer, length) in cases {
        let (target, _) = FakeTarget::answering(answer).await;
        let (_balancer, listener) = in_front_of(target.address).await;
        let mut client = Wire::to(listener.addr()).await;
        for _ in 0..2 {
            client.write(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n")).await;
            let found = Message { head: client.head().await.unwrap(), body: String::new() };
            assert_eq!(found.header("content-length"), length, "{method}: {}", found.head);
        }
    }
}

#[tokio::test]
async fn http_1_0_clients_get_whole_answers() {
    let (target, _) =
        FakeTarget::answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n").await;
    let (_balancer, listener) = in_front_of(target.address).await;
    let answer = ask_once(listener.addr(), "GET / HTTP/1.0\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("\r\n\r\nok"), "{answer}");
}

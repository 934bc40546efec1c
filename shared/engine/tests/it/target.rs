//! `target`: the name, the headers, and how values come into a request.

use greenlight_engine::{FailureKind, Outcome};
use serde_json::json;

use crate::server::{Received, Server, answer, ok};
use crate::suite::{SECRET, check, enough, last, open_with, parallel, read, run};

#[tokio::test]
async fn the_targets_name_is_in_the_host_header_and_the_connection_goes_to_the_listener() {
    for (host, sent) in [("orders.example.com", "orders.example.com"), ("orders.invalid:444", "orders.invalid:444")] {
        let server = Server::start(|_| ok("")).await;
        let yaml = format!("target: {{ host: '{host}' }}\nchecks: {{ c: {{ request: GET / }} }}");
        let record = run(&yaml, &server.url()).await.remove(0);
        assert_eq!(record.reason, None);
        assert_eq!(server.received()[0].header("host"), Some(sent));
        assert_eq!(last(&record).peer, Some(server.address));
    }
}

#[tokio::test]
async fn the_listener_may_be_a_name_too() {
    let server = Server::start(|_| ok("")).await;
    let url = format!("http://localhost:{}", server.address.port());
    let yaml = "target: { host: orders.example.com }\nchecks: { c: { request: GET / } }";
    assert_eq!(run(yaml, &url).await[0].reason, None);
    let yaml = "checks: { c: { request: GET / } }";
    assert_eq!(run(yaml, &url).await[0].reason, None);
    assert_eq!(server.received()[1].header("host"), Some(url.trim_start_matches("http://")));
}

#[tokio::test]
async fn a_redirect_to_what_customers_call_the_target_goes_back_to_the_listener() {
    let script = |request: &Received| match request.path() {
        "/" => answer(302, &[("location", "http://orders.example.com/login")], ""),
        _ => ok("login"),
    };
    let server = Server::start(script).await;
    let yaml = "target: { host: orders.example.com }\nchecks: { c: { request: GET /, expect: { body: login } } }";
    assert_eq!(run(yaml, &server.url()).await[0].reason, None);
    assert_eq!(server.received()[1].header("host"), Some("orders.example.com"));
}

#[tokio::test]
async fn a_requests_own_header_takes_the_place_of_the_targets() {
    let server = Server::start(|_| ok("")).await;
    let yaml = "
target: { headers: { x-a: common, x-b: common } }
checks: { c: { request: GET /, headers: { X-A: own } } }
";
    run(yaml, &server.url()).await;
    let received = &server.received()[0];
    assert_eq!((received.header("x-a"), received.header("x-b")), (Some("own"), Some("common")));
    assert!(received.header("user-agent").unwrap().starts_with("greenlight/"));
}

#[tokio::test]
async fn values_cannot_break_out_of_their_place_in_a_url() {
    let server = Server::start(|_| ok("")).await;
    let yaml = "
variables: { odd: 'a b/c?d#e%f&g=h', number: 7, whole: /whole?x=1 }
checks:
  path: { request: 'GET /x/${odd}/y' }
  query: { request: 'GET /x?q=${odd}&n=${number}' }
  key: { request: GET /x?a=1, query: { 'b c': '${odd}' } }
  whole: { request: 'GET ${whole}' }
";
    let suite = read(yaml);
    let session = open_with(&suite, &server.url(), &[]);
    let checks: Vec<_> = suite.checks.iter().collect();
    session.run(&checks, parallel(1), enough(), &greenlight_engine::Silent).await;
    assert_eq!(
        server.asked(),
        [
            "GET /x/a%20b/c%3Fd%23e%25f&g=h/y",
            "GET /x?q=a%20b%2Fc%3Fd%23e%25f%26g%3Dh&n=7",
            "GET /x?a=1&b%20c=a%20b%2Fc%3Fd%23e%25f%26g%3Dh",
            "GET /whole?x=1",
        ]
    );
}

#[tokio::test]
async fn a_captured_url_of_the_target_is_followed_and_another_is_not() {
    let elsewhere = Server::start(|_| ok("")).await;
    let away = format!("{}/x", elsewhere.url());
    let server = Server::start(move |request| match request.path() {
        "/own" => {
            let own = format!("http://{}/made/7", request.header("host").unwrap());
            answer(201, &[("location", &own)], "")
        }
        "/away" => answer(201, &[("location", &away)], ""),
        _ => ok(""),
    })
    .await;
    let yaml = "
checks:
  own:
    steps:
      - { request: GET /own, capture: { made: { header: location } } }
      - { request: 'GET ${made}' }
  away:
    steps:
      - { request: GET /away, capture: { made: { header: location } } }
      - { request: 'GET ${made}' }
";
    let records = run(yaml, &server.url()).await;
    assert_eq!(records[0].reason, None);
    assert_eq!(records[1].outcome, Outcome::Error);
    assert!(records[1].reason.as_ref().unwrap().contains("a URL of the target itself"), "{:?}", records[1].reason);
    assert!(elsewhere.received().is_empty());
    assert!(server.asked().contains(&"GET /made/7".to_owned()));
}

#[tokio::test]
async fn bodies_are_sent_as_their_kind() {
    let server = Server::start(|_| ok("")).await;
    let yaml = "
variables: { id: 7 }
checks:
  json: { request: POST /, side_effects: allowed, json: { id: '${id}', text: 'n${id}' } }
  form: { request: POST /, side_effects: allowed, form: { a b: '${id}&', c: d } }
  text: { request: POST /, side_effects: allowed, body: 'is ${id}', headers: { content-type: text/x } }
  none: { request: POST /, side_effects: allowed, headers: { content-type: none } }
";
    let suite = read(yaml);
    let session = open_with(&suite, &server.url(), &[]);
    let checks: Vec<_> = suite.checks.iter().collect();
    session.run(&checks, parallel(1), enough(), &greenlight_engine::Silent).await;
    let sent: Vec<_> = server
        .received()
        .into_iter()
        .map(|request| (request.header("content-type").unwrap().to_owned(), request.body))
        .collect();
    assert_eq!(
        sent,
        [
            ("application/json".to_owned(), json!({"id": 7, "text": "n7"}).to_string()),
            ("application/x-www-form-urlencoded".to_owned(), "a+b=7%26&c=d".to_owned()),
            ("text/x".to_owned(), "is 7".to_owned()),
            ("none".to_owned(), String::new()),
        ]
    );
    assert_eq!(server.received()[3].header("content-length"), Some("0"));
}

#[tokio::test]
async fn no_secret_is_in_a_record_in_any_form() {
    let server = Server::start(|request| {
        let echo = format!("{} {:?}", request.line, request.headers);
        answer(500, &[("x-echo", &echo.replace(['\r', '\n'], " "))], json!({ "echo": echo }).to_string())
    })
    .await;
    let yaml = "
secrets: { token: env:TOKEN }
checks:
  c:
    request: GET /a/${secret.token}?key=${secret.token}
    headers: { authorization: 'Basic ${secret.token}' }
    expect: { header: { x-echo: nothing }, json: { $.echo: nothing } }
";
    let record = run(yaml, &server.url()).await.remove(0);
    assert_eq!(last(&record).failures.len(), 3);
    let shown = format!("{}{record:?}", serde_json::to_string(&record).unwrap());
    assert!(shown.contains("(redacted)") && !shown.contains(SECRET), "{shown}");
}

#[tokio::test]
async fn what_lacks_a_value_is_an_error_and_is_not_sent() {
    let server = Server::start(|_| ok("")).await;
    for lacking in [
        "request: 'GET /${green.env.app.VERSION}'",
        "request: GET /, headers: { x-version: '${green.env.app.VERSION}' }",
        "request: POST /, side_effects: allowed, expect: { header: { x-version: '${green.env.app.VERSION}' } }",
        "request: GET /, expect: { json: { $.a: { not: { one_of: [1, '${green.env.app.VERSION}'] } } } }",
    ] {
        let record = check(&format!("{lacking}, eventually: {{ within: 5s }}"), &server.url()).await;
        assert_eq!(record.outcome, Outcome::Error);
        assert_eq!(record.steps[0].problem.as_ref().unwrap().kind, FailureKind::Undefined);
        let reason = record.reason.unwrap();
        assert!(reason.contains("`${green.env.app.VERSION}` (line 1) has no value: the deployment has no"), "{reason}");
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_request_that_becomes_too_long_is_not_sent() {
    let server = Server::start(|_| ok("")).await;
    let long = "${v}".repeat(17);
    for request in [
        format!("POST /, side_effects: allowed, body: '{long}'"),
        format!("POST /, side_effects: allowed, json: [{{ a: '{long}' }}]"),
        format!("POST /, side_effects: allowed, form: {{ a: '{long}' }}"),
        format!("GET /, headers: {{ x-a: '{long}' }}"),
        format!("GET /, query: {{ a: '{long}' }}"),
    ] {
        let variable = "x".repeat(1_000_000);
        let yaml = format!("variables: {{ v: {variable} }}\nchecks: {{ c: {{ request: {request} }} }}");
        let record = run(&yaml, &server.url()).await.remove(0);
        assert_eq!(record.outcome, Outcome::Error);
        let reason = record.reason.unwrap();
        assert!(reason.contains("is too long with its values filled in, expected at most 16 MiB"), "{reason}");
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_header_with_a_line_break_is_not_sent() {
    let server = Server::start(|_| ok("")).await;
    let yaml = "
checks: { c: { request: GET /, headers: { x-key: '${green.env.app.KEY}' } } }
";
    let suite = read(yaml);
    let session = open_with(&suite, &server.url(), &[("green.env.app.KEY", json!("a\r\nx-injected: 1"))]);
    let record = session.run(&[&suite.checks[0]], parallel(1), enough(), &greenlight_engine::Silent).await.remove(0);
    assert_eq!(record.outcome, Outcome::Error);
    assert!(record.reason.unwrap().contains("no line break"));
    assert!(server.received().is_empty());
}

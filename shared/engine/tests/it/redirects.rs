//! Where redirects are followed, and what goes along.

use greenlight_engine::Outcome;

use crate::server::{Act, Received, Server, answer, ok};
use crate::suite::{SECRET, check, failure, last, run};

fn to(status: u16, location: &str) -> Vec<Act> {
    answer(status, &[("location", location)], "")
}

#[tokio::test]
async fn they_are_followed_within_the_target_and_every_hop_is_recorded() {
    let script = |request: &Received| match request.path() {
        "/" => to(302, "/login?next=%2F"),
        "/login?next=%2F" => to(301, "welcome#top"),
        _ => ok("welcome"),
    };
    let server = Server::start(script).await;
    let record = check("request: GET /, expect: { body: welcome }", &server.url()).await;
    assert_eq!(record.reason, None);
    let url = server.url();
    assert_eq!(last(&record).redirects, [format!("302 → {url}/login?next=%2F"), format!("301 → {url}/welcome")]);
    assert_eq!(last(&record).request, format!("GET {url}/"));
    assert_eq!(last(&record).status, Some(200));
}

#[tokio::test]
async fn one_that_leaves_the_target_is_judged_itself_and_says_how_to_follow_it() {
    let elsewhere = Server::start(|_| ok("elsewhere")).await;
    let location = format!("{}/x", elsewhere.url());
    let away = location.clone();
    let server = Server::start(move |_| to(302, &away)).await;
    let record = check("request: GET /", &server.url()).await;
    assert_eq!(failure(&record).sentence(), "status 302, expected 2xx");
    let remedy = failure(&record).remedy.as_ref().unwrap();
    assert!(remedy.contains(&location) && remedy.contains("`redirects: any`"), "{remedy}");
    assert!(elsewhere.received().is_empty());
    let record = check("request: GET /, redirects: any, expect: { body: elsewhere }", &server.url()).await;
    assert_eq!(record.reason, None);
}

#[tokio::test]
async fn none_is_followed_where_none_is_allowed_or_a_redirect_is_expected() {
    let server = Server::start(|_| to(302, "/next")).await;
    let record = check("request: GET /, expect: { status: 302, header: { location: /next } }", &server.url()).await;
    assert_eq!(record.outcome, Outcome::Pass);
    let record = check("request: GET /, redirects: none", &server.url()).await;
    assert!(failure(&record).remedy.as_ref().unwrap().contains("`redirects: none`"));
    assert_eq!(server.asked(), ["GET /", "GET /"]);
}

#[tokio::test]
async fn a_loop_ends_after_ten() {
    let server = Server::start(|request| to(307, &format!("/{}", request.nth))).await;
    let record = check("request: GET /", &server.url()).await;
    assert_eq!(last(&record).redirects.len(), 10);
    assert_eq!(failure(&record).sentence(), "status 307, expected 2xx");
    assert!(failure(&record).remedy.as_ref().unwrap().contains("loop"));
}

#[tokio::test]
async fn a_post_becomes_a_get_or_stays_what_it_is() {
    for (status, method, then) in [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (302, "PUT", "PUT"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
    ] {
        let script = move |request: &Received| if request.path() == "/a" { to(status, "/b") } else { ok("") };
        let server = Server::start(script).await;
        let yaml = format!("request: {method} /a, side_effects: allowed, json: {{ a: 1 }}");
        assert_eq!(check(&yaml, &server.url()).await.reason, None);
        let second = &server.received()[1];
        assert_eq!(second.line, format!("{then} /b HTTP/1.1"), "{status} {method}");
        assert_eq!(second.body.is_empty(), then == "GET");
        assert_eq!(second.header("content-type").is_none(), then == "GET");
    }
    let server = Server::start(|request| if request.path() == "/a" { to(303, "/b") } else { ok("") }).await;
    check("request: HEAD /a", &server.url()).await;
    assert_eq!(server.asked(), ["HEAD /a", "HEAD /b"]);
}

#[tokio::test]
async fn nothing_that_is_meant_for_the_target_alone_goes_elsewhere() {
    let elsewhere = Server::start(|_| ok("")).await;
    let away = format!("{}/x", elsewhere.url().replace("http://", "http://user:pass@"));
    let server = Server::start(move |request| match request.path() {
        "/start" => answer(200, &[("x-session", "captured")], ""),
        _ => to(302, &away),
    })
    .await;
    let yaml = "
secrets: { token: env:TOKEN }
variables: { bearer: 'Bearer ${secret.token}', plain: value }
target: { headers: { x-smoke-key: literal } }
checks:
  c:
    steps:
      - request: GET /start
        capture: { session: { header: x-session } }
      - request: GET /a
        redirects: any
        headers:
          authorization: literal
          cookie: a=b
          x-secret: ${secret.token}
          x-derived: ${bearer}
          x-session: ${session}
          x-plain: ${plain}
";
    let record = run(yaml, &server.url()).await.remove(0);
    assert_eq!(record.reason, None);
    let sent = server.received()[1].clone();
    for (name, value) in [("x-secret", SECRET), ("authorization", "literal"), ("x-smoke-key", "literal")] {
        assert_eq!(sent.header(name), Some(value));
    }
    let leaked = elsewhere.received()[0].clone();
    for name in ["authorization", "cookie", "x-secret", "x-derived", "x-session", "x-smoke-key", "referer"] {
        assert_eq!(leaked.header(name), None, "{name}");
    }
    assert_eq!(leaked.header("x-plain"), Some("value"));
}

#[tokio::test]
async fn a_body_with_a_secret_does_not_go_elsewhere() {
    let elsewhere = Server::start(|_| ok("")).await;
    let away = elsewhere.url();
    let server = Server::start(move |_| to(307, &away)).await;
    let yaml = "
secrets: { token: env:TOKEN }
checks:
  c: { request: POST /a, side_effects: allowed, redirects: any, form: { key: '${secret.token}' } }
";
    let record = run(yaml, &server.url()).await.remove(0);
    assert_eq!(failure(&record).sentence(), "status 307, expected 2xx");
    assert!(failure(&record).remedy.as_ref().unwrap().contains("body"));
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn a_location_that_leads_nowhere_is_judged_itself() {
    for location in ["ftp://a.test/x", "http://[", "javascript:alert(1)"] {
        let server = Server::start(move |_| to(302, location)).await;
        let record = check("request: GET /, redirects: any", &server.url()).await;
        assert!(failure(&record).remedy.as_ref().unwrap().contains("cannot be followed"), "{location}");
    }
}

//! A version marker that no suite names is found in blue's answers.

use greenlight_engine::FoundMarker;
use greenlight_suite::{Extraction, Request, Suite};
use serde_json::json;

use crate::server::{Received, Server, answer, ok};
use crate::suite::{enough, open, read};

/// The requests of a suite's readiness and version.
fn requests(suite: &Suite) -> Vec<Request> {
    vec![suite.ready.as_ref().unwrap().request.clone(), suite.version.as_ref().unwrap().request.clone()]
}

async fn find(script: impl Fn(&Received) -> Vec<crate::server::Act> + Send + Sync + 'static) -> Option<FoundMarker> {
    let server = Server::start(script).await;
    let suite = read(
        "ready: { request: GET /health }\nversion: { request: GET /, read: { body: trimmed }, equals: x }\nchecks: { c: { request: GET / } }",
    );
    let candidates =
        [("VERSION", "initial"), ("COMMIT", "0ddba11"), ("BUILD", "1742"), ("SHORT", "42"), ("PADDED", " padded ")];
    let candidates = candidates.map(|(name, value)| (name.to_owned(), value.to_owned()));
    open(&suite, &server.url()).find_marker(&requests(&suite), &candidates, enough()).await
}

/// Where it was found, and whose value stands there.
async fn found(headers: &'static [(&str, &str)], body: &'static str) -> Option<(String, String)> {
    let found = find(move |request| if request.path() == "/health" { answer(200, headers, body) } else { ok("") });
    found.await.map(|found| (found.place, found.candidate))
}

#[tokio::test]
async fn a_marker_is_a_whole_value_where_it_says_what_it_is() {
    let health = |place: &str, candidate: &str| Some((format!("{place} of GET /health"), candidate.to_owned()));
    for (what, headers, body, expected) in [
        ("a header", [("x-version", "initial")].as_slice(), "hello", health("header `x-version`", "VERSION")),
        ("a text in JSON", &[], r#"{"release": "initial"}"#, health("json `$.release`", "VERSION")),
        (
            "a number in JSON",
            &[],
            r#"{"status": "ok", "build no.": 1742}"#,
            health(r#"json `$["build no."]`"#, "BUILD"),
        ),
        ("the body", &[], " 0ddba11\n", health("body", "COMMIT")),
        ("a value with space around it", &[], "padded", health("body", "PADDED")),
        ("a number in a header", &[("x-build-number", "1742")], "", health("header `x-build-number`", "BUILD")),
        (
            "a number of something else",
            &[("x-ratelimit-limit", "1742")],
            r#"{"status": 1742, "buildings": "1742"}"#,
            None,
        ),
        ("a number that is all", &[], "1742", None),
        ("a part of a header", &[("x-version", "initial-2")], "", None),
        ("a part of the body", &[], "version initial", None),
        ("a nested text", &[], r#"{"build": {"version": "initial"}, "all": ["initial"]}"#, None),
        ("not an object", &[], r#"["initial"]"#, None),
        ("too short a value", &[("x-version", "42")], "42", None),
        ("a header twice", &[("x-version", "initial"), ("x-version", "initial")], "", None),
        ("the server's own", &[("server", "initial"), ("etag", "initial"), ("x-amzn-trace-id", "initial")], "", None),
    ] {
        assert_eq!(found(headers, body).await, expected, "{what}");
    }
}

#[tokio::test]
async fn a_header_comes_first_then_json_then_the_body_and_the_first_candidate_wins() {
    let script = |request: &Received| match request.path() {
        "/health" => ok(r#"{"version": "initial", "commit": "0ddba11"}"#),
        _ => answer(200, &[("x-build", "1742"), ("x-commit", "0ddba11")], "initial"),
    };
    let marker = find(script).await.unwrap();
    assert_eq!((marker.place.as_str(), marker.candidate.as_str()), ("header `x-commit` of GET /", "COMMIT"));
    assert!(matches!(&marker.read, Extraction::Header(name) if name == "x-commit"));
    assert_eq!((marker.request.method.as_str(), marker.request.path.source()), ("GET", "/".to_owned()));

    let marker = find(|request| match request.path() {
        "/health" => ok("initial"),
        _ => ok(r#"{"commit": "0ddba11", "build": 1742}"#),
    });
    let marker = marker.await.unwrap();
    assert_eq!(marker.place, "json `$.commit` of GET /");
}

#[tokio::test]
async fn only_good_answers_are_looked_at() {
    let version = [("x-version", "initial")];
    assert!(find(move |_| answer(404, &version, "")).await.is_none());
    assert!(find(move |_| answer(503, &[version[0], ("server", "awselb/2.0")], "")).await.is_none());
    assert!(find(move |_| answer(200, &[version[0], ("server", "awselb/2.0")], "")).await.is_none());
    assert!(find(|_| vec![crate::server::Act::Close]).await.is_none());
    let server = Server::start(|_| ok("initial")).await;
    let suite = read(
        "ready: { request: GET /health }\nversion: { request: GET /, read: { body: trimmed }, equals: x }\nchecks: { c: { request: GET / } }",
    );
    assert!(open(&suite, &server.url()).find_marker(&requests(&suite), &[], enough()).await.is_none());
    assert!(server.received().is_empty(), "nothing to look for");
}

#[tokio::test]
async fn a_body_beyond_what_is_read_holds_no_marker() {
    let server = Server::start(|_| ok(&json!({"version": "initial"}).to_string())).await;
    let yaml = "target: { body_limit: 10B }\nready: { request: GET /health }\nversion: { request: GET /, read: { body: trimmed }, equals: x }\nchecks: { c: { request: GET / } }";
    let suite = read(yaml);
    let candidates = [("VERSION".to_owned(), "initial".to_owned()), ("CUT".to_owned(), r#"{"version""#.to_owned())];
    assert!(open(&suite, &server.url()).find_marker(&requests(&suite), &candidates, enough()).await.is_none());
}

//! Waiting for green, and the proof that it is green that answers.

use std::time::Duration;

use greenlight_engine::{Deadline, Open, Outcome, ReadinessRecord, Silent, VersionRecord};
use serde_json::json;
use tokio::time::Instant;

use crate::server::{Act, Received, Server, answer, ok};
use crate::suite::{Told, enough, open, open_with, read, wait};

const QUICK: &str = "ready: { request: GET /health, consecutive: 3, within: 5s, every: 1ms }\n";
const SHORT: &str = "ready: { request: GET /health, consecutive: 3, within: 80ms, every: 5ms }\n";
const VERSION: &str =
    "version: { request: GET /version, read: { json: $.version }, equals: '${green.env.app.VERSION}' }\n";
const CHECKS: &str = "checks: { c: { request: GET / } }\n";

fn marker(version: &str) -> Vec<Act> {
    ok(&json!({ "version": version }).to_string())
}

#[tokio::test]
async fn green_is_ready_after_good_answers_in_a_row_each_on_a_fresh_connection() {
    let script = |request: &Received| match request.nth {
        0 | 2 => answer(503, &[("server", "awselb/2.0")], ""),
        3 => answer(500, &[], ""),
        _ => ok(""),
    };
    let server = Server::start(script).await;
    let (ready, version) = wait(&format!("{QUICK}{CHECKS}"), &server.url(), &[]).await;
    assert_eq!((ready.outcome, ready.reason), (Outcome::Pass, None));
    assert_eq!((ready.good, ready.polls, ready.consecutive), (3, 7, 3));
    assert_eq!(ready.requests, ["GET /health"]);
    assert_eq!(ready.not_yet.len(), 2);
    assert!(ready.not_yet[0].observed.contains("load balancer") && ready.not_yet[0].times == 2, "{:?}", ready.not_yet);
    assert_eq!(ready.not_yet[1].observed, format!("GET {}/health: status 500, expected 2xx", server.url()));
    assert_eq!(ready.last.unwrap().status, Some(200));
    assert!(version.is_none());
    let connections: Vec<_> = server.received().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn blue_in_between_is_not_yet_and_starts_the_row_again() {
    let script = |request: &Received| match (request.path(), request.nth) {
        ("/version", 0..6) => marker("initial"),
        ("/version", _) => marker("cf78ba1"),
        _ => ok(""),
    };
    let server = Server::start(script).await;
    let facts = [("green.env.app.VERSION", json!("cf78ba1"))];
    let (ready, version) = wait(&format!("{QUICK}{VERSION}{CHECKS}"), &server.url(), &facts).await;
    assert_eq!((ready.outcome, ready.good), (Outcome::Pass, 3));
    assert_eq!(ready.requests, ["GET /version", "GET /health"]);
    assert_eq!(ready.not_yet[0].observed, "version marker `initial`, expected `cf78ba1`");
    let version = version.unwrap();
    assert_eq!((version.outcome, version.samples), (Outcome::Pass, 3));
    assert_eq!((version.observed.as_deref(), version.expected.as_str()), (Some("cf78ba1"), "cf78ba1"));
}

#[tokio::test]
async fn a_load_balancer_whose_nodes_switch_one_by_one_is_waited_for() {
    // Connections go to the two nodes in turn, and one of the nodes still serves blue for a while.
    let script = |request: &Received| {
        let blue = request.connection.is_multiple_of(2) && request.connection < 8;
        if request.path() == "/version" { marker(if blue { "initial" } else { "cf78ba1" }) } else { ok("") }
    };
    let server = Server::start(script).await;
    let facts = [("green.env.app.VERSION", json!("cf78ba1"))];
    let (ready, _) = wait(&format!("{QUICK}{VERSION}{CHECKS}"), &server.url(), &facts).await;
    assert_eq!((ready.outcome, ready.polls), (Outcome::Pass, 10));
    let received = server.received();
    for (version, health) in received.iter().zip(&received[1..]).filter(|(_, second)| second.path() == "/health") {
        assert_eq!(version.connection, health.connection, "both questions of a poll go to one node");
    }
}

#[tokio::test]
async fn blue_that_goes_on_answering_fails_both() {
    let server = Server::start(|_| marker("initial")).await;
    let facts = [("green.env.app.VERSION", json!("cf78ba1"))];
    let (ready, version) = wait(&format!("{SHORT}{VERSION}{CHECKS}"), &server.url(), &facts).await;
    assert_eq!(ready.outcome, Outcome::Fail);
    let reason = ready.reason.unwrap();
    let sentence = "the listener still answers `initial` (version marker), green is `cf78ba1`";
    assert!(reason.starts_with(sentence) && reason.contains("within 80ms"), "{reason}");
    let version = version.unwrap();
    assert_eq!((version.outcome, version.reason.as_deref()), (Outcome::Fail, Some(sentence)));
    assert_eq!(version.observed.as_deref(), Some("initial"));
    assert!(!server.asked().contains(&"GET /health".to_owned()));
}

#[tokio::test]
async fn a_green_that_never_answers_well_fails_with_what_was_seen_last() {
    let server = Server::start(|_| answer(503, &[], "")).await;
    let (ready, _) = wait(&format!("{SHORT}{CHECKS}"), &server.url(), &[]).await;
    assert_eq!((ready.outcome, ready.good), (Outcome::Fail, 0));
    let reason = ready.reason.unwrap();
    let seen = format!("green was not ready within 80ms: GET {}/health: status 503, expected 2xx (", server.url());
    assert!(reason.starts_with(&seen), "{reason}");
    assert!(reason.ends_with(" polls of `GET /health`, 3 good ones in a row wanted)"), "{reason}");
}

#[tokio::test]
async fn an_attempt_that_the_end_of_the_budget_cuts_off_is_not_what_was_seen_last() {
    let server = Server::start(|request| if request.nth == 0 { answer(500, &[], "") } else { vec![Act::Hang] }).await;
    let (ready, _) = wait(&format!("{SHORT}{CHECKS}"), &server.url(), &[]).await;
    assert_eq!(ready.outcome, Outcome::Fail);
    assert!(ready.reason.unwrap().contains("/health: status 500, expected 2xx ("));
}

#[tokio::test]
async fn a_marker_that_nobody_knows_is_an_error_at_once() {
    let server = Server::start(|_| ok("")).await;
    let started = Instant::now();
    let (ready, version) = wait(&format!("{QUICK}{VERSION}{CHECKS}"), &server.url(), &[]).await;
    assert!(started.elapsed() < Duration::from_secs(2));
    let version = version.unwrap();
    for (outcome, reason) in [(ready.outcome, ready.reason), (version.outcome, version.reason)] {
        assert_eq!(outcome, Outcome::Error);
        assert!(reason.unwrap().starts_with("`${green.env.app.VERSION}` (line 2) has no value: "));
    }
    assert_eq!(version.expected, "${green.env.app.VERSION}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn an_empty_marker_proves_nothing() {
    let server = Server::start(|_| marker("")).await;
    let facts = [("green.env.app.VERSION", json!(""))];
    let (_, version) = wait(&format!("{QUICK}{VERSION}{CHECKS}"), &server.url(), &facts).await;
    assert_eq!(version.unwrap().outcome, Outcome::Error);
}

#[tokio::test]
async fn a_request_that_lacks_a_value_is_an_error_at_once() {
    let server = Server::start(|_| ok("")).await;
    for ready in
        ["'GET /${green.task_definition.family}'", "GET /, expect: { body: '${green.task_definition.family}' }"]
    {
        let yaml = format!("ready: {{ request: {ready} }}\n{VERSION}{CHECKS}");
        let (ready, version) = wait(&yaml, &server.url(), &[("green.env.app.VERSION", json!("1"))]).await;
        assert_eq!((ready.outcome, version.unwrap().outcome, ready.polls), (Outcome::Error, Outcome::Error, 0));
        assert!(ready.reason.unwrap().contains("has no value"));
    }
    assert!(server.received().is_empty());
}

/// One poll of a suite that says nothing about readiness: the deadline comes before the second.
async fn first_poll(yaml: &str, server: &Server) -> (ReadinessRecord, Option<VersionRecord>) {
    let suite = read(yaml);
    // A task definition's revision is a number; a marker is text.
    let session = open_with(&suite, &server.url(), &[("green.env.app.VERSION", json!(1))]);
    let deadline = Deadline::after(Duration::from_millis(200));
    session.ready(None, suite.version.as_ref(), &Open, deadline, &Silent).await
}

#[tokio::test]
async fn without_a_readiness_of_its_own_the_version_alone_is_waited_for() {
    let server = Server::start(|_| marker("1")).await;
    let (ready, version) = first_poll(&format!("{VERSION}{CHECKS}"), &server).await;
    assert_eq!((ready.good, ready.consecutive, ready.requests), (1, 3, vec!["GET /version".to_owned()]));
    assert_eq!(version.unwrap().outcome, Outcome::Pass);
    assert_eq!(server.asked(), ["GET /version"]);
}

#[tokio::test]
async fn without_either_any_answer_of_green_will_do() {
    for (status, by, good) in [(404, "nginx", 1), (302, "nginx", 1), (500, "nginx", 0), (503, "awselb/2.0", 0)] {
        let server = Server::start(move |_| answer(status, &[("server", by), ("location", "/x")], "")).await;
        let (ready, _) = first_poll(CHECKS, &server).await;
        assert_eq!((ready.polls, ready.good), (1, good), "{status}");
        assert_eq!(server.asked(), ["GET /"]);
    }
}

#[tokio::test]
async fn the_deadline_before_the_budget_is_an_error() {
    let server = Server::start(|_| answer(503, &[], "")).await;
    let suite = read(&format!("{QUICK}{CHECKS}"));
    let deadline = Deadline::after(Duration::from_millis(60));
    let session = open(&suite, &server.url());
    let (ready, _) = session.ready(suite.ready.as_ref(), None, &Open, deadline, &Told::default()).await;
    assert_eq!(ready.outcome, Outcome::Error);
    assert!(ready.reason.unwrap().contains("when the time for the whole was over"));
    let (ready, _) = session.ready(suite.ready.as_ref(), None, &Open, deadline, &Told::default()).await;
    assert_eq!((ready.outcome, ready.polls), (Outcome::Error, 0));
}

#[tokio::test]
async fn whoever_watches_is_told_when_something_changes() {
    let script = |request: &Received| match request.nth {
        0..3 => answer(503, &[], ""),
        3 => answer(500, &[], ""),
        _ => ok(""),
    };
    let server = Server::start(script).await;
    let suite = read(&format!("{QUICK}{CHECKS}"));
    let told = Told::default();
    open(&suite, &server.url()).ready(suite.ready.as_ref(), None, &Open, enough(), &told).await;
    let seen =
        |status| format!("waiting for `GET /health`: GET {}/health: status {status}, expected 2xx", server.url());
    assert_eq!(told.all(), ["waiting for `GET /health`".to_owned(), seen(503), seen(500)]);
}

#[tokio::test]
async fn a_later_sample_sees_whether_green_still_answers() {
    let suite = read(&format!("{VERSION}{CHECKS}"));
    let version = suite.version.as_ref().unwrap();
    let facts = [("green.env.app.VERSION", json!("cf78ba1"))];
    for (acts, outcome, observed, samples) in [
        (marker("cf78ba1"), Outcome::Pass, Some("cf78ba1"), 1),
        (marker("initial"), Outcome::Fail, Some("initial"), 1),
        (answer(404, &[], r#"{"version": "cf78ba1"}"#), Outcome::Fail, None, 0),
        (ok("{}"), Outcome::Fail, None, 0),
    ] {
        let server = Server::start(move |_| acts.clone()).await;
        let sample = open_with(&suite, &server.url(), &facts).version(version, enough()).await;
        assert_eq!((sample.outcome, sample.observed.as_deref(), sample.samples), (outcome, observed, samples));
        assert_eq!(sample.reason.is_none(), outcome == Outcome::Pass);
    }
}

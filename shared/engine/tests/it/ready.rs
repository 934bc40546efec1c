//! Waiting for green, and the proof that it is green that answers.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use greenlight_engine::{Deadline, Gate, Open, Outcome, ReadinessRecord, Silent, VersionRecord};
use serde_json::json;
use tokio::time::Instant;

use crate::server::{Act, Received, Server, answer, ok};
use crate::suite::{Told, enough, open, open_with, read, wait};

const QUICK: &str = "ready: { request: GET /health, consecutive: 3, within: 5s, every: 1ms }\n";
const SHORT: &str = "ready: { request: GET /health, consecutive: 3, within: 250ms, every: 5ms }\n";
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
async fn nothing_but_greens_whole_marker_is_greens() {
    for (what, body, is_green) in [
        ("its marker", json!({ "version": "1742" }), true),
        ("the same as a number", json!({ "version": 1742 }), true),
        ("with space around it", json!({ "version": " 1742\n" }), true),
        ("an empty one", json!({ "version": "" }), false),
        ("a part of it", json!({ "version": "174" }), false),
        ("more than it", json!({ "version": "1742-2" }), false),
        ("none", json!({}), false),
        ("null", json!({ "version": null }), false),
        ("a list of it", json!({ "version": ["1742"] }), false),
    ] {
        let text = body.to_string();
        let server = Server::start(move |_| ok(&text)).await;
        let facts = [("green.env.app.VERSION", json!("1742"))];
        let (ready, _) = wait(&format!("{SHORT}{VERSION}{CHECKS}"), &server.url(), &facts).await;
        assert_eq!(ready.outcome == Outcome::Pass, is_green, "{what}: {:?}", ready.reason);
    }
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
async fn another_that_goes_on_answering_fails_both_and_blue_is_called_blue() {
    let green = ("green.env.app.VERSION", json!("cf78ba1"));
    let blue = |marker: &str| ("blue.env.app.VERSION", json!(marker));
    let neither = "the test listener answers `initial` (version marker), expected `cf78ba1`";
    for (facts, sentence, known) in [
        (
            vec![green.clone(), blue("initial")],
            "blue still answers on the test listener: version marker `initial`, expected `cf78ba1`",
            Some("initial"),
        ),
        (vec![green.clone(), blue("other")], &format!("{neither}: neither green nor blue"), Some("other")),
        (vec![green], neither, None),
    ] {
        let server = Server::start(|_| marker("initial")).await;
        let suite = read(&format!("{SHORT}{VERSION}{CHECKS}"));
        let session = open_with(&suite, &server.url(), &facts).called("the test listener");
        let wait = session.ready(suite.ready.as_ref(), suite.version.as_ref(), &Open, enough(), &Silent);
        let (ready, version) = wait.await;
        assert_eq!(ready.outcome, Outcome::Fail);
        let reason = ready.reason.unwrap();
        assert!(reason.starts_with(&format!("{sentence}; no change within 250ms (")), "{reason}");
        let version = version.unwrap();
        assert_eq!((version.outcome, version.reason.as_deref()), (Outcome::Fail, Some(sentence)));
        assert_eq!((version.observed.as_deref(), version.blue.as_deref()), (Some("initial"), known));
        assert!(!server.asked().contains(&"GET /health".to_owned()));
        let later = session.version(suite.version.as_ref().unwrap(), enough()).await;
        assert_eq!((later.reason.as_deref(), later.blue.as_deref()), (Some(sentence), known));
    }
}

#[tokio::test]
async fn a_green_that_never_answers_well_fails_with_what_was_seen_last() {
    let server = Server::start(|_| answer(503, &[], "")).await;
    let (ready, _) = wait(&format!("{SHORT}{CHECKS}"), &server.url(), &[]).await;
    assert_eq!((ready.outcome, ready.good), (Outcome::Fail, 0));
    let reason = ready.reason.unwrap();
    let seen = format!("green was not ready within 250ms: GET {}/health: status 503, expected 2xx (", server.url());
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
    for (status, by, good) in [
        (404, "nginx", 1),
        (302, "nginx", 1),
        (500, "nginx", 0),
        (401, "nginx", 0),
        (403, "nginx", 0),
        (460, "nginx", 0),
        (463, "nginx", 0),
        (464, "nginx", 0),
        (503, "awselb/2.0", 0),
        (302, "awselb/2.0", 0),
        (200, "awselb/2.0", 0),
    ] {
        let server = Server::start(move |_| answer(status, &[("server", by), ("location", "/x")], "")).await;
        let (ready, _) = first_poll(CHECKS, &server).await;
        assert_eq!((ready.polls, ready.good), (1, good), "{status}");
        assert_eq!(server.asked(), ["GET /"]);
    }
}

#[tokio::test]
async fn what_the_load_balancer_says_itself_proves_nothing_whatever_it_says() {
    let body = json!({ "version": "1742" }).to_string();
    let facts = [("green.env.app.VERSION", json!("1742"))];
    for status in [200, 302, 403, 464, 500] {
        let text = body.clone();
        let server =
            Server::start(move |_| answer(status, &[("server", "awselb/2.0"), ("location", "/x")], &text)).await;
        let by_itself = format!("status {status} made by the load balancer itself, expected an answer from green");
        let any = format!(
            "ready: {{ request: GET /health, redirects: none, expect: {{ status: {status} }}, within: 200ms, every: 50ms }}"
        );
        let (ready, _) = wait(&format!("{any}\n{CHECKS}"), &server.url(), &[]).await;
        assert_eq!((ready.outcome, ready.good), (Outcome::Fail, 0), "{status}");
        assert_eq!(ready.not_yet[0].observed, format!("GET {}/health: {by_itself}", server.url()));
        assert!(ready.last.unwrap().by_load_balancer);

        let suite = read(&format!("{}{CHECKS}", VERSION.replace("GET /version,", "GET /version, redirects: none,")));
        let sample = open_with(&suite, &server.url(), &facts).version(suite.version.as_ref().unwrap(), enough()).await;
        assert_eq!((sample.outcome, sample.observed, sample.samples), (Outcome::Fail, None, 0), "{status}");
        assert_eq!(sample.reason.unwrap(), format!("GET {}/version: {by_itself}", server.url()));
    }
}

#[tokio::test]
async fn a_marker_from_elsewhere_proves_nothing() {
    let elsewhere = Server::start(|_| marker("1742")).await;
    let away = format!("{}/version", elsewhere.url());
    let facts = [("green.env.app.VERSION", json!("1742"))];
    let suite = read(&format!("{SHORT}{}{CHECKS}", VERSION.replace("GET /version,", "GET /version, redirects: any,")));
    for (location, leads_away) in [(away, true), ("/own".to_owned(), false)] {
        let server = Server::start(move |request| match request.path() {
            "/version" => answer(302, &[("location", &location)], ""),
            _ => marker("1742"),
        })
        .await;
        let session = open_with(&suite, &server.url(), &facts);
        let sample = session.version(suite.version.as_ref().unwrap(), enough()).await;
        let wait = session.ready(suite.ready.as_ref(), suite.version.as_ref(), &Open, enough(), &Silent);
        let (ready, version) = wait.await;
        let expected = if leads_away { Outcome::Fail } else { Outcome::Pass };
        assert_eq!((sample.outcome, ready.outcome, version.unwrap().outcome), (expected, expected, expected));
        if leads_away {
            let said = format!(
                "GET {}/version: answer came from `{}`, where a redirect led, expected one of the target itself",
                server.url(),
                elsewhere.address
            );
            assert_eq!(sample.reason.unwrap(), said);
            assert_eq!(ready.not_yet[0].observed, said);
        }
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

/// A gate that opens after it was asked so often.
struct After(AtomicU32);

impl Gate for After {
    fn closed(&self) -> Option<String> {
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).ok()?;
        Some(format!("{left} of 4 targets are not healthy"))
    }
}

#[tokio::test]
async fn a_closed_gate_is_waited_for_while_the_row_of_good_answers_goes_on() {
    let server = Server::start(|_| ok("")).await;
    let suite = read(&format!("{QUICK}{CHECKS}"));
    let (gate, told) = (After(2.into()), Told::default());
    let (ready, _) = open(&suite, &server.url()).ready(suite.ready.as_ref(), None, &gate, enough(), &told).await;
    assert_eq!((ready.outcome, ready.reason, ready.good, ready.polls), (Outcome::Pass, None, 5, 5));
    let observed: Vec<_> = ready.not_yet.iter().map(|seen| (seen.observed.as_str(), seen.times)).collect();
    assert_eq!(observed, [("2 of 4 targets are not healthy", 1), ("1 of 4 targets are not healthy", 1)]);
    let waiting = "waiting for `GET /health`";
    let seen = |number| format!("{waiting}: {number} of 4 targets are not healthy");
    assert_eq!(told.all(), [waiting.to_owned(), seen(2), seen(1)]);
}

#[tokio::test]
async fn a_gate_that_stays_closed_is_the_reason_after_what_the_answers_lacked() {
    struct Closed;
    impl Gate for Closed {
        fn closed(&self) -> Option<String> {
            Some("1 of 4 targets is healthy".into())
        }
    }
    let facts = [("green.env.app.VERSION", json!("cf78ba1")), ("blue.env.app.VERSION", json!("initial"))];
    let status = "GET http://ADDRESS/health: status 503, expected 2xx; ";
    let blue = "blue still answers on the listener: version marker `initial`, expected `cf78ba1`; no change within";
    for (what, script, reason) in [
        (
            "good",
            (|_, _| 200) as fn(&str, usize) -> u16,
            "green was not ready within 600ms: 1 of 4 targets is healthy (",
        ),
        ("good at last", |_, nth| if nth < 4 { 503 } else { 200 }, "green was not ready within 600ms: 1 of 4"),
        (
            "bad",
            |path, _| if path == "/health" { 503 } else { 200 },
            &format!("green was not ready within 600ms: {status}1 of 4"),
        ),
        ("blue", |_, _| 0, &format!("{blue} 600ms; 1 of 4 targets is healthy (")),
    ] {
        let server = Server::start(move |request: &Received| match script(request.path(), request.nth) {
            0 => marker("initial"),
            status => answer(status, &[], r#"{"version": "cf78ba1"}"#),
        })
        .await;
        let suite = read(&format!("{}{VERSION}{CHECKS}", SHORT.replace("250ms", "600ms")));
        let session = open_with(&suite, &server.url(), &facts);
        let wait = session.ready(suite.ready.as_ref(), suite.version.as_ref(), &Closed, enough(), &Silent);
        let (ready, _) = wait.await;
        assert_eq!(ready.outcome, Outcome::Fail, "{what}");
        let said = ready.reason.unwrap();
        assert!(said.starts_with(&reason.replace("ADDRESS", &server.address.to_string())), "{what}: {said}");
        assert_eq!(said.matches("1 of 4").count(), 1, "{said}");
    }
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

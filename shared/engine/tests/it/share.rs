//! Production traffic that shifts bit by bit: green and blue both answer, and green's answers alone count.

use std::num::NonZeroU32;
use std::time::Duration;

use greenlight_engine::{CheckRecord, Deadline, FailureKind, Outcome, Session, Share, Silent, VersionRecord};
use serde_json::json;

use crate::server::{Act, Received, Server, answer};
use crate::suite::{Told, enough, open_with, parallel, read};

const VERSION: &str =
    "version: { request: GET /version, read: { header: x-version }, equals: '${green.env.app.VERSION}' }\n";

fn by(version: &str, status: u16) -> Vec<Act> {
    answer(status, &[("x-version", version)], "")
}

/// Every `nth` answer is green's.
fn every(nth: usize) -> impl Fn(&Received) -> Vec<Act> {
    move |request| by(if request.nth % nth == nth - 1 { "cf78ba1" } else { "initial" }, 200)
}

fn session(yaml: &str, server: &Server) -> (greenlight_suite::Suite, Session) {
    let suite = read(yaml);
    let session = open_with(&suite, &server.url(), &[("green.env.app.VERSION", json!("cf78ba1"))]);
    (suite, session)
}

async fn share(server: &Server, wanted: u32, deadline: Deadline) -> (VersionRecord, Share) {
    let (suite, session) = session(&format!("{VERSION}checks: {{ c: {{ request: GET / }} }}"), server);
    let wanted = NonZeroU32::new(wanted).unwrap();
    session.share(suite.version.as_ref().unwrap(), wanted, deadline, &Silent).await
}

#[tokio::test]
async fn greens_answers_are_counted_until_there_are_enough() {
    let server = Server::start(every(4)).await;
    let (version, share) = share(&server, 2, enough()).await;
    assert_eq!((version.outcome, version.reason, version.samples), (Outcome::Pass, None, 8));
    assert_eq!((share, share.all()), (Share { green: 2, other: 6 }, 8));
    assert_eq!(version.observed.as_deref(), Some("cf78ba1"));
    let connections: Vec<_> = server.received().iter().map(|request| request.connection).collect();
    assert_eq!(connections, (0..8).collect::<Vec<_>>(), "each on a fresh connection");
    assert_eq!(serde_json::to_value(share).unwrap(), json!({"green": 2, "other": 6}));
}

#[tokio::test]
async fn too_few_of_greens_answers_fail_with_the_numbers() {
    let script = |request: &Received| if request.nth == 0 { by("cf78ba1", 200) } else { by("initial", 200) };
    let server = Server::start(script).await;
    let (version, share) = share(&server, 5, Deadline::after(Duration::from_millis(600))).await;
    assert_eq!((version.outcome, share.green), (Outcome::Fail, 1));
    assert!(share.other >= 1);
    assert_eq!(version.reason.unwrap(), format!("green answered 1 of {}, 5 wanted", share.all()));
    assert_eq!(version.observed.as_deref(), Some("initial"));
}

#[tokio::test]
async fn answers_without_a_marker_are_nobodys_and_the_last_one_is_told() {
    let server = Server::start(|_| answer(500, &[], "")).await;
    let (version, share) = share(&server, 1, Deadline::after(Duration::from_millis(50))).await;
    assert_eq!((version.outcome, share), (Outcome::Fail, Share::default()));
    let reason = version.reason.unwrap();
    assert!(reason.starts_with("green answered 0 of 0, 1 wanted; the last answer without a marker: "), "{reason}");
}

#[tokio::test]
async fn whoever_watches_is_told_of_the_share_and_an_unknown_marker_is_an_error_at_once() {
    let server = Server::start(every(2)).await;
    let (suite, session) = session(&format!("{VERSION}checks: {{ c: {{ request: GET / }} }}"), &server);
    let (version, told, one) = (suite.version.as_ref().unwrap(), Told::default(), NonZeroU32::MIN);
    session.called("the production listener").share(version, one, enough(), &told).await;
    let looking = "looking for green's share on the production listener";
    assert_eq!(
        told.all(),
        [looking.to_owned(), format!("{looking}: 0 of 1 answers"), format!("{looking}: 1 of 2 answers")]
    );

    let before = server.received().len();
    let (record, share) = open_with(&suite, &server.url(), &[]).share(version, one, enough(), &told).await;
    assert_eq!((record.outcome, share), (Outcome::Error, Share::default()));
    assert_eq!(server.received().len(), before);
}

/// The only check of a suite, judged by green's answers alone.
async fn check(yaml: &str, server: &Server) -> CheckRecord {
    let (suite, session) = session(&format!("{VERSION}checks: {{ c: {{ {yaml} }} }}"), server);
    let session = session.counting_only(suite.version.as_ref().unwrap()).unwrap();
    session.run(&[&suite.checks[0]], parallel(1), enough(), &Silent).await.remove(0)
}

#[tokio::test]
async fn answers_of_others_are_neither_passed_nor_failed() {
    // Blue fails whatever it is asked, and green comes third.
    for (status, outcome) in [(200, Outcome::Pass), (500, Outcome::Fail)] {
        let script = move |request: &Received| match request.nth {
            0 | 1 => by("initial", 700 - status),
            _ => by("cf78ba1", status),
        };
        let server = Server::start(script).await;
        let record = check("request: GET /", &server).await;
        assert_eq!((record.outcome, record.attempts(), record.steps[0].not_counted), (outcome, 1, 2), "{record:?}");
        assert_eq!(record.steps[0].attempts[0].status, Some(status));
    }
}

#[tokio::test]
async fn nothing_is_kept_from_the_answers_of_others() {
    let script = |request: &Received| {
        let (version, id) = if request.nth == 0 { ("initial", "blues") } else { ("cf78ba1", "greens") };
        answer(200, &[("x-version", version)], json!({ "id": id }).to_string())
    };
    let server = Server::start(script).await;
    let record =
        check("steps: [{ request: GET /, capture: { id: { json: $.id } } }, { request: 'GET /${id}' }]", &server).await;
    assert_eq!(record.outcome, Outcome::Pass);
    assert_eq!(server.asked(), ["GET /", "GET /", "GET /greens"]);
}

#[tokio::test]
async fn a_step_that_green_never_answers_is_inconclusive() {
    let server = Server::start(|_| by("initial", 200)).await;
    let record = check("request: GET /, timeout: 600ms", &server).await;
    assert_eq!(record.outcome, Outcome::Inconclusive);
    let step = &record.steps[0];
    assert!(step.not_counted >= 2 && step.attempts.len() == 1, "{step:?}");
    assert_eq!(step.attempts[0].failures[0].kind, FailureKind::NotGreen);
    let wrong =
        format!("header `x-version` `initial` ({} answers of others), expected green's `cf78ba1`", step.not_counted);
    assert_eq!(record.reason.unwrap(), format!("GET {}/: {wrong}", server.url()));

    // With `eventually`, it is looked for longer.
    let server = Server::start(|request| by(if request.nth < 4 { "initial" } else { "cf78ba1" }, 200)).await;
    let record = check("request: GET /, timeout: 100ms, eventually: { within: 10s, every: 1ms }", &server).await;
    assert_eq!(record.outcome, Outcome::Pass);
    assert!(record.attempts() > 1 && record.steps[0].not_counted > 2, "{record:?}");
}

#[tokio::test]
async fn a_request_that_may_change_something_is_never_sent_twice() {
    let server = Server::start(|_| by("initial", 200)).await;
    let record = check("side_effects: allowed, request: POST /orders", &server).await;
    assert_eq!((record.outcome, record.steps[0].not_counted), (Outcome::Inconclusive, 1));
    assert_eq!(server.asked(), ["POST /orders"]);
    let server = Server::start(|_| by("cf78ba1", 200)).await;
    assert_eq!(check("side_effects: allowed, request: POST /orders", &server).await.outcome, Outcome::Pass);
}

#[tokio::test]
async fn an_answer_that_does_not_say_whose_it_is_is_no_evidence_and_its_error_is_not_explained_away() {
    for (status, server_name, expect, outcome, not_counted) in [
        (200, "nginx", "", Outcome::Pass, 1),
        (404, "nginx", "", Outcome::Pass, 1),
        (500, "nginx", "", Outcome::Fail, 0),
        (502, "awselb/2.0", "", Outcome::Fail, 0),
        (500, "nginx", ", expect: { status: 500 }", Outcome::Fail, 1),
    ] {
        let script = move |request: &Received| match request.nth {
            0 => answer(status, &[("server", server_name)], ""),
            _ => by("cf78ba1", 200),
        };
        let server = Server::start(script).await;
        let record = check(&format!("request: GET /{expect}"), &server).await;
        assert_eq!((record.outcome, record.steps[0].not_counted), (outcome, not_counted), "{status}{expect}");
    }
}

#[tokio::test]
async fn answers_can_only_be_told_apart_by_a_header_and_greens_marker() {
    let server = Server::start(|_| by("cf78ba1", 200)).await;
    for (read_at, known, told_apart) in
        [("header: x-version", true, true), ("header: x-version", false, false), ("json: $.version", true, false)]
    {
        let yaml =
            format!("version: {{ request: GET /, read: {{ {read_at} }}, equals: '${{green.env.app.VERSION}}' }}");
        let suite = read(&format!("{yaml}\nchecks: {{ c: {{ request: GET / }} }}"));
        let facts = if known { vec![("green.env.app.VERSION", json!("cf78ba1"))] } else { Vec::new() };
        let session = open_with(&suite, &server.url(), &facts);
        assert_eq!(session.counting_only(suite.version.as_ref().unwrap()).is_some(), told_apart, "{read_at}");
    }
}

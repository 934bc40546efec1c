//! What green answers wrongly is asked of production once: the first question of whoever is on call.

use std::time::Duration;

use greenlight_engine::{CheckRecord, Deadline, Outcome, Silent};

use crate::server::{Act, Received, Server, answer, ok};
use crate::suite::{enough, open, parallel, read};

/// Runs the only check of a suite against green, with blue beside it.
async fn check(yaml: &str, green: &str, blue: &str) -> CheckRecord {
    check_until(yaml, green, blue, enough()).await
}

async fn check_until(yaml: &str, green: &str, blue: &str, deadline: Deadline) -> CheckRecord {
    let suite = read(&format!("checks: {{ c: {{ {yaml} }} }}\n"));
    let session = open(&suite, green).beside(open(&suite, blue), "production (blue)");
    session.run(&[&suite.checks[0]], parallel(1), deadline, &Silent).await.remove(0)
}

#[tokio::test]
async fn the_reason_says_whether_production_fails_in_the_same_way() {
    let slow = [vec![Act::Pause(Duration::from_millis(30))], ok("fine")].concat();
    let header = |value: &'static str| answer(200, &[("x-mode", value)], "fine");
    for (what, yaml, green, blue, words, passed) in [
        ("well", "request: GET /", answer(500, &[], ""), ok(""), "answers as expected", true),
        (
            "same",
            "request: GET /",
            answer(500, &[], ""),
            answer(500, &[], "x"),
            "fails in the same way: status 500",
            false,
        ),
        (
            "another status",
            "request: GET /",
            answer(500, &[], ""),
            answer(404, &[], ""),
            "fails too, otherwise: status 404, expected 2xx",
            false,
        ),
        (
            "the same value",
            "request: GET /, expect: { header: { x-mode: live } }",
            header("test"),
            header("test"),
            "fails in the same way: header `x-mode` `test`",
            false,
        ),
        (
            "another value",
            "request: GET /, expect: { header: { x-mode: live } }",
            header("test"),
            header("idle"),
            "fails too, otherwise: header `x-mode` `idle`, expected `live`",
            false,
        ),
        (
            "broken off",
            "request: GET /",
            vec![Act::Close],
            vec![Act::Close],
            "fails in the same way: connection closed by ",
            false,
        ),
        ("late", "request: GET /, expect: { time: { at_most: 1ms } }", slow.clone(), slow.clone(), "answers in ", true),
        (
            "late and wrong",
            "request: GET /, expect: { body: good, time: { at_most: 1ms } }",
            slow.clone(),
            slow,
            "fails in the same way: body (4 bytes)",
            false,
        ),
    ] {
        let (green, blue) = (Server::start(move |_| green.clone()).await, Server::start(move |_| blue.clone()).await);
        let record = check(yaml, &green.url(), &blue.url()).await;
        assert_eq!(record.outcome, Outcome::Fail, "{what}");
        let reason = record.reason.unwrap();
        let (own, beside) = reason.split_once("; production (blue) ").expect(&reason);
        assert!(own.starts_with(&format!("GET {}/: ", green.url())), "{what}: {reason}");
        assert!(beside.starts_with(words), "{what}: {reason}");
        let asked = record.steps[0].beside.as_ref().unwrap();
        assert_eq!((asked.name.as_str(), asked.passed), ("production (blue)", passed), "{what}");
        assert_eq!(asked.observed.starts_with("200 in "), passed, "{what}: {}", asked.observed);
        assert_eq!((record.steps[0].attempts.len(), blue.asked().len()), (1, 1), "{what}");
    }
}

#[tokio::test]
async fn production_that_cannot_be_asked_is_said_to_be() {
    let green = Server::start(|_| answer(500, &[], "")).await;
    let record = check("request: GET /", &green.url(), "http://nowhere.invalid").await;
    assert_eq!(record.outcome, Outcome::Fail);
    let reason = record.reason.unwrap();
    assert!(
        reason.contains("; production (blue) could not be asked: host `nowhere.invalid` was not resolved"),
        "{reason}"
    );
    assert!(!record.steps[0].beside.as_ref().unwrap().passed);
}

#[tokio::test]
async fn only_the_first_failing_request_is_asked_and_only_when_it_changes_nothing() {
    let script = |request: &Received| match request.path() {
        "/orders" => answer(201, &[], r#"{"id": 7}"#),
        "/orders/7" => answer(500, &[], ""),
        _ => ok(""),
    };
    let steps = "side_effects: allowed, steps: [
        { request: POST /orders, capture: { id: { json: $.id } } },
        { request: 'GET /orders/${id}', retry: { times: 2, every: 1ms } }, { request: GET /never } ],
        finally: [{ request: GET /tidy, expect: { status: 404 } }]";
    let (green, blue) = (Server::start(script).await, Server::start(|_| ok("")).await);
    let record = check(steps, &green.url(), &blue.url()).await;
    assert_eq!(blue.asked(), ["GET /orders/7"], "the same captures, once, and nothing of `finally`");
    let reason = record.reason.unwrap();
    let own = format!("GET {}/orders/7: status 500, expected 2xx (3 attempts)", green.url());
    assert!(reason.starts_with(&format!("{own}; production (blue) answers as expected; `finally`: ")), "{reason}");
    assert!(record.steps[0].beside.is_none() && record.steps[1].beside.is_some() && record.finally[0].beside.is_none());

    let (green, blue) = (Server::start(|_| answer(500, &[], "")).await, Server::start(|_| ok("")).await);
    let record = check("side_effects: allowed, request: POST /orders", &green.url(), &blue.url()).await;
    assert_eq!((record.outcome, record.steps[0].beside.as_ref()), (Outcome::Fail, None));
    let record = check("request: 'GET /${green.env.app.VERSION}'", &green.url(), &blue.url()).await;
    assert_eq!((record.outcome, record.steps[0].beside.as_ref()), (Outcome::Error, None));
    let good = Server::start(|_| ok("")).await;
    assert_eq!(check("request: GET /", &good.url(), &blue.url()).await.outcome, Outcome::Pass);
    assert!(blue.received().is_empty());
}

#[tokio::test]
async fn production_that_hangs_takes_no_longer_than_an_attempt_and_the_deadline() {
    let (green, blue) = (Server::start(|_| answer(500, &[], "")).await, Server::start(|_| vec![Act::Hang]).await);
    let record = check("request: GET /, timeout: 400ms", &green.url(), &blue.url()).await;
    let reason = record.reason.unwrap();
    assert!(reason.ends_with("; production (blue) fails too, otherwise: no answer within 400ms"), "{reason}");

    let soon = Deadline::after(Duration::from_millis(800));
    let record = check_until("request: GET /", &green.url(), &blue.url(), soon).await;
    assert_eq!(record.outcome, Outcome::Fail);
    let reason = record.reason.unwrap();
    assert!(reason.contains("; production (blue) could not be asked: no answer within "), "{reason}");
}

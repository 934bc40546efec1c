//! How checks run: order, repetition, `finally`, budgets, side by side.

use std::time::Duration;

use greenlight_engine::{Deadline, FailureKind, Outcome, StepRecord};
use tokio::time::Instant;

use crate::server::{Act, Received, Server, answer, ok};
use crate::suite::{Told, check, enough, last, open, parallel, read, run, run_until};

#[tokio::test]
async fn fifty_checks_take_as_long_as_one() {
    let pause = Duration::from_millis(100);
    let server = Server::start(move |_| [vec![Act::Pause(pause)], ok("")].concat()).await;
    let checks: Vec<_> = (0..50).map(|number| format!("c{number}: {{ request: GET /{number} }}")).collect();
    let yaml = format!("parallel: 50\nchecks: {{ {} }}\n", checks.join(", "));
    let started = Instant::now();
    let records = run(&yaml, &server.url()).await;
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());
    for (number, record) in records.iter().enumerate() {
        assert_eq!((record.name.as_str(), record.reason.as_deref()), (format!("c{number}").as_str(), None));
        assert!(record.duration >= pause);
    }
}

#[tokio::test]
async fn no_more_run_side_by_side_than_said() {
    let server = Server::start(|_| [vec![Act::Pause(Duration::from_millis(30))], ok("")].concat()).await;
    let suite = read("checks: { a: { request: GET /a }, b: { request: GET /b }, c: { request: GET /c } }");
    let told = Told::default();
    let checks: Vec<_> = suite.checks.iter().collect();
    open(&suite, &server.url()).run(&checks, parallel(1), enough(), &told).await;
    let expected = ["started a", "finished a: pass", "started b", "finished b: pass", "started c", "finished c: pass"];
    assert_eq!(told.all(), expected);
}

#[tokio::test]
async fn steps_run_in_order_until_one_fails_and_finally_always_runs() {
    let script = |request: &Received| match request.line.as_str() {
        "POST /orders HTTP/1.1" => answer(201, &[], r#"{"id": 7}"#),
        "GET /orders/7 HTTP/1.1" => answer(500, &[], ""),
        _ => ok(""),
    };
    let server = Server::start(script).await;
    let yaml = "
checks:
  checkout:
    side_effects: allowed
    steps:
      - { request: POST /orders, expect: { status: 201 }, capture: { order: { json: $.id } } }
      - { request: 'GET /orders/${order}' }
      - { request: GET /never }
    finally:
      - { request: 'DELETE /orders/${order}', expect: { status: 404 } }
      - { request: DELETE /session }
";
    let record = run(yaml, &server.url()).await.remove(0);
    assert_eq!(server.asked(), ["POST /orders", "GET /orders/7", "DELETE /orders/7", "DELETE /session"]);
    assert_eq!(record.outcome, Outcome::Fail);
    let url = server.url();
    assert_eq!(
        record.reason.unwrap(),
        format!(
            "GET {url}/orders/7: status 500, expected 2xx; \
             `finally`: DELETE {url}/orders/7: status 200, expected 404"
        )
    );
    assert_eq!(record.steps.len(), 2);
    assert_eq!(record.steps[0].captured, ["order"]);
    assert_eq!(record.steps[1].request, "GET /orders/${order}");
    assert_eq!((record.finally[0].outcome, record.finally[1].outcome), (Outcome::Fail, Outcome::Pass));
}

#[tokio::test]
async fn a_failing_finally_fails_a_passing_check() {
    let server = Server::start(|request| if request.path() == "/x" { answer(500, &[], "") } else { ok("") }).await;
    let yaml = "checks: { c: { steps: [{ request: GET / }], finally: [{ request: GET /x }] } }";
    let record = run(yaml, &server.url()).await.remove(0);
    assert_eq!(record.outcome, Outcome::Fail);
    assert!(record.reason.unwrap().starts_with("`finally`: GET "));
}

#[tokio::test]
async fn a_finally_that_lacks_a_capture_is_skipped_when_the_steps_failed() {
    let server = Server::start(|_| answer(500, &[], "")).await;
    let yaml = "
checks:
  c:
    side_effects: allowed
    steps: [{ request: POST /orders, capture: { order: { json: $.id } } }]
    finally: [{ request: 'DELETE /orders/${order}' }, { request: DELETE /session, expect: { status: 500 } }]
";
    let record = run(yaml, &server.url()).await.remove(0);
    assert_eq!(record.finally[0].outcome, Outcome::Skipped);
    assert_eq!(record.finally[0].problem.as_ref().unwrap().kind, FailureKind::Undefined);
    assert_eq!(record.finally[1].outcome, Outcome::Pass);
    assert_eq!(record.reason.unwrap(), format!("POST {}/orders: status 500, expected 2xx", server.url()));
}

#[tokio::test]
async fn what_can_be_kept_of_a_wrong_answer_is_kept_for_finally() {
    let server = Server::start(|_| answer(201, &[], r#"{"id": "a", "quantity": 2}"#)).await;
    let yaml = "
checks:
  c:
    side_effects: allowed
    steps:
      - request: POST /orders
        expect: { status: 201, json: { $.quantity: 1 } }
        capture: { order: { json: $.id }, never: { json: $.never } }
    finally: [{ request: 'DELETE /orders/${order}', expect: { status: 201 } }]
";
    let record = run(yaml, &server.url()).await.remove(0);
    assert_eq!(server.asked(), ["POST /orders", "DELETE /orders/a"]);
    assert_eq!(record.finally[0].outcome, Outcome::Pass);
    assert!(record.reason.unwrap().ends_with("json `$.quantity` 2, expected 1"));
}

#[tokio::test]
async fn a_value_that_cannot_be_kept_fails_the_step() {
    let server =
        Server::start(|_| answer(200, &[("x-two", "a"), ("x-two", "b")], r#"{"null": null, "two": [1, 2]}"#)).await;
    for (extraction, observed) in [
        ("json: $.lost", "json `$.lost` absent"),
        ("json: $.null", "json `$.null` null"),
        ("json: '$.two[*]'", "json `$.two[*]` 2 values"),
        ("header: x-lost", "header `x-lost` absent"),
        ("header: x-two", "header `x-two` 2 values"),
        ("body: { matches: 'v([0-9]+)' }", "body's match of `v([0-9]+)` absent"),
    ] {
        let record =
            check(&format!("steps: [{{ request: GET /, capture: {{ v: {{ {extraction} }} }} }}]"), &server.url()).await;
        let sentence = last(&record).failures[0].sentence();
        assert_eq!(sentence, format!("{observed}, expected a value for `v`"));
        assert_eq!(last(&record).failures[0].kind, FailureKind::Capture);
    }
}

#[tokio::test]
async fn a_check_that_passes_only_after_retries_says_so() {
    let server = Server::start(|request| if request.nth < 2 { answer(500, &[], "") } else { ok("") }).await;
    let record = check("request: GET /, retry: { times: 3, every: 5ms }", &server.url()).await;
    assert_eq!((record.outcome, record.attempts()), (Outcome::Pass, 3));
    assert_eq!(record.steps[0].attempts[1].failures[0].sentence(), "status 500, expected 2xx");
    assert!(record.steps[0].attempts[2].failures.is_empty());

    let server = Server::start(|_| answer(500, &[], "")).await;
    let record = check("request: GET /, retry: { times: 2, every: 1ms }", &server.url()).await;
    assert_eq!(record.reason.unwrap(), format!("GET {}/: status 500, expected 2xx (3 attempts)", server.url()));
}

#[tokio::test]
async fn the_last_attempt_gives_the_reason_and_one_that_was_cut_short_does_not_hide_it() {
    let script = |request: &Received| if request.nth == 0 { answer(500, &[], "") } else { vec![Act::Close] };
    let server = Server::start(script).await;
    let record = check("request: GET /, retry: { times: 1, every: 1ms }", &server.url()).await;
    assert!(record.reason.unwrap().contains(": connection closed by "));

    let script = |request: &Received| if request.nth == 0 { answer(404, &[], "") } else { vec![Act::Hang] };
    let server = Server::start(script).await;
    let record = check("request: GET /, eventually: { within: 80ms, every: 1ms }", &server.url()).await;
    let reason = record.reason.unwrap();
    assert!(reason.contains(": status 404, expected 2xx; at last no answer within "), "{reason}");
    assert!(reason.ends_with(", which was left of the time for all attempts (2 attempts)"), "{reason}");
}

#[tokio::test]
async fn eventually_tries_until_it_is_right() {
    let server = Server::start(|request| ok(if request.nth < 5 { "pending" } else { "done" })).await;
    let yaml = "request: GET /, expect: { body: done }, eventually: { within: 5s, every: 5ms }";
    let record = check(yaml, &server.url()).await;
    assert_eq!((record.outcome, record.attempts()), (Outcome::Pass, 6));
}

#[tokio::test]
async fn a_long_eventually_keeps_its_first_and_last_attempts() {
    let server = Server::start(|_| ok("pending")).await;
    let yaml = "request: GET /, expect: { body: done }, eventually: { within: 150ms, every: 1ms }";
    let record = check(yaml, &server.url()).await;
    assert_eq!(record.outcome, Outcome::Fail);
    let step = &record.steps[0];
    assert!(step.attempts.len() <= StepRecord::FIRST_KEPT + StepRecord::LAST_KEPT);
    // The last one may have been cut off before it arrived.
    let came = server.received().len();
    assert!((came..=came + 1).contains(&step.attempts_made()), "{came} {}", step.attempts_made());
    assert!(record.reason.unwrap().ends_with(&format!("({} attempts)", step.attempts_made())));
}

#[tokio::test]
async fn a_checks_budget_ends_its_steps_and_not_its_finally() {
    let server = Server::start(|request| match request.path() {
        "/slow" => [vec![Act::Pause(Duration::from_millis(60))], ok("")].concat(),
        _ => ok(""),
    })
    .await;
    let yaml = "
checks:
  between: { within: 50ms, steps: [{ request: GET /slow, timeout: 40ms, retry: { times: 9, every: 30ms } }, { request: GET /never }], finally: [{ request: GET /tidy }] }
  during: { within: 50ms, steps: [{ request: GET /slow }], finally: [{ request: GET /tidy }] }
";
    let records = run(yaml, &server.url()).await;
    for record in &records {
        assert_eq!(record.outcome, Outcome::Fail);
        assert_eq!(record.finally[0].outcome, Outcome::Pass, "{record:?}");
    }
    assert!(!server.asked().contains(&"GET /never".to_owned()));
    let reason = records[1].reason.as_ref().unwrap();
    assert!(reason.contains(": no answer within ") && reason.contains("left of the time for all attempts"), "{reason}");
}

#[tokio::test]
async fn the_deadline_ends_everything_and_what_was_not_begun_is_skipped() {
    let server = Server::start(|_| vec![Act::Hang]).await;
    let suite = read("checks: { a: { request: GET /a }, b: { request: GET /b } }");
    let told = Told::default();
    let checks: Vec<_> = suite.checks.iter().collect();
    let deadline = Deadline::after(Duration::from_millis(80));
    let started = Instant::now();
    let records = open(&suite, &server.url()).run(&checks, parallel(1), deadline, &told).await;
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(records[0].outcome, Outcome::Error);
    assert_eq!(last(&records[0]).failures[0].kind, FailureKind::Deadline);
    assert_eq!(records[1].outcome, Outcome::Skipped);
    assert!(records[1].reason.as_ref().unwrap().starts_with("not begun"));
    assert_eq!(told.all(), ["started a", "finished a: error", "finished b: skipped"]);
}

#[tokio::test]
async fn finally_has_time_when_the_deadline_ends_the_steps() {
    let server = Server::start(|request| if request.path() == "/a" { vec![Act::Hang] } else { ok("") }).await;
    let yaml = "checks: { c: { steps: [{ request: GET /a }], finally: [{ request: GET /tidy }] } }";
    let record = run_until(yaml, &server.url(), Deadline::after(Duration::from_millis(400))).await.remove(0);
    assert_eq!((record.outcome, record.finally[0].outcome), (Outcome::Error, Outcome::Pass));
}

#[tokio::test]
async fn retries_end_at_the_deadline_with_an_error_that_says_what_was_seen() {
    let server = Server::start(|_| answer(404, &[], "")).await;
    let yaml = "checks: { c: { request: GET /, eventually: { within: 60s, every: 50ms } } }";
    let record = run_until(yaml, &server.url(), Deadline::after(Duration::from_millis(180))).await.remove(0);
    assert_eq!(record.outcome, Outcome::Error);
    let reason = record.reason.unwrap();
    assert!(reason.contains("time for the whole was over") && reason.contains("status 404"), "{reason}");
}

#[tokio::test]
async fn connections_are_kept_for_what_may_be_repeated_and_fresh_for_what_may_not() {
    let server = Server::start(|_| ok("")).await;
    let yaml = "
checks:
  c:
    side_effects: allowed
    steps: [{ request: GET /a }, { request: GET /b }, { request: POST /c }, { request: GET /d }]
";
    assert_eq!(run(yaml, &server.url()).await[0].reason, None);
    let connections: Vec<_> = server.received().iter().map(|request| request.connection).collect();
    assert_eq!(connections[0], connections[1]);
    assert_ne!(connections[1], connections[2]);
    assert_eq!(connections[0], connections[3]);
}

#[tokio::test]
async fn a_kept_connection_that_turns_out_closed_is_not_held_against_green() {
    // It answers the first request on a connection, and closes it on the second without a word.
    let server = Server::start(|request| if request.nth == 1 { vec![Act::Close] } else { ok("") }).await;
    let record = check("steps: [{ request: GET /a }, { request: GET /b }]", &server.url()).await;
    assert_eq!(record.reason, None);
    assert_eq!(server.asked(), ["GET /a", "GET /b", "GET /b"]);
}

#[tokio::test]
async fn a_run_may_be_dropped_and_needs_no_other_thread() {
    fn assert_send<T: Send>(future: T) -> T {
        future
    }
    let server = Server::start(|request| if request.nth == 0 { vec![Act::Hang] } else { ok("") }).await;
    let suite = read("checks: { a: { request: GET /a } }");
    let session = open(&suite, &server.url());
    let told = Told::default();
    let checks: Vec<_> = suite.checks.iter().collect();
    let run = assert_send(session.run(&checks, parallel(1), enough(), &told));
    assert!(tokio::time::timeout(Duration::from_millis(50), run).await.is_err());
    let records = session.run(&checks, parallel(1), enough(), &told).await;
    assert_eq!(records[0].outcome, Outcome::Pass);
}

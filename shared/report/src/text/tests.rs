//! What a person reads, as snapshots; and that a report survives being written and read.

use serde_json::json;

use super::*;

fn failed() -> Report {
    let attempt = json!({
        "request": "GET http://10.0.0.1:8080/", "status": 503, "timings": { "total_ms": 12.5 },
        "failures": [{ "kind": "status", "subject": "status", "observed": "503", "expected": "any 2xx" }]
    });
    let document = json!({
        "report": 1, "greenlight": "0.1.0", "verdict": "Failed", "judged": "Failed", "mode": "enforce",
        "reason": "check `price list`: GET /prices status 503, expected any 2xx (and 1 more check did not pass)",
        "hook": "AfterAllowTestTraffic",
        "target": "http://10.0.0.1:8080",
        "readiness": {
            "outcome": "pass", "requests": ["GET /health"], "consecutive": 3, "good": 3, "polls": 4, "duration_ms": 1612.0
        },
        "version": { "outcome": "pass", "request": "GET /version", "expected": "cf78ba1", "observed": "cf78ba1", "samples": 4 },
        "checks": [
            { "name": "health", "line": 9, "required": true, "outcome": "pass", "duration_ms": 41.2,
              "steps": [{ "request": "GET /health", "line": 9, "outcome": "pass", "attempts": [attempt] }] },
            { "name": "price list", "line": 12, "required": true, "outcome": "fail", "duration_ms": 212.0,
              "reason": "GET /prices status 503, expected any 2xx",
              "steps": [{ "request": "GET /prices", "line": 12, "outcome": "fail", "attempts": [attempt, attempt, attempt] }] },
            { "name": "login", "line": 15, "required": true, "outcome": "error", "duration_ms": 65_000.0,
              "reason": "POST /login no answer within 5s",
              "steps": [
                { "request": "GET /login", "line": 15, "outcome": "pass", "attempts": [attempt] },
                { "request": "POST /login", "line": 17, "outcome": "error", "attempts": [] }
              ] },
            { "name": "hints", "line": 20, "required": false, "outcome": "skipped", "duration_ms": 0.0,
              "reason": "the time was over", "steps": [] }
        ],
        "unfinished": ["hints", "basket"],
        "unproven": ["how the deployment stands: access denied"],
        "warnings": ["auto-rollback is not enabled"],
        "phases": [], "duration_ms": 66_900.0
    });
    serde_json::from_value(document).unwrap()
}

#[test]
fn a_failed_report_shows_every_check_with_its_reason_and_the_verdict_last() {
    insta::assert_snapshot!(text(&failed(), Colour::Never));
}

/// What discovery adds to a report, in one that failed at it.
fn discovered() -> Report {
    let target = |port: u16, state: &str| json!({ "id": "10.0.1.7", "port": port, "state": state });
    let task = |port: u16, outcome: &str| {
        let mut check =
            json!({ "name": "home", "line": 9, "required": true, "outcome": outcome, "duration_ms": 3.0, "steps": [] });
        if outcome != "pass" {
            check["reason"] = json!("GET / status 500, expected 2xx");
        }
        json!({ "task": format!("http://10.0.1.7:{port}"), "checks": [check] })
    };
    let added = json!({
        "task_set": {
            "outcome": "pass", "green": { "desired": 4, "pending": 0, "running": 4 },
            "blue": { "desired": 4, "pending": 0, "running": 4 }, "polls": 1
        },
        "reach": {
            "target": "http://orders.elb.test:8080", "outcome": "error",
            "reason": "the test listener at http://orders.elb.test:8080 cannot be reached from this function: no connection"
        },
        "green": {
            "task_definition": "arn:aws:ecs:eu-west-1:1:task-definition/orders:42", "images": ["orders:cf78ba1"],
            "target_group": "orders-green",
            "targets": [target(1, "healthy"), target(2, "unhealthy"), target(3, "draining")],
            "control_plane": { "outcome": "fail", "said": "the test listener forwards 100 % to `orders-blue`" },
            "marker": "none configured"
        },
        "direct": [task(1, "fail"), task(2, "pass")],
        "version": {
            "outcome": "pass", "request": "GET /version", "expected": "cf78ba1", "observed": "cf78ba1", "samples": 4
        }
    });
    let mut document = serde_json::to_value(failed()).unwrap();
    if let (Some(document), serde_json::Value::Object(added)) = (document.as_object_mut(), added) {
        document.extend(added);
        document["checks"] = json!([]);
        document["unfinished"] = json!([]);
    }
    serde_json::from_value(document).unwrap()
}

#[test]
fn what_was_found_of_green_is_shown_before_what_it_answered() {
    insta::assert_snapshot!(text(&discovered(), Colour::Never));
}

#[test]
fn an_observed_report_says_what_the_evidence_says() {
    let report = Report { mode: Mode::Observe, verdict: Verdict::Succeeded, ..failed() };
    let last = text(&report, Colour::Never).lines().last().unwrap_or_default().to_owned();
    assert!(last.starts_with("verdict Succeeded (observe mode; the evidence says Failed) after 1m06s: "), "{last}");
}

#[test]
fn colour_only_adds_to_the_text() {
    let coloured = text(&failed(), Colour::Always);
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    assert_eq!(plain, text(&failed(), Colour::Never));
}

#[test]
fn a_report_survives_being_written_and_read() {
    let report = failed();
    let written = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&written).unwrap(), report);
}

/// With one check of this name, these attempts, and whatever else.
fn with_check(change: serde_json::Value) -> Report {
    let mut check = json!({
        "name": "c", "line": 9, "required": true, "outcome": "fail", "duration_ms": 41.2, "reason": "wrong", "steps": []
    });
    if let (Some(check), serde_json::Value::Object(change)) = (check.as_object_mut(), change) {
        check.extend(change);
    }
    Report { checks: vec![serde_json::from_value(check).unwrap()], ..failed() }
}

#[test]
fn attempts_are_counted_whether_they_were_kept_or_not() {
    let step = |attempts_left_out: u32| {
        json!({
            "request": "GET /", "line": 9, "outcome": "fail", "attempts_left_out": attempts_left_out,
            "attempts": [{ "request": "GET http://10.0.0.1:8080/", "timings": { "total_ms": 12.5 } }]
        })
    };
    for (steps, finally, expected) in [
        (vec![step(0)], vec![], "  c        GET /\n"),
        (vec![step(0), step(0)], vec![step(0)], "  c        GET / and 1 more step\n"),
        (vec![step(37)], vec![], "  c        GET /  (38 attempts)\n"),
        (vec![step(0)], vec![step(2)], "  c        GET /  (4 attempts)\n"),
        (vec![], vec![], "  c        (its steps were left out)\n"),
    ] {
        let text = text(&with_check(json!({ "steps": steps, "finally": finally })), Colour::Never);
        assert!(text.contains(expected), "{expected:?} in\n{text}");
    }
}

#[test]
fn what_was_left_out_is_said_before_the_verdict() {
    let report = Report { left_out: Some("attempts of 2 checks".to_owned()), ..failed() };
    let text = text(&report, Colour::Never);
    assert_eq!(text.lines().rev().nth(1), Some("  left out: attempts of 2 checks"));
}

#[test]
fn names_and_reasons_of_any_width_are_shown_in_full() {
    let names =
        ["", " ", "ä", "😀😀😀", "e\u{301}", "\u{200b}", "価格一覧", "\u{1}", &"x".repeat(70_000), &"€".repeat(41)];
    for name in names {
        let report = with_check(json!({ "name": name, "reason": name, "duration_ms": 1e15 }));
        for colour in [Colour::Never, Colour::Always] {
            let text = text(&report, colour);
            let lines = text.lines().filter(|line| line.contains(name)).count();
            assert!(lines > usize::from(!name.is_empty()), "{name:?} in\n{text}");
        }
    }
}

#[test]
fn a_number_of_things_is_said_as_one_says_it() {
    assert_eq!([0, 1, 2].map(|count| counted(count, "check")), ["0 checks", "1 check", "2 checks"]);
}

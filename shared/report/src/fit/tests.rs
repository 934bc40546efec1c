//! Reports that are too large, of many shapes.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn report(change: Value) -> Report {
    let mut document = json!({
        "report": 1, "greenlight": "0.1.0", "verdict": "Failed", "judged": "Failed", "mode": "enforce",
        "reason": "check `c0`: GET /0 status 503, expected any 2xx", "hook": "AfterAllowTestTraffic",
        "execution": { "deployment_id": "d-A1B2C3D4E", "hook_execution": "ab12" }, "duration_ms": 66_900.0
    });
    if let (Value::Object(document), Value::Object(change)) = (&mut document, change) {
        document.extend(change);
    }
    serde_json::from_value(document).unwrap()
}

fn attempt() -> Value {
    json!({
        "request": "GET http://10.0.0.1:8080/prices", "status": 503, "timings": { "total_ms": 12.5 },
        "failures": [{ "kind": "status", "subject": "status", "observed": "503", "expected": "any 2xx" }]
    })
}

fn check(name: &str, outcome: &str, required: bool, attempts: usize) -> Value {
    let mut check = json!({
        "name": name, "line": 9, "required": required, "outcome": outcome, "duration_ms": 41.2,
        "steps": [{
            "request": "GET /prices", "line": 9, "outcome": outcome, "attempts": vec![attempt(); attempts]
        }]
    });
    if outcome != "pass" {
        check["reason"] = json!("GET /prices status 503, expected any 2xx");
    }
    check
}

fn written(report: &Report) -> usize {
    serde_json::to_string(report).unwrap().len()
}

#[test]
fn thousands_of_failing_checks_with_retries_fit_into_what_lambda_and_its_log_take() {
    let checks: Vec<Value> =
        (0..3000).map(|n| check(&format!("c{n}"), if n < 10 { "pass" } else { "fail" }, true, 13)).collect();
    let large = report(json!({ "checks": checks }));
    assert!(written(&large) > 6_291_556, "{}", written(&large));
    for max_bytes in [6_000_000, 1_000_000, 200_000, Report::SMALLEST] {
        let fit = large.clone().fit(max_bytes);
        assert!(written(&fit) <= max_bytes);
        assert!(written(&fit) + LeftOut::LONGEST + 3_000 > max_bytes, "{} of {max_bytes}", written(&fit));
        assert_eq!((fit.verdict, fit.judged, &fit.reason), (large.verdict, large.judged, &large.reason));
        assert!(fit.checks.iter().any(|check| check.name == "c10"), "the first that failed");
    }
    assert_eq!(
        large.fit(200_000).left_out.as_deref(),
        Some(
            "steps of 1418 checks, 10 checks that passed and 1572 checks that did not pass, to keep the report within 200000 bytes"
        )
    );
}

#[test]
fn what_tells_least_is_left_out_first_and_no_more_than_needed() {
    let large = report(json!({ "checks": [
        check("home", "pass", true, 3), check("basket", "fail", true, 3), check("about", "fail", false, 3),
        check("login", "pass", true, 3), check("hints", "skipped", true, 0), check("price list", "error", true, 3),
    ], "warnings": vec!["auto-rollback is not enabled"; 12] }));
    let mut seen: Vec<String> = Vec::new();
    for max_bytes in (0..written(&large)).rev() {
        let fit = large.clone().fit(max_bytes);
        let checks: Vec<String> = fit
            .checks
            .iter()
            .map(|check| {
                let kept: usize = check.steps.iter().map(|step| step.attempts.len()).sum();
                if check.steps.is_empty() { check.name.clone() } else { format!("{} {kept}", check.name) }
            })
            .collect();
        let line = format!("{}; {} warnings", checks.join(", "), fit.warnings.len());
        if seen.last() != Some(&line) {
            seen.push(line);
        }
    }
    insta::assert_snapshot!(seen.join("\n"));
}

#[test]
fn attempts_that_were_left_out_are_still_counted() {
    let large = report(json!({ "checks": vec![check("c", "fail", true, 13); 4] }));
    let made: Vec<usize> = large.checks.iter().map(CheckRecord::attempts).collect();
    let fit = large.clone().fit(written(&large) / 2);
    assert_eq!(fit.checks.iter().map(CheckRecord::attempts).collect::<Vec<_>>(), made);
    assert_eq!(fit.left_out.as_deref().map(|said| said.starts_with("attempts of ")), Some(true));
}

#[test]
fn a_report_that_was_made_to_fit_can_be_made_to_fit_into_less() {
    let large = report(json!({ "checks": vec![check("c", "fail", true, 13); 100] }));
    let once = large.fit(100_000);
    let twice = once.clone().fit(20_000);
    assert!(written(&twice) <= 20_000);
    assert!(twice.left_out.unwrap().starts_with(&once.left_out.unwrap()), "both are said");
}

#[test]
fn the_smallest_size_holds_whatever_is_in_a_report() {
    let long = "\u{1}".repeat(20_000);
    let set = json!({ "desired": i64::MIN, "pending": i64::MIN, "running": i64::MIN });
    let target =
        json!({ "id": long, "port": 3000, "zone": long, "state": "unhealthy", "reason": long, "description": long });
    let worst = report(json!({
        "greenlight": long, "reason": long, "target": long, "left_out": long,
        "execution": { "deployment_id": long, "hook_execution": long },
        "deployment": {
            "id": long, "application": long, "group": long, "status": long, "creator": long, "compute_platform": long,
            "rolls_back_on_failure": false, "test_listener": long, "production_listener": long
        },
        "suite": { "place": long, "service": long, "version": long, "sha256": "0".repeat(64) },
        "task_set": { "outcome": "inconclusive", "reason": long, "green": set, "blue": set, "polls": u32::MAX },
        "green": {
            "task_definition": long, "images": vec![&long; 20], "target_group": long, "targets": vec![&target; 20],
            "control_plane": { "outcome": "inconclusive", "said": long }, "marker": long,
            "share": { "green": u32::MAX, "other": u32::MAX }
        },
        "reach": { "target": long, "outcome": "inconclusive", "reason": long },
        "direct": vec![json!({ "task": long, "checks": [check(&long, "fail", true, 2)] }); 20],
        "readiness": {
            "outcome": "inconclusive", "reason": long, "requests": vec![&long; 20], "consecutive": u32::MAX,
            "good": u32::MAX, "polls": u32::MAX, "not_yet": vec![json!({ "observed": long, "times": u32::MAX }); 20],
            "duration_ms": 1e15, "last": attempt(),
            "addresses": vec!["fe80::1234:5678:9abc:def0"; 20], "unreached": vec!["fe80::1234:5678:9abc:def1"; 20]
        },
        "version": {
            "outcome": "inconclusive", "reason": long, "request": long, "expected": long, "observed": long,
            "blue": long, "samples": u32::MAX
        },
        "checks": vec![check(&long, "fail", true, 2), check(&long, "fail", false, 2), check(&long, "pass", true, 2)],
        "unfinished": vec![&long; 20], "unproven": vec![&long; 20], "warnings": vec![&long; 20],
        "phases": vec![json!({ "name": long, "duration_ms": 1e15 }); 20], "duration_ms": 1e15
    }));
    let fit = worst.fit(Report::SMALLEST);
    assert!(written(&fit) <= Report::SMALLEST, "{}", written(&fit));
    assert!(fit.reason.len() > 300, "{}", fit.reason.len());
    assert!(LeftOut::LONGEST > json_size(&fit.left_out) - SHORTEST_TEXT);
    assert!(fit.execution.is_some() && fit.deployment.is_some() && fit.hook.is_some());
}

/// A text of any length; now and then a long one, and one whose bytes are more as JSON.
fn text() -> impl Strategy<Value = String> {
    (r#"["\\\n\x01a-zä€😀]{1,6}"#, prop_oneof![8 => 1_usize..8, 2 => 8_usize..80, 1 => 80_usize..1_000])
        .prop_map(|(piece, times)| piece.repeat(times))
}

fn list() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![4 => prop::collection::vec(text(), 0..4), 1 => prop::collection::vec(text(), 0..60)]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(vec![Outcome::Pass, Outcome::Skipped, Outcome::Inconclusive, Outcome::Error, Outcome::Fail])
}

prop_compose! {
    fn any_check()(
        name in text(), reason in prop::option::of(text()), outcome in outcome(), required: bool,
        steps in prop::collection::vec((text(), 0_usize..14, 0_usize..50), 0..4), tidied in 0_usize..3,
    ) -> Value {
        let step = |(request, attempts, left_out): &(String, usize, usize)| json!({
            "request": request, "line": 3, "outcome": outcome, "attempts": vec![attempt(); *attempts],
            "attempts_left_out": left_out
        });
        json!({
            "name": name, "line": 9, "required": required, "outcome": outcome, "reason": reason, "duration_ms": 0.1,
            "steps": steps.iter().map(step).collect::<Vec<_>>(),
            "finally": steps.iter().take(tidied).map(step).collect::<Vec<_>>()
        })
    }
}

prop_compose! {
    fn any_readiness()(
        outcome in outcome(), reason in prop::option::of(text()), requests in list(), not_yet in list(), has_last: bool,
    ) -> Value {
        json!({
            "outcome": outcome, "reason": reason, "requests": requests, "consecutive": 3, "good": 1, "polls": 70,
            "not_yet": not_yet.iter().map(|seen| json!({ "observed": seen, "times": 2 })).collect::<Vec<_>>(),
            "duration_ms": 1612.0, "last": has_last.then(attempt)
        })
    }
}

prop_compose! {
    fn any_report()(
        reason in text(), application in prop::option::of(text()), target in prop::option::of(text()),
        readiness in prop::option::of(any_readiness()), marker in prop::option::of(text()),
        checks in prop_oneof![3 => prop::collection::vec(any_check(), 0..6), 1 => prop::collection::vec(any_check(), 0..60)],
        lists in (list(), list(), list(), list()), images in list(), tasks in list(), observed: bool, left_out in prop::option::weighted(0.1, text()),
    ) -> Report {
        let verdict = if observed { "Succeeded" } else { "Failed" };
        report(json!({
            "reason": reason, "target": target, "readiness": readiness, "checks": checks, "verdict": verdict,
            "mode": if observed { "observe" } else { "enforce" },
            "deployment": application.map(|application| json!({
                "id": "d-A1B2C3D4E", "application": application, "group": "shop", "status": "InProgress",
                "creator": "user", "compute_platform": "ECS", "rolls_back_on_failure": true
            })),
            "version": marker.map(|marker| json!({
                "outcome": "fail", "request": "GET /version", "expected": marker, "observed": marker, "samples": 4
            })),
            "green": { "images": images },
            "direct": tasks.iter().map(|task| json!({ "task": task, "checks": [check("home", "fail", true, 1)] })).collect::<Vec<_>>(),
            "unfinished": lists.0, "unproven": lists.1, "warnings": lists.2,
            "phases": lists.3.iter().map(|name| json!({ "name": name, "duration_ms": 1.0 })).collect::<Vec<_>>(),
            "left_out": left_out,
        }))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_report_fits_into_every_size_and_says_what_was_left_out(large in any_report(), share in 0.0_f64..1.1) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
            reason = "a share of a size")]
        let max_bytes = Report::SMALLEST.max((written(&large) as f64 * share) as usize);
        let fit = large.clone().fit(max_bytes);

        prop_assert!(written(&fit) <= max_bytes, "{} of {}", written(&fit), max_bytes);
        prop_assert_eq!(&fit.clone().fit(max_bytes), &fit);
        prop_assert_eq!(fit == large, written(&large) <= max_bytes);
        prop_assert_eq!(fit.left_out == large.left_out, fit == large);
        prop_assert_eq!((fit.verdict, fit.judged, fit.mode, fit.hook), (large.verdict, large.judged, large.mode, large.hook));
        prop_assert_eq!(&fit.execution, &large.execution);
        prop_assert_eq!(fit.deployment.is_some(), large.deployment.is_some());
        let beginning = fit.reason.strip_suffix('…').unwrap_or(&fit.reason);
        prop_assert!(large.reason.starts_with(beginning));
        prop_assert!(fit.reason == large.reason || json_size(&fit.reason) > TEXT - 8);

        // What is left is in its old order, and its attempts are all counted.
        let mut all = large.checks.iter();
        for check in &fit.checks {
            let before = all.find(|before| {
                check.steps.is_empty() || before.name.starts_with(check.name.trim_end_matches('…')) && before.attempts() == check.attempts()
            });
            prop_assert!(before.is_some());
        }
        // Those that passed go before those that did not.
        let passed = |report: &Report| report.checks.iter().filter(|check| check.outcome == Outcome::Pass).count();
        let others = |report: &Report| report.checks.len() - passed(report);
        prop_assert!(passed(&fit) == 0 || others(&fit) == others(&large));
    }
}

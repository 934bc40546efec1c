//! Verdicts at the edges: no evidence, no time, no suite, and suites of one's own against one's own servers.

use std::time::Duration;

use greenlight_tests::{TempFile, rehearse, response, serve};

#[test]
fn a_run_without_evidence_is_failed() {
    for (case, suite, part) in [
        ("no checks and nothing to prove", "service: hello\n", "nothing was checked"),
        ("all checks advisory", "checks: { home: { request: GET /, required: false } }\n", "advisory"),
        (
            "the hook selects nothing",
            "checks: { home: { request: GET / } }\nhooks: { AfterAllowTestTraffic: { checks: [] } }\n",
            "nothing was checked",
        ),
    ] {
        let file = TempFile::new("greenlight.yml", suite);
        let played = rehearse(&["--suite", file.path()]);
        assert_eq!((played.code, played.production()), (1, "initial"), "{case}:\n{}", played.printed);
        assert!(played.reason().contains(part), "{case}: {}", played.reason());
    }
}

#[test]
fn a_suite_that_cannot_be_parsed_fails_within_two_seconds_of_the_event() {
    let played = rehearse(&["--fault", "suite-broken"]);
    assert_eq!(played.code, 1);
    let invocation = &played.record["invocations"][0];
    let took = Duration::from_secs_f64(invocation["duration_ms"].as_f64().unwrap() / 1_000.0);
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_target_that_never_answers_is_failed_before_the_functions_limit_with_the_unfinished_checks() {
    let suite = "ready: { request: GET /, within: 5m }\nchecks: { home: { request: GET / }, health: { request: GET /health } }\n";
    let file = TempFile::new("greenlight.yml", suite);
    let played = rehearse(&["--suite", file.path(), "--fault", "hang", "--function-timeout", "10s"]);
    assert_eq!((played.code, played.production()), (1, "initial"), "{}", played.printed);
    assert!(played.reason().contains("home, health"), "{}", played.reason());
    let endings: Vec<_> =
        played.record["invocations"].as_array().unwrap().iter().map(|i| &i["ending"]["ending"]).collect();
    assert!(endings.iter().all(|ending| *ending == "returned"), "no function was stopped: {endings:?}");
}

#[test]
fn a_users_own_servers_and_suite_are_judged() {
    let blue = serve(|_| response("200 OK", r#"{"version":"1","items":[]}"#));
    let green = serve(|head| {
        if head.starts_with("GET /items ") {
            response("200 OK", r#"{"items":[{"price":0}]}"#)
        } else {
            response("200 OK", r#"{"version":"2"}"#)
        }
    });
    let suite = r#"
ready: { request: GET /, consecutive: 2, within: 5s, every: 20ms }
version: { request: GET /, read: { json: $.version }, equals: "2" }
checks:
  prices: { request: GET /items, expect: { json: { "$.items[*].price": { every: { above: 0 } } } } }
"#;
    let file = TempFile::new("greenlight.yml", suite);
    let (blue, green) = (format!("http://{blue}"), format!("http://{green}"));
    let played = rehearse(&["--suite", file.path(), "--blue", &blue, "--green", &green]);
    assert_eq!(played.code, 1, "{}", played.printed);
    for part in ["check `prices`", "/items", "$.items[*].price", "0"] {
        assert!(played.reason().contains(part), "{}", played.reason());
    }
}

#[test]
fn observe_mode_lets_a_bad_green_through_and_says_so() {
    let played = rehearse(&["--fault", "status-500", "--env", "GREENLIGHT_MODE=observe"]);
    assert_eq!(played.status(), "Succeeded", "{}", played.printed);
    let reports: Vec<_> =
        played.record["steps"].as_array().unwrap().iter().filter_map(|step| step.get("report")).collect();
    let judged: Vec<_> = reports.iter().map(|report| report["judged"].as_str().unwrap_or_default()).collect();
    assert!(judged.contains(&"Failed"), "the true verdict is beside it: {judged:?}");
}

#[test]
fn a_deployment_without_a_setting_is_failed_by_name() {
    let played = rehearse(&["--env", "GREENLIGHT_RESERVE=30", "--env", "GREENLIGHT_MODE=strict"]);
    assert_eq!(played.code, 1, "{}", played.printed);
    assert!(
        played.reason().contains("GREENLIGHT_RESERVE") && played.reason().contains("GREENLIGHT_MODE"),
        "{}",
        played.reason()
    );
}

#[test]
fn the_reason_is_in_the_log_at_every_level() {
    for level in ["error", "off", "info"] {
        let played = rehearse(&["--fault", "suite-broken", "--env", &format!("RUST_LOG={level}")]);
        let logs = played.record["logs"].to_string();
        assert!(logs.contains("the suite cannot be read") && logs.contains("verdict"), "{level}: {logs}");
    }
}

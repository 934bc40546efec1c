//! The `greenlight` command as a person or a CI job uses it: output, exit codes, files.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use greenlight_tests::{TempFile, greenlight, response, run, serve};
use serde_json::Value;

const SUITE: &str = r"
service: hello
ready: { request: GET /health, consecutive: 2, within: 300ms, every: 10ms }
version: { request: GET /version, read: { body: trimmed }, equals: '${green.env.app.VERSION}' }
checks:
  home: { request: GET /, expect: { body: { contains: Hello } } }
  about: { request: GET /about, required: false }
";

fn hello() -> String {
    let address = serve(|head| match head.split_whitespace().nth(1) {
        Some("/health") => response("200 OK", "ok"),
        Some("/version") => response("200 OK", "cf78ba1\n"),
        Some("/") => response("200 OK", "Hello"),
        _ => response("404 Not Found", "no"),
    });
    format!("http://{address}")
}

#[test]
fn check_says_how_each_thing_went_and_ends_with_the_verdict() {
    let file = TempFile::new("greenlight.yml", SUITE);
    let url = hello();
    let good = run(greenlight().args(["check", file.path(), "--url", &url, "--set", "green.env.app.VERSION=cf78ba1"]));
    assert_eq!(good.code, 0, "{}{}", good.stdout, good.stderr);
    insta::with_settings!({ filters => filters() }, {
        insta::assert_snapshot!("check_succeeded", good.stdout);
    });

    let bad = run(greenlight().args(["check", file.path(), "--url", &url, "--set", "green.env.app.VERSION=0000000"]));
    assert_eq!(bad.code, 1);
    insta::with_settings!({ filters => filters() }, {
        insta::assert_snapshot!("check_failed", bad.stdout);
    });
}

/// Replaces what differs from run to run: times, ports and counts of polls.
fn filters() -> Vec<(&'static str, &'static str)> {
    vec![
        (r" +[0-9.]+(ms|s)\b", " [TIME]"),
        (r"127\.0\.0\.1:[0-9]+", "[ADDRESS]"),
        (r"[0-9]+ (polls|samples|answers)", "[COUNT] $1"),
    ]
}

#[test]
fn json_is_the_whole_report_and_standard_output_holds_nothing_else() {
    let file = TempFile::new("greenlight.yml", SUITE);
    let args = ["--set", "green.env.app.VERSION=cf78ba1", "--json", "-", "--only", "home"];
    let ended = run(greenlight().args(["check", file.path(), "--url", &hello()]).args(args));
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["report"], 1);
    assert_eq!(report["verdict"], "Succeeded");
    assert_eq!(report["checks"].as_array().map(Vec::len), Some(1), "--only leaves one");
    assert_eq!(report["checks"][0]["steps"][0]["attempts"][0]["status"], 200);
    assert!(report["checks"][0]["steps"][0]["attempts"][0]["timings"]["total_ms"].is_number());
    assert!(ended.stderr.contains("verdict Succeeded"), "a person still reads it: {}", ended.stderr);
}

#[test]
fn exit_codes_are_the_documented_ones() {
    let good = TempFile::new("greenlight.yml", "checks: { home: { request: GET / } }\n");
    let broken = TempFile::new("greenlight.yml", "checks: { home: { request: FETCH } }\n");
    let url = hello();
    for (case, args, code) in [
        ("the verdict is Succeeded", vec!["check", good.path(), "--url", &url], 0),
        ("the suite is wrong", vec!["check", broken.path(), "--url", &url], 2),
        ("the suite is not there", vec!["check", "no-such-file.yml", "--url", &url], 2),
        ("no address", vec!["check", good.path()], 2),
        ("a bad address", vec!["check", good.path(), "--url", "localhost"], 2),
        ("an unknown check", vec!["check", good.path(), "--url", &url, "--only", "hoem"], 2),
        ("an unknown hook", vec!["check", good.path(), "--url", &url, "--hook", "AllowTraffic"], 2),
        ("an unknown option", vec!["check", "--fast"], 2),
        ("the report cannot be written", vec!["check", good.path(), "--url", &url, "--json", "/no/such/folder/x"], 3),
        ("an unknown fault", vec!["rehearse", "--fault", "status500"], 2),
        ("no functions", vec!["rehearse", "--functions", "/no/such/folder"], 2),
    ] {
        let ended = run(greenlight().args(&args));
        assert_eq!(ended.code, code, "{case}: {}{}", ended.stdout, ended.stderr);
        assert!(code == 0 || !ended.stderr.is_empty(), "{case}: it says nothing");
    }
}

#[test]
fn lint_shows_all_of_five_mistakes_with_place_and_remedy() {
    let suite = "\
service: shop
variables:
  sku: TEA-1
timeout: 5
checks:
  home:
    reqest: GET /
  order:
    request: POST /orders
    json: { sku: '${skew}' }
  prices:
    request: GET /prices
    expect: { json: { '$.items[': 1 } }
  login:
    request: GET /login
    expect: { body: { matches: '(' } }
";
    let file = TempFile::new("greenlight.yml", suite);
    let ended = run(greenlight().args(["lint", file.path()]));
    assert_eq!(ended.code, 2);
    assert_eq!(ended.stdout, "");
    let folder = file.path().trim_end_matches("greenlight.yml");
    insta::assert_snapshot!("lint_shows_every_mistake", ended.stderr.replace(folder, ""));
    for line in ["timeout: 5", "reqest: GET /", "request: POST /orders", "${skew}", "$.items[", "matches: '('"] {
        assert!(ended.stderr.contains(line), "`{line}` is not shown:\n{}", ended.stderr);
    }
}

#[test]
fn lint_takes_suites_and_appspecs_and_colours_nothing_in_a_pipe() {
    let ended = run(greenlight().args(["lint", "examples/hello/greenlight.yml", "examples/hello/appspec.yml"]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("a suite with") && ended.stdout.contains("an appspec with 3 hooks"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains('\u{1b}'));
}

#[test]
fn the_schema_is_the_one_in_the_repository() {
    let ended = run(greenlight().arg("schema"));
    let committed = std::fs::read_to_string(greenlight_tests::repository().join("greenlight.schema.json")).unwrap();
    assert_eq!(ended.stdout, committed, "refresh it: cargo run -p greenlight -- schema > greenlight.schema.json");
}

#[test]
fn fifty_checks_of_a_tenth_of_a_second_run_side_by_side() {
    let busy = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let counted = busy.clone();
    let address = serve(move |head| {
        if head.starts_with("GET /slow") {
            let now = counted.0.fetch_add(1, Ordering::SeqCst) + 1;
            counted.1.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(100));
            counted.0.fetch_sub(1, Ordering::SeqCst);
        }
        response("200 OK", "ok")
    });
    let mut suite = "parallel: 50\nready: { request: GET /, consecutive: 1 }\nchecks:\n".to_owned();
    for index in 0..50 {
        writeln!(suite, "  check-{index}: {{ request: GET /slow/{index} }}").unwrap();
    }
    let file = TempFile::new("greenlight.yml", &suite);
    let mut check = greenlight();
    let started = Instant::now();
    let ended = run(check.args(["check", file.path(), "--url", &format!("http://{address}")]));
    let took = started.elapsed();
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    // One after another they take five seconds. How near to a tenth of a second it comes is a matter of the machine.
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(busy.1.load(Ordering::SeqCst) > 25, "at most {} were busy at once", busy.1.load(Ordering::SeqCst));
}

//! What must never be written: hook execution ids in full, secrets, bodies.

use greenlight_tests::{TempFile, rehearse, response, serve};
use serde_json::Value;

/// Every line that the functions wrote, at the most talkative level.
fn logs(record: &Value) -> String {
    let lines = record["logs"].as_array();
    assert!(lines.is_some_and(|lines| !lines.is_empty()), "the record has no logs");
    lines.into_iter().flatten().filter_map(|line| line["line"].as_str()).collect::<Vec<_>>().join("\n")
}

/// How every hook execution id of a rehearsal begins, as real ones do.
const ID_BEGINS: &str = "eyJlbmNyeXB0ZWREYXRh";

#[test]
fn no_hook_execution_id_is_written_at_any_level() {
    for faults in [&[][..], &["--fault", "throttle"], &["--fault", "status-500"], &["--fault", "kill-always"]] {
        let played = rehearse(&[faults, &["--env", "RUST_LOG=trace"]].concat());
        let logs = logs(&played.record);
        assert!(logs.contains("hook_execution"), "{faults:?}: the logs were not captured:\n{logs}");
        for (where_, text) in [("a log", &logs), ("the record", &played.record.to_string()), ("print", &played.printed)]
        {
            assert!(!text.contains(ID_BEGINS), "{faults:?}: an id is in {where_}");
        }
    }
}

#[test]
fn secrets_and_bodies_reach_neither_logs_nor_reports() {
    let suite = r#"
secrets: { key: env:SMOKE_KEY }
target: { headers: { x-smoke-key: "${secret.key}" } }
ready: { request: GET /, consecutive: 1, within: 2s, every: 20ms }
checks:
  echo: { request: "GET /echo?key=${secret.key}", expect: { body: { contains: never there } } }
  json: { request: GET /json, expect: { json: { $.key: other } } }
"#;
    // A green that says everything it was told.
    let green = serve(|head| {
        if head.starts_with("GET /json") {
            let key = head.lines().find_map(|line| line.strip_prefix("x-smoke-key: ")).unwrap_or_default();
            response("200 OK", &format!(r#"{{"key":"{key}"}}"#))
        } else {
            response("200 OK", &format!("body-marker-in-full {head}"))
        }
    });
    let file = TempFile::new("greenlight.yml", suite);
    let green = format!("http://{green}");
    let secret = "s3cr3t/+?&value";
    let setting = format!("SMOKE_KEY={secret}");
    let played = rehearse(&["--suite", file.path(), "--green", &green, "--env", &setting, "--env", "RUST_LOG=trace"]);
    assert_eq!(played.code, 1, "{}", played.printed);
    let everything = format!("{}\n{}\n{}", logs(&played.record), played.record["steps"], played.printed);
    for hidden in [secret, "s3cr3t%2F%2B%3F%26value", "s3cr3t\\/", "body-marker-in-full"] {
        assert!(!everything.contains(hidden), "`{hidden}` was written");
    }
}

//! The JSON Schema accepts what the reader accepts, refuses the same slips, and the committed copy is fresh.

use std::fs;
use std::path::Path;

use greenlight_suite::{Source, parse, schema};
use serde_json::Value;

use crate::suites::suites;
use crate::support::as_json;

#[test]
fn the_committed_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../greenlight.schema.json");
    let committed: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(
        committed == schema(),
        "greenlight.schema.json is stale; refresh it:\n\n    cargo run -p greenlight -- schema > greenlight.schema.json\n"
    );
}

#[test]
fn good_suites_satisfy_the_schema() {
    let schema = jsonschema::draft202012::new(&schema()).unwrap();
    for (name, source) in suites("suites_ok") {
        let value = as_json(&source);
        let errors: Vec<_> =
            schema.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn slips_are_refused_by_schema_and_reader_alike() {
    let schema = jsonschema::draft202012::new(&schema()).unwrap();
    for text in [
        "services: a",
        "fewer_tasks: yes",
        "fewer_tasks: true",
        "timeout: 5",
        "timeout: 5h",
        "parallel: 0",
        "parallel: 2.5",
        "checks: {}",
        "checks: { a: {} }",
        "checks: { a: { request: /health } }",
        "checks: { a: { request: get /health } }",
        "checks: { a: { request: GET /, expects: {} } }",
        "checks: { a: { request: GET /, expect: {} } }",
        "checks: { a: { request: GET /, required: no } }",
        "checks: { a: { request: GET /, side_effects: yes } }",
        "checks: { a: { request: GET /, direct: allowed } }",
        "checks: { a: { request: POST /, direct: true, side_effects: allowed } }",
        "checks: { a: { request: GET /, redirects: all } }",
        "checks: { a: { request: GET /, retry: 0 } }",
        "checks: { a: { request: GET /, eventually: 10 } }",
        "checks: { a: { request: GET /, headers: { 'x y': a } } }",
        "checks: { a: { request: GET /, capture: { a-b: { json: $.a } } } }",
        "checks: { a: { request: GET /, capture: { a: { json: $.a, header: b } } } }",
        "checks: { a: { request: GET /, capture: { a: { body: whole } } } }",
        "checks: { a: { request: GET /, steps: [{ request: GET / }] } }",
        "checks: { a: { expect: { status: 200 }, steps: [{ request: GET / }] } }",
        "checks: { a: { steps: [] } }",
        "checks: { a: { request: GET /, expect: { status: '200' } } }",
        "checks: { a: { request: GET /, expect: { status: 9xx } } }",
        "checks: { a: { request: GET /, expect: { status: { starts_with: 2 } } } }",
        "checks: { a: { request: GET /, expect: { header: { a: { every: b } } } } }",
        "checks: { a: { request: GET /, expect: { json: { id: 1 } } } }",
        "checks: { a: { request: GET /, expect: { json: { $.id: {} } } } }",
        "checks: { a: { request: GET /, expect: { json: { $.id: { is: 1 } } } } }",
        "checks: { a: { request: GET /, expect: { json: { $.id: { type: text } } } } }",
        "checks: { a: { request: GET /, expect: { json: { $.id: { every: { above: high } } } } } }",
        "checks: { a: { request: GET /, expect: { size: 10kB } } }",
        "checks: { a: { request: GET /, expect: { size: { at_most: 10 } } } }",
        "checks: { a: { request: GET /, expect: { time: { equals: 10s } } } }",
        "hooks: { BeforeInstall: { checks: all } }",
        "hooks: { AfterAllowTraffic: { checks: home } }",
        "ready: { expect: { status: 200 } }",
        "ready: { request: GET /, json: {} }",
        "version: { request: GET / }",
        "secrets: { a: hunter2 }",
        "secrets: { a: 'ssm:' }",
        "secrets: { a: ssm:orders/key }",
        "secrets: { a: 'ssm:/orders/key:' }",
        "secrets: { a: arn:aws:ssm:eu-central-1:123456789012:parameter/key }",
        "target: { host: 'https://a.example' }",
        "target: { body_limit: 10 }",
    ] {
        let source = Source::new("greenlight.yml", text);
        assert!(parse(&source).is_err(), "the reader accepts {text}");
        assert!(!schema.is_valid(&as_json(&source)), "the schema accepts {text}");
    }
}

#[test]
fn every_key_is_described() {
    fn undescribed(schema: &Value, path: &str, found: &mut Vec<String>) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                if property.is_object() && property.get("description").is_none() {
                    found.push(format!("{path}.{name}"));
                }
            }
        }
        for (key, value) in schema.as_object().into_iter().flatten() {
            undescribed(value, &format!("{path}.{key}"), found);
        }
        for value in schema.as_array().into_iter().flatten() {
            undescribed(value, path, found);
        }
    }
    let mut found = Vec::new();
    undescribed(&schema(), "", &mut found);
    assert_eq!(found, Vec::<String>::new());
}

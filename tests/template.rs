//! The permissions of the template and of the guide, held against the calls that the functions make: none is missing,
//! and none is more than is used.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;

use greenlight_suite::Source;
use greenlight_suite::diagnostics::Problems;
use greenlight_suite::yaml::{Node, Value as Yaml, load};
use greenlight_tests::{Played, TempFile, rehearse, repository};
use serde_json::Value;

/// What others do with a hook's permissions: Lambda hands an event over and writes the log, and Systems Manager and S3 fetch
/// and decrypt for whoever asks them.
const FOR_OTHERS: [&str; 5] = [
    "lambda:InvokeFunction",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "kms:Decrypt",
    "secretsmanager:GetSecretValue",
];

/// A suite that wants everything that a hook can read.
const SUITE: &str = "
secrets:
  edge_key: ssm:/hello/smoke/edge-key
version: { request: GET /, read: { body: trimmed }, equals: '${green.env.app.VERSION}' }
ready: { request: GET /health, consecutive: 1, every: 50ms, within: 20s }
checks:
  health: { request: GET /health, direct: true, headers: { x-smoke-key: '${secret.edge_key}' } }
";

fn page(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The tree of the template. CloudFormation's short forms (`!Ref Name`) are left as what stands behind the tag.
fn template() -> Node {
    let source = Source::new("template.yaml", page("template.yaml"));
    load(&source, &mut Problems::default()).unwrap_or_else(|| panic!("template.yaml is no YAML"))
}

/// What is found below these keys.
fn below<'n>(node: &'n Node, path: &[&str]) -> &'n Node {
    path.iter().fold(node, |node, key| {
        let found = node.as_mapping().and_then(|mapping| mapping.get(key));
        found.unwrap_or_else(|| panic!("template.yaml: there is no `{key}` of {}", path.join(".")))
    })
}

/// The actions that the statements below a node allow.
fn allowed(node: &Node) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match &node.value {
        Yaml::Scalar(_) => {}
        Yaml::Sequence(items) => found.extend(items.iter().flat_map(allowed)),
        Yaml::Mapping(mapping) => {
            if mapping.get("Effect").and_then(Node::as_text) == Some("Allow") {
                let action = mapping.get("Action").unwrap_or_else(|| panic!("a statement without an action"));
                let several = action.as_sequence().unwrap_or(std::slice::from_ref(action));
                found.extend(several.iter().map(|action| action.as_text().unwrap().to_owned()));
            } else {
                found.extend(mapping.entries().iter().flat_map(|entry| allowed(&entry.value)));
            }
        }
    }
    found
}

/// The actions that the statements of a policy in JSON allow.
fn allowed_in_json(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().map(|statement| &statement["Action"]);
    let several = |action: &Value| action.as_array().cloned().unwrap_or_else(|| vec![action.clone()]);
    actions.flat_map(several).map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// The statements of the hooks' policy: those that always hold, and those that a parameter gives.
fn hook_statements() -> (Vec<Node>, Vec<Node>) {
    let template = template();
    let statements = below(&template, &["Resources", "HookPolicy", "Properties", "PolicyDocument", "Statement"]);
    let is_conditional = |node: &Node| node.as_mapping().is_some_and(|mapping| mapping.get("Fn::If").is_some());
    statements.as_sequence().unwrap().iter().cloned().partition(|statement| !is_conditional(statement))
}

fn all_allowed(statements: &[Node]) -> BTreeSet<String> {
    statements.iter().flat_map(allowed).collect()
}

fn without_others(actions: BTreeSet<String>) -> BTreeSet<String> {
    actions.into_iter().filter(|action| !FOR_OTHERS.contains(&action.as_str())).collect()
}

/// The calls that functions made in a rehearsal, as IAM actions.
fn calls(played: &Played) -> BTreeSet<String> {
    let calls = played.record["calls"].as_array().unwrap();
    let word = |call: &Value, key: &str| call[key].as_str().unwrap_or_default().to_owned();
    calls.iter().map(|call| format!("{}:{}", word(call, "service"), word(call, "operation"))).collect()
}

#[test]
fn the_hooks_may_make_the_calls_that_they_make_and_no_others() {
    let suite = TempFile::new("greenlight.yml", SUITE);
    let secret = ["--parameter", "/hello/smoke/edge-key=k-12345"];
    let object = format!("s3://suites/hello.yml={}", suite.path());
    let from_s3 =
        [&secret[..], &["--object", &object, "--env", "GREENLIGHT_SUITE=s3://suites/{application}.yml"]].concat();
    let mut made = BTreeSet::new();
    for args in [&[][..], &["--no-suite"], &from_s3] {
        let played = rehearse(args);
        assert_eq!(played.code, 0, "{args:?}:\n{}", played.printed);
        made.extend(calls(&played));
    }
    let (always, given) = hook_statements();
    let may = without_others(all_allowed(&[always, given].concat()));
    assert_eq!(may, made, "left: what template.yaml allows the hooks, right: what they call");
}

#[test]
fn what_not_every_suite_needs_is_allowed_by_a_parameter_alone() {
    let (always, given) = hook_statements();
    let by_parameter = ["kms:Decrypt", "s3:GetObject", "secretsmanager:GetSecretValue", "ssm:GetParameters"];
    assert_eq!(all_allowed(&given).iter().map(String::as_str).collect::<Vec<_>>(), by_parameter);
    assert_eq!(all_allowed(&always).iter().filter(|action| by_parameter.contains(&action.as_str())).count(), 0);
}

#[test]
fn nothing_in_the_template_can_change_more_than_a_verdict() {
    let template = template();
    let writes = ["codedeploy:PutLifecycleEventHookExecutionStatus", "lambda:InvokeFunction", "sts:AssumeRole"];
    let of_lambda = ["logs:", "ec2:"];
    let reads = ["Get", "List", "Describe", "Decrypt"];
    let actions = allowed(below(&template, &["Resources"]));
    assert!(actions.len() > 10, "{actions:?}");
    for action in actions {
        let (_, operation) = action.split_once(':').unwrap();
        assert!(
            writes.contains(&action.as_str())
                || of_lambda.iter().any(|service| action.starts_with(service))
                || reads.iter().any(|read| operation.starts_with(read)) && !operation.contains('*'),
            "{action}"
        );
    }
}

#[test]
fn the_guide_allows_what_the_template_allows_and_explains_each() {
    let guide = page("docs/deploying.md");
    let (always, given) = hook_statements();
    let policy = |name: &str| -> Value {
        let (_, rest) = guide.split_once(&format!("{name}='")).unwrap_or_else(|| panic!("there is no {name}"));
        let (text, _) = rest.split_once("\n}'").unwrap();
        // `"'$variable'-*"`: the shell's quotes end, a variable, and they begin again.
        serde_json::from_str(&format!("{}\n}}", text.replace('\'', "")))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let log = BTreeSet::from(["logs:CreateLogStream".to_owned(), "logs:PutLogEvents".to_owned()]);
    assert_eq!(allowed_in_json(&policy("hook_policy")), &all_allowed(&always) | &log);
    let template = template();
    let last_resort = allowed(below(&template, &["Resources", "LastResortRole", "Properties", "Policies"]));
    assert_eq!(allowed_in_json(&policy("last_resort_policy")), last_resort);

    let rows: Vec<&str> = guide.lines().filter(|line| line.starts_with("| `")).collect();
    for action in all_allowed(&[always, given].concat()) {
        assert!(rows.iter().any(|row| row.contains(&format!("`{action}`"))), "no table of the guide has {action}");
    }
}

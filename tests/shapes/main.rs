//! What the functions send and what the rehearsal serves has the documented shapes, field by field.
//!
//! The shapes are those of botocore's service models (`shared/rehearsal/models`). Deployments are played with the real
//! function binaries, and every exchange with AWS is held against them. The other modules hold one exchange, and each
//! shows on wrong ones that it can fail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asked;
mod exchange;
mod form;
mod json;
mod model;
mod query;
mod rest_xml;
mod value;
mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use greenlight_rehearsal::aws::Refusal;
use greenlight_rehearsal::{Event, Fault, ForwardShape, FunctionSource, Rehearsal, Settings, Shift};
use greenlight_tests::{TempFile, binaries, repository};

use crate::asked::Functions;
use crate::exchange::{Exchange, Headers, mismatches};

/// What a hook may call. Each must be seen, and nothing beside them.
const OF_FUNCTIONS: [&str; 12] = [
    "codedeploy:GetDeployment",
    "codedeploy:GetDeploymentTarget",
    "codedeploy:ListDeploymentTargets",
    "codedeploy:PutLifecycleEventHookExecutionStatus",
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "s3:GetObject",
    "ssm:GetParameters",
];

/// What the rehearsal serves beside it, for whoever asks.
const OF_OTHERS: [&str; 3] =
    ["codedeploy:BatchGetDeploymentTargets", "codedeploy:GetApplicationRevision", "codedeploy:GetDeploymentGroup"];

/// A suite with a secret that a request needs.
const SUITE: &str = r#"
secrets: { key: "ssm:/hello/key" }
ready: { request: GET /health, consecutive: 2, within: 2s, every: 20ms }
version: { request: GET /version, read: { json: $.version }, equals: "${green.env.app.VERSION}" }
checks: { home: { request: GET /, headers: { x-key: "${secret.key}" } } }
"#;

/// Settings that keep every exchange, with what a suite needs.
fn settings(functions: FunctionSource, suite: Option<&str>, appspec: &TempFile) -> Settings {
    Settings {
        no_suite: true,
        function_timeout: Duration::from_secs(6),
        keep_exchanges: true,
        appspec: Some(appspec.path().into()),
        environment: suite.map(|suite| ("GREENLIGHT_SUITE".to_owned(), suite.to_owned())).into_iter().collect(),
        parameters: [("/hello/key", "s3cr3t"), ("String:/suites/hello", SUITE), ("StringList:/hello/list", "a,b")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        objects: vec![("s3://suites/team a/hello.yml".to_owned(), SUITE.as_bytes().to_vec())],
        ..Settings::new(functions)
    }
}

/// Where the suite is.
const OBJECT: &str = "s3://suites/team a/hello.yml";
const PARAMETER: &str = "ssm:/suites/{application}";

fn every_hook() -> TempFile {
    let appspec = std::fs::read_to_string(repository().join("examples/hello/appspec.yml")).unwrap();
    TempFile::new(
        "appspec.yml",
        &format!("{appspec}\n  - AfterAllowTraffic: CodeDeployHook_greenlight-after-allow-traffic\n"),
    )
}

fn play(settings: Settings, on_event: &mut (dyn FnMut(&Event) + Send)) -> Rehearsal {
    // A second thread answers as AWS while an event is looked at.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(greenlight_rehearsal::rehearse(settings, on_event)).unwrap()
}

fn exchanges(rehearsal: &Rehearsal) -> Vec<Exchange> {
    let kept = rehearsal.exchanges.iter().cloned();
    let exchange = kept.map(|kept| Exchange {
        service: kept.service,
        operation: kept.operation,
        method: kept.method,
        uri: kept.uri,
        request_headers: Headers(kept.request_headers),
        request_body: kept.request_body,
        status: kept.status,
        response_headers: Headers(kept.response_headers),
        response_body: kept.response_body,
    });
    exchange.collect()
}

/// Fails with every mismatch that there is, each once, with an answer that has it.
fn assert_documented(case: &str, exchanges: &[Exchange]) {
    let mut found = BTreeMap::new();
    for exchange in exchanges {
        for mismatch in mismatches(exchange) {
            let answer = String::from_utf8_lossy(&exchange.response_body).into_owned();
            found.entry(format!("{} {mismatch}", exchange.service)).or_insert(answer);
        }
    }
    let lines: Vec<_> = found.iter().map(|(mismatch, answer)| format!("{mismatch}\n    {answer}")).collect();
    assert!(lines.is_empty(), "{case}: {} mismatches\n{}", lines.len(), lines.join("\n"));
}

/// The operations that were seen, of those exchanges that end like this.
fn seen(exchanges: &[Exchange], ended: impl Fn(u16) -> bool) -> BTreeSet<String> {
    let ended = exchanges.iter().filter(|exchange| ended(exchange.status));
    ended.map(|exchange| format!("{}:{}", exchange.service, exchange.operation)).collect()
}

#[test]
fn every_call_of_the_functions_and_every_answer_is_as_documented() {
    let appspec = every_hook();
    let mut all = Vec::new();
    let mut play = |case: &str, suite: Option<&str>, goes_live: bool, change: fn(&mut Settings)| {
        let mut settings = settings(FunctionSource::Directory(binaries().to_owned()), suite, &appspec);
        change(&mut settings);
        let rehearsal = play(settings, &mut |_| {});
        assert_eq!(rehearsal.succeeded(), goes_live, "{case}: {:?}", rehearsal.outcome.reason);
        let exchanges = exchanges(&rehearsal);
        assert_documented(case, &exchanges);
        all.extend(exchanges);
    };
    play("a suite in Systems Manager", Some(PARAMETER), true, |_| {});
    play("a suite in S3, pages and a canary", Some(OBJECT), true, |settings| {
        settings.page_size = Some(1);
        settings.shift = Shift::Canary { percent: 20 };
    });
    play("one target group, and no suite", None, true, |settings| settings.forward_shape = ForwardShape::Single);
    play("calls that are throttled", Some(OBJECT), true, |settings| settings.faults = vec![Fault::Throttle]);
    play("every read is denied", None, false, |settings| settings.faults = vec![Fault::AccessDenied]);
    play("S3 is denied", Some(OBJECT), false, |settings| settings.denied = vec!["s3:GetObject".to_owned()]);
    play("a rollback that asks the hooks", Some(PARAMETER), false, |settings| {
        settings.faults = vec![Fault::Status500];
        settings.unknowns.hooks_on_rollback = true;
    });
    let expected: BTreeSet<_> = OF_FUNCTIONS.map(str::to_owned).into();
    assert_eq!(seen(&all, |_| true), expected);
    assert_eq!(seen(&all, |status| status < 300), expected, "each was answered");
    let refused = seen(&all, |status| status >= 300);
    for operation in ["PutLifecycleEventHookExecutionStatus", "GetDeployment"].map(|name| format!("codedeploy:{name}"))
    {
        assert!(refused.contains(&operation), "{operation} was never refused: {refused:?}");
    }
    assert!(refused.contains("s3:GetObject"), "s3:GetObject was never refused: {refused:?}");
}

#[test]
fn every_operation_is_answered_as_documented_at_every_step() {
    let appspec = every_hook();
    for (case, faults) in [("a good green", vec![]), ("a green that is rolled back", vec![Fault::Status500])] {
        let functions = Functions::new();
        let mut settings = settings(functions.source(), Some(OBJECT), &appspec);
        settings.faults = faults;
        settings.unknowns.hooks_on_rollback = true;
        let (mut deployments, mut asked) = (Vec::new(), 0);
        let rehearsal = play(settings, &mut |event| match event {
            Event::Began(opening) => deployments.push(opening.deployment_id.clone()),
            Event::RollbackBegan { deployment_id } => deployments.push(deployment_id.clone()),
            Event::StepBegan(_) => {
                let Some(aws) = functions.aws() else { return };
                for deployment in &deployments {
                    aws.ask_about(deployment);
                }
                aws.ask_for(&["/hello/key", "/hello/list:1", "/suites/hello"], &["/suites/team%20a/hello.yml"]);
                aws.ask_in_vain();
                asked += 1;
            }
            _ => {}
        });
        assert_eq!(
            rehearsal.succeeded(),
            rehearsal.deployment.faults.is_empty(),
            "{case}: {:?}",
            rehearsal.outcome.reason
        );
        assert!(asked >= 3, "{case}: asked at {asked} steps");
        let exchanges = exchanges(&rehearsal);
        assert_documented(case, &exchanges);
        let expected: BTreeSet<_> = OF_FUNCTIONS.into_iter().chain(OF_OTHERS).map(str::to_owned).collect();
        assert_eq!(seen(&exchanges, |status| status < 300), expected, "{case}: each was answered");
        // A parameter that is not there is no error.
        let refusing = expected.into_iter().filter(|operation| operation != "ssm:GetParameters").collect();
        assert_eq!(seen(&exchanges, |status| status >= 300), refusing, "{case}: each refused what is not there");
    }
}

#[test]
fn every_kind_of_refusal_is_worded_as_documented_in_each_protocol() {
    let appspec = every_hook();
    let reads: Vec<_> = OF_FUNCTIONS.into_iter().chain(OF_OTHERS).filter(|action| !action.contains(":Put")).collect();
    for code in ["AccessDenied", "Throttling", "ServiceUnavailable", "InternalFailure"] {
        let functions = Functions::new();
        let mut settings = settings(functions.source(), None, &appspec);
        let refusal = |action: &&str| Refusal { action: (*action).to_owned(), code: code.to_owned() };
        settings.aws.refusals = reads.iter().map(refusal).collect();
        let rehearsal = play(settings, &mut |event| {
            if let (Event::Invoked(_), Some(aws)) = (event, functions.aws()) {
                aws.ask_in_vain();
            }
        });
        let exchanges = exchanges(&rehearsal);
        assert_documented(code, &exchanges);
        let refused: BTreeSet<_> = reads.iter().map(|action| (*action).to_owned()).collect();
        assert!(seen(&exchanges, |status| status >= 300).is_superset(&refused), "{code}: each refused");
    }
}

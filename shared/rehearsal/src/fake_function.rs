//! A function for tests: this test binary, started again, serves the Runtime API as the variable `FAKE` tells it.
//!
//! It is the smallest client that Lambda's documentation allows, so that the rehearsal is tested against the protocol
//! and not against one runtime library.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::lambda::Program;
use crate::settings::FunctionSource;

const NAME: &str = "fake_function::serve";

/// The program that is the fake.
pub(crate) fn program() -> Program {
    let FunctionSource::Command { program, args } = source() else { unreachable!("it is a command") };
    Program { path: program, args }
}

/// The fake as a source of functions.
pub(crate) fn source() -> FunctionSource {
    FunctionSource::Command {
        program: std::env::current_exe().unwrap(),
        args: ["--exact", NAME, "--nocapture"].map(Into::into).into(),
    }
}

/// Serves events until it is killed. Nothing at all when it is run as a test.
#[test]
fn serve() {
    let (Ok(api), Ok(fake)) = (std::env::var("AWS_LAMBDA_RUNTIME_API"), std::env::var("FAKE")) else { return };
    eprintln!("starting as {fake} in process {}", std::process::id());
    if fake == "not-initialised" {
        post(&api, "/2018-06-01/runtime/init/error", &[], &json!({ "errorMessage": "no settings" }).to_string());
        std::thread::sleep(Duration::from_mins(1));
    }
    if fake == "no-start" {
        std::process::exit(3);
    }
    for number in 1.. {
        let (headers, body) = exchange(&api, "GET", "/2018-06-01/runtime/invocation/next", &[], "");
        let id = &headers["lambda-runtime-aws-request-id"];
        let event: Value = serde_json::from_str(&body).unwrap();
        let respond = |value: &Value| {
            post(&api, &format!("/2018-06-01/runtime/invocation/{id}/response"), &[], &value.to_string());
        };
        match fake.as_str() {
            "tell" => respond(&told(&headers, &event)),
            "error" => {
                let error = json!({ "errorType": "Broken", "errorMessage": "cannot" });
                post(&api, &format!("/2018-06-01/runtime/invocation/{id}/error"), &[], &error.to_string());
            }
            "exit" => std::process::exit(7),
            "hang" => std::thread::sleep(Duration::from_mins(1)),
            "silent" => respond(&json!({ "reason": "I say nothing" })),
            verdicts => {
                let verdict = verdict(verdicts, number);
                put(&event, verdict);
                respond(&json!({ "verdict": verdict, "reason": format!("it is {verdict}") }));
            }
        }
    }
}

/// `Succeeded`, unless `FAKE` is `fails-at:NAME`, or `fails-once-at:NAME` at the first event, and this is the function of
/// that name.
fn verdict(fake: &str, number: u32) -> &'static str {
    let name = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap();
    let is_meant = |prefix: &str| fake.strip_prefix(prefix).is_some_and(|failing| name.ends_with(failing));
    let fails = is_meant("fails-at:") || (number == 1 && is_meant("fails-once-at:"));
    if fails { "Failed" } else { "Succeeded" }
}

/// What a test may want to know of an event and of the process that got it.
fn told(headers: &BTreeMap<String, String>, event: &Value) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let deadline: u128 = headers["lambda-runtime-deadline-ms"].parse().unwrap();
    let variables: BTreeMap<_, _> = std::env::vars().collect();
    json!({
        "event": event,
        "process": std::process::id(),
        "left_ms": u64::try_from(deadline.saturating_sub(now)).unwrap(),
        "arn": headers["lambda-runtime-invoked-function-arn"],
        "has_trace": headers.contains_key("lambda-runtime-trace-id"),
        "variables": variables,
        "folder": std::env::current_dir().unwrap(),
    })
}

fn put(event: &Value, verdict: &str) {
    // The last resort gets the event inside Lambda's envelope.
    let event = event.get("requestPayload").unwrap_or(event);
    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
    let headers = [
        ("content-type", "application/x-amz-json-1.1".to_owned()),
        ("x-amz-target", "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus".to_owned()),
        (
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential=A/20260101/{}/codedeploy/aws4_request, SignedHeaders=host, Signature={}",
                std::env::var("AWS_REGION").unwrap(),
                "0".repeat(64)
            ),
        ),
    ];
    let body = json!({
        "deploymentId": event["DeploymentId"],
        "lifecycleEventHookExecutionId": event["LifecycleEventHookExecutionId"],
        "status": verdict,
    });
    post(endpoint.strip_prefix("http://").unwrap(), "/", &headers, &body.to_string());
}

fn post(address: &str, path: &str, headers: &[(&str, String)], body: &str) {
    exchange(address, "POST", path, headers, body);
}

/// One request on a connection of its own: headers and body of the answer.
fn exchange(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: &str,
) -> (BTreeMap<String, String>, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    (headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(), body.to_owned())
}

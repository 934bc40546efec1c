//! Lambda's promises, kept with real processes.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;

use super::*;
use crate::fake_function;

struct Scene {
    function: Function,
    last_resort: Function,
    narrator: Narrator,
    told: UnboundedReceiver<Event>,
}

impl Scene {
    /// A function that behaves as the fake is told; its last resort returns what it got.
    fn of(fake: &str) -> Self {
        Self::with(fake, Deaths::None, Duration::from_secs(30))
    }

    fn with(fake: &str, deaths: Deaths, timeout: Duration) -> Self {
        Self::running(fake_function::program(), fake, deaths, timeout)
    }

    fn running(program: Program, fake: &str, deaths: Deaths, timeout: Duration) -> Self {
        let (narrator, told) = Narrator::new();
        let environment = |fake: &str, timeout| Environment {
            region: "eu-central-1".to_owned(),
            account: "123456789012".to_owned(),
            timeout,
            minute: Duration::from_millis(20),
            variables: vec![("FAKE".to_owned(), fake.to_owned())],
            task_root: std::env::temp_dir(),
        };
        let function = Function::new("judge", program, environment(fake, timeout), deaths, &narrator);
        let resort = environment("tell", Duration::from_secs(30));
        let last_resort = Function::new("resort", fake_function::program(), resort, Deaths::None, &narrator);
        Self { function, last_resort, narrator, told }
    }

    async fn deliver(&self, event: Value) -> Delivery {
        deliver(&self.function, &self.last_resort, LifecycleEvent::AfterInstall, &event, &self.narrator).await.unwrap()
    }

    /// How the attempts so far ended, and what was logged.
    fn heard(&mut self) -> (Vec<String>, Vec<String>) {
        let (mut attempts, mut lines) = (Vec::new(), Vec::new());
        while let Ok(event) = self.told.try_recv() {
            match event {
                Event::Invoked(invocation) => {
                    let ending = serde_json::to_value(&invocation.ending).unwrap();
                    let ending = ending["ending"].as_str().unwrap().to_owned();
                    attempts.push(format!("{} {} {ending}", invocation.function, invocation.attempt));
                }
                Event::Logged(line) => lines.push(line.line),
                _ => {}
            }
        }
        (attempts, lines)
    }
}

#[tokio::test]
async fn a_function_gets_its_event_and_lambdas_environment_alone() {
    let timeout = Duration::from_secs(30);
    let mut scene = Scene::with("tell", Deaths::None, timeout);
    let report = scene.deliver(json!({ "number": 1 })).await.report.unwrap();

    assert_eq!(report["event"], json!({ "number": 1 }));
    assert_eq!(report["arn"], "arn:aws:lambda:eu-central-1:123456789012:function:judge");
    assert_eq!(report["has_trace"], true);
    let left = Duration::from_millis(report["left_ms"].as_u64().unwrap());
    assert!(left > timeout.mul_f64(0.9) && left <= timeout, "the deadline is the function's time limit away: {left:?}");
    let folder: PathBuf = report["folder"].as_str().unwrap().into();
    assert_eq!(folder, std::env::temp_dir().canonicalize().unwrap());
    let names: BTreeSet<_> = report["variables"].as_object().unwrap().keys().map(String::as_str).collect();
    let expected = BTreeSet::from([
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "FAKE",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "PATH",
        "TZ",
        "_HANDLER",
    ]);
    assert_eq!(names, expected, "nothing of this process may reach a function");
    let (attempts, lines) = scene.heard();
    assert_eq!(attempts, ["judge 1 returned"]);
    assert!(lines.iter().any(|line| line.starts_with("starting as tell")), "what it writes is heard: {lines:?}");
}

#[tokio::test]
async fn a_process_serves_one_event_after_the_other() {
    let scene = Scene::of("tell");
    let first = scene.deliver(json!(1)).await.report.unwrap();
    let second = scene.deliver(json!(2)).await.report.unwrap();
    assert_eq!((&first["process"], &second["event"]), (&second["process"], &json!(2)));
    scene.function.stop().await;
    let third = scene.deliver(json!(3)).await.report.unwrap();
    assert_ne!(third["process"], first["process"], "a stopped one is replaced");
}

#[tokio::test]
async fn an_error_is_retried_twice_and_then_handed_to_the_last_resort() {
    let mut scene = Scene::of("error");
    let began = Instant::now();
    let delivery = scene.deliver(json!({ "DeploymentId": "d-1" })).await;
    assert!(began.elapsed() >= Duration::from_millis(60), "one minute and two minutes of 20 ms each");
    assert_eq!(scene.heard().0, ["judge 1 error", "judge 2 error", "judge 3 error", "resort 1 returned"]);
    assert_eq!(delivery.failure.as_deref(), Some("cannot"));

    let mut payload = delivery.report.unwrap()["event"].take();
    let timestamp = payload["timestamp"].take();
    let request_id = payload["requestContext"]["requestId"].take();
    assert!(timestamp.as_str().unwrap().ends_with('Z'), "{timestamp}");
    assert_eq!(request_id.as_str().unwrap().len(), 36);
    assert_eq!(
        payload,
        json!({
            "version": "1.0",
            "timestamp": null,
            "requestContext": {
                "requestId": null,
                "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:judge:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": { "DeploymentId": "d-1" },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "responsePayload": { "errorType": "Broken", "errorMessage": "cannot" },
        })
    );
}

#[tokio::test]
async fn whatever_ends_a_process_is_a_failed_attempt() {
    let nowhere = Program { path: "/nowhere/judge".into(), args: Vec::new() };
    let long = Duration::from_secs(30);
    let fake = fake_function::program;
    let cases = [
        ("exit", Scene::of("exit"), "exited", "Runtime exited with error: exit status: 7"),
        ("no-start", Scene::of("no-start"), "not_started", "ended before it asked for an event"),
        ("not-initialised", Scene::of("not-initialised"), "not_started", "no settings"),
        (
            "a missing program",
            Scene::running(nowhere, "", Deaths::None, long),
            "not_started",
            "/nowhere/judge: No such",
        ),
        ("hang", Scene::running(fake(), "hang", Deaths::None, Duration::from_millis(50)), "timed_out", "timed out"),
        ("killed", Scene::running(fake(), "tell", Deaths::Every, long), "killed", "signal: killed"),
    ];
    for (case, mut scene, ending, failure) in cases {
        let delivery = scene.deliver(json!({})).await;
        let expected: Vec<_> = (1..=3).map(|attempt| format!("judge {attempt} {ending}")).collect();
        assert_eq!(scene.heard().0[..3], expected, "{case}");
        let found = delivery.failure.unwrap();
        assert!(found.contains(failure), "{case}: {found}");
        let response = &delivery.report.unwrap()["event"]["responsePayload"]["errorMessage"];
        assert!(response.as_str().unwrap().starts_with("RequestId: "), "{case}: {response}");
    }
}

#[tokio::test]
async fn a_function_that_is_killed_once_is_served_by_a_new_process() {
    let mut scene = Scene::with("tell", Deaths::First, Duration::from_secs(30));
    let delivery = scene.deliver(json!({ "again": true })).await;
    assert_eq!(delivery.report.unwrap()["event"], json!({ "again": true }));
    assert_eq!(scene.heard().0, ["judge 1 killed", "judge 2 returned"]);
}

#[tokio::test]
async fn a_delivery_that_is_given_up_leaves_a_function_that_still_works() {
    let scene = Scene::with("hang", Deaths::None, Duration::from_millis(300));
    let given_up = tokio::time::timeout(Duration::from_millis(150), scene.deliver(json!({}))).await;
    assert!(given_up.is_err());
    let began = Instant::now();
    let delivery = scene.deliver(json!({})).await;
    assert_eq!(delivery.failure.as_deref(), Some("Task timed out"), "the old process is gone, a new one got the event");
    assert!(began.elapsed() >= Duration::from_millis(900), "three attempts of 300 ms each");
}

#[tokio::test]
async fn no_process_outlives_its_function() {
    let scene = Scene::of("tell");
    let process = scene.deliver(json!({})).await.report.unwrap()["process"].as_u64().unwrap();
    let proc = PathBuf::from(format!("/proc/{process}"));
    if !proc.exists() {
        return; // Only Linux shows its processes as files.
    }
    scene.function.stop().await;
    assert!(!proc.exists(), "stopped, and waited for");
}

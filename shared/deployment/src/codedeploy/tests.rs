//! How the calls fare against a server that answers as AWS does, badly, or not at all.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use aws_config::Region;
use aws_sdk_codedeploy::config::Credentials;

use super::*;
use crate::call::CallErrorKind;

/// Answers every request with one response and keeps what was asked.
struct Aws {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Aws {
    fn answering(status: &'static str, body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = asked.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                // The SDK's small requests come in one or two pieces: the head, then the body to its length.
                while !is_whole(&request) {
                    match stream.read(&mut buffer) {
                        Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
                        _ => break,
                    }
                }
                kept.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { url, asked }
    }

    async fn client(url: &str) -> CodeDeploy {
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
            .endpoint_url(url);
        CodeDeploy::load(loader).await
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn execution() -> HookExecution {
    HookExecution { deployment_id: "d-1".into(), hook_execution_id: "eyJvcGFxdWU=".into() }
}

const LONG: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_verdict_is_one_signed_json_call() {
    let aws = Aws::answering("200 OK", r#"{"lifecycleEventHookExecutionId":"x"}"#);
    let client = Aws::client(&aws.url).await;
    assert_eq!(client.report(&execution(), Verdict::Succeeded, LONG).await, Ok(Delivery::Accepted));
    let asked = aws.asked();
    assert_eq!(asked.len(), 1);
    for part in [
        "x-amz-target: CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus",
        "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/",
        r#""status":"Succeeded""#,
        r#""lifecycleEventHookExecutionId":"eyJvcGFxdWU=""#,
    ] {
        assert!(asked[0].to_lowercase().contains(&part.to_lowercase()), "{part}\n{}", asked[0]);
    }
}

#[tokio::test]
async fn a_refused_verdict_says_why_once_and_whether_trying_again_helps() {
    use CallErrorKind::{AccessDenied, Refused, Server, Throttled};
    for (case, status, body, kind, part) in [
        (
            "throttled",
            "400 Bad Request",
            r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
            Throttled,
            "Rate exceeded",
        ),
        (
            "denied",
            "400 Bad Request",
            r#"{"__type":"AccessDeniedException","Message":"not authorized"}"#,
            AccessDenied,
            "allow it in the function's role",
        ),
        ("server", "500 Internal Server Error", "{}", Server, "failed at AWS"),
        ("gateway", "503 Service Unavailable", "<html>busy</html>", Server, "failed at AWS"),
        (
            "foreign id",
            "400 Bad Request",
            r#"{"__type":"com.amazonaws.codedeploy#InvalidLifecycleEventHookExecutionIdException","message":"eyJvcGFxdWU= is invalid"}"#,
            Refused,
            "(redacted) is invalid",
        ),
        (
            "no such deployment",
            "400 Bad Request",
            r#"{"__type":"DeploymentDoesNotExistException","message":"d-1"}"#,
            Refused,
            "looked for it in region eu-central-1",
        ),
    ] {
        let aws = Aws::answering(status, body);
        let error = Aws::client(&aws.url).await.report(&execution(), Verdict::Failed, LONG).await.unwrap_err();
        assert_eq!(error.kind, kind, "{case}: {error}");
        assert!(error.to_string().contains(part), "{case}: {error}");
        assert_eq!(aws.asked().len(), 1, "{case}: how long to go on is the caller's to decide");
    }
}

#[tokio::test]
async fn a_verdict_for_a_completed_event_is_done() {
    for body in [
        r#"{"__type":"LifecycleEventAlreadyCompletedException","message":"done"}"#,
        r#"{"__type":"com.amazonaws.codedeploy#LifecycleEventAlreadyCompletedException","message":"done"}"#,
    ] {
        let aws = Aws::answering("400 Bad Request", body);
        let delivery = Aws::client(&aws.url).await.report(&execution(), Verdict::Failed, LONG).await;
        assert_eq!(delivery, Ok(Delivery::AlreadyCompleted), "{body}");
    }
}

#[test]
fn a_delivery_is_written_in_words() {
    assert_eq!(Delivery::Accepted.to_string(), "accepted");
    assert_eq!(Delivery::AlreadyCompleted.to_string(), "already completed");
}

#[tokio::test]
async fn a_silent_or_absent_server_is_given_up_within_the_limit() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let absent = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (case, address) in [("silent", silent.local_addr().unwrap()), ("absent", absent)] {
        let started = std::time::Instant::now();
        let client = Aws::client(&format!("http://{address}")).await;
        let error = client.report(&execution(), Verdict::Failed, Duration::from_millis(200)).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Unreachable, "{case}: {error}");
        assert!(error.to_string().contains("NAT gateway"), "{case}: {error}");
        assert!(started.elapsed() < Duration::from_secs(3), "{case}");
    }
}

#[tokio::test]
async fn a_deployment_is_read_as_aws_writes_it() {
    let aws = Aws::answering(
        "200 OK",
        r#"{"deploymentInfo":{"deploymentId":"d-1","applicationName":"shop","deploymentGroupName":"prod","status":"InProgress",
            "creator":"codeDeployRollback","computePlatform":"ECS",
            "autoRollbackConfiguration":{"enabled":true,"events":["DEPLOYMENT_FAILURE"]},"createTime":1.5E9}}"#,
    );
    let deployment = Aws::client(&aws.url).await.deployment("d-1").await.unwrap();
    assert_eq!((deployment.application.as_str(), deployment.group.as_str()), ("shop", "prod"));
    assert!(deployment.is_rollback() && deployment.rolls_back_on_failure && !deployment.has_ended());
}

#[tokio::test]
async fn a_target_is_read_as_aws_writes_it() {
    let aws = Aws::answering(
        "200 OK",
        r#"{"deploymentTarget":{"deploymentTargetType":"ECSTarget","ecsTarget":{
            "lifecycleEvents":[{"lifecycleEventName":"AfterInstall","status":"InProgress"}],
            "taskSetsInfo":[
              {"identifer":"ecs-svc/1","desiredCount":2,"pendingCount":0,"runningCount":2,"status":"PRIMARY","trafficWeight":100.0,"targetGroup":{"name":"one"},"taskSetLabel":"Blue"},
              {"identifer":"ecs-svc/2","desiredCount":2,"pendingCount":1,"runningCount":1,"status":"ACTIVE","trafficWeight":0.0,"targetGroup":{"name":"two"},"taskSetLabel":"Green"}]}}}"#,
    );
    let target = Aws::client(&aws.url).await.target("d-1", "cluster:service").await.unwrap().unwrap();
    assert_eq!(target.event("AfterInstall").map(|event| event.status.as_str()), Some("InProgress"));
    let green = target.green().unwrap();
    assert_eq!((green.id.as_str(), green.desired, green.running, green.pending), ("ecs-svc/2", 2, 1, 1));
    assert!(!green.is_steady());
}

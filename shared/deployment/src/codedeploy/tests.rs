//! How the calls fare against a server that answers as AWS does, badly, or not at all.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use aws_config::Region;
use aws_sdk_codedeploy::config::Credentials;

use super::*;

/// Answers every request with one response and keeps what was asked.
struct Aws {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Aws {
    fn answering(status: &'static str, body: &'static str) -> Self {
        Self::answering_as("application/x-amz-json-1.1", status, body)
    }

    fn answering_as(content_type: &'static str, status: &'static str, body: &'static str) -> Self {
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
                    "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
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
        CodeDeploy::load(loader, Vec::new()).await
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
        (
            "throttled, by the status",
            "429 Too Many Requests",
            r#"{"__type":"RequestThrottled","message":"slow down"}"#,
            Throttled,
            "HTTP 429 RequestThrottled: slow down",
        ),
        (
            "throttled, by a code of another service",
            "400 Bad Request",
            r#"{"__type":"RequestThrottledException","message":"slow down"}"#,
            Throttled,
            "HTTP 400 RequestThrottledException: slow down",
        ),
        (
            "server",
            "500 Internal Server Error",
            r#"{"__type":"InternalServiceError","message":"oops"}"#,
            Server,
            "failed on the server's side (HTTP 500 InternalServiceError: oops)",
        ),
        ("server, by the status", "500 Internal Server Error", r#"{"__type":"ServiceException"}"#, Server, "HTTP 500"),
        ("server without words", "500 Internal Server Error", "{}", Server, "(HTTP 500 without an error code)"),
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
            "HTTP 400 DeploymentDoesNotExistException: d-1; looked for it in region eu-central-1",
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
async fn an_answer_that_is_not_codedeploys_is_not_laid_at_its_door() {
    use CallErrorKind::{Refused, Server, Throttled};
    let html = "text/html; charset=utf-8";
    for (case, content_type, status, body, kind) in [
        ("a redirect to a login page", html, "302 Found", "<html>log in</html>", Refused),
        ("a proxy that forbids", html, "403 Forbidden", "<html>blocked</html>", Refused),
        ("a proxy that wants a password", html, "407 Proxy Authentication Required", "", Refused),
        ("a proxy that answers in JSON", "application/json", "403 Forbidden", r#"{"error":"blocked"}"#, Refused),
        ("a page for everybody", html, "200 OK", "<html>welcome</html>", Refused),
        ("a proxy that is busy", html, "503 Service Unavailable", "<html>busy</html>", Server),
        ("a proxy that has had enough", html, "429 Too Many Requests", "<html>enough</html>", Throttled),
    ] {
        let aws = Aws::answering_as(content_type, status, body);
        let error = Aws::client(&aws.url).await.report(&execution(), Verdict::Failed, LONG).await.unwrap_err();
        assert_eq!(error.kind, kind, "{case}: {error}");
        let media = content_type.split(';').next().unwrap();
        let words = format!(
            "HTTP {} {media}, not an answer of CodeDeploy: is a proxy or an endpoint policy in between?",
            &status[..3]
        );
        assert!(error.detail.starts_with(&words), "{case}: {error}");
        assert!(!error.to_string().contains("at AWS"), "{case}: {error}");
    }
}

#[tokio::test]
async fn an_answer_cut_off_is_asked_for_again() {
    let aws = Aws::answering("200 OK", r#"{"lifecycleEventHookEx"#);
    let error = Aws::client(&aws.url).await.report(&execution(), Verdict::Failed, LONG).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Server, "{error}");
    assert!(error.detail.starts_with("HTTP 200, an answer that cannot be read: "), "{error}");
}

#[tokio::test]
async fn a_signature_that_aws_does_not_accept_points_to_credentials_and_clock() {
    const CLOCK: &str = "this machine's clock";
    const CREDENTIALS: &str = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN";
    for (body, parts) in [
        (r#"{"__type":"InvalidSignatureException","message":"Signature expired"}"#, &[CLOCK, CREDENTIALS][..]),
        (r#"{"__type":"SignatureDoesNotMatch"}"#, &[CLOCK, CREDENTIALS]),
        (r#"{"__type":"RequestExpired"}"#, &[CLOCK]),
        (r#"{"__type":"ExpiredTokenException","message":"expired"}"#, &[CREDENTIALS]),
        (r#"{"__type":"UnrecognizedClientException","message":"invalid token"}"#, &[CREDENTIALS]),
    ] {
        let aws = Aws::answering("403 Forbidden", body);
        let error = Aws::client(&aws.url).await.report(&execution(), Verdict::Failed, LONG).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Refused, "{error}");
        for part in parts {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}

#[tokio::test]
async fn what_is_not_set_is_named_with_what_to_do() {
    let aws = Aws::answering("200 OK", "{}");
    for (case, set, sentence) in [
        (
            "nothing is set",
            &[][..],
            "AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: Lambda sets them; elsewhere set them",
        ),
        (
            "no region",
            &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
            "AWS_REGION is not set: Lambda sets it; elsewhere set it",
        ),
        (
            "no credentials",
            &["AWS_DEFAULT_REGION"],
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: Lambda sets them; elsewhere set them",
        ),
        (
            "half of the credentials",
            &["AWS_REGION", "AWS_ACCESS_KEY_ID"],
            "AWS_SECRET_ACCESS_KEY is not set: Lambda sets it; elsewhere set it",
        ),
    ] {
        let unset = unset(|name| set.contains(&name).then(|| "something".to_owned()));
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .no_credentials()
            .endpoint_url(&aws.url);
        let error = CodeDeploy::load(loader, unset).await.deployment("d-1").await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::NotConfigured, "{case}: {error}");
        assert_eq!(error.detail, sentence, "{case}");
    }
    assert_eq!(unset(|name| (name != "AWS_SESSION_TOKEN").then(|| "something".to_owned())), [""; 0]);
    assert_eq!(
        unset(|name| Some(if name == "AWS_ACCESS_KEY_ID" { " " } else { "x" }.to_owned())),
        ["AWS_ACCESS_KEY_ID"]
    );
}

#[tokio::test]
async fn a_deployment_that_is_not_told_is_no_deployment() {
    let aws = Aws::answering("200 OK", "{}");
    let error = Aws::client(&aws.url).await.deployment("d-1").await.unwrap_err();
    assert_eq!((error.action, error.kind), ("codedeploy:GetDeployment", CallErrorKind::Server), "{error}");
    assert!(error.detail.contains("held no deploymentInfo"), "{error}");
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

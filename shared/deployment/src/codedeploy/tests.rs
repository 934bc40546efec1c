//! How the calls fare against a server that answers as AWS does, badly, or not at all.

use std::net::TcpListener;

use super::*;
use crate::call::CallErrorKind;
use crate::stand_in::{Answer, StandIn, aws_at};

async fn client(server: &StandIn) -> CodeDeploy {
    CodeDeploy::new(&server.aws().await)
}

fn execution() -> HookExecution {
    HookExecution { deployment_id: "d-1".into(), hook_execution_id: "eyJvcGFxdWU=".into() }
}

const LONG: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_verdict_is_one_signed_json_call() {
    let aws = StandIn::answering("200 OK", r#"{"lifecycleEventHookExecutionId":"x"}"#);
    let client = client(&aws).await;
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
        let aws = StandIn::answering(status, body);
        let error = client(&aws).await.report(&execution(), Verdict::Failed, LONG).await.unwrap_err();
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
        let aws = StandIn::serving(move |_| Answer::new(content_type, status, body));
        let error = client(&aws).await.report(&execution(), Verdict::Failed, LONG).await.unwrap_err();
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
    let aws = StandIn::answering("200 OK", r#"{"lifecycleEventHookEx"#);
    let error = client(&aws).await.report(&execution(), Verdict::Failed, LONG).await.unwrap_err();
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
        let aws = StandIn::answering("403 Forbidden", body);
        let error = client(&aws).await.report(&execution(), Verdict::Failed, LONG).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Refused, "{error}");
        for part in parts {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}

#[tokio::test]
async fn a_deployment_that_is_not_told_is_no_deployment() {
    let aws = StandIn::answering("200 OK", "{}");
    let error = client(&aws).await.deployment("d-1").await.unwrap_err();
    assert_eq!((error.action, error.kind), ("codedeploy:GetDeployment", CallErrorKind::Server), "{error}");
    assert!(error.detail.contains("held no deploymentInfo"), "{error}");
}

#[tokio::test]
async fn a_verdict_for_a_completed_event_is_done() {
    for body in [
        r#"{"__type":"LifecycleEventAlreadyCompletedException","message":"done"}"#,
        r#"{"__type":"com.amazonaws.codedeploy#LifecycleEventAlreadyCompletedException","message":"done"}"#,
    ] {
        let aws = StandIn::answering("400 Bad Request", body);
        let delivery = client(&aws).await.report(&execution(), Verdict::Failed, LONG).await;
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
        let client = CodeDeploy::new(&aws_at(&format!("http://{address}")).await);
        let error = client.report(&execution(), Verdict::Failed, Duration::from_millis(200)).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Unreachable, "{case}: {error}");
        assert!(error.to_string().contains("NAT gateway"), "{case}: {error}");
        assert!(started.elapsed() < Duration::from_secs(3), "{case}");
    }
}

#[tokio::test]
async fn a_deployment_is_read_as_aws_writes_it() {
    let aws = StandIn::answering(
        "200 OK",
        r#"{"deploymentInfo":{"deploymentId":"d-1","applicationName":"shop","deploymentGroupName":"prod","status":"InProgress",
            "creator":"codeDeployRollback","computePlatform":"ECS",
            "autoRollbackConfiguration":{"enabled":true,"events":["DEPLOYMENT_FAILURE"]},"createTime":1.5E9,
            "loadBalancerInfo":{"targetGroupPairInfoList":[{"targetGroups":[{"name":"one"},{"name":"two"}],
              "prodTrafficRoute":{"listenerArns":["arn:production"]},"testTrafficRoute":{"listenerArns":["arn:test"]}}]}}}"#,
    );
    let deployment = client(&aws).await.deployment("d-1").await.unwrap();
    assert_eq!((deployment.application.as_str(), deployment.group.as_str()), ("shop", "prod"));
    assert!(deployment.is_rollback() && deployment.rolls_back_on_failure && !deployment.has_ended());
    assert_eq!(deployment.test_listener.as_deref(), Some("arn:test"));
    assert_eq!(deployment.production_listener.as_deref(), Some("arn:production"));
}

#[tokio::test]
async fn a_deployment_without_a_test_listener_has_none() {
    for info in [
        "{}",
        r#"{"targetGroupPairInfoList":[]}"#,
        r#"{"targetGroupPairInfoList":[{"prodTrafficRoute":{"listenerArns":[]},"testTrafficRoute":{"listenerArns":[]}}]}"#,
        r#"{"targetGroupPairInfoList":[{"targetGroups":[{"name":"one"}]}]}"#,
    ] {
        let body = format!(r#"{{"deploymentInfo":{{"deploymentId":"d-1","loadBalancerInfo":{info}}}}}"#);
        let aws = StandIn::serving(move |_| Answer::json("200 OK", body.clone()));
        let deployment = client(&aws).await.deployment("d-1").await.unwrap();
        assert_eq!((deployment.test_listener, deployment.production_listener), (None, None), "{info}");
    }
}

#[tokio::test]
async fn a_target_is_read_as_aws_writes_it() {
    let aws = StandIn::answering(
        "200 OK",
        r#"{"deploymentTarget":{"deploymentTargetType":"ECSTarget","ecsTarget":{
            "lifecycleEvents":[{"lifecycleEventName":"AfterInstall","status":"InProgress"}],
            "taskSetsInfo":[
              {"identifer":"ecs-svc/1","desiredCount":2,"pendingCount":0,"runningCount":2,"status":"PRIMARY","trafficWeight":100.0,"targetGroup":{"name":"one"},"taskSetLabel":"Blue"},
              {"identifer":"ecs-svc/2","desiredCount":2,"pendingCount":1,"runningCount":1,"status":"ACTIVE","trafficWeight":0.0,"targetGroup":{"name":"two"},"taskSetLabel":"Green"}]}}}"#,
    );
    let target = client(&aws).await.target("d-1", "cluster:service").await.unwrap().unwrap();
    assert_eq!(target.event("AfterInstall").map(|event| event.status.as_str()), Some("InProgress"));
    let green = target.green().unwrap();
    assert_eq!((green.id.as_str(), green.desired, green.running, green.pending), ("ecs-svc/2", 2, 1, 1));
    assert!(!green.is_steady());
}

//! How the reads of a hook fare against a server that answers as each service does, badly, or not at all.

use std::net::TcpListener;
use std::time::Duration;

use super::*;
use crate::call::CallErrorKind;
use crate::stand_in::{Answer, StandIn, aws_at};

const ARN: &str = "arn:aws:x:eu-central-1:1:thing";

/// Every read, with what its error names as asked about.
const READS: [(&str, &str); 11] = [
    ("codedeploy:GetDeployment", "deployment d-1"),
    ("codedeploy:ListDeploymentTargets", "deployment d-1"),
    ("codedeploy:GetDeploymentTarget", "deployment d-1"),
    ("ecs:DescribeServices", "service prod/orders"),
    ("ecs:DescribeTaskDefinition", ARN),
    ("elasticloadbalancing:DescribeListeners", "listener arn:aws:x:eu-central-1:1:thing, app/orders/1/2"),
    ("elasticloadbalancing:DescribeLoadBalancers", ARN),
    ("elasticloadbalancing:DescribeTargetGroups", ARN),
    ("elasticloadbalancing:DescribeTargetHealth", ARN),
    ("ssm:GetParameters", "parameter /orders/key"),
    ("s3:GetObject", "s3://suites/orders.yml"),
];

async fn read(reader: &DeploymentReader, action: &str) -> Known<()> {
    match action {
        "codedeploy:GetDeployment" => reader.deployment().await.map(drop),
        "codedeploy:ListDeploymentTargets" => reader.target_id().await.map(drop),
        "codedeploy:GetDeploymentTarget" => reader.target().await.map(drop),
        "ecs:DescribeServices" => reader.service().await.map(drop),
        "ecs:DescribeTaskDefinition" => reader.task_definition(ARN).await.map(drop),
        "elasticloadbalancing:DescribeListeners" => reader
            .listeners(&[
                ARN.to_owned(),
                "arn:aws:elasticloadbalancing:eu-central-1:1:listener/app/orders/1/2".to_owned(),
            ])
            .await
            .map(drop),
        "elasticloadbalancing:DescribeLoadBalancers" => reader.load_balancer(ARN).await.map(drop),
        "elasticloadbalancing:DescribeTargetGroups" => reader.target_group(ARN).await.map(drop),
        "elasticloadbalancing:DescribeTargetHealth" => reader.target_health(ARN).await.map(drop),
        "ssm:GetParameters" => reader.parameters(&["/orders/key".to_owned()]).await.map(drop),
        "s3:GetObject" => reader.object("suites", "orders.yml", 1024).await.map(drop),
        other => unreachable!("{other}"),
    }
}

/// A server that answers the reads of one action as it is told, and tells the target to those that need it.
fn serving(action: &'static str, answer: Answer) -> StandIn {
    StandIn::serving(move |request| {
        let asks_for_targets = request.contains("CodeDeploy_20141006.ListDeploymentTargets");
        if asks_for_targets && action != "codedeploy:ListDeploymentTargets" {
            Answer::json("200 OK", r#"{"targetIds":["prod:orders"]}"#)
        } else {
            answer.clone()
        }
    })
}

/// An error in the words of the action's service.
fn refusal(action: &str, status: &'static str, code: &str) -> Answer {
    match action.split(':').next() {
        Some("elasticloadbalancing") => Answer::xml(
            status,
            format!(
                r#"<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>Sender</Type>
                <Code>{code}</Code><Message>it said</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"#
            ),
        ),
        Some("s3") => Answer::new(
            "application/xml",
            status,
            format!(
                r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>it said</Message></Error>"#
            ),
        ),
        _ => Answer::json(status, format!(r#"{{"__type":"{code}","message":"it said"}}"#)),
    }
}

/// The error of one read, and how often it was tried.
async fn failed(action: &'static str, answer: Answer) -> (CallError, usize) {
    let server = serving(action, answer);
    let reader = DeploymentReader::new(&server.aws().await, "d-1");
    let error = read(&reader, action).await.expect_err(action);
    let is_other = |request: &&String| {
        request.contains("CodeDeploy_20141006.ListDeploymentTargets") && action != "codedeploy:ListDeploymentTargets"
    };
    let tries = server.asked().iter().filter(|request| !is_other(request)).count();
    (error, tries)
}

#[tokio::test]
async fn what_is_denied_names_the_action_and_what_was_asked_about() {
    for (action, resource) in READS {
        let is_xml = action.starts_with("elastic") || action.starts_with("s3");
        let (status, code) =
            if is_xml { ("403 Forbidden", "AccessDenied") } else { ("400 Bad Request", "AccessDeniedException") };
        let (error, tries) = failed(action, refusal(action, status, code)).await;
        assert_eq!(error.unknown(), format!("unknown (AccessDenied: {action}, {resource})"));
        assert!(error.to_string().contains("allow it in the function's role"), "{error}");
        assert!(error.detail.contains("it said"), "{error}");
        assert_eq!(tries, 1, "{action}: trying again changes nothing");
    }
}

#[tokio::test]
async fn what_is_throttled_or_broken_is_tried_three_times() {
    use CallErrorKind::{Server, Throttled};
    for (action, _) in READS {
        let (throttled, broken) = match action.split(':').next() {
            Some("elasticloadbalancing") => {
                (("400 Bad Request", "Throttling"), ("500 Internal Server Error", "InternalFailure"))
            }
            Some("s3") => (("503 Slow Down", "SlowDown"), ("500 Internal Server Error", "InternalError")),
            _ => (("400 Bad Request", "ThrottlingException"), ("500 Internal Server Error", "InternalServerError")),
        };
        for ((status, code), kind) in [(throttled, Throttled), (broken, Server)] {
            let (error, tries) = failed(action, refusal(action, status, code)).await;
            assert_eq!((error.action, error.kind, tries), (action, kind, 8), "{error}");
            assert!(error.detail.ends_with(&format!("{code}: it said")), "{error}");
        }
    }
}

#[tokio::test]
async fn an_answer_of_somebody_else_names_the_service_that_was_meant() {
    for (action, service) in [
        ("codedeploy:GetDeployment", "CodeDeploy"),
        ("ecs:DescribeServices", "ECS"),
        ("elasticloadbalancing:DescribeListeners", "Elastic Load Balancing"),
        ("ssm:GetParameters", "Systems Manager"),
        ("s3:GetObject", "S3"),
    ] {
        for media in ["text/html", "application/xhtml+xml"] {
            let (error, tries) = failed(action, Answer::new(media, "403 Forbidden", "<html>blocked</html>")).await;
            let words =
                format!("HTTP 403 {media}, not an answer of {service}: is a proxy or an endpoint policy in between?");
            assert_eq!((error.kind, error.detail, tries), (CallErrorKind::Refused, words, 1), "{action}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_the_servers_fault() {
    for (action, answer) in [
        ("ecs:DescribeServices", Answer::json("200 OK", r#"{"services":[{"#)),
        ("ssm:GetParameters", Answer::json("200 OK", r#"{"Parameters":[{"#)),
        ("elasticloadbalancing:DescribeListeners", Answer::xml("200 OK", "<DescribeListenersResponse><Describe")),
    ] {
        let (error, _) = failed(action, answer).await;
        assert_eq!(error.kind, CallErrorKind::Server, "{error}");
        assert!(error.detail.starts_with("HTTP 200, an answer that cannot be read: "), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_tell_says_what_it_lacks() {
    let xml = |action: &str| {
        Answer::xml("200 OK", format!("<{action}Response><{action}Result></{action}Result></{action}Response>"))
    };
    for (action, answer, lacks) in [
        ("codedeploy:GetDeployment", Answer::json("200 OK", "{}"), "the answer held no deploymentInfo"),
        ("ecs:DescribeServices", Answer::json("200 OK", "{}"), "the answer held no such service (no reason)"),
        (
            "ecs:DescribeServices",
            Answer::json("200 OK", r#"{"services":[],"failures":[{"arn":"arn:s","reason":"MISSING"}]}"#),
            "the answer held no such service (MISSING)",
        ),
        ("ecs:DescribeTaskDefinition", Answer::json("200 OK", "{}"), "the answer held no taskDefinition"),
        (
            "elasticloadbalancing:DescribeLoadBalancers",
            xml("DescribeLoadBalancers"),
            "the answer held no such load balancer",
        ),
        (
            "elasticloadbalancing:DescribeTargetGroups",
            xml("DescribeTargetGroups"),
            "the answer held no such target group",
        ),
    ] {
        let (error, _) = failed(action, answer).await;
        assert_eq!((error.kind, error.detail.as_str()), (CallErrorKind::Server, lacks), "{action}");
    }
}

#[tokio::test]
async fn what_does_not_exist_names_the_region_it_was_looked_for_in() {
    for (action, code) in [
        ("codedeploy:GetDeployment", "DeploymentDoesNotExistException"),
        ("ecs:DescribeServices", "ClusterNotFoundException"),
        ("elasticloadbalancing:DescribeListeners", "ListenerNotFound"),
        ("elasticloadbalancing:DescribeLoadBalancers", "LoadBalancerNotFound"),
        ("elasticloadbalancing:DescribeTargetHealth", "TargetGroupNotFound"),
    ] {
        let (error, _) = failed(action, refusal(action, "400 Bad Request", code)).await;
        assert_eq!(error.kind, CallErrorKind::Refused, "{error}");
        assert_eq!(error.detail, format!("HTTP 400 {code}: it said; looked for it in region eu-central-1"));
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up_by_every_read() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let aws = aws_at(&format!("http://{}", silent.local_addr().unwrap())).await;
    let reader = DeploymentReader::new(&aws.with_attempt_limit(Duration::from_millis(20)), "d-1");
    for (action, _) in READS {
        let error = read(&reader, action).await.expect_err(action);
        assert_eq!((error.kind, error.detail.as_str()), (CallErrorKind::Unreachable, "no answer in time"), "{action}");
        assert!(error.to_string().contains("NAT gateway"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_taken_in() {
    let endless = "x".repeat(8 * 1024 * 1024 + 1);
    for action in ["ecs:DescribeServices", "s3:GetObject"] {
        let (error, tries) = failed(action, Answer::json("200 OK", endless.clone())).await;
        let words = "the answer is longer than 8 MiB, and was not taken in";
        assert_eq!((error.kind, error.detail.as_str(), tries), (CallErrorKind::Refused, words, 1), "{action}");
    }
}

#[tokio::test]
async fn the_target_is_asked_for_once_however_many_wait_for_it() {
    let server = StandIn::serving(|request| {
        if request.contains("ListDeploymentTargets") {
            Answer::json("200 OK", r#"{"targetIds":["prod:orders"]}"#)
        } else if request.contains("DescribeServices") {
            Answer::json("200 OK", r#"{"services":[{"serviceName":"orders"}]}"#)
        } else {
            Answer::json("200 OK", "{}")
        }
    });
    let reader = DeploymentReader::new(&server.aws().await, "d-1");
    let (id, target, service) = tokio::join!(reader.target_id(), reader.target(), reader.service());
    assert_eq!(id.unwrap().as_deref(), Some("prod:orders"));
    assert_eq!(target, Ok(None), "a target that is no ECS service");
    let service = service.unwrap();
    assert_eq!((service.cluster.as_str(), service.name.as_str()), ("prod", "orders"));
    assert!(reader.target().await.is_ok());
    let asked = server.asked().iter().filter(|request| request.contains("ListDeploymentTargets")).count();
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_denied_target_is_asked_for_once_and_a_throttled_one_again() {
    for (code, calls) in [("AccessDeniedException", 1), ("ThrottlingException", 16)] {
        let server = StandIn::serving(move |_| Answer::json("400 Bad Request", format!(r#"{{"__type":"{code}"}}"#)));
        let reader = DeploymentReader::new(&server.aws().await, "d-1");
        let (first, second) = (reader.target().await, reader.service().await);
        assert_eq!(first.unwrap_err().action, "codedeploy:ListDeploymentTargets", "{code}");
        assert_eq!(second.unwrap_err().action, "codedeploy:ListDeploymentTargets", "{code}");
        assert_eq!(server.asked().len(), calls, "{code}");
    }
}

#[tokio::test]
async fn a_deployment_without_an_ecs_service_has_nothing_to_describe() {
    for (targets, why) in
        [("[]", "the deployment has no target"), (r#"["i-0123456789"]"#, "the deployment's target is no ECS service")]
    {
        let server = serving(
            "codedeploy:ListDeploymentTargets",
            Answer::json("200 OK", format!(r#"{{"targetIds":{targets}}}"#)),
        );
        let error = DeploymentReader::new(&server.aws().await, "d-1").service().await.unwrap_err();
        assert_eq!((error.kind, error.detail.as_str()), (CallErrorKind::Absent, why));
        assert_eq!(server.asked().len(), 1, "ECS is not asked");
    }
}

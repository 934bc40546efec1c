//! What all services have in common: signatures, refusals, throttling, silence, latency, and the record.

use std::time::Duration;

use aws_sdk_codedeploy::error::ProvideErrorMetadata;
use hyper::StatusCode;
use serde_json::json;

use super::codedeploy::put;
use super::*;

#[tokio::test]
async fn codedeploy_misbehaves_as_it_is_told() {
    let denied = Refusal::denied("codedeploy:GetDeployment");
    let latency = Duration::from_millis(20);
    let misbehaviour =
        Misbehaviour { throttle_status_calls: 2, refusals: vec![denied], latency, ..Misbehaviour::default() };
    let api = started(misbehaviour).await;
    let id = api.deployment_id();

    let asked = Instant::now();
    let error = client::sdk(api.address()).get_deployment().deployment_id(&id).send().await.unwrap_err();
    assert!(asked.elapsed() >= latency);
    let error = error.into_service_error();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    let message = error.message().unwrap();
    assert!(
        message.contains("deploymentgroup:hello/hello-production"),
        "the group's ARN is what a role allows: {message}"
    );

    for event in [LifecycleEvent::AfterInstall, LifecycleEvent::BeforeAllowTraffic] {
        let hook = api.begin_hook(event);
        for _ in 0..2 {
            let error = put(&api, &id, &hook.id, "Succeeded").await.unwrap_err();
            assert_eq!(error.code(), Some("ThrottlingException"), "{event}");
        }
        put(&api, &id, &hook.id, "Succeeded").await.unwrap();
    }

    let refused = Refusal {
        action: "codedeploy:PutLifecycleEventHookExecutionStatus".into(),
        code: "UnsupportedActionForDeploymentTypeException".into(),
    };
    let api = started(Misbehaviour { refusals: vec![refused], ..Misbehaviour::default() }).await;
    let error = put(&api, &api.deployment_id(), "any", "Failed").await.unwrap_err();
    assert!(error.is_unsupported_action_for_deployment_type_exception());

    let api = started(Misbehaviour { throttle_every_second: true, ..Misbehaviour::default() }).await;
    let id = api.deployment_id();
    let list = client::sdk(api.address());
    let codes: Vec<_> = [(); 4].map(|()| list.list_deployment_targets().deployment_id(&id).send()).into();
    let mut outcomes = Vec::new();
    for call in codes {
        outcomes.push(call.await.is_ok());
    }
    assert_eq!(outcomes, [true, false, true, false]);
}

#[tokio::test]
async fn what_it_does_not_understand_is_refused_and_recorded() {
    let api = started(Misbehaviour::default()).await;
    let good = client::Raw::new(api.address());
    let unsigned = client::Raw { authorization: None, ..good.clone() };
    let other_service =
        client::Raw { authorization: Some(client::authorization("eu-central-1", "ecs")), ..good.clone() };
    let other_region =
        client::Raw { authorization: Some(client::authorization("us-east-1", "codedeploy")), ..good.clone() };
    let no_signature = client::Raw { authorization: Some("AWS4-HMAC-SHA256 Credential=a".into()), ..good.clone() };
    let unknown = client::Raw { target: Some("CodeDeploy_20141006.StopDeployment"), ..good.clone() };
    let dynamo = client::Raw { target: Some("DynamoDB_20120810.GetItem"), ..good.clone() };
    let cbor =
        client::Raw { target: None, path: "/service/CodeDeploy_20141006/operation/GetDeployment", ..good.clone() };
    let no_json = client::Raw { body: "{", ..good.clone() };
    let other_type = client::Raw { content_type: "application/cbor", ..good.clone() };
    let cases = [
        (unsigned, "MissingAuthenticationTokenException"),
        (other_service, "InvalidSignatureException"),
        (other_region, "InvalidSignatureException"),
        (no_signature, "IncompleteSignatureException"),
        (unknown, "UnknownOperationException"),
        (dynamo, "UnknownOperationException"),
        (cbor, "UnknownOperationException"),
        (no_json, "SerializationException"),
        (other_type, "SerializationException"),
    ];
    let expected: Vec<_> = cases.iter().map(|(_, code)| *code).collect();
    for (call, code) in &cases {
        let (status, body) = call.send().await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{call:?}");
        assert!(
            body.contains(&format!("#{code}\"")) || body.contains(&format!("\"{code}\"")),
            "{call:?} was answered with {body}"
        );
    }
    assert_eq!(api.calls().iter().map(|call| call.outcome.as_str()).collect::<Vec<_>>(), expected);
    let (_, body) = good.send().await;
    assert!(
        body.contains("DeploymentIdRequiredException"),
        "the same call is understood when nothing is wrong: {body}"
    );
}

/// One good call to each service, as it goes over the wire.
async fn call(api: &Aws, service: &str) -> (StatusCode, String) {
    let address = api.address();
    match service {
        "codedeploy" => {
            let input = json!({ "deploymentId": api.deployment_id() });
            client::json(address, service, "CodeDeploy_20141006.GetDeployment", &input).await
        }
        "ecs" => {
            let input = json!({ "cluster": "rehearsal", "services": ["hello"] });
            client::json(address, service, "AmazonEC2ContainerServiceV20141113.DescribeServices", &input).await
        }
        "ssm" => {
            let input = json!({ "Names": ["/hello/key"], "WithDecryption": true });
            client::json(address, service, "AmazonSSM.GetParameters", &input).await
        }
        "s3" => client::get(address, "/suites/hello.yml").await,
        _ => client::form(address, "Action=DescribeLoadBalancers&Version=2015-12-01").await,
    }
}

const ALL: [(&str, &str); 5] = [
    ("codedeploy", "codedeploy:GetDeployment"),
    ("ecs", "ecs:DescribeServices"),
    ("elasticloadbalancing", "elasticloadbalancing:DescribeLoadBalancers"),
    ("ssm", "ssm:GetParameters"),
    ("s3", "s3:GetObject"),
];

async fn with_objects(misbehaviour: Misbehaviour) -> Started {
    started_with(|scene| {
        scene.misbehaviour = misbehaviour;
        scene.parameters = vec![("/hello/key".to_owned(), "a key".to_owned())];
        scene.objects = vec![("s3://suites/hello.yml".to_owned(), b"service: hello".to_vec())];
    })
    .await
}

#[tokio::test]
async fn a_denied_action_is_said_in_the_words_of_each_protocol() {
    let refusals = ALL.map(|(_, action)| Refusal::denied(action)).to_vec();
    let api = with_objects(Misbehaviour { refusals, ..Misbehaviour::default() }).await;
    let mut answers = Vec::new();
    for (service, action) in ALL {
        let (status, body) = call(&api, service).await;
        assert!(body.contains(&format!("is not authorized to perform: {action} on resource: ")), "{service}: {body}");
        answers.push(format!("{} {body}", status.as_u16()));
    }
    insta::assert_snapshot!("denied", answers.join("\n"));
    let outcomes: Vec<_> =
        api.calls().into_iter().map(|call| format!("{}:{} {}", call.service, call.operation, call.outcome)).collect();
    assert_eq!(
        outcomes,
        [
            "codedeploy:GetDeployment AccessDeniedException",
            "ecs:DescribeServices AccessDeniedException",
            "elasticloadbalancing:DescribeLoadBalancers AccessDenied",
            "ssm:GetParameters AccessDeniedException",
            "s3:GetObject AccessDenied",
        ]
    );
}

#[tokio::test]
async fn every_second_call_of_any_service_is_throttled_in_its_own_words() {
    let api = with_objects(Misbehaviour { throttle_every_second: true, ..Misbehaviour::default() }).await;
    let expected = [
        (400, "ThrottlingException"),
        (400, "ThrottlingException"),
        (400, "<Code>Throttling<"),
        (400, "ThrottlingException"),
        (503, "<Code>SlowDown<"),
    ];
    for ((service, _), (status, code)) in ALL.into_iter().zip(expected) {
        assert_eq!(call(&api, service).await.0, StatusCode::OK, "{service}");
        let (throttled, body) = call(&api, service).await;
        assert_eq!(throttled.as_u16(), status, "{service}");
        assert!(body.contains(code), "{service}: {body}");
    }
}

#[tokio::test]
async fn servers_fail_with_their_own_status() {
    let refusals =
        ALL.map(|(_, action)| Refusal { action: action.to_owned(), code: "InternalFailure".to_owned() }).to_vec();
    let api = with_objects(Misbehaviour { refusals, ..Misbehaviour::default() }).await;
    for (service, _) in ALL {
        assert_eq!(call(&api, service).await.0, StatusCode::INTERNAL_SERVER_ERROR, "{service}");
    }
}

#[tokio::test]
async fn a_silent_action_is_recorded_and_never_answered() {
    let silent = vec!["ecs:DescribeServices".to_owned()];
    let api = with_objects(Misbehaviour { silent, ..Misbehaviour::default() }).await;
    let asked = tokio::time::timeout(Duration::from_millis(100), call(&api, "ecs")).await;
    assert!(asked.is_err());
    assert_eq!(api.calls()[0].outcome, "no answer");
    assert_eq!(call(&api, "ssm").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_signature_for_another_service_is_refused() {
    let api = with_objects(Misbehaviour::default()).await;
    let input = json!({ "cluster": "rehearsal", "services": ["hello"] });
    let target = "AmazonEC2ContainerServiceV20141113.DescribeServices";
    let (status, body) = client::json(api.address(), "codedeploy", target, &input).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("Credential should be scoped to correct service: 'ecs'."), "{body}");
}

#[tokio::test]
async fn exchanges_are_kept_as_they_went_over_the_wire_when_that_is_asked_for() {
    let api = started_with(|scene| scene.keep_exchanges = true).await;
    let (_, body) = call(&api, "elasticloadbalancing").await;
    call(&api, "s3").await;
    let exchanges = api.exchanges();
    let [balancers, object] = &exchanges[..] else { panic!("two exchanges, not {}", exchanges.len()) };
    assert_eq!(
        (balancers.service.as_str(), balancers.operation.as_str()),
        ("elasticloadbalancing", "DescribeLoadBalancers")
    );
    assert_eq!((balancers.method.as_str(), balancers.uri.as_str(), balancers.status), ("POST", "/", 200));
    assert_eq!(balancers.request_body, b"Action=DescribeLoadBalancers&Version=2015-12-01");
    assert_eq!(balancers.response_body, body.as_bytes());
    assert!(balancers.request_headers.iter().any(|(name, _)| name == "authorization"));
    assert!(balancers.response_headers.contains(&("content-type".to_owned(), "text/xml".to_owned())));
    assert_eq!(
        (object.operation.as_str(), object.uri.as_str(), object.status),
        ("GetObject", "/suites/hello.yml", 404)
    );
    assert_eq!(api.calls()[1].outcome, "NoSuchBucket");

    let api = started(Misbehaviour::default()).await;
    call(&api, "elasticloadbalancing").await;
    assert!(api.exchanges().is_empty());
}

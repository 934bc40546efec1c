//! The API as its clients see it: the AWS SDK reads every shape, and every error comes out typed as documented.

mod client;

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use aws_sdk_codedeploy::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_codedeploy::operation::put_lifecycle_event_hook_execution_status::PutLifecycleEventHookExecutionStatusError as PutError;
use aws_sdk_codedeploy::types::{
    ComputePlatform, DeploymentCreator, DeploymentStatus as Status, LifecycleEventStatus, TargetLabel,
};
use greenlight_deployment::Verdict;
use hyper::StatusCode;

use super::*;
use crate::load_balancer::{Forward, LoadBalancer, TargetGroup};
use crate::settings::Shift;
use crate::task_definition::TaskDefinition;
use crate::task_set::health_check;
use crate::unknowns::Unknowns;

const APPSPEC: &str = "version: 0.0\n";

/// A running API, with what it needs to live.
struct Started {
    api: Aws,
    _balancer: LoadBalancer,
}

impl std::ops::Deref for Started {
    type Target = Aws;

    fn deref(&self) -> &Aws {
        &self.api
    }
}

/// The API of a deployment whose two listeners serve blue.
async fn started(misbehaviour: Misbehaviour) -> Started {
    started_with(|scene| scene.misbehaviour = misbehaviour).await
}

async fn started_with(change: impl FnOnce(&mut Scene)) -> Started {
    let tasks = NonZeroU32::new(2).unwrap();
    let identity = Identity::of("hello", "eu-central-1", "123456789012", APPSPEC, tasks);
    let group = |name: &str, arn: &str| TargetGroup::with_arn(name, arn, Some(health_check()));
    let blue = group(&identity.blue_target_group, &identity.blue_target_group_arn());
    let green = group(&identity.green_target_group, &identity.green_target_group_arn());
    let balancer = LoadBalancer::start().await.unwrap();
    let serves_blue = Forward::new([(blue.clone(), 100), (green.clone(), 0)]);
    let listen = || balancer.listen("127.0.0.1:0".parse().unwrap(), serves_blue.clone());
    let definition = TaskDefinition::read(
        crate::example::TASK_DEFINITION,
        &greenlight_deployment::appspec::Service {
            task_definition: "arn:aws:ecs:eu-central-1:123456789012:task-definition/hello:42".into(),
            container_name: "web".into(),
            container_port: 80,
        },
    )
    .unwrap();
    let mut scene = Scene {
        identity,
        balancer: Balancer {
            production: listen().await.unwrap(),
            test: listen().await.unwrap(),
            blue,
            green,
            page_size: None,
        },
        blue: definition.before("initial"),
        green: definition,
        shift: Shift::AllAtOnce,
        unknowns: Unknowns::default(),
        misbehaviour: Misbehaviour::default(),
        began: Instant::now(),
        keep_exchanges: false,
        parameters: Vec::new(),
        objects: Vec::new(),
    };
    change(&mut scene);
    Started { api: Aws::start(scene).await.unwrap(), _balancer: balancer }
}

async fn put(api: &Aws, deployment: &str, execution: &str, status: &str) -> Result<(), PutError> {
    let call = client::sdk(api.address())
        .put_lifecycle_event_hook_execution_status()
        .deployment_id(deployment)
        .lifecycle_event_hook_execution_id(execution)
        .status(LifecycleEventStatus::from(status))
        .send()
        .await;
    call.map(|_| ()).map_err(SdkError::into_service_error)
}

#[tokio::test]
async fn the_sdk_reads_a_deployment_while_a_hook_is_asked() {
    let api = started(Misbehaviour::default()).await;
    let id = api.deployment_id();
    api.end(LifecycleEvent::BeforeInstall, StepStatus::Skipped);
    api.begin(LifecycleEvent::Install);
    api.green_runs(1, 2);
    api.end(LifecycleEvent::Install, StepStatus::Succeeded);
    let _hook = api.begin_hook(LifecycleEvent::AfterInstall);
    let sdk = client::sdk(api.address());

    let info = sdk.get_deployment().deployment_id(&id).send().await.unwrap().deployment_info.unwrap();
    assert_eq!(info.deployment_id(), Some(id.as_str()));
    assert_eq!(info.compute_platform(), Some(&ComputePlatform::Ecs));
    assert_eq!(info.status(), Some(&Status::InProgress));
    assert_eq!(info.creator(), Some(&DeploymentCreator::User));
    assert!(info.create_time().unwrap().secs() > 1_700_000_000, "seconds, not milliseconds");
    assert!(info.auto_rollback_configuration().unwrap().enabled());
    let revision = info.revision().unwrap().clone();
    assert_eq!(revision.app_spec_content().unwrap().content(), None, "the content is in GetApplicationRevision alone");
    let pair = &info.load_balancer_info().unwrap().target_group_pair_info_list()[0];
    let groups: Vec<_> = pair.target_groups().iter().filter_map(|group| group.name()).collect();
    assert_eq!(groups, ["hello-blue", "hello-green"]);
    assert_eq!(pair.test_traffic_route().unwrap().listener_arns().len(), 1);
    assert_eq!(pair.prod_traffic_route().unwrap().listener_arns().len(), 1);

    let targets = sdk.list_deployment_targets().deployment_id(&id).send().await.unwrap();
    assert_eq!(targets.target_ids(), ["rehearsal:hello"]);
    let one = sdk.get_deployment_target().deployment_id(&id).target_id("rehearsal:hello").send().await.unwrap();
    let many =
        sdk.batch_get_deployment_targets().deployment_id(&id).target_ids("rehearsal:hello").send().await.unwrap();
    assert_eq!(many.deployment_targets(), [one.deployment_target.clone().unwrap()]);
    let service = one.deployment_target.unwrap().ecs_target.unwrap();
    let events: Vec<_> = service
        .lifecycle_events()
        .iter()
        .map(|event| format!("{} {}", event.lifecycle_event_name().unwrap(), event.status().unwrap()))
        .collect();
    assert_eq!(
        events,
        [
            "BeforeInstall Skipped",
            "Install Succeeded",
            "AfterInstall InProgress",
            "AllowTestTraffic Pending",
            "AfterAllowTestTraffic Pending",
            "BeforeAllowTraffic Pending",
            "AllowTraffic Pending",
            "AfterAllowTraffic Pending",
        ]
    );
    let [blue, green] = service.task_sets_info() else { panic!("two task sets") };
    assert_eq!((blue.task_set_label(), blue.traffic_weight()), (Some(&TargetLabel::Blue), 100.0));
    assert_eq!((green.task_set_label(), green.traffic_weight()), (Some(&TargetLabel::Green), 0.0));
    assert_eq!((green.desired_count(), green.running_count(), green.pending_count()), (2, 1, 1));
    assert!(green.identifer().unwrap().starts_with("ecs-svc/"), "`identifer` is the API's own spelling");
    assert_eq!(green.target_group().unwrap().name(), Some("hello-green"));

    let group = sdk.get_deployment_group().application_name("hello").deployment_group_name("hello-production");
    let group = group.send().await.unwrap().deployment_group_info.unwrap();
    assert_eq!(group.ecs_services()[0].cluster_name(), Some("rehearsal"));
    let content = sdk.get_application_revision().application_name("hello").revision(revision).send().await.unwrap();
    assert_eq!(content.revision.unwrap().app_spec_content.unwrap().content(), Some(APPSPEC));
}

#[tokio::test]
async fn a_failed_deployment_and_its_rollback_name_each_other() {
    let api = started(Misbehaviour::default()).await;
    let failed = api.deployment_id();
    let error = ErrorInformation { code: "HOOK_EXECUTION_FAILURE".into(), message: "it failed".into() };
    api.finish(DeploymentStatus::Failed, Some(error));
    let rollback = api.roll_back();

    let sdk = client::sdk(api.address());
    let info = sdk.get_deployment().deployment_id(&failed).send().await.unwrap().deployment_info.unwrap();
    assert_eq!(info.status(), Some(&Status::Failed));
    assert_eq!(info.error_information().unwrap().code().unwrap().as_str(), "HOOK_EXECUTION_FAILURE");
    assert_eq!(info.rollback_info().unwrap().rollback_deployment_id(), Some(rollback.as_str()));
    let info = sdk.get_deployment().deployment_id(&rollback).send().await.unwrap().deployment_info.unwrap();
    assert_eq!(info.creator(), Some(&DeploymentCreator::CodeDeployRollback));
    assert_eq!(info.rollback_info().unwrap().rollback_triggering_deployment_id(), Some(failed.as_str()));
}

#[tokio::test]
async fn the_first_verdict_decides_and_later_ones_are_told_so() {
    let api = started(Misbehaviour::default()).await;
    let id = api.deployment_id();
    let hook = api.begin_hook(LifecycleEvent::BeforeAllowTraffic);
    put(&api, &id, &hook.id, "Failed").await.unwrap();
    assert_eq!(*hook.verdict.borrow(), Some(Verdict::Failed));
    for status in ["Failed", "Succeeded"] {
        let error = put(&api, &id, &hook.id, status).await.unwrap_err();
        assert!(matches!(error, PutError::LifecycleEventAlreadyCompletedException(_)), "{status}: {error:?}");
    }
    assert_eq!(*hook.verdict.borrow(), Some(Verdict::Failed));
    let puts: Vec<_> = api.calls().into_iter().map(|call| (call.outcome, call.status.unwrap())).collect();
    let already = || "LifecycleEventAlreadyCompletedException".to_owned();
    assert_eq!(puts, [("ok".into(), "Failed".into()), (already(), "Failed".into()), (already(), "Succeeded".into())]);
}

#[tokio::test]
async fn every_refusal_of_a_verdict_is_typed_as_documented() {
    let api = started(Misbehaviour::default()).await;
    let id = api.deployment_id();
    let hook = api.begin_hook(LifecycleEvent::AfterInstall);
    let cases = [
        ("", hook.id.as_str(), "Succeeded", "DeploymentIdRequiredException"),
        ("deployment", &hook.id, "Succeeded", "InvalidDeploymentIdException"),
        ("d-000000000", &hook.id, "Succeeded", "DeploymentDoesNotExistException"),
        (&id, "another", "Succeeded", "InvalidLifecycleEventHookExecutionIdException"),
        (&id, &hook.id, "InProgress", "InvalidLifecycleEventHookExecutionStatusException"),
    ];
    for (deployment, execution, status, expected) in cases {
        let error = put(&api, deployment, execution, status).await.unwrap_err();
        assert_eq!(error.code(), Some(expected));
        let is_typed = match expected {
            "DeploymentIdRequiredException" => error.is_deployment_id_required_exception(),
            "InvalidDeploymentIdException" => error.is_invalid_deployment_id_exception(),
            "DeploymentDoesNotExistException" => error.is_deployment_does_not_exist_exception(),
            "InvalidLifecycleEventHookExecutionIdException" => {
                error.is_invalid_lifecycle_event_hook_execution_id_exception()
            }
            _ => error.is_invalid_lifecycle_event_hook_execution_status_exception(),
        };
        assert!(is_typed, "{expected}: {error:?}");
    }
    assert_eq!(*hook.verdict.borrow(), None);
}

#[tokio::test]
async fn it_misbehaves_as_it_is_told() {
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

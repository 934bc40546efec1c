//! CodeDeploy as its clients see it: the AWS SDK reads every shape, and every error comes out typed as documented.

use aws_sdk_codedeploy::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_codedeploy::operation::put_lifecycle_event_hook_execution_status::PutLifecycleEventHookExecutionStatusError as PutError;
use aws_sdk_codedeploy::types::{
    ComputePlatform, DeploymentCreator, DeploymentStatus as Status, LifecycleEventStatus, TargetLabel,
};
use greenlight_deployment::Verdict;

use super::*;
use crate::unknowns::{ReadyWait, Repeated};

pub(super) async fn put(api: &Aws, deployment: &str, execution: &str, status: &str) -> Result<(), PutError> {
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
async fn the_open_questions_are_answered_both_ways() {
    let api = started_with(|scene| {
        scene.unknowns = Unknowns {
            repeated_status: Repeated::Accepted,
            event_visible_after: Duration::from_millis(100),
            hookless_succeed: true,
            ready_wait: ReadyWait::BeforeTheHook,
            ..Unknowns::default()
        };
    })
    .await;
    let id = api.deployment_id();
    let sdk = client::sdk(api.address());
    let event = |number: usize| {
        let asked = sdk.get_deployment_target().deployment_id(&id).target_id("rehearsal:hello").send();
        async move {
            let target = asked.await.unwrap().deployment_target.unwrap().ecs_target.unwrap();
            target.lifecycle_events()[number].status().unwrap().as_str().to_owned()
        }
    };
    api.pass(LifecycleEvent::BeforeInstall);
    assert_eq!(event(0).await, "Succeeded");
    let hook = api.begin_hook(LifecycleEvent::AfterInstall);
    assert_eq!(event(2).await, "Pending", "it shows late");
    tokio::time::sleep(Duration::from_millis(110)).await;
    assert_eq!(event(2).await, "InProgress");
    put(&api, &id, &hook.id, "Succeeded").await.unwrap();
    put(&api, &id, &hook.id, "Succeeded").await.unwrap();
    let error = put(&api, &id, &hook.id, "Failed").await.unwrap_err();
    assert!(error.is_lifecycle_event_already_completed_exception(), "another status is refused all the same");

    let info = || async { sdk.get_deployment().deployment_id(&id).send().await.unwrap().deployment_info.unwrap() };
    let wait = info().await.blue_green_deployment_configuration.unwrap().deployment_ready_option.unwrap();
    assert_eq!(wait.action_on_timeout().unwrap().as_str(), "STOP_DEPLOYMENT");
    api.waits(true);
    assert_eq!(info().await.status(), Some(&Status::Ready));
    api.waits(false);
    assert_eq!(info().await.status(), Some(&Status::InProgress));
}

#[tokio::test]
async fn a_rollback_with_hooks_is_the_deployment_that_is_played_from_then_on() {
    let api = started(Misbehaviour::default()).await;
    let failed = api.deployment_id();
    api.green_runs(2, 2);
    api.finish(DeploymentStatus::Failed, None);
    api.green_is_gone();
    let rollback = api.begin_rollback();
    assert_eq!(api.deployment_id(), rollback);
    let hook = api.begin_hook(LifecycleEvent::AfterInstall);
    put(&api, &rollback, &hook.id, "Succeeded").await.unwrap();
    let sdk = client::sdk(api.address());
    let info = sdk.get_deployment().deployment_id(&rollback).send().await.unwrap().deployment_info.unwrap();
    assert_eq!(
        (info.creator(), info.status()),
        (Some(&DeploymentCreator::CodeDeployRollback), Some(&Status::InProgress))
    );
    assert_eq!(info.rollback_info().unwrap().rollback_triggering_deployment_id(), Some(failed.as_str()));
}

//! How deployments look in the API's answers.
//!
//! Names are the API's own, `identifer` included; times are seconds since 1970 as numbers. A member without a value is
//! left out, as the service does.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::deployment::{Deployment, EventState, TaskSet};
use super::state::State;
use crate::record::{DeploymentStatus, StepStatus};
use crate::settings::Shift;
use crate::unknowns::ReadyWait;

/// `deploymentInfo` of GetDeployment.
pub(super) fn deployment(state: &State, deployment: &Deployment) -> Value {
    let identity = &state.identity;
    let (creator, previous) = match &deployment.rolls_back {
        Some(_) => ("codeDeployRollback", None),
        None => ("user", Some(revision_locator(state))),
    };
    let rollback = json!({
        "rollbackDeploymentId": deployment.rolled_back_by,
        "rollbackTriggeringDeploymentId": deployment.rolls_back,
    });
    present(json!({
        "applicationName": identity.application,
        "deploymentGroupName": identity.group,
        "deploymentConfigName": configuration(state.shift),
        "deploymentId": deployment.id,
        "computePlatform": "ECS",
        "status": status(deployment),
        "creator": creator,
        "createTime": seconds(deployment.created),
        "startTime": seconds(deployment.created),
        "completeTime": deployment.completed.map(seconds),
        "errorInformation": deployment.error,
        "revision": revision_locator(state),
        "previousRevision": previous,
        "autoRollbackConfiguration": auto_rollback(),
        "rollbackInfo": present(rollback),
        "deploymentStyle": style(),
        "blueGreenDeploymentConfiguration": blue_green(state.unknowns.ready_wait),
        "loadBalancerInfo": load_balancer(state),
        "deploymentStatusMessages": [],
        "ignoreApplicationStopFailures": false,
        "updateOutdatedInstancesOnly": false,
        "instanceTerminationWaitTimeStarted": false,
        "fileExistsBehavior": "DISALLOW",
        "deploymentOverview": {
            "Pending": 0, "InProgress": 1, "Succeeded": 0, "Failed": 0, "Skipped": 0, "Ready": 0,
        },
    }))
}

/// `deploymentGroupInfo` of GetDeploymentGroup.
pub(super) fn group(state: &State) -> Value {
    let identity = &state.identity;
    present(json!({
        "applicationName": identity.application,
        "deploymentGroupId": "0f9e8d7c-6b5a-4938-8271-605f4e3d2c1b",
        "deploymentGroupName": identity.group,
        "deploymentConfigName": configuration(state.shift),
        "serviceRoleArn": format!("arn:aws:iam::{}:role/codedeploy-{}", identity.account, identity.application),
        "computePlatform": "ECS",
        "autoRollbackConfiguration": auto_rollback(),
        "deploymentStyle": style(),
        "blueGreenDeploymentConfiguration": blue_green(state.unknowns.ready_wait),
        "loadBalancerInfo": load_balancer(state),
        "ecsServices": [{ "serviceName": identity.service, "clusterName": identity.cluster }],
        "targetRevision": revision_locator(state),
        "triggerConfigurations": [],
        "autoScalingGroups": [],
        "ec2TagFilters": [],
        "onPremisesInstanceTagFilters": [],
        "outdatedInstancesStrategy": "UPDATE",
        "terminationHookEnabled": false,
        "lastAttemptedDeployment": {
            "deploymentId": state.played().id,
            "status": status(state.played()),
            "createTime": seconds(state.played().created),
        },
    }))
}

/// `deploymentTarget`: the one ECS service.
pub(super) fn target(state: &State, deployment: &Deployment) -> Value {
    let identity = &state.identity;
    let task_sets: Vec<_> = [
        deployment.blue.as_ref().map(|set| task_set(set, &identity.blue_target_group)),
        deployment.green.as_ref().map(|set| task_set(set, &identity.green_target_group)),
    ]
    .into_iter()
    .flatten()
    .collect();
    json!({
        "deploymentTargetType": "ECSTarget",
        "ecsTarget": {
            "deploymentId": deployment.id,
            "targetId": identity.target_id(),
            "targetArn": identity.service_arn(),
            "lastUpdatedAt": seconds(deployment.updated),
            "status": status(deployment),
            "lifecycleEvents": deployment.events.iter().map(|event| self::event(event, state.unknowns.event_visible_after)).collect::<Vec<_>>(),
            "taskSetsInfo": task_sets,
        },
    })
}

/// The revision as GetApplicationRevision gives it: the only place where the appspec's content is.
pub(super) fn revision(state: &State) -> Value {
    let mut revision = revision_locator(state);
    revision["appSpecContent"]["content"] = state.identity.appspec.clone().into();
    revision
}

/// The SHA-256 by which the revision is named.
pub(super) fn revision_digest(state: &State) -> String {
    let digest = Sha256::digest(state.identity.appspec.as_bytes());
    digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The revision as everything but GetApplicationRevision gives it: `content` is always null.
/// Source: CodeDeploy API reference, `GetDeployment`.
fn revision_locator(state: &State) -> Value {
    let digest = revision_digest(state);
    json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": null, "sha256": digest } })
}

fn task_set(set: &TaskSet, target_group: &str) -> Value {
    json!({
        "identifer": set.id,
        "desiredCount": set.desired,
        "pendingCount": set.desired.saturating_sub(set.running),
        "runningCount": set.running,
        "status": set.status,
        "trafficWeight": set.weight,
        "targetGroup": { "name": target_group },
        "taskSetLabel": set.label,
    })
}

/// A step. That it is in progress may show later than it is.
fn event(state: &EventState, visible_after: Duration) -> Value {
    let started =
        state.started.filter(|began| state.ended.is_some() || began.elapsed().unwrap_or_default() >= visible_after);
    let status = match (&started, &state.ended) {
        (_, Some((_, StepStatus::Skipped))) => "Skipped",
        (_, Some((_, StepStatus::Succeeded))) => "Succeeded",
        (_, Some((_, StepStatus::Failed))) => "Failed",
        (Some(_), None) => "InProgress",
        (None, None) => "Pending",
    };
    present(json!({
        "lifecycleEventName": state.event,
        "status": status,
        "startTime": started.map(seconds),
        "endTime": state.ended.map(|(time, _)| seconds(time)),
    }))
}

fn load_balancer(state: &State) -> Value {
    let identity = &state.identity;
    json!({
        "targetGroupPairInfoList": [{
            "targetGroups": [{ "name": identity.blue_target_group }, { "name": identity.green_target_group }],
            "prodTrafficRoute": { "listenerArns": [identity.production_listener_arn()] },
            "testTrafficRoute": { "listenerArns": [identity.test_listener_arn()] },
        }],
    })
}

fn auto_rollback() -> Value {
    json!({ "enabled": true, "events": ["DEPLOYMENT_FAILURE"] })
}

fn style() -> Value {
    json!({ "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" })
}

fn blue_green(wait: ReadyWait) -> Value {
    let ready = match wait {
        ReadyWait::None => json!({ "actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0 }),
        _ => json!({ "actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 60 }),
    };
    json!({
        "terminateBlueInstancesOnDeploymentSuccess": { "action": "TERMINATE", "terminationWaitTimeInMinutes": 0 },
        "deploymentReadyOption": ready,
    })
}

/// The deployment configuration: one of CodeDeploy's own, or one that a person named.
fn configuration(shift: Shift) -> String {
    match shift {
        Shift::AllAtOnce => "CodeDeployDefault.ECSAllAtOnce".to_owned(),
        Shift::Canary { percent: 10 } => "CodeDeployDefault.ECSCanary10Percent5Minutes".to_owned(),
        Shift::Canary { percent } => format!("Canary{percent}Percent5Minutes"),
    }
}

/// A deployment and its target have the same word.
fn status(deployment: &Deployment) -> &'static str {
    match deployment.status {
        None if deployment.is_ready => "Ready",
        None => "InProgress",
        Some(DeploymentStatus::Succeeded) => "Succeeded",
        Some(DeploymentStatus::Failed) => "Failed",
    }
}

pub(in crate::aws) fn seconds(time: SystemTime) -> Value {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    json!((since.as_secs_f64() * 1000.0).round() / 1000.0)
}

/// Without the members that are null.
fn present(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }
        value => value,
    }
}

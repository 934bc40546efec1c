//! What each operation answers, and how it refuses.
//!
//! Source: CodeDeploy API reference; the errors of an operation are tried in the order in which they are listed here.

use serde_json::{Value, json};

use super::deployment::Deployment;
use super::shapes;
use super::state::State;
use crate::aws::api_error::ApiError;

pub(in crate::aws) const PUT_STATUS: &str = "PutLifecycleEventHookExecutionStatus";

pub(in crate::aws) fn perform(state: &mut State, operation: &str, input: &Value) -> Result<Value, ApiError> {
    match operation {
        "GetDeployment" => {
            let deployment = deployment(state, input)?;
            Ok(json!({ "deploymentInfo": shapes::deployment(state, deployment) }))
        }
        "GetDeploymentGroup" => get_group(state, input),
        "ListDeploymentTargets" => {
            deployment(state, input)?;
            Ok(json!({ "targetIds": [state.identity.target_id()] }))
        }
        "GetDeploymentTarget" => {
            let deployment = deployment(state, input)?;
            target_id(state, text(input, "targetId"))?;
            Ok(json!({ "deploymentTarget": shapes::target(state, deployment) }))
        }
        "BatchGetDeploymentTargets" => batch_get_targets(state, input),
        "GetApplicationRevision" => get_revision(state, input),
        PUT_STATUS => put_status(state, input),
        other => Err(ApiError::new(
            "UnknownOperationException",
            format!("`{other}` is not played by the rehearsal's CodeDeploy"),
        )),
    }
}

fn get_group(state: &State, input: &Value) -> Result<Value, ApiError> {
    application(state, input)?;
    match text(input, "deploymentGroupName") {
        None => Err(ApiError::new("DeploymentGroupNameRequiredException", "Deployment Group name is missing")),
        Some(name) if name == state.identity.group => Ok(json!({ "deploymentGroupInfo": shapes::group(state) })),
        Some(name) => Err(ApiError::new(
            "DeploymentGroupDoesNotExistException",
            format!("No Deployment Group found for name: {name}"),
        )),
    }
}

fn batch_get_targets(state: &State, input: &Value) -> Result<Value, ApiError> {
    let deployment = deployment(state, input)?;
    let ids = input.get("targetIds").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match ids {
        [] => target_id(state, None).map(|()| Value::Null),
        [id] => {
            target_id(state, id.as_str())?;
            Ok(json!({ "deploymentTargets": [shapes::target(state, deployment)] }))
        }
        _ => Err(ApiError::new(
            "DeploymentTargetListSizeExceededException",
            "An Amazon ECS deployment has exactly one target",
        )),
    }
}

fn get_revision(state: &State, input: &Value) -> Result<Value, ApiError> {
    application(state, input)?;
    let Some(revision) = input.get("revision") else {
        return Err(ApiError::new("RevisionRequiredException", "The revision ID was not specified."));
    };
    let digest = revision.pointer("/appSpecContent/sha256").and_then(Value::as_str);
    if digest != Some(shapes::revision_digest(state).as_str()) {
        return Err(ApiError::new("RevisionDoesNotExistException", "No revision found for the given location"));
    }
    Ok(json!({
        "applicationName": state.identity.application,
        "revision": shapes::revision(state),
        "revisionInfo": { "deploymentGroups": [state.identity.group] },
    }))
}

fn put_status(state: &mut State, input: &Value) -> Result<Value, ApiError> {
    let id = deployment(state, input)?.id.clone();
    let (throttle, repeated) = (state.throttled_status_calls, state.unknowns.repeated_status);
    let execution_id = text(input, "lifecycleEventHookExecutionId").unwrap_or_default();
    let status = text(input, "status").unwrap_or_default();
    // It was there a moment ago, under the same lock.
    if let Some(deployment) = state.deployments.iter_mut().find(|deployment| deployment.id == id) {
        deployment.put(execution_id, status, throttle, repeated)?;
    }
    Ok(json!({ "lifecycleEventHookExecutionId": execution_id }))
}

fn deployment<'s>(state: &'s State, input: &Value) -> Result<&'s Deployment, ApiError> {
    let Some(id) = text(input, "deploymentId").filter(|id| !id.is_empty()) else {
        return Err(ApiError::new("DeploymentIdRequiredException", "At least one deployment ID must be specified."));
    };
    let is_well_formed = id
        .strip_prefix("d-")
        .is_some_and(|rest| rest.len() == 9 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if !is_well_formed {
        return Err(ApiError::new("InvalidDeploymentIdException", format!("The deployment ID {id} is invalid")));
    }
    state.deployments.iter().find(|deployment| deployment.id == id).ok_or_else(|| {
        ApiError::new("DeploymentDoesNotExistException", format!("The deployment {id} could not be found"))
    })
}

fn application(state: &State, input: &Value) -> Result<(), ApiError> {
    match text(input, "applicationName") {
        None => Err(ApiError::new("ApplicationNameRequiredException", "The application name was not specified.")),
        Some(name) if name == state.identity.application => Ok(()),
        Some(name) => {
            Err(ApiError::new("ApplicationDoesNotExistException", format!("No application found for name: {name}")))
        }
    }
}

fn target_id(state: &State, id: Option<&str>) -> Result<(), ApiError> {
    match id {
        None => Err(ApiError::new("DeploymentTargetIdRequiredException", "A deployment target ID was not provided.")),
        Some(id) if id == state.identity.target_id() => Ok(()),
        Some(id) => Err(ApiError::new(
            "DeploymentTargetDoesNotExistException",
            format!("The deployment target {id} does not exist in this deployment"),
        )),
    }
}

fn text<'i>(input: &'i Value, member: &str) -> Option<&'i str> {
    input.get(member).and_then(Value::as_str)
}

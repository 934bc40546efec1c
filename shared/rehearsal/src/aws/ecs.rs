//! ECS: the service with its task sets, and the task definitions that they were made from.
//!
//! Source: ECS API reference, `DescribeServices`, `DescribeTaskDefinition`.

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::codedeploy::{TaskSet, Version, seconds};
use super::world::World;
use crate::load_balancer::TargetGroup;
use crate::task_definition::TaskDefinition;

/// Most services of one call. Source: ECS API reference, `DescribeServices`.
const MOST_SERVICES: usize = 10;

/// Answers one call.
pub(super) fn perform(world: &World, operation: &str, input: &Value) -> Result<Value, ApiError> {
    match operation {
        "DescribeServices" => describe_services(world, input),
        "DescribeTaskDefinition" => describe_task_definition(world, input),
        other => {
            Err(ApiError::new("UnknownOperationException", format!("`{other}` is not played by the rehearsal's ECS")))
        }
    }
}

fn describe_services(world: &World, input: &Value) -> Result<Value, ApiError> {
    let identity = world.identity();
    let cluster = input.get("cluster").and_then(Value::as_str).unwrap_or("default");
    if cluster != identity.cluster && cluster != cluster_arn(world) {
        return Err(ApiError::new("ClusterNotFoundException", "Cluster not found."));
    }
    let names = input.get("services").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if names.is_empty() {
        return Err(ApiError::new("InvalidParameterException", "Services cannot be empty."));
    }
    if names.len() > MOST_SERVICES {
        return Err(ApiError::new("InvalidParameterException", "Services can have at most 10 items."));
    }
    let names = names.iter().filter_map(Value::as_str);
    let (ours, others): (Vec<_>, Vec<_>) =
        names.partition(|name| *name == identity.service || *name == identity.service_arn());
    let failures = others.iter().map(|name| {
        let is_arn = name.starts_with("arn:");
        let arn = if is_arn {
            (*name).to_owned()
        } else {
            identity.arn("ecs", &format!("service/{}/{name}", identity.cluster))
        };
        json!({ "arn": arn, "reason": "MISSING" })
    });
    let services: Vec<_> = ours.first().map(|_| service(world)).into_iter().collect();
    Ok(json!({ "services": services, "failures": failures.collect::<Vec<_>>() }))
}

fn service(world: &World) -> Value {
    let identity = world.identity();
    let deployment = world.codedeploy.played();
    // As the service lists them: the primary first.
    let mut sets: Vec<&TaskSet> = deployment.blue.iter().chain(&deployment.green).collect();
    sets.sort_by_key(|set| set.status != "PRIMARY");
    let sum = |count: fn(&TaskSet) -> u32| sets.iter().map(|set| count(set)).sum::<u32>();
    let primary = sets.first().map(|set| definition(world, set.version).arn.clone());
    let created = sets.iter().map(|set| set.created).min();
    json!({
        "serviceArn": identity.service_arn(),
        "serviceName": identity.service,
        "clusterArn": cluster_arn(world),
        "status": "ACTIVE",
        "loadBalancers": [],
        "serviceRegistries": [],
        "desiredCount": identity.tasks.get(),
        "runningCount": sum(|set| set.running),
        "pendingCount": sum(|set| set.desired.saturating_sub(set.running)),
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "taskDefinition": primary.unwrap_or_default(),
        "deploymentConfiguration": { "maximumPercent": 200, "minimumHealthyPercent": 100 },
        "taskSets": sets.iter().map(|set| task_set(world, set)).collect::<Vec<_>>(),
        "deployments": [],
        "events": [],
        "createdAt": created.map(seconds),
        "placementConstraints": [],
        "placementStrategy": [],
        "healthCheckGracePeriodSeconds": 0,
        "schedulingStrategy": "REPLICA",
        "deploymentController": { "type": "CODE_DEPLOY" },
        "enableECSManagedTags": false,
        "propagateTags": "NONE",
        "enableExecuteCommand": false,
    })
}

fn task_set(world: &World, set: &TaskSet) -> Value {
    let identity = world.identity();
    let group = if set.label == "Green" { &world.balancer.green } else { &world.balancer.blue };
    let pending = set.desired.saturating_sub(set.running);
    let is_steady = set.running == set.desired && has_settled(group);
    json!({
        "id": set.id,
        "taskSetArn": identity.arn("ecs", &format!("task-set/{}/{}/{}", identity.cluster, identity.service, set.id)),
        "serviceArn": identity.service_arn(),
        "clusterArn": cluster_arn(world),
        "startedBy": "CODE_DEPLOY",
        "externalId": set.external_id,
        "status": set.status,
        "taskDefinition": definition(world, set.version).arn,
        "computedDesiredCount": set.desired,
        "pendingCount": pending,
        "runningCount": set.running,
        "createdAt": seconds(set.created),
        "updatedAt": seconds(set.updated),
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": ["subnet-0a1b2c3d4e5f60718"],
                "securityGroups": ["sg-0a1b2c3d4e5f60718"],
                "assignPublicIp": "DISABLED",
            },
        },
        "loadBalancers": [{
            "targetGroupArn": group.arn(),
            "containerName": identity.container_name,
            "containerPort": identity.container_port,
        }],
        "serviceRegistries": [],
        "scale": { "value": 100.0, "unit": "PERCENT" },
        "stabilityStatus": if is_steady { "STEADY_STATE" } else { "STABILIZING" },
        "stabilityStatusAt": seconds(set.updated),
        "tags": [],
    })
}

/// A steady state wants every task to be healthy for the load balancer, where that checks them.
/// Source: ECS API reference, `TaskSet`, `stabilityStatus`.
fn has_settled(group: &TargetGroup) -> bool {
    group.health().iter().all(|(_, health)| matches!(health.state, "healthy" | "unused" | "draining"))
}

fn describe_task_definition(world: &World, input: &Value) -> Result<Value, ApiError> {
    let asked = input.get("taskDefinition").and_then(Value::as_str).unwrap_or_default();
    // Green's is the later one, which a family alone stands for.
    let found = [&world.green, &world.blue].into_iter().find(|definition| {
        let TaskDefinition { arn, family, revision, .. } = definition;
        asked == arn || asked == family || asked == format!("{family}:{revision}")
    });
    match found {
        Some(definition) => Ok(json!({ "taskDefinition": definition.registered(), "tags": [] })),
        None => Err(ApiError::new("ClientException", "Unable to describe task definition.")),
    }
}

fn definition(world: &World, version: Version) -> &TaskDefinition {
    match version {
        Version::Green => &world.green,
        Version::Blue => &world.blue,
    }
}

fn cluster_arn(world: &World) -> String {
    let identity = world.identity();
    identity.arn("ecs", &format!("cluster/{}", identity.cluster))
}

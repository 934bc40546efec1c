//! ECS as its clients see it: who is green and who is blue, how many run, and what they are made of.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::*;

async fn asked(api: &Aws, operation: &str, input: Value) -> Result<Value, String> {
    let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
    let (status, body) = client::json(api.address(), "ecs", &target, &input).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    if status == StatusCode::OK {
        return Ok(body);
    }
    Err(format!("{} {}", body["__type"].as_str().unwrap(), body["message"].as_str().unwrap()))
}

async fn service(api: &Aws) -> Value {
    let asked = asked(api, "DescribeServices", json!({ "cluster": "rehearsal", "services": ["hello"] })).await;
    asked.unwrap()["services"][0].clone()
}

/// Each task set: status, running of desired, stability, target group and task definition.
fn told(service: &Value) -> Vec<String> {
    let last = |value: &Value, mark: &str| value.as_str().unwrap().split_once(mark).unwrap().1.to_owned();
    let sets = service["taskSets"].as_array().unwrap();
    sets.iter()
        .map(|set| {
            let group = last(&set["loadBalancers"][0]["targetGroupArn"], "targetgroup/");
            format!(
                "{} {}/{} {} {} {}",
                set["status"].as_str().unwrap(),
                set["runningCount"],
                set["computedDesiredCount"],
                set["stabilityStatus"].as_str().unwrap(),
                group.split('/').next().unwrap(),
                last(&set["taskDefinition"], "task-definition/"),
            )
        })
        .collect()
}

#[tokio::test]
async fn task_sets_are_told_as_the_deployment_goes_on() {
    let api = started(Misbehaviour::default()).await;
    assert_eq!(
        told(&service(&api).await),
        ["PRIMARY 2/2 STEADY_STATE hello-blue hello:41"],
        "green does not exist yet"
    );
    api.green_runs(1, 2);
    let installing = service(&api).await;
    assert_eq!(
        told(&installing),
        ["PRIMARY 2/2 STEADY_STATE hello-blue hello:41", "ACTIVE 1/2 STABILIZING hello-green hello:42"]
    );
    assert_eq!((&installing["runningCount"], &installing["pendingCount"]), (&json!(3), &json!(1)));
    let green = &installing["taskSets"][1];
    assert_eq!(
        (green["startedBy"].as_str(), green["externalId"].as_str()),
        (Some("CODE_DEPLOY"), Some(api.deployment_id().as_str()))
    );
    let blue = &installing["taskSets"][0];
    assert_eq!(blue["startedBy"], "CODE_DEPLOY");
    assert_ne!(blue["externalId"], green["externalId"], "blue is of an earlier deployment");
    assert_eq!(installing["deploymentController"]["type"], "CODE_DEPLOY");
    api.green_runs(2, 2);
    api.green_serves(10);
    assert_eq!(
        told(&service(&api).await)[1],
        "ACTIVE 2/2 STEADY_STATE hello-green hello:42",
        "a canary is not primary"
    );
    api.green_serves(100);
    assert_eq!(
        told(&service(&api).await),
        ["PRIMARY 2/2 STEADY_STATE hello-green hello:42", "ACTIVE 2/2 STEADY_STATE hello-blue hello:41"]
    );
    api.blue_is_gone();
    assert_eq!(told(&service(&api).await).len(), 1);
}

#[tokio::test]
async fn a_task_set_is_not_steady_before_its_targets_are_healthy() {
    let mut group = None;
    let api = started_with(|scene| group = Some(scene.balancer.green.clone())).await;
    api.green_runs(2, 2);
    assert!(told(&service(&api).await)[1].contains("STEADY_STATE"));
    // Nobody checks it here, so it stays initial.
    group.unwrap().register("http://127.0.0.1:9".parse::<crate::load_balancer::Target>().unwrap());
    assert!(told(&service(&api).await)[1].contains("STABILIZING"));
}

#[tokio::test]
async fn a_rollback_deploys_blues_task_definition_again() {
    let api = started(Misbehaviour::default()).await;
    api.green_runs(2, 2);
    let blue = service(&api).await["taskSets"][0].clone();
    api.green_is_gone();
    let rollback = api.begin_rollback();
    api.green_runs(2, 2);
    let service = service(&api).await;
    assert_eq!(
        told(&service),
        ["PRIMARY 2/2 STEADY_STATE hello-blue hello:41", "ACTIVE 2/2 STEADY_STATE hello-green hello:41"]
    );
    assert_eq!(service["taskSets"][0]["id"], blue["id"], "blue is the same as before");
    assert_eq!(service["taskSets"][1]["externalId"], rollback.as_str());
}

#[tokio::test]
async fn what_is_not_there_is_said_as_the_service_says_it() {
    let api = started(Misbehaviour::default()).await;
    let both =
        json!({ "cluster": "arn:aws:ecs:eu-central-1:123456789012:cluster/rehearsal", "services": ["hello", "shop"] });
    let answer = asked(&api, "DescribeServices", both).await.unwrap();
    assert_eq!(answer["services"].as_array().unwrap().len(), 1);
    let arn = "arn:aws:ecs:eu-central-1:123456789012:service/rehearsal/shop";
    assert_eq!(answer["failures"], json!([{ "arn": arn, "reason": "MISSING" }]));
    let eleven = vec!["hello"; 11];
    let cases = [
        ("DescribeServices", json!({ "services": ["hello"] }), "ClusterNotFoundException Cluster not found."),
        ("DescribeServices", json!({ "cluster": "rehearsal" }), "InvalidParameterException Services cannot be empty."),
        (
            "DescribeServices",
            json!({ "cluster": "rehearsal", "services": eleven }),
            "InvalidParameterException Services can have at most 10 items.",
        ),
        (
            "DescribeTaskDefinition",
            json!({ "taskDefinition": "hello:7" }),
            "ClientException Unable to describe task definition.",
        ),
        ("StopTask", json!({}), "UnknownOperationException `StopTask` is not played by the rehearsal's ECS"),
    ];
    for (operation, input, expected) in cases {
        assert_eq!(asked(&api, operation, input).await.unwrap_err(), format!("com.amazonaws.ecs#{expected}"));
    }
}

#[tokio::test]
async fn task_definitions_are_found_by_arn_family_and_revision() {
    let api = started(Misbehaviour::default()).await;
    let cases = [
        ("arn:aws:ecs:eu-central-1:123456789012:task-definition/hello:42", "cf78ba1"),
        ("arn:aws:ecs:eu-central-1:123456789012:task-definition/hello:41", "initial"),
        ("hello:41", "initial"),
        ("hello", "cf78ba1"),
    ];
    for (name, version) in cases {
        let answer = asked(&api, "DescribeTaskDefinition", json!({ "taskDefinition": name })).await.unwrap();
        let app = &answer["taskDefinition"]["containerDefinitions"][1];
        assert_eq!(app["environment"], json!([{ "name": "VERSION", "value": version }]), "{name}");
        assert_eq!(answer["taskDefinition"]["status"], "ACTIVE");
    }
}

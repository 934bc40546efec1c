//! What is known when one read or another is denied, silent, or has nothing to tell; and how long reading takes.

use std::time::Duration;

use super::super::scripted::{BLUE_GROUP, DEPLOYMENT_ID, GREEN_GROUP, Scripted, listener, task_set};
use super::*;
use crate::call::CallErrorKind;

const LONG: Duration = Duration::from_mins(1);

async fn read(reader: &Scripted) -> Facts {
    Facts::read(reader, DEPLOYMENT_ID, Instant::now() + LONG).await
}

/// The facts by name, each with the error that stands in its place.
fn by_name(facts: &Facts) -> [(&'static str, Option<&CallError>); 14] {
    [
        ("deployment", facts.deployment.as_ref().err()),
        ("target", facts.target.as_ref().err()),
        ("service", facts.service.as_ref().err()),
        ("test", facts.test.as_ref().err()),
        ("production", facts.production.as_ref().err()),
        ("load_balancer", facts.load_balancer.as_ref().err()),
        ("green.task_set", facts.green.task_set.as_ref().err()),
        ("green.target_group", facts.green.target_group.as_ref().err()),
        ("green.task_definition", facts.green.task_definition.as_ref().err()),
        ("blue.task_set", facts.blue.task_set.as_ref().err()),
        ("blue.target_group", facts.blue.target_group.as_ref().err()),
        ("blue.task_definition", facts.blue.task_definition.as_ref().err()),
        ("target_group", facts.target_group.as_ref().err()),
        ("health", facts.health.as_ref().err()),
    ]
}

fn missing(facts: &Facts) -> Vec<&'static str> {
    by_name(facts).into_iter().filter_map(|(name, error)| error.map(|_| name)).collect()
}

#[tokio::test(start_paused = true)]
async fn everything_is_read_in_three_rounds_and_once() {
    let reader = Scripted::new();
    let started = Instant::now();
    let facts = read(&reader).await;
    assert_eq!(started.elapsed(), 3 * Scripted::DELAY);
    assert_eq!(missing(&facts), [""; 0]);
    assert_eq!(facts.test.unwrap().unwrap().port, 8080);
    assert_eq!(facts.production.unwrap().unwrap().port, 443);
    assert_eq!(facts.load_balancer.unwrap().arn, "arn:balancer");
    assert_eq!(facts.green.target_group.unwrap().as_deref(), Some(GREEN_GROUP));
    assert_eq!(facts.blue.target_group.unwrap().as_deref(), Some(BLUE_GROUP));
    assert_eq!(facts.green.task_definition.unwrap().unwrap().revision, 42);
    assert_eq!(facts.blue.task_definition.unwrap().unwrap().revision, 41);
    assert_eq!(facts.target_group.unwrap().arn, GREEN_GROUP, "green's, not blue's");
    let mut asked = reader.asked.into_inner();
    asked.sort();
    insta::assert_snapshot!(asked.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn one_denied_read_hides_what_depends_on_it_and_nothing_else() {
    for (action, hidden) in [
        ("codedeploy:GetDeployment", &["deployment", "test", "production", "load_balancer"][..]),
        (
            "codedeploy:ListDeploymentTargets",
            &[
                "target",
                "service",
                "green.task_set",
                "green.target_group",
                "green.task_definition",
                "blue.task_set",
                "blue.target_group",
                "blue.task_definition",
                "target_group",
                "health",
            ],
        ),
        ("codedeploy:GetDeploymentTarget", &["target"]),
        (
            "ecs:DescribeServices",
            &["service", "green.task_set", "green.task_definition", "blue.task_set", "blue.task_definition"],
        ),
        ("ecs:DescribeTaskDefinition", &["green.task_definition", "blue.task_definition"]),
        ("elasticloadbalancing:DescribeListeners", &["test", "production", "load_balancer"]),
        ("elasticloadbalancing:DescribeLoadBalancers", &["load_balancer"]),
        ("elasticloadbalancing:DescribeTargetGroups", &["target_group"]),
        ("elasticloadbalancing:DescribeTargetHealth", &["health"]),
    ] {
        let facts = read(&Scripted::new().denying(action)).await;
        assert_eq!(missing(&facts), hidden, "{action}");
        for (name, error) in by_name(&facts) {
            let Some(error) = error else { continue };
            assert_eq!((error.action, error.kind), (action, CallErrorKind::AccessDenied), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn with_everything_denied_the_two_first_calls_are_the_reason_for_all() {
    let reader = Scripted::new().denying("codedeploy:GetDeployment").denying("codedeploy:ListDeploymentTargets");
    let facts = read(&reader).await;
    assert_eq!(missing(&facts).len(), by_name(&facts).len());
    assert_eq!(reader.asked.into_inner().len(), 2, "what cannot be known is not asked about");
}

#[tokio::test(start_paused = true)]
async fn without_ecs_the_target_groups_are_found_by_their_names_on_the_listeners() {
    let only_blue =
        vec![listener("arn:test", 8080, &[(BLUE_GROUP, 1)]), listener("arn:production", 443, &[(BLUE_GROUP, 1)])];
    let longer = "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/two-more/2";
    for (case, listeners, denied, found) in [
        ("a listener forwards to it", Scripted::new().listeners, None, Some(GREEN_GROUP)),
        (
            "a listener could forward to it",
            vec![listener("arn:test", 8080, &[(BLUE_GROUP, 100), (GREEN_GROUP, 0)])],
            None,
            Some(GREEN_GROUP),
        ),
        ("no listener knows it", only_blue, None, None),
        ("only one whose name is longer", vec![listener("arn:test", 8080, &[(longer, 1)])], None, None),
        ("the names are denied too", Scripted::new().listeners, Some("codedeploy:GetDeploymentTarget"), None),
        (
            "the listeners are denied too",
            Scripted::new().listeners,
            Some("elasticloadbalancing:DescribeListeners"),
            None,
        ),
    ] {
        let mut reader = Scripted { listeners, ..Scripted::new() }.denying("ecs:DescribeServices");
        reader.denied.extend(denied);
        let facts = read(&reader).await;
        if let Some(arn) = found {
            assert_eq!(facts.green.target_group.unwrap().as_deref(), Some(arn), "{case}");
            assert_eq!(facts.target_group.unwrap().arn, arn, "{case}");
            assert_eq!(facts.health.unwrap().len(), 1, "{case}");
        } else {
            let error = facts.green.target_group.unwrap_err();
            assert_eq!(error.action, "ecs:DescribeServices", "{case}: the call that failed first");
            assert_eq!(facts.health, Err(error), "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_call_is_given_up_in_time_and_the_others_are_kept() {
    for (action, resource, hidden) in [
        ("codedeploy:GetDeployment", "deployment d-1", &["deployment", "test", "production", "load_balancer"][..]),
        ("codedeploy:GetDeploymentTarget", "deployment d-1", &["target"]),
        (
            "elasticloadbalancing:DescribeListeners",
            "arn:test, arn:production",
            &["test", "production", "load_balancer"],
        ),
        ("elasticloadbalancing:DescribeTargetHealth", GREEN_GROUP, &["health"]),
    ] {
        let started = Instant::now();
        let facts = read(&Scripted::new().silent_at(action)).await;
        assert_eq!(started.elapsed(), LONG, "{action}");
        assert_eq!(missing(&facts), hidden, "{action}");
        let expected = CallError {
            action,
            kind: CallErrorKind::Unreachable,
            resource: resource.into(),
            detail: "no answer in time".into(),
        };
        for (name, error) in by_name(&facts) {
            assert!(error.is_none_or(|error| *error == expected), "{name}: {error:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_there_when_time_is_up_is_kept() {
    let facts = Facts::read(&Scripted::new(), DEPLOYMENT_ID, Instant::now() + Scripted::DELAY * 3 / 2).await;
    assert!(facts.deployment.is_ok(), "the first round is through");
    assert_eq!(
        facts.service.unwrap_err().unknown(),
        "unknown (unreachable: ecs:DescribeServices, service prod/orders; no answer in time)"
    );
    assert_eq!(facts.health.unwrap_err().action, "ecs:DescribeServices", "the call that was not answered");
    assert_eq!(facts.load_balancer.unwrap_err().action, "elasticloadbalancing:DescribeListeners");
}

#[tokio::test(start_paused = true)]
async fn what_the_deployment_does_not_have_is_no_failure() {
    let mut reader = Scripted::new();
    reader.deployment.test_listener = None;
    let facts = read(&reader).await;
    assert_eq!(facts.test, Ok(None), "no test listener");
    assert_eq!(facts.load_balancer.unwrap().arn, "arn:balancer", "of the production listener");

    let mut reader = Scripted::new();
    (reader.deployment.test_listener, reader.deployment.production_listener) = (None, None);
    let facts = read(&reader).await;
    assert_eq!((&facts.test, &facts.production), (&Ok(None), &Ok(None)), "no listener at all");
    assert_eq!(facts.load_balancer.as_ref().unwrap_err().kind, CallErrorKind::Absent);
    assert!(!reader.asked.borrow().iter().any(|call| call.contains("Listeners")), "nothing to ask about");

    let mut reader = Scripted::new();
    reader.service.task_sets = vec![task_set("d-0", "PRIMARY", BLUE_GROUP, 41)];
    let facts = read(&reader).await;
    assert_eq!((&facts.green.task_set, &facts.green.target_group), (&Ok(None), &Ok(None)), "no green yet");
    assert_eq!(facts.green.task_definition, Ok(None));
    assert_eq!(facts.blue.task_definition.as_ref().unwrap().as_ref().unwrap().revision, 41);
    assert_eq!(facts.health.as_ref().unwrap_err().kind, CallErrorKind::Absent);

    let mut reader = Scripted::new();
    (reader.target_id, reader.target) = (None, None);
    let facts = read(&reader).await;
    assert_eq!(facts.target, Ok(None), "a deployment that is not ECS has no such target");
    let error = facts.service.as_ref().unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (CallErrorKind::Absent, "the deployment has no target"));
    for error in by_name(&facts).into_iter().filter_map(|(_, error)| error) {
        assert_eq!(error.kind, CallErrorKind::Absent, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_is_not_told_is_an_error_with_its_arn() {
    let mut reader = Scripted::new();
    reader.listeners.remove(0);
    let facts = read(&reader).await;
    let error = facts.test.unwrap_err();
    assert_eq!((error.kind, error.resource.as_str()), (CallErrorKind::Server, "arn:test"));
    assert!(facts.production.is_ok());
}

#[tokio::test(start_paused = true)]
async fn one_listener_for_both_is_asked_about_once() {
    let mut reader = Scripted::new();
    reader.deployment.production_listener = reader.deployment.test_listener.clone();
    let facts = read(&reader).await;
    assert_eq!(facts.test, facts.production);
    assert!(reader.asked.borrow().contains(&"elasticloadbalancing:DescribeListeners arn:test".to_owned()));
}

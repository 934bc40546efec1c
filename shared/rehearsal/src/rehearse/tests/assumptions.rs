//! The open questions about AWS, played both ways.

use super::*;
use crate::unknowns::{ReadyWait, Unknowns};

fn assuming(fake: &str, unknowns: Unknowns) -> Settings {
    Settings { unknowns, ..settings(fake) }
}

#[tokio::test]
async fn a_rollback_may_ask_the_hooks_again() {
    let unknowns = Unknowns { hooks_on_rollback: true, ..Unknowns::default() };
    let rehearsal = played(assuming("fails-once-at:after-allow-test-traffic", unknowns)).await;
    assert!(!rehearsal.succeeded(), "the deployment itself has failed");
    assert_eq!(rehearsal.steps.last().unwrap().event, LifecycleEvent::AfterAllowTestTraffic);
    let ended: Vec<_> = rehearsal.rollback_steps.iter().map(|step| (step.event, step.verdict.is_some())).collect();
    assert_eq!(ended.len(), LifecycleEvent::ALL.len());
    assert!(ended.contains(&(LifecycleEvent::AfterAllowTestTraffic, true)), "{ended:?}");
    let outcome = &rehearsal.outcome;
    assert!(outcome.rollback_deployment_id.is_some());
    assert_eq!((outcome.production.text.as_str(), outcome.test.text.as_str()), ("initial", "initial"));
    assert_eq!(outcome.production.target_group.as_deref(), Some("hello-green"), "blue's version, in new tasks");
}

#[tokio::test]
async fn a_rollback_that_its_hooks_refuse_leaves_blue_where_it_was() {
    let unknowns = Unknowns { hooks_on_rollback: true, ..Unknowns::default() };
    let rehearsal = played(assuming("fails-at:before-allow-traffic", unknowns)).await;
    let last = rehearsal.rollback_steps.last().unwrap();
    assert_eq!((last.event, last.status), (LifecycleEvent::BeforeAllowTraffic, StepStatus::Failed));
    assert_eq!(rehearsal.outcome.production.target_group.as_deref(), Some("hello-blue"));
    assert_eq!(rehearsal.outcome.production.text, "initial");
}

#[tokio::test]
async fn a_rollback_without_hooks_has_no_steps() {
    let rehearsal = played(settings("fails-at:after-install")).await;
    assert!(rehearsal.rollback_steps.is_empty());
    assert!(serde_json::to_value(&rehearsal).unwrap()["rollback_steps"].is_null());
}

#[tokio::test]
async fn the_test_listener_may_stay_on_green() {
    let unknowns = Unknowns { test_stays_on_green: true, ..Unknowns::default() };
    let outcome = played(assuming("fails-at:before-allow-traffic", unknowns)).await.outcome;
    assert_eq!(outcome.production.text, "initial");
    assert_eq!(outcome.test.status, Some(503), "green is deleted");
}

#[tokio::test]
async fn test_traffic_may_wait_for_health() {
    let unknowns = Unknowns { test_traffic_waits_for_health: true, ..Unknowns::default() };
    let single = Settings { forward_shape: crate::settings::ForwardShape::Single, ..assuming("succeeds", unknowns) };
    let rehearsal = played(single).await;
    assert!(steps(&rehearsal).contains(&"AllowTestTraffic Succeeded test listener → green, healthy".to_owned()));
}

#[tokio::test]
async fn the_wait_for_approval_has_each_place() {
    let cases = [
        (ReadyWait::None, "hold began ended"),
        (ReadyWait::BeforeTheHook, "hold began ended"),
        (ReadyWait::AroundTheHook, "began ended hold"),
        (ReadyWait::AfterTheHook, "began ended hold"),
    ];
    for (ready_wait, expected) in cases {
        let unknowns = Unknowns { ready_wait, ..Unknowns::default() };
        let settings = Settings { hold: Some(Duration::from_millis(1)), ..assuming("succeeds", unknowns) };
        let mut heard = Vec::new();
        let mut observer = |event: &Event| match event {
            Event::Holding(_) => heard.push("hold"),
            Event::StepBegan(LifecycleEvent::BeforeAllowTraffic) => heard.push("began"),
            Event::StepEnded(step) if step.event == LifecycleEvent::BeforeAllowTraffic => heard.push("ended"),
            _ => {}
        };
        assert!(rehearse(settings, &mut observer).await.unwrap().succeeded());
        // Every deployment is held once more, when it is over.
        assert_eq!(heard.join(" "), format!("{expected} hold"), "{ready_wait:?}");
    }
}

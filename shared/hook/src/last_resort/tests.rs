//! What Lambda sends to a destination, and what becomes of it.

use greenlight_deployment::{CallErrorKind, Delivery, Verdict};

use std::collections::BTreeMap;

use super::*;
use crate::controller::scripted::Scripted;
use std::time::Duration;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

#[tokio::test]
async fn the_original_event_is_reported_as_failed_with_how_the_function_ended() {
    let controller = Scripted::new();
    let payload = json!({
        "version": "1.0",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "requestContext": {
            "requestId": "r-1",
            "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:CodeDeployHook_x:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3
        },
        "requestPayload": {"id": "original"},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "Task timed out after 3.00 seconds"}
    });
    last_resort(&controller, &payload, soon(), &BTreeMap::new()).await.unwrap();
    let reported = controller.reported();
    assert_eq!(reported[0].0, Verdict::Failed);
    for part in ["RetriesExhausted", "3 invocations", "CodeDeployHook_x", "timed out after 3.00 seconds"] {
        assert!(reported[0].1.contains(part), "{}", reported[0].1);
    }
}

#[tokio::test]
async fn a_bare_event_is_taken_as_well_and_a_payload_without_ids_is_an_error() {
    let controller = Scripted::new();
    last_resort(&controller, &json!({"id": "original"}), soon(), &BTreeMap::new()).await.unwrap();
    assert_eq!(controller.reported().len(), 1);
    for payload in [json!({}), json!(null), json!({"requestPayload": {}})] {
        assert!(last_resort(&controller, &payload, soon(), &BTreeMap::new()).await.is_err(), "{payload}");
    }
    assert_eq!(controller.reported().len(), 1);
}

#[tokio::test]
async fn it_tries_again_when_it_is_throttled() {
    let controller = Scripted::new().answering(vec![Err(CallErrorKind::Throttled), Ok(Delivery::Accepted)]);
    last_resort(&controller, &json!({"id": "original"}), soon(), &BTreeMap::new()).await.unwrap();
    assert_eq!(controller.reported().len(), 2);
}

#[tokio::test]
async fn it_vetoes_neither_in_observe_mode_nor_a_rollback() {
    let rollback = || {
        let mut controller = Scripted::new();
        if let Ok(deployment) = &mut controller.facts.deployment {
            deployment.creator = "codeDeployRollback".into();
        }
        controller
    };
    let mut unreadable = rollback();
    unreadable.facts.deployment = Err(CallErrorKind::AccessDenied);
    for (case, controller, settings, verdict) in [
        ("observe mode", Scripted::new(), vec![("GREENLIGHT_MODE", "observe")], Verdict::Succeeded),
        ("a rollback", rollback(), vec![], Verdict::Succeeded),
        ("a rollback that is enforced", rollback(), vec![("GREENLIGHT_ON_ROLLBACK", "enforce")], Verdict::Failed),
        ("nobody knows", unreadable, vec![], Verdict::Failed),
        ("no rollback", Scripted::new(), vec![], Verdict::Failed),
    ] {
        let environment: BTreeMap<String, String> =
            settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        last_resort(&controller, &json!({"id": "original"}), soon(), &environment).await.unwrap();
        assert_eq!(controller.reported()[0].0, verdict, "{case}");
    }
}

#[tokio::test]
async fn neither_the_id_nor_control_characters_of_a_message_are_repeated() {
    let controller = Scripted::new();
    let payload = json!({
        "requestContext": null,
        "requestPayload": {"id": "original"},
        "responsePayload": {"errorMessage": "event \"original\"\u{1b}[31m\nnext line"}
    });
    last_resort(&controller, &payload, soon(), &BTreeMap::new()).await.unwrap();
    let reason = &controller.reported()[0].1;
    assert!(reason.contains("(redacted)") && !reason.contains("original"), "{reason}");
    assert!(!reason.contains(char::is_control), "{reason}");
}

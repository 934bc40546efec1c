//! How the verdict gets there.

use super::*;

#[tokio::test]
async fn a_verdict_is_sent_again_until_it_is_taken_or_refused_for_good() {
    use CallErrorKind::{AccessDenied, Refused, Server, Throttled, Unreachable};
    let settings = || vec![("GREENLIGHT_MODE", "strict".to_owned())];
    for (case, answers, attempts, delivered) in [
        ("taken at once", vec![Ok(Delivery::Accepted)], 1, true),
        ("throttled twice", vec![Err(Throttled), Err(Server), Ok(Delivery::Accepted)], 3, true),
        ("unreachable once", vec![Err(Unreachable), Ok(Delivery::Accepted)], 2, true),
        ("decided already", vec![Ok(Delivery::AlreadyCompleted)], 1, true),
        ("not allowed", vec![Err(AccessDenied)], 1, false),
        ("refused", vec![Err(Refused)], 1, false),
    ] {
        let controller = Scripted::new().answering(answers);
        let (executed, reported) = Case { controller, settings: settings(), ..Case::default() }.run().await;
        assert_eq!(reported.len(), attempts, "{case}");
        assert_eq!(executed.is_ok(), delivered, "{case}: an error makes Lambda try again, and only then");
    }
}

#[tokio::test]
async fn a_verdict_that_is_never_taken_is_tried_until_the_function_is_stopped_and_then_an_error() {
    let controller = Scripted::new().answering(vec![Err(CallErrorKind::Throttled)]);
    let limit = Duration::from_millis(1_200);
    let started = std::time::Instant::now();
    let settings = vec![("GREENLIGHT_MODE", "strict".to_owned())];
    let (executed, reported) = Case { controller, settings, limit, ..Case::default() }.run().await;
    assert!(matches!(executed, Err(Undelivered::NotTaken { .. })));
    assert!(reported.len() >= 3, "{} attempts", reported.len());
    assert!(started.elapsed() < limit);
}

#[tokio::test]
async fn a_verdict_that_is_not_taken_still_says_its_reason() {
    let controller = Scripted::new().answering(vec![Err(CallErrorKind::AccessDenied)]);
    let (executed, _) = Case { suite: "checks: [", controller, ..Case::default() }.run().await;
    let error = executed.unwrap_err().to_string();
    assert!(error.contains("allow it in the function's role") && error.contains("the suite cannot be read"), "{error}");
}

#[tokio::test]
async fn an_event_without_ids_is_an_error() {
    let (controller, event) = (Scripted::new(), json!({}));
    let stop = Instant::now() + Duration::from_secs(5);
    let executed = execute(&controller, Hook::AfterInstall, &event, stop, Arc::new(BTreeMap::new())).await;
    assert!(matches!(executed, Err(Undelivered::UnknownExecution(_))));
}

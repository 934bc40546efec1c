//! Who answers: blue after the checks.

use super::*;

const VERSIONED: &str = "
ready: { request: GET /, consecutive: 2, within: 300ms, every: 5ms }
version: { request: GET /version, read: { body: trimmed }, equals: cf78ba1 }
checks: { home: { request: GET / } }
";

#[tokio::test]
async fn an_answer_from_blue_after_the_checks_voids_them_and_everything_is_asked_once_more() {
    // Two samples for readiness, then blue once.
    let settings = vec![("GREENLIGHT_TEST_URL", versions(|asked| if asked == 3 { "initial" } else { "cf78ba1" }))];
    let (executed, reported) = Case { suite: VERSIONED, settings, ..Case::default() }.run().await;
    assert_eq!(reported[0].0, Verdict::Succeeded, "{reported:?}");
    let Ok(Executed::Reported(report)) = executed else { panic!("not reported") };
    assert!(report.warnings.iter().any(|warning| warning.contains("asked once more")), "{:?}", report.warnings);
    assert_eq!(report.checks.len(), 1, "the voided records are gone");
    assert_eq!(report.phases.iter().filter(|phase| phase.name == "checks").count(), 2);
}

#[tokio::test]
async fn blue_after_the_checks_for_a_second_time_is_failed() {
    for (case, marker) in [
        ("for ever", (|asked| if asked <= 2 { "cf78ba1" } else { "initial" }) as fn(u32) -> &'static str),
        ("after each round", |asked| if asked % 3 == 0 { "initial" } else { "cf78ba1" }),
    ] {
        let settings = vec![("GREENLIGHT_TEST_URL", versions(marker))];
        let (verdict, reason) = Case { suite: VERSIONED, settings, ..Case::default() }.verdict().await;
        assert_eq!(verdict, Verdict::Failed, "{case}");
        assert!(reason.contains("initial") && reason.contains("cf78ba1"), "{case}: {reason}");
    }
}

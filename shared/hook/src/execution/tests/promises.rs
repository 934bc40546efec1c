//! The promises: whatever is wrong, a verdict with its reason, in time.

use super::*;

#[tokio::test]
async fn a_green_that_answers_as_expected_succeeds() {
    let settings = vec![("GREENLIGHT_TEST_URL", server("200 OK"))];
    let (verdict, reason) = Case { settings, ..Case::default() }.verdict().await;
    let expected = "1 of 1 checks passed; the test listener forwards everything to green's target group `orders-green`";
    assert_eq!((verdict, reason.as_str()), (Verdict::Succeeded, expected));
}

#[tokio::test]
async fn a_green_that_answers_wrongly_fails_with_what_was_asked_seen_and_expected() {
    let suite = "ready: { request: GET /, expect: { status: 500 }, consecutive: 1, within: 2s }\nchecks: { home: { request: GET / } }\n";
    let settings = vec![("GREENLIGHT_TEST_URL", server("500 Oops"))];
    let (verdict, reason) = Case { suite, settings, ..Case::default() }.verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    for part in ["check `home`", "GET http://", "500", "2xx"] {
        assert!(reason.contains(part), "{reason}");
    }
}

#[tokio::test]
async fn whatever_is_wrong_with_the_function_is_reported_as_failed() {
    let url = || vec![("GREENLIGHT_TEST_URL", server("200 OK"))];
    let mut panicking = Scripted::new();
    panicking.facts.panics = true;
    let cases = [
        (
            "bad settings",
            Case { settings: vec![("GREENLIGHT_MODE", "strict".into())], ..Case::default() },
            "GREENLIGHT_MODE",
        ),
        ("a broken suite", Case { suite: "checks: [", settings: url(), ..Case::default() }, "the suite cannot be read"),
        (
            "no checks at all",
            Case { suite: "service: shop\n", settings: url(), ..Case::default() },
            "nothing was checked",
        ),
        (
            "advisory checks alone",
            Case { suite: "checks: { home: { request: GET /, required: false } }", settings: url(), ..Case::default() },
            "advisory",
        ),
        (
            "a secret that is not set",
            Case {
                suite: "secrets: { key: env:NO_SUCH }\nchecks: { home: { request: GET /, headers: { x-key: \"${secret.key}\" } } }",
                settings: url(),
                ..Case::default()
            },
            "NO_SUCH",
        ),
        (
            "a suite that was named and is not there",
            Case { settings: vec![("GREENLIGHT_SUITE", "other.yml".into())], ..Case::default() },
            "other.yml",
        ),
        ("a panic", Case { controller: panicking, settings: url(), ..Case::default() }, "the reader broke"),
    ];
    for (case, given, part) in cases {
        let (verdict, reason) = given.verdict().await;
        assert_eq!(verdict, Verdict::Failed, "{case}");
        assert!(reason.contains(part), "{case}: {reason}");
    }
}

#[tokio::test]
async fn an_engine_that_blocks_its_thread_does_not_keep_the_verdict_from_being_reported() {
    let mut controller = Scripted::new();
    controller.facts.blocks = Some(Duration::from_secs(5));
    let started = std::time::Instant::now();
    let settings = vec![("GREENLIGHT_TEST_URL", server("200 OK"))];
    let case = Case { controller, settings, limit: Duration::from_millis(900), ..Case::default() };
    let (verdict, reason) = case.verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("the time was over") && reason.contains("deployment"), "{reason}");
    assert!(started.elapsed() < Duration::from_secs(3), "it waited for the stuck thread");
}

#[tokio::test]
async fn a_target_that_never_answers_fails_before_the_limit_and_names_the_unfinished_checks() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let started = std::time::Instant::now();
    let limit = Duration::from_millis(1_500);
    let case = Case { settings: vec![("GREENLIGHT_TEST_URL", url)], limit, ..Case::default() };
    let (verdict, reason) = case.verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("home"), "{reason}");
    assert!(started.elapsed() < limit, "the verdict came after the limit");
}

#[tokio::test]
async fn observe_mode_and_rollbacks_report_success_whatever_was_found() {
    let mut rollback = Scripted::new();
    if let Ok(deployment) = &mut rollback.facts.deployment {
        deployment.creator = "codeDeployRollback".into();
    }
    let url = server("500 Oops");
    let observe = vec![("GREENLIGHT_MODE", "observe".to_owned()), ("GREENLIGHT_TEST_URL", url.clone())];
    let enforced = vec![("GREENLIGHT_ON_ROLLBACK", "enforce".to_owned()), ("GREENLIGHT_TEST_URL", url.clone())];
    let suite =
        "ready: { request: GET /, consecutive: 1, within: 50ms, every: 10ms }\nchecks: { home: { request: GET / } }\n";
    for (case, given, expected) in [
        ("observe mode", Case { suite, settings: observe, ..Case::default() }, Verdict::Succeeded),
        (
            "a rollback",
            Case {
                suite,
                controller: rollback.clone(),
                settings: vec![("GREENLIGHT_TEST_URL", url)],
                ..Case::default()
            },
            Verdict::Succeeded,
        ),
        (
            "a rollback that is enforced",
            Case { suite, controller: rollback.clone(), settings: enforced, ..Case::default() },
            Verdict::Failed,
        ),
    ] {
        let (executed, reported) = given.run().await;
        assert_eq!(reported.last().map(|(verdict, _)| *verdict), Some(expected), "{case}");
        let Ok(Executed::Reported(report)) = executed else { panic!("{case}") };
        assert_eq!(report.judged, Verdict::Failed, "{case}: the true verdict is beside it");
    }
}

#[tokio::test]
async fn a_broken_function_does_not_veto_a_rollback_or_an_observed_deployment() {
    let rollback = || {
        let mut controller = Scripted::new();
        if let Ok(deployment) = &mut controller.facts.deployment {
            deployment.creator = "codeDeployRollback".into();
        }
        controller
    };
    let observe = || vec![("GREENLIGHT_MODE", "observe".to_owned()), ("GREENLIGHT_RESERVE", "30".to_owned())];
    for (case, given, expected) in [
        (
            "a rollback, a broken suite",
            Case { suite: "checks: [", controller: rollback(), ..Case::default() },
            Verdict::Succeeded,
        ),
        (
            "a rollback, a bad setting",
            Case { controller: rollback(), settings: vec![("GREENLIGHT_RESERVE", "30".into())], ..Case::default() },
            Verdict::Succeeded,
        ),
        ("observe mode, a bad setting", Case { settings: observe(), ..Case::default() }, Verdict::Succeeded),
        ("a release, a broken suite", Case { suite: "checks: [", ..Case::default() }, Verdict::Failed),
    ] {
        let (executed, reported) = given.run().await;
        assert_eq!(reported[0].0, expected, "{case}");
        let Ok(Executed::Reported(report)) = executed else { panic!("{case}") };
        assert_eq!(report.judged, Verdict::Failed, "{case}");
    }
}

#[tokio::test]
async fn a_broken_suite_is_failed_at_once_although_aws_is_silent() {
    let mut controller = Scripted::new();
    controller.facts.silent = true;
    let started = std::time::Instant::now();
    let (verdict, reason) = Case { suite: "checks: [", controller, ..Case::default() }.verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("the suite cannot be read"), "{reason}");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[tokio::test]
async fn work_that_cannot_be_cancelled_does_not_keep_the_verdict_waiting() {
    let mut controller = Scripted::new();
    controller.facts.leaves_behind = Some(Duration::from_secs(4));
    let settings = vec![("GREENLIGHT_TEST_URL", server("200 OK"))];
    let started = std::time::Instant::now();
    let (verdict, _) = Case { controller, settings, ..Case::default() }.verdict().await;
    assert_eq!(verdict, Verdict::Succeeded);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[tokio::test]
async fn the_functions_own_credentials_are_not_for_suites() {
    let suite = "checks: { home: { request: GET /, headers: { x-key: \"${env.AWS_SECRET_ACCESS_KEY}\" } } }";
    let settings = vec![("GREENLIGHT_TEST_URL", server("200 OK")), ("AWS_SECRET_ACCESS_KEY", "wJalr".to_owned())];
    let (executed, reported) = Case { suite, settings, ..Case::default() }.run().await;
    assert_eq!(reported[0].0, Verdict::Failed, "{reported:?}");
    assert!(!format!("{executed:?}").contains("wJalr"));
}

//! Whole deployments: what goes live, what is rolled back, and why.

use greenlight_tests::{Played, TempFile, rehearse};

fn assert_rolled_back(case: &str, played: &Played) {
    assert_eq!(played.code, 1, "{case}:\n{}", played.printed);
    assert_eq!(played.status(), "Failed", "{case}");
    assert!(played.record["outcome"]["rollback_deployment_id"].is_string(), "{case}: no rollback deployment");
    assert_eq!(played.production(), "initial", "{case}: production serves blue");
    assert!(!played.reason().is_empty(), "{case}: no reason");
}

fn assert_every_hook_has_a_verdict(case: &str, played: &Played) {
    let hooks = played.hooks();
    assert!(!hooks.is_empty(), "{case}: no hook was reached");
    assert_eq!(played.verdicts().len(), hooks.len(), "{case}: hooks {hooks:?}, verdicts {:?}", played.verdicts());
}

#[test]
fn a_good_green_goes_live_with_three_verdicts() {
    let played = rehearse(&[]);
    assert_eq!(played.code, 0, "{}", played.printed);
    assert_eq!((played.status(), played.production()), ("Succeeded", "cf78ba1"));
    let expected = ["AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic"];
    let hooks = played.hooks();
    assert_eq!(hooks.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), expected);
    assert!(hooks.iter().all(|(_, status)| status == "Succeeded"), "{hooks:?}");
    assert_every_hook_has_a_verdict("good", &played);
}

#[test]
fn a_green_that_answers_500_is_rolled_back_with_request_observed_and_expected() {
    let played = rehearse(&["--fault", "status-500"]);
    assert_rolled_back("status-500", &played);
    for part in ["GET http://", "status 500", "expected"] {
        assert!(played.reason().contains(part), "{}", played.reason());
    }
    assert!(played.printed.contains("initial"), "the last lines say what production serves:\n{}", played.printed);
}

#[test]
fn each_fault_of_green_is_rolled_back_with_the_reason_that_fits() {
    for (fault, part) in [
        ("wrong-version", "cf78ba1"),
        ("slow", "no answer within"),
        ("hang", "no answer within"),
        ("refuse", "502"),
        ("suite-broken", "the suite cannot be read"),
        ("not-steady", "not steady"),
    ] {
        let played = rehearse(&["--fault", fault]);
        assert_rolled_back(fault, &played);
        assert_every_hook_has_a_verdict(fault, &played);
        assert!(played.reason().contains(part), "{fault}: {}", played.reason());
    }
}

#[test]
fn what_only_takes_time_is_waited_for() {
    for fault in ["late-switch", "node-by-node", "not-ready"] {
        let played = rehearse(&["--fault", fault]);
        assert_eq!((played.code, played.production()), (0, "cf78ba1"), "{fault}:\n{}", played.printed);
        assert_every_hook_has_a_verdict(fault, &played);
    }
}

#[test]
fn a_verdict_reaches_codedeploy_whatever_the_platform_does() {
    for fault in ["throttle", "kill", "twice"] {
        let played = rehearse(&["--fault", fault]);
        assert_eq!((played.code, played.production()), (0, "cf78ba1"), "{fault}:\n{}", played.printed);
        assert_every_hook_has_a_verdict(fault, &played);
    }
}

#[test]
fn a_function_that_dies_every_time_is_reported_by_the_last_resort() {
    let played = rehearse(&["--fault", "kill-always"]);
    assert_rolled_back("kill-always", &played);
    assert_eq!(played.verdicts(), ["Failed"]);
    assert!(played.record.to_string().contains("RetriesExhausted"), "{}", played.printed);
}

#[test]
fn the_example_is_rehearsed_with_its_own_files_both_ways() {
    let files = ["--appspec", "examples/hello/appspec.yml", "--suite", "examples/hello/greenlight.yml"];
    let good = rehearse(&files);
    assert_eq!((good.code, good.production()), (0, "cf78ba1"), "{}", good.printed);
    let bad = rehearse(&[&files[..], &["--fault", "wrong-version"]].concat());
    assert_rolled_back("wrong-version", &bad);
}

#[test]
fn after_allow_traffic_judges_production_when_it_is_bound() {
    let appspec = std::fs::read_to_string(greenlight_tests::repository().join("examples/hello/appspec.yml")).unwrap();
    let bound = TempFile::new(
        "appspec.yml",
        &format!("{appspec}\n  - AfterAllowTraffic: CodeDeployHook_greenlight-after-allow-traffic\n"),
    );
    let played = rehearse(&["--appspec", bound.path()]);
    assert_eq!(played.code, 0, "{}", played.printed);
    assert_eq!(played.hooks().last().map(|(name, _)| name.clone()), Some("AfterAllowTraffic".to_owned()));
}

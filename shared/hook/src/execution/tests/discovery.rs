//! A function that is told nothing: what it finds by itself, what it cannot find, and what follows.

use super::*;
use crate::controller::scripted::{BLUE, GREEN, only, target};

/// A deployment whose listeners are these servers: green's behind the test listener, blue's behind production.
fn deployment(green: &str, blue: &str) -> Scripted {
    let mut controller = Scripted::new();
    for (listener, url) in [(&mut controller.facts.test, green), (&mut controller.facts.production, blue)] {
        if let Some(listener) = listener {
            listener.protocol = "HTTP".into();
            listener.port = url.rsplit(':').next().unwrap().parse().unwrap();
        }
    }
    controller
}

/// Answers everything with 200 and says which version it is.
fn version(version: &'static str) -> String {
    answering(move |request| if request.starts_with("GET /version") { ("200 OK", version) } else { ("200 OK", "ok") })
}

/// Answers with its version whatever it is asked.
fn nothing_but(version: &'static str) -> String {
    answering(move |_| ("200 OK", version))
}

fn without_suite(controller: Scripted) -> Case {
    Case { suite: "", controller, limit: Duration::from_secs(4), ..Case::default() }
}

#[tokio::test]
async fn without_a_suite_and_without_settings_green_is_found_and_proven() {
    let report = without_suite(deployment(&nothing_but("cf78ba1"), &nothing_but("initial"))).report().await;
    assert_eq!(report.verdict, Verdict::Succeeded, "{}", report.reason);
    assert!(
        report.target.as_ref().is_some_and(|target| target.starts_with("http://orders.elb.test:")),
        "{:?}",
        report.target
    );
    assert_eq!(report.checks[0].steps[0].request, "GET /health", "the target group's own question");
    let green = report.green.unwrap();
    assert_eq!(green.task_definition.as_deref(), Some("arn:task-definition/orders:42"));
    assert_eq!((green.target_group.as_deref(), green.targets.len()), (Some("orders-green"), 2));
    assert!(green.marker.as_ref().is_some_and(|marker| marker.contains("found by itself")), "{:?}", green.marker);
    assert!(
        report.reason.contains("the test listener forwards everything to green's target group"),
        "{}",
        report.reason
    );
}

#[tokio::test]
async fn without_a_suite_whoever_is_not_green_is_not_taken_for_it() {
    let blue = || nothing_but("initial");
    let mut on_blue = deployment(&nothing_but("cf78ba1"), &blue());
    on_blue.facts.turns = Some(Arc::new(|_| only(BLUE)));
    let mut unhealthy = deployment(&nothing_but("cf78ba1"), &blue());
    unhealthy.facts.health[0] = target("10.0.1.7", 3000, "unhealthy");
    let mut unused = deployment(&nothing_but("cf78ba1"), &blue());
    unused.facts.health = Vec::new();
    for (case, controller, part) in [
        ("blue answers", deployment(&blue(), &blue()), "blue still answers on the test listener"),
        ("another version answers", deployment(&nothing_but("0ddba11"), &blue()), "neither green nor blue"),
        ("the listener is blue's", on_blue, "the test listener forwards 100 % to `orders-blue`"),
        ("a target is unhealthy", unhealthy, "10.0.1.7:3000 is unhealthy"),
        ("there are no targets", unused, "has no targets"),
    ] {
        let (verdict, reason) = without_suite(controller).verdict().await;
        assert_eq!(verdict, Verdict::Failed, "{case}: {reason}");
        assert!(reason.contains(part), "{case}: {reason}");
    }
}

#[tokio::test]
async fn a_suite_without_a_version_is_decided_by_the_control_plane_and_says_so() {
    let report = Case { controller: deployment(&version("x"), &version("x")), ..Case::default() }.report().await;
    assert_eq!(report.verdict, Verdict::Succeeded, "{}", report.reason);
    assert!(report.warnings.iter().any(|text| text.contains("no marker is configured")), "{:?}", report.warnings);
    assert_eq!(report.green.unwrap().marker.as_deref(), Some("none configured"));
}

#[tokio::test]
async fn before_allow_traffic_green_must_have_nothing_of_production_yet() {
    let mut controller = deployment(&version("cf78ba1"), &version("initial"));
    controller.facts.production.as_mut().unwrap().forward = only(GREEN);
    let suite =
        "ready: { request: GET /, consecutive: 1, within: 300ms, every: 10ms }\nchecks: { home: { request: GET / } }\n";
    let case = Case { suite, controller, hook: Hook::BeforeAllowTraffic, ..Case::default() };
    let (verdict, reason) = case.verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("the production listener forwards 100 % to `orders-green`"), "{reason}");
}

#[tokio::test]
async fn a_listener_that_goes_back_to_blue_voids_what_was_found() {
    let suite =
        "ready: { request: GET /, consecutive: 1, within: 300ms, every: 10ms }\nchecks: { home: { request: GET / } }\n";
    for (case, turns, expected, rounds) in [
        // The first look is that of the facts, the second comes after the checks.
        ("once", (|look| only(if look == 2 { BLUE } else { GREEN })) as fn(usize) -> _, Verdict::Succeeded, 2),
        ("for ever", |look| only(if look >= 2 { BLUE } else { GREEN }), Verdict::Failed, 1),
    ] {
        let mut controller = deployment(&version("x"), &version("x"));
        controller.facts.turns = Some(Arc::new(turns));
        let report = Case { suite, controller, ..Case::default() }.report().await;
        assert_eq!(report.verdict, expected, "{case}: {}", report.reason);
        assert!(report.warnings.iter().any(|text| text.contains("asked once more")), "{case}: {:?}", report.warnings);
        assert_eq!(report.phases.iter().filter(|phase| phase.name == "checks").count(), rounds, "{case}");
    }
}

#[tokio::test]
async fn a_listener_that_cannot_be_looked_at_after_the_checks_proves_nothing_any_more() {
    let unmarked =
        "ready: { request: GET /, consecutive: 1, within: 2s, every: 10ms }\nchecks: { home: { request: GET / } }\n";
    let marked = "
ready: { request: GET /, consecutive: 1, within: 2s, every: 10ms }
version: { request: GET /version, read: { body: trimmed }, equals: cf78ba1 }
checks: { home: { request: GET / } }
";
    for (suite, expected) in [(unmarked, Verdict::Failed), (marked, Verdict::Succeeded)] {
        let mut controller = deployment(&version("cf78ba1"), &version("initial"));
        controller.facts.denied_from = Some(("elasticloadbalancing:DescribeListeners", 2));
        let report = Case { suite, controller, ..Case::default() }.report().await;
        assert_eq!(report.verdict, expected, "{}", report.reason);
        let said = report.green.unwrap().control_plane.unwrap().said;
        assert!(said.contains("AccessDenied: elasticloadbalancing:DescribeListeners"), "{said}");
    }
}

#[tokio::test]
async fn targets_that_are_unhealthy_after_the_checks_void_them_and_fail_the_second_time() {
    let suite =
        "ready: { request: GET /, consecutive: 1, within: 2s, every: 10ms }\nchecks: { home: { request: GET / } }\n";
    for (case, states, expected) in [
        // The facts' look is the first, and after the checks comes the next.
        ("once", (|look| if look == 2 { "unhealthy" } else { "healthy" }) as fn(usize) -> _, Verdict::Succeeded),
        ("after every round", |look| if look % 2 == 0 { "unhealthy" } else { "healthy" }, Verdict::Failed),
    ] {
        let mut controller = deployment(&version("x"), &version("x"));
        controller.facts.states = Some(states);
        let report = Case { suite, controller, ..Case::default() }.report().await;
        assert_eq!(report.verdict, expected, "{case}: {}", report.reason);
        assert_eq!(report.phases.iter().filter(|phase| phase.name == "checks").count(), 2, "{case}");
        if expected == Verdict::Failed {
            assert!(report.reason.contains("after the checks 1 of green's 2 targets"), "{case}: {}", report.reason);
        }
    }
}

const READS: [&str; 9] = [
    "codedeploy:GetDeployment",
    "codedeploy:ListDeploymentTargets",
    "codedeploy:GetDeploymentTarget",
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
];

#[tokio::test]
async fn each_read_that_is_denied_is_named_and_never_makes_blue_pass() {
    let each = READS.iter().map(|action| vec![*action]).chain([READS.to_vec()]);
    for denied in each {
        for hook in Hook::ALL {
            // Blue answers on the test listener, as well as green would; and AWS says so, where it may be asked.
            let mut controller = deployment(&nothing_but("initial"), &nothing_but("initial")).denying(&denied);
            controller.facts.turns = Some(Arc::new(|_| only(BLUE)));
            let case = Case { suite: "", hook, controller, limit: Duration::from_millis(1_500), ..Case::default() };
            let report = case.report().await;
            let said = format!("{} {}", report.reason, report.unproven.join(" "));
            assert!(denied.iter().any(|action| said.contains(action)), "{denied:?} at {hook}: {said}");
            if hook != Hook::AfterInstall {
                assert_eq!(report.verdict, Verdict::Failed, "{denied:?} at {hook}: {}", report.reason);
            }
        }
    }
}

#[tokio::test]
async fn without_any_read_the_marker_alone_proves_green_and_what_is_unknown_is_said() {
    let suite = "
ready: { request: GET /, consecutive: 1, within: 500ms, every: 5ms }
version: { request: GET /version, read: { body: trimmed }, equals: cf78ba1 }
checks: { home: { request: GET / } }
";
    for (marker, expected) in [("cf78ba1", Verdict::Succeeded), ("initial", Verdict::Failed)] {
        let settings = vec![("GREENLIGHT_TEST_URL", version(marker))];
        let controller = Scripted::new().denying(&READS);
        let report = Case { suite, controller, settings, ..Case::default() }.report().await;
        assert_eq!(report.verdict, expected, "{marker}: {}", report.reason);
        let unproven = report.unproven.join("\n");
        assert!(unproven.contains("AccessDenied: codedeploy:GetDeployment"), "{unproven}");
    }
    let settings = vec![("GREENLIGHT_TEST_URL", version("cf78ba1"))];
    let (verdict, reason) =
        Case { settings, controller: Scripted::new().denying(&READS), ..Case::default() }.verdict().await;
    assert_eq!(verdict, Verdict::Failed, "no marker, no word of AWS: no proof");
    assert!(reason.contains("marker: none configured") && reason.contains("AccessDenied"), "{reason}");
}

#[tokio::test]
async fn a_marker_that_production_answers_as_well_does_not_tell_green_from_blue() {
    let suite = "
ready: { request: GET /, consecutive: 1, within: 500ms, every: 5ms }
version: { request: GET /version, read: { body: trimmed }, equals: cf78ba1 }
checks: { home: { request: GET / } }
";
    for (blue, expected) in [("initial", Verdict::Succeeded), ("cf78ba1", Verdict::Failed)] {
        let urls = [("GREENLIGHT_TEST_URL", version("cf78ba1")), ("GREENLIGHT_PRODUCTION_URL", version(blue))];
        let case =
            Case { suite, settings: urls.to_vec(), controller: Scripted::new().denying(&READS), ..Case::default() };
        let (verdict, reason) = case.verdict().await;
        assert_eq!(verdict, expected, "{blue}: {reason}");
    }
}

#[tokio::test]
async fn a_url_that_is_not_known_to_be_the_test_listener_is_not_vouched_for_by_it() {
    let settings = vec![
        ("GREENLIGHT_TEST_URL", server("200 OK")),
        // The test listener is somewhere else altogether.
        ("GREENLIGHT_RESOLVE", "orders.elb.test=127.0.0.9".to_owned()),
    ];
    let (verdict, reason) = Case { settings, ..Case::default() }.verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("has no address of the test listener"), "{reason}");
}

#[tokio::test]
async fn codedeploy_is_called_five_times_at_most() {
    for (case, controller, calls) in [
        ("an execution as it should be", deployment(&version("x"), &version("x")), 3),
        ("one at the wrong hook", Scripted::new().with_event("AfterInstall", "InProgress"), 5),
    ] {
        Case { controller: controller.clone(), ..Case::default() }.report().await;
        assert_eq!(controller.calls_of("codedeploy:"), calls, "{case}");
    }
}

#[tokio::test]
async fn a_failing_check_is_asked_of_production_once() {
    let broken =
        || answering(|request| if request.starts_with("GET /new") { ("500 Oops", "") } else { ("200 OK", "") });
    let suite =
        "ready: { request: GET /, consecutive: 1, within: 1s, every: 5ms }\nchecks: { new: { request: GET /new } }\n";
    for (case, blue, part) in [
        ("blue is fine", server("200 OK"), "production (blue) answers as expected"),
        ("blue has it too", broken(), "production (blue) fails in the same way"),
    ] {
        let (verdict, reason) =
            Case { suite, controller: deployment(&broken(), &blue), ..Case::default() }.verdict().await;
        assert_eq!(verdict, Verdict::Failed, "{case}");
        assert!(reason.contains(part), "{case}: {reason}");
    }
}

#[tokio::test]
async fn suites_come_from_parameters_and_objects_by_the_names_of_the_deployment() {
    let suite =
        "ready: { request: GET /, consecutive: 1, within: 1s, every: 5ms }\nchecks: { home: { request: GET / } }\n";
    let controller = || {
        let mut controller = deployment(&version("x"), &version("x"));
        controller.facts.parameters.insert("/suites/shop/orders".into(), suite.into());
        controller.facts.objects.insert("suites/blue-green.yml".into(), suite.into());
        controller.facts.objects.insert("suites/large.yml".into(), vec![b' '; 2_000_000]);
        controller
    };
    for (place, expected, part, version) in [
        ("ssm:/suites/{application}/{service}", Verdict::Succeeded, "1 of 1 checks", Some("7")),
        ("s3://suites/{deployment_group}.yml", Verdict::Succeeded, "1 of 1 checks", Some("v9")),
        ("ssm:/suites/other", Verdict::Failed, "there is no such parameter", None),
        ("s3://suites/other.yml", Verdict::Failed, "s3:GetObject", None),
        ("s3://suites/large.yml", Verdict::Failed, "larger than", None),
    ] {
        let settings = vec![("GREENLIGHT_SUITE", place.to_owned())];
        let report = Case { suite: "", settings, controller: controller(), ..Case::default() }.report().await;
        assert_eq!(report.verdict, expected, "{place}: {}", report.reason);
        assert!(report.reason.contains(part), "{place}: {}", report.reason);
        let origin =
            report.suite.map(|origin| (origin.version, origin.sha256.is_some_and(|sha256| sha256.len() == 64)));
        assert_eq!(origin, version.map(|version| (Some(version.to_owned()), true)), "{place}");
    }
}

#[tokio::test]
async fn secrets_of_the_plan_are_read_from_parameters_in_one_call_and_shown_nowhere() {
    let suite = "
secrets: { key: \"ssm:/orders/key\", other: \"ssm:/orders/other\", unused: \"ssm:/orders/unused\" }
ready: { request: GET /, consecutive: 1, within: 1s, every: 5ms }
checks: { home: { request: GET /, headers: { x-key: \"${secret.key}\", x-other: \"${secret.other}\" }, expect: { body: hello } } }
";
    let echo = answering(|_| ("200 OK", "s3cr3t-key"));
    let with = |names: &[&str]| {
        let mut controller = deployment(&echo, &echo);
        let parameters = names.iter().map(|name| ((*name).to_owned(), "s3cr3t-key".to_owned()));
        controller.facts.parameters = parameters.collect();
        controller
    };
    let controller = with(&["/orders/key", "/orders/other"]);
    let report = Case { suite, controller: controller.clone(), ..Case::default() }.report().await;
    assert!(report.reason.contains("check `home`"), "the secrets were there: {}", report.reason);
    assert_eq!(controller.calls_of("ssm:"), 1);
    assert!(!format!("{report:?}").contains("s3cr3t"), "{report:?}");

    let (_, reason) = Case { suite, controller: with(&["/orders/key"]), ..Case::default() }.verdict().await;
    assert!(reason.contains("secret `other` has no value: there is no parameter `/orders/other`"), "{reason}");
    let (_, reason) =
        Case { suite, controller: with(&[]).denying(&["ssm:GetParameters"]), ..Case::default() }.verdict().await;
    assert!(reason.contains("ssm:GetParameters"), "{reason}");
}

#[tokio::test]
async fn a_green_that_shares_production_is_told_from_blue_by_its_marker() {
    let suite = "
ready: { request: GET /, consecutive: 2, within: 2s, every: 5ms }
version: { request: GET /version, read: { body: trimmed }, equals: \"${green.env.app.VERSION}\" }
checks: { home: { request: GET / } }
";
    let mut turn = 0;
    let both = answering(move |_| {
        turn += 1;
        ("200 OK", if turn % 3 == 0 { "cf78ba1" } else { "initial" })
    });
    let canary = |url: &str| {
        let mut controller = deployment(url, url);
        let weights = vec![(BLUE.to_owned(), 90), (GREEN.to_owned(), 10)];
        controller.facts.production.as_mut().unwrap().forward = greenlight_deployment::Forward::To(weights);
        controller
    };
    let hook = Hook::AfterAllowTraffic;
    let report = Case { suite, hook, controller: canary(&both), ..Case::default() }.report().await;
    assert_eq!(report.verdict, Verdict::Succeeded, "{}", report.reason);
    let share = report.green.unwrap().share.unwrap();
    assert!(share.green == 2 && share.other >= 2, "{share:?}");

    let blue = Case { suite, hook, controller: canary(&nothing_but("initial")), ..Case::default() };
    assert_eq!(blue.verdict().await.0, Verdict::Failed, "only blue answers");
    // Every answer bears the marker there, and nobody configured it.
    let mut turn = 0;
    let shared = answering(move |_| {
        turn += 1;
        ("200 OK", if turn % 3 == 0 { "cf78ba1" } else { "initial" })
    });
    let mut alike = canary(&both);
    alike.facts.same_version = true;
    let (verdict, reason) = Case { suite, hook, controller: alike, ..Case::default() }.verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("both bear the marker"), "{reason}");
    let found = Case { suite: "", hook, controller: canary(&shared), ..Case::default() }.report().await;
    assert_eq!(found.verdict, Verdict::Succeeded, "{}", found.reason);
    assert!(found.reason.contains("checks not run: health check"), "a marker in the body: {}", found.reason);

    let unmarked = Case { hook, controller: canary(&both), ..Case::default() };
    let (verdict, reason) = unmarked.verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("nobody can tell whose answers"), "{reason}");
}

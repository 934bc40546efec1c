//! Functions that are told nothing: no URL, no suite. What they find by themselves, and what they never take for green.

use greenlight_tests::{Played, TempFile, rehearse};

/// Long enough for every fault to show, short enough to wait for: what is not yet is waited for until the time is over.
const LIMIT: [&str; 2] = ["--function-timeout", "6s"];

fn played(args: &[&str]) -> Played {
    rehearse(&[args, &LIMIT].concat())
}

fn assert_live(case: &str, played: &Played) {
    assert_eq!((played.code, played.production()), (0, "cf78ba1"), "{case}:\n{}", played.printed);
    assert_eq!(played.verdicts().len(), played.hooks().len(), "{case}: every hook has a verdict");
}

fn assert_rolled_back(case: &str, played: &Played) {
    assert_eq!((played.code, played.production()), (1, "initial"), "{case}:\n{}", played.printed);
    assert_eq!(played.verdicts().len(), played.hooks().len(), "{case}: every hook has a verdict");
}

#[test]
fn with_no_suite_and_no_url_a_good_green_goes_live() {
    for (case, args) in [
        ("as it comes", &[][..]),
        ("one node", &["--nodes", "1"]),
        ("three nodes", &["--nodes", "3"]),
        ("listeners with one target group", &["--single-target-group"]),
        ("everything in pages", &["--page-size", "1"]),
    ] {
        let played = played(&[&["--no-suite"], args].concat());
        assert_live(case, &played);
        let variables = played.record.to_string();
        assert!(!variables.contains("GREENLIGHT_TEST_URL"), "{case}: the functions were told");
    }
}

#[test]
fn with_no_suite_and_no_url_whatever_is_not_a_fit_green_is_rolled_back_with_the_reason_that_fits() {
    for (fault, part) in [
        ("wrong-version", "`0ddba11` (version marker), expected `cf78ba1`: neither green nor blue"),
        ("never-switch", "blue still answers on the test listener"),
        ("blue-on-test-listener", "the test listener forwards 100 % to `hello-blue`"),
        ("one-bad-task", "1 of green's 4 targets fail their health checks"),
        ("unhealthy-targets", "4 of green's 4 targets fail their health checks"),
        ("not-steady", "3 running and 1 pending, expected 4 running"),
        ("fewer-tasks", "green has 3 tasks and blue has 4"),
        ("access-denied", "AccessDenied: codedeploy:ListDeploymentTargets"),
    ] {
        let played = played(&["--no-suite", "--fault", fault]);
        assert_rolled_back(fault, &played);
        assert!(played.reason().contains(part), "{fault}: {}", played.reason());
    }
}

#[test]
fn a_bad_task_that_has_no_traffic_yet_is_found_when_it_gets_some() {
    // A group that no listener names is not checked by anybody before AllowTestTraffic.
    let played = played(&["--no-suite", "--single-target-group", "--fault", "one-bad-task"]);
    assert_rolled_back("one-bad-task", &played);
    let last = played.hooks().pop();
    assert_eq!(last.map(|(hook, _)| hook).as_deref(), Some("AfterAllowTestTraffic"), "{}", played.printed);
}

/// Every read that a hook makes of its deployment.
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

const SUITE: &str = "
ready: { request: GET /health, consecutive: 2, within: 1s, every: 20ms }
version: { request: GET /version, read: { json: $.version }, equals: \"${green.env.app.VERSION}\" }
checks: { home: { request: GET / } }
";

#[test]
fn each_read_that_is_denied_is_named_and_a_wrong_green_never_goes_live() {
    let file = TempFile::new("greenlight.yml", SUITE);
    for action in READS {
        let played = played(&["--suite", file.path(), "--deny", action, "--fault", "wrong-version"]);
        assert_rolled_back(action, &played);
        let reports = played.record["steps"].to_string();
        assert!(reports.contains(&format!("AccessDenied: {action}")), "{action}:\n{}", played.printed);
    }
}

#[test]
fn what_can_still_be_proven_with_a_read_denied_is_enough_where_it_is() {
    let file = TempFile::new("greenlight.yml", SUITE);
    for (action, goes_live) in [
        ("codedeploy:GetDeployment", false),
        ("codedeploy:ListDeploymentTargets", false),
        ("codedeploy:GetDeploymentTarget", true),
        ("ecs:DescribeServices", false),
        ("ecs:DescribeTaskDefinition", false),
        ("elasticloadbalancing:DescribeListeners", false),
        ("elasticloadbalancing:DescribeLoadBalancers", false),
        ("elasticloadbalancing:DescribeTargetGroups", true),
        ("elasticloadbalancing:DescribeTargetHealth", true),
    ] {
        let played = played(&["--suite", file.path(), "--deny", action]);
        assert_eq!(played.code == 0, goes_live, "{action}:\n{}", played.printed);
        if goes_live {
            assert_live(action, &played);
        } else {
            assert!(played.reason().contains(action), "{action}: the reason names it: {}", played.reason());
        }
    }
}

#[test]
fn codedeploy_is_called_at_most_five_times_in_an_execution_besides_the_verdict() {
    let played = played(&[]);
    assert_live("as it comes", &played);
    let calls = played.record["calls"].as_array().unwrap();
    let of = |verdict: bool| {
        let codedeploy = calls.iter().filter(|call| call["service"] == "codedeploy");
        codedeploy.filter(|call| (call["operation"] == "PutLifecycleEventHookExecutionStatus") == verdict).count()
    };
    let executions = played.hooks().len();
    assert_eq!((of(true), of(false)), (executions, 3 * executions));
}

#[test]
fn a_platform_that_throttles_every_second_call_is_outlasted() {
    let played = rehearse(&["--fault", "throttle-half"]);
    assert_live("throttle-half", &played);
    let throttled = played.record["calls"].as_array().unwrap().iter().filter(|call| call["outcome"] != "ok").count();
    assert!(throttled >= 9, "{throttled}");
}

#[test]
fn suites_and_secrets_come_from_aws() {
    let suite = TempFile::new(
        "hello.yml",
        "
secrets: { key: \"ssm:/hello/key\" }
version: { request: GET /version, read: { json: $.version }, equals: \"${green.env.app.VERSION}\" }
checks: { home: { request: GET /, headers: { x-key: \"${secret.key}\" } } }
",
    );
    let object = format!("s3://suites/hello.yml={}", suite.path());
    let parameter = format!("/suites/hello=@{}", suite.path());
    for (place, args) in [
        ("s3://suites/{application}.yml", ["--object", object.as_str()]),
        ("ssm:/suites/{service}", ["--parameter", parameter.as_str()]),
    ] {
        let variable = format!("GREENLIGHT_SUITE={place}");
        let given = ["--no-suite", "--env", &variable, "--parameter", "/hello/key=s3cr3t-value"];
        let played = played(&[&given[..], &args].concat());
        assert_live(place, &played);
        assert!(!played.record["logs"].to_string().contains("s3cr3t-value"), "{place}: a secret was logged");
        let origin = &played.record["steps"]
            .as_array()
            .unwrap()
            .iter()
            .find(|step| step["event"] == "AfterAllowTestTraffic")
            .unwrap()["report"]["suite"];
        assert_eq!(origin["sha256"].as_str().map(str::len), Some(64), "{place}: {origin}");
    }
}

#[test]
fn a_canary_that_is_not_over_is_told_by_its_marker() {
    let appspec = std::fs::read_to_string(greenlight_tests::repository().join("examples/hello/appspec.yml")).unwrap();
    let bound = TempFile::new(
        "appspec.yml",
        &format!("{appspec}\n  - AfterAllowTraffic: CodeDeployHook_greenlight-after-allow-traffic\n"),
    );
    let marked = SUITE.replace("{ json: $.version }", "{ header: x-version }");
    let file = TempFile::new("greenlight.yml", &marked);
    let played = rehearse(&["--appspec", bound.path(), "--suite", file.path(), "--canary", "30"]);
    assert_live("canary", &played);
    let step =
        played.record["steps"].as_array().unwrap().iter().find(|step| step["event"] == "AfterAllowTraffic").unwrap();
    let share = &step["report"]["green"]["share"];
    assert!(share["other"].as_u64() > Some(0) && share["green"].as_u64() > Some(0), "{step}");
}

#[test]
fn a_rollback_that_asks_the_hooks_is_not_vetoed() {
    let played = rehearse(&["--rollback", "--fault", "status-500"]);
    assert_eq!((played.code, played.production()), (1, "initial"), "{}", played.printed);
    let verdicts = played.verdicts();
    let (before, of_rollback) = verdicts.split_at(played.hooks().len());
    assert_eq!(before.last().map(String::as_str), Some("Failed"));
    assert!(!of_rollback.is_empty() && of_rollback.iter().all(|verdict| verdict == "Succeeded"), "{of_rollback:?}");
}

#[test]
fn every_answer_to_every_open_question_about_aws_ends_in_the_same_way() {
    let help = greenlight_tests::run(greenlight_tests::greenlight().args(["rehearse", "--help"])).stdout;
    let section = help.split("Open questions about AWS").nth(1).and_then(|text| text.split("Examples:").next());
    let questions = section.unwrap_or_default().lines().filter_map(|line| line.trim().split_once('='));
    let file = TempFile::new("greenlight.yml", SUITE);
    let mut asked = 0;
    for (key, answers) in questions.filter(|(_, answers)| answers.contains('|')) {
        for answer in answers.split('|') {
            let assumed = format!("{key}={answer}");
            assert_live(&assumed, &rehearse(&["--assume", &assumed]));
            let bad = rehearse(&["--assume", &assumed, "--suite", file.path(), "--fault", "status-500"]);
            assert_eq!((bad.code, bad.production()), (1, "initial"), "{assumed}:\n{}", bad.printed);
            asked += 1;
        }
    }
    assert!(asked >= 16, "the help lists each question with its answers:\n{help}");
}

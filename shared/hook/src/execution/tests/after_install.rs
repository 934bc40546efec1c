//! AfterInstall, where the test listener still serves blue.

use super::*;
use crate::controller::scripted::target;

const SUITE: &str = "ready: { request: GET /, within: 50ms }\nchecks: { home: { request: GET / } }\n";

fn at_install(controller: Scripted, url: &str) -> Case {
    let settings = vec![("GREENLIGHT_TEST_URL", url.to_owned())];
    Case { suite: SUITE, hook: Hook::AfterInstall, controller, settings, ..Case::default() }
}

#[tokio::test]
async fn green_is_judged_by_its_task_set_and_targets_and_never_by_the_test_listener() {
    // Whatever blue answers there, that it answers is all that counts.
    let url = server("500 Oops");
    let unhealthy = |state| {
        let mut controller = Scripted::new();
        controller.facts.health[1] = target("10.0.2.9", 3000, state);
        controller
    };
    let mut stabilizing = Scripted::new();
    stabilizing.facts.service.task_sets[1].stability = "STABILIZING".into();
    let mut both = unhealthy("unhealthy");
    both.facts.service.task_sets[1].stability = "STABILIZING".into();
    let mut fewer = Scripted::new();
    fewer.facts.service.task_sets[0].desired = 3;
    for (case, controller, expected, part) in [
        ("steady", Scripted::new(), Verdict::Succeeded, "2 tasks running"),
        (
            "one task is missing",
            Scripted::new().with_tasks(1, 2),
            Verdict::Failed,
            "1 running and 0 pending, expected 2",
        ),
        ("no task is wanted", Scripted::new().with_tasks(0, 0), Verdict::Failed, "desired count is 0"),
        ("ECS is not done", stabilizing, Verdict::Failed, "STABILIZING"),
        ("fewer tasks than blue", fewer, Verdict::Failed, "green has 2 tasks and blue has 3"),
        ("a target fails its health check", unhealthy("unhealthy"), Verdict::Failed, "1 of green's 2 targets"),
        ("ECS waits for that", both, Verdict::Failed, "1 of green's 2 targets"),
        ("a target that no listener uses", unhealthy("unused"), Verdict::Succeeded, "2 tasks running"),
    ] {
        let (verdict, reason) = at_install(controller, &url).verdict().await;
        assert_eq!(verdict, expected, "{case}: {reason}");
        assert!(reason.contains(part), "{case}: {reason}");
    }
}

#[tokio::test]
async fn fewer_tasks_than_blue_are_fine_when_the_suite_says_so() {
    let mut controller = Scripted::new();
    controller.facts.service.task_sets[0].desired = 3;
    let case = at_install(controller, &server("200 OK"));
    let suite = "fewer_tasks: allowed\nchecks: { home: { request: GET / } }\n";
    assert_eq!(Case { suite, ..case }.verdict().await.0, Verdict::Succeeded);
}

#[tokio::test]
async fn codedeploy_counts_the_tasks_when_ecs_may_not_be_asked() {
    let denied = ["ecs:DescribeServices"];
    for (case, controller, expected, part) in [
        ("steady", Scripted::new().denying(&denied), Verdict::Succeeded, "2 tasks running"),
        ("not steady", Scripted::new().with_tasks(1, 2).denying(&denied), Verdict::Failed, "1 running"),
        (
            "neither",
            Scripted::new().denying(&[denied[0], "codedeploy:GetDeploymentTarget"]),
            Verdict::Failed,
            "AccessDenied: ecs:DescribeServices",
        ),
    ] {
        let report = at_install(controller.clone(), &server("200 OK")).report().await;
        assert_eq!(report.verdict, expected, "{case}: {}", report.reason);
        assert!(report.reason.contains(part), "{case}: {}", report.reason);
        assert!(report.unproven.iter().any(|text| text.contains("ecs:DescribeServices")), "{:?}", report.unproven);
        assert!(controller.calls_of("codedeploy:") <= 5, "{case}: {}", controller.calls_of("codedeploy:"));
    }
}

#[tokio::test]
async fn a_test_listener_that_cannot_be_reached_is_said_before_it_is_needed() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (verdict, reason) = at_install(Scripted::new(), &format!("http://{closed}")).verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("cannot be reached from this function") && reason.contains("refused"), "{reason}");
}

#[tokio::test]
async fn a_deployment_group_without_a_test_listener_is_warned_of() {
    let mut controller = Scripted::new();
    controller.facts.test = None;
    if let Ok(deployment) = &mut controller.facts.deployment {
        deployment.test_listener = None;
    }
    let report = Case { suite: SUITE, hook: Hook::AfterInstall, controller, ..Case::default() }.report().await;
    assert_eq!(report.verdict, Verdict::Succeeded, "{}", report.reason);
    assert!(report.warnings.iter().any(|text| text.contains("no test listener")), "{:?}", report.warnings);
}

#[tokio::test]
async fn checks_marked_direct_are_sent_to_every_task() {
    let suite = "ready: { request: GET /, within: 50ms }\nchecks: { home: { request: GET /, direct: true }, about: { request: GET /about } }\n";
    let port = |url: &str| url.rsplit(':').next().unwrap().parse::<u16>().unwrap();
    let (good, bad) = (server("200 OK"), server("500 Oops"));
    for (case, second, expected, part) in [
        ("all answer", &good, Verdict::Succeeded, "2 of 2 tasks answered"),
        ("one does not", &bad, Verdict::Failed, "(1 of 2 tasks answered as expected)"),
    ] {
        let mut controller = Scripted::new();
        controller.facts.health =
            vec![target("127.0.0.1", port(&good), "healthy"), target("127.0.0.1", port(second), "healthy")];
        let report = Case { suite, ..at_install(controller, &good) }.report().await;
        assert_eq!(report.verdict, expected, "{case}: {}", report.reason);
        assert!(report.reason.contains(part), "{case}: {}", report.reason);
        assert_eq!(report.direct.len(), 2, "{case}");
        let asked: Vec<&str> =
            report.direct.iter().flat_map(|task| &task.checks).map(|check| check.name.as_str()).collect();
        assert_eq!(asked, ["home", "home"], "{case}: only what may be asked of tasks");
    }
    let denied = Scripted::new().denying(&["elasticloadbalancing:DescribeTargetHealth"]);
    let (verdict, reason) = Case { suite, ..at_install(denied, &good) }.verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("AccessDenied: elasticloadbalancing:DescribeTargetHealth"), "{reason}");
}

//! Whose turn it is: duplicates, wrong bindings, deployments that nobody knows.

use super::*;

#[tokio::test]
async fn a_duplicate_delivery_of_a_decided_event_asks_and_reports_nothing() {
    let mut stopped = Scripted::new();
    if let Ok(deployment) = &mut stopped.facts.deployment {
        deployment.status = "Stopped".into();
    }
    for (case, controller) in [
        ("decided before", Scripted::new().with_event("AfterAllowTestTraffic", "Succeeded")),
        ("stopped meanwhile", stopped),
    ] {
        let (executed, reported) = Case { controller, ..Case::default() }.run().await;
        assert!(matches!(executed, Ok(Executed::AlreadyDecided { .. })), "{case}: {executed:?}");
        assert_eq!(reported, [], "{case}");
    }
    let running =
        Scripted::new().with_event("AfterAllowTestTraffic", "InProgress").with_event("AfterInstall", "Succeeded");
    let settings = vec![("GREENLIGHT_TEST_URL", server("200 OK"))];
    let (verdict, _) = Case { controller: running, settings, ..Case::default() }.verdict().await;
    assert_eq!(verdict, Verdict::Succeeded);
}

#[tokio::test]
async fn a_function_that_is_bound_to_the_wrong_hook_or_to_two_says_so_and_asks_nothing() {
    let elsewhere = Scripted::new().with_event("AfterInstall", "InProgress");
    let second =
        Scripted::new().with_event("AfterAllowTestTraffic", "Succeeded").with_event("BeforeAllowTraffic", "InProgress");
    for (case, controller, at) in [("the wrong one", elsewhere, "AfterInstall"), ("two", second, "BeforeAllowTraffic")]
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let settings = vec![("GREENLIGHT_TEST_URL", format!("http://{}", listener.local_addr().unwrap()))];
        let (verdict, reason) = Case { controller, settings, ..Case::default() }.verdict().await;
        assert_eq!(verdict, Verdict::Failed, "{case}");
        assert!(reason.contains("judges AfterAllowTestTraffic") && reason.contains(at), "{case}: {reason}");
        assert!(listener.accept().is_err(), "{case}: it may be blue that answers");
    }
}

#[tokio::test]
async fn a_deployment_that_aws_does_not_know_is_not_tested() {
    let mut controller = Scripted::new();
    controller.facts.deployment = Err(CallErrorKind::Refused);
    let (verdict, reason) = Case { controller, ..Case::default() }.verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("codedeploy:GetDeployment was refused"), "{reason}");
}

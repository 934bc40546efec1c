//! What is met on the listeners while a deployment is played, node by node, and what the functions are told of them.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use super::*;
use crate::settings::{ForwardShape, Shift};
use crate::unknowns::Unknowns;

/// `GET /` on a connection of its own: the body, or the status when it is not 200.
fn ask(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: hello\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    if head.starts_with("HTTP/1.1 200") { body.trim().to_owned() } else { head[9..12].to_owned() }
}

/// Plays a deployment, and asks an address of the opening's when a step is over.
async fn asked_after(
    settings: Settings,
    event: LifecycleEvent,
    asked: &dyn Fn(&crate::record::Opening) -> Vec<String>,
) -> (Rehearsal, Vec<String>) {
    let (mut opening, mut answers) = (None, Vec::new());
    let mut observer = |heard: &Event| match heard {
        Event::Began(began) => opening = Some(began.clone()),
        Event::StepEnded(step) if step.event == event => answers = asked(opening.as_ref().unwrap()),
        _ => {}
    };
    let rehearsal = rehearse(settings, &mut observer).await.unwrap();
    (rehearsal, answers)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_listeners_nodes_follow_as_the_fault_says() {
    let has_two_nodes = crate::load_balancer::loopback_nodes(2).len() == 2;
    let (blue, green) = ("initial", "cf78ba1");
    let cases = [
        (None, [green, green]),
        (Some(Fault::LateSwitch), [blue, blue]),
        (Some(Fault::NodeByNode), [green, blue]),
        (Some(Fault::NeverSwitch), [blue, blue]),
        (Some(Fault::BlueOnTestListener), [blue, blue]),
        (Some(Fault::WrongVersion), ["0ddba11", "0ddba11"]),
        (Some(Fault::Refuse), ["502", "502"]),
        (Some(Fault::NotReady), ["503", "503"]),
        (Some(Fault::Status500), ["500", "500"]),
    ];
    for (fault, expected) in cases {
        let settings =
            Settings { faults: fault.into_iter().collect(), ..settings("fails-at:after-allow-test-traffic") };
        let nodes = |opening: &crate::record::Opening| {
            let second = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), opening.test.port()));
            let nodes = if has_two_nodes { vec![opening.test, second] } else { vec![opening.test] };
            nodes.into_iter().map(ask).collect()
        };
        let (rehearsal, answers) = asked_after(settings, LifecycleEvent::AllowTestTraffic, &nodes).await;
        assert_eq!(answers, expected[..answers.len()], "{fault:?}");
        assert_eq!(rehearsal.outcome.test.text, "initial", "{fault:?}: after the rollback");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_moves_the_rest_after_the_last_hook() {
    let settings = Settings {
        appspec: Some(bound_to_after_allow_traffic("canary")),
        shift: Shift::Canary { percent: 10 },
        ..settings("succeeds")
    };
    let production = |opening: &crate::record::Opening| (0..20).map(|_| ask(opening.production)).collect();
    let (rehearsal, answers) = asked_after(settings, LifecycleEvent::AllowTraffic, &production).await;
    assert_eq!(answers.iter().filter(|answer| *answer == "cf78ba1").count(), 2, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| *answer == "initial").count(), 18, "{answers:?}");
    assert!(rehearsal.succeeded());
    assert_eq!(rehearsal.outcome.production.text, "cf78ba1");
    assert!(steps(&rehearsal).iter().any(|step| step.contains("10 % of the production listener → green")));
}

#[tokio::test]
async fn a_target_group_that_is_named_late_is_checked_late() {
    let single = || Settings { forward_shape: ForwardShape::Single, ..settings("succeeds") };
    // Whether CodeDeploy waits for health is not known; here it does, so that production has somebody to serve.
    let unknowns = Unknowns { test_traffic_waits_for_health: true, ..Unknowns::default() };
    let rehearsal = played(Settings { unknowns, ..single() }).await;
    assert!(rehearsal.succeeded());
    let install = "Install Succeeded 4 of 4 tasks running, in a target group that is not used yet";
    assert!(steps(&rehearsal).contains(&install.to_owned()), "{:?}", steps(&rehearsal));
    assert_eq!(rehearsal.outcome.production.text, "cf78ba1");

    let failing = Settings { forward_shape: ForwardShape::Single, ..settings("fails-at:before-allow-traffic") };
    let outcome = played(failing).await.outcome;
    assert_eq!((outcome.production.text.as_str(), outcome.test.text.as_str()), ("initial", "initial"));

    let appspec = Some(bound_to_after_allow_traffic("single"));
    let late = Settings { appspec, forward_shape: ForwardShape::Single, ..settings("fails-at:after-allow-traffic") };
    let outcome = played(late).await.outcome;
    assert_eq!(outcome.production.text, "initial", "blue is checked anew before the rollback is over");
}

#[tokio::test]
async fn what_happens_to_green_in_its_installation_is_said() {
    let cases = [
        (Fault::NotSteady, "4 of 4 tasks running, healthy, then one stopped"),
        (Fault::OneBadTask, "4 of 4 tasks running, healthy, then one began to answer 500"),
        (Fault::UnhealthyTargets, "4 of 4 tasks running, healthy, then they became unhealthy"),
        (Fault::FewerTasks, "3 of 3 tasks running, healthy"),
    ];
    for (fault, expected) in cases {
        let rehearsal = played(Settings { faults: vec![fault], ..settings("fails-at:after-install") }).await;
        assert_eq!(steps(&rehearsal)[1], format!("Install Succeeded {expected}"));
    }
}

#[tokio::test]
async fn a_green_that_never_gets_healthy_does_not_get_installed() {
    let broken = crate::application::Behaviour::StatusEverywhere(500);
    let mine = crate::application::Application::start("mine", broken).await.unwrap();
    let green = format!("http://{}", mine.addr());
    let settings =
        Settings { green: Some(green.clone()), install_limit: Duration::from_millis(100), ..settings("succeeds") };
    let rehearsal = played(settings).await;
    let detail = format!("{green} stands for 4 tasks, and not all of them were healthy within 0.1s: 1 initial");
    assert_eq!(steps(&rehearsal), ["BeforeInstall Skipped".to_owned(), format!("Install Failed {detail}")]);
    let error = rehearsal.outcome.error.unwrap();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("TIMEOUT", "Install was not over within the time limit")
    );
    assert_eq!(rehearsal.outcome.production.text, "initial");
}

#[tokio::test]
async fn functions_are_told_where_aws_is_and_no_url() {
    let told = |settings: Settings| async {
        let rehearsal = played(settings).await;
        let report = rehearsal.steps.last().unwrap().report.clone().unwrap();
        (report["variables"].clone(), report["event"].clone())
    };
    let (variables, event) = told(settings("tell")).await;
    assert!(variables["AWS_ENDPOINT_URL"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let nodes: Vec<_> = crate::load_balancer::loopback_nodes(2).iter().map(ToString::to_string).collect();
    let resolve = format!("greenlight-rehearsal-1234567890.eu-central-1.elb.amazonaws.com={}", nodes.join(","));
    assert_eq!(variables["GREENLIGHT_RESOLVE"], resolve);
    assert!(variables["GREENLIGHT_SUITE"].as_str().unwrap().ends_with("greenlight.yml"));
    for absent in ["GREENLIGHT_TEST_URL", "GREENLIGHT_PRODUCTION_URL"] {
        assert!(variables[absent].is_null(), "{absent}");
    }
    assert_eq!(event.as_object().unwrap().len(), 2);

    let unknowns = crate::unknowns::Unknowns { extra_event_fields: true, ..Default::default() };
    let (variables, event) = told(Settings { no_suite: true, unknowns, ..settings("tell") }).await;
    assert!(variables["GREENLIGHT_SUITE"].is_null());
    assert!(event.as_object().unwrap().len() > 2 && event["DeploymentId"].is_string(), "{event}");
}

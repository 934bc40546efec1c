use std::net::SocketAddr;

use serde_json::json;

use super::*;
use crate::fault::Fault;
use crate::lifecycle::LifecycleEvent;
use crate::record::{Answer, ErrorInformation};

fn opening(faults: &[Fault]) -> Event {
    Event::Began(Opening {
        deployment_id: "d-A1B2C3D4E".into(),
        application: "hello".into(),
        green: "cf78ba1".into(),
        blue: "initial".into(),
        production: SocketAddr::from(([127, 0, 0, 1], 8000)),
        test: SocketAddr::from(([127, 0, 0, 1], 8080)),
        faults: faults.to_vec(),
    })
}

fn step(event: LifecycleEvent, status: StepStatus, millis: u64, function: Option<&str>, detail: &str) -> Event {
    Event::StepEnded(Step {
        event,
        status,
        duration: Duration::from_millis(millis),
        detail: detail.into(),
        function: function.map(str::to_owned),
        verdict: None,
        report: None,
    })
}

fn attempt(attempt: u32, ending: InvocationEnding, retry_after: Option<Duration>) -> Event {
    Event::Invoked(Invocation {
        function: "gate".into(),
        event: LifecycleEvent::AfterInstall,
        attempt,
        request_id: "1".into(),
        ending,
        duration: Duration::from_secs(2),
        retry_after,
    })
}

fn logged(line: &str) -> Event {
    Event::Logged(LogLine { at: Duration::ZERO, function: "gate".into(), line: line.into() })
}

fn ended(status: DeploymentStatus, rollback: Option<&str>, error: Option<ErrorInformation>, serves: &str) -> Event {
    let answer = |group: &str| Answer {
        listener: SocketAddr::from(([127, 0, 0, 1], 8000)),
        status: Some(200),
        text: serves.into(),
        target_group: Some(group.into()),
        requests: Vec::new(),
    };
    let group = if rollback.is_some() { "hello-blue" } else { "hello-green" };
    Event::Ended(Outcome {
        status,
        rollback_deployment_id: rollback.map(str::to_owned),
        error,
        reason: None,
        production: answer(group),
        test: answer(group),
        duration: Duration::from_millis(2140),
    })
}

fn printed(color: bool, verbose: bool, events: &[Event]) -> String {
    let mut printer = Printer::new(color, verbose);
    events.iter().map(|event| printer.print(event)).collect()
}

#[test]
fn a_good_deployment_is_one_line_a_step() {
    use LifecycleEvent::{AfterAllowTestTraffic, AllowTestTraffic, BeforeInstall, Install};
    let events = [
        opening(&[]),
        step(BeforeInstall, StepStatus::Skipped, 0, None, ""),
        step(Install, StepStatus::Succeeded, 12, None, "4 of 4 tasks running"),
        step(AllowTestTraffic, StepStatus::Succeeded, 0, None, "test listener → green"),
        logged("nobody asked"),
        Event::Holding(Duration::from_mins(1)),
        step(AfterAllowTestTraffic, StepStatus::Succeeded, 1800, Some("gate"), "2 of 2 checks passed"),
        ended(DeploymentStatus::Succeeded, None, None, "cf78ba1"),
    ];
    insta::assert_snapshot!(printed(false, false, &events), @r"
    Deployment d-A1B2C3D4E of hello to green cf78ba1
      production  http://127.0.0.1:8000
      test        http://127.0.0.1:8080

      BeforeInstall           skipped
      Install                 done       12ms   4 of 4 tasks running
      AllowTestTraffic        done              test listener → green
      holding for 60.0s: ask both listeners, or Ctrl-C to stop
      AfterAllowTestTraffic   Succeeded  1.8s   2 of 2 checks passed

    Deployment Succeeded after 2.1s; blue is deleted; production serves cf78ba1 (hello-green)
    ");
}

#[test]
fn a_bad_deployment_says_what_failed_and_what_codedeploy_did() {
    let error = ErrorInformation { code: "HOOK_EXECUTION_FAILURE".into(), message: "gate reported Failed".into() };
    let log = r#"{"timestamp":"2026-01-01T00:00:00Z","level":"ERROR","message":"panicked","at":"src/main.rs:1","target":"x"}"#;
    let wait = Some(Duration::from_millis(250));
    let events = [
        opening(&[Fault::Status500, Fault::Kill]),
        attempt(1, InvocationEnding::Killed, wait),
        logged(log),
        logged("plain text\u{1b}[2J"),
        attempt(2, InvocationEnding::Exited { status: "exit status: 101".into() }, wait),
        attempt(3, InvocationEnding::TimedOut, None),
        attempt(1, InvocationEnding::Error { error: json!({ "errorMessage": "throttled" }) }, None),
        attempt(1, InvocationEnding::Returned { value: json!({}) }, None),
        step(
            LifecycleEvent::AfterInstall,
            StepStatus::Failed,
            1300,
            Some("gate"),
            "check `home`: GET / status 500, expected any 2xx\nblue answers the same",
        ),
        ended(DeploymentStatus::Failed, Some("d-F5G6H7I8J"), Some(error), "initial"),
    ];
    insta::assert_snapshot!(printed(false, false, &events), @r"
    Deployment d-A1B2C3D4E of hello to green cf78ba1
      production  http://127.0.0.1:8000
      test        http://127.0.0.1:8080
      faults      status-500 (green answers 500 to everything but its health check), kill (every function is killed once, just after it got its event)

        attempt 1 of gate was killed by the rehearsal; Lambda tries again after 1 min, here 250ms
        attempt 2 of gate ended without an answer: exit status: 101; Lambda tries again after 2 min, here 250ms
          | ERROR panicked  at=src/main.rs:1
          | plain text�[2J
        attempt 3 of gate was killed: its time of 2.0s was over; Lambda gives up
        attempt 1 of gate returned an error: throttled; Lambda gives up
      AfterInstall            Failed     1.3s   check `home`: GET / status 500, expected any 2xx
                                                blue answers the same

    Deployment Failed after 2.1s; CodeDeploy rolled it back with d-F5G6H7I8J; production serves initial (hello-blue)
      HOOK_EXECUTION_FAILURE: gate reported Failed
    ");
}

#[test]
fn logs_are_shown_as_they_come_when_asked_for() {
    insta::assert_snapshot!(printed(false, true, &[logged(r#"{"level":"INFO","message":"verdict","reason":"good"}"#)]), @"      | INFO  verdict  reason=good");
}

#[test]
fn color_is_for_terminals_alone() {
    let events = [
        step(LifecycleEvent::AfterInstall, StepStatus::Failed, 5, Some("gate"), "no"),
        ended(DeploymentStatus::Succeeded, None, None, "cf78ba1"),
    ];
    assert!(printed(true, false, &events).contains("\u{1b}[1;31mFailed"));
    assert!(!printed(false, false, &events).contains('\u{1b}'));
}

#[test]
fn a_rollback_that_is_played_is_announced_before_its_steps() {
    let events = [
        Event::RollbackBegan { deployment_id: "d-F5G6H7I8J".into() },
        step(LifecycleEvent::AfterInstall, StepStatus::Succeeded, 40, Some("gate"), "good"),
    ];
    insta::assert_snapshot!(printed(false, false, &events), @r"

      CodeDeploy rolls back with deployment d-F5G6H7I8J, and asks its hooks
      AfterInstall            Succeeded  40ms   good
    ");
}

#[test]
fn what_a_report_says_beside_its_reason_stands_below_the_step() {
    let report = json!({
        "verdict": "Succeeded", "judged": "Failed", "reason": "blue still answers",
        "unproven": ["the health of green's targets: unknown (AccessDenied: elasticloadbalancing:DescribeTargetHealth)"],
        "warnings": ["auto-rollback is not enabled"]
    });
    let mut printer = Printer::new(false, false);
    let Event::StepEnded(step) =
        step(LifecycleEvent::AfterInstall, StepStatus::Succeeded, 40, Some("gate"), "blue still answers")
    else {
        unreachable!("it is a step that has ended")
    };
    insta::assert_snapshot!(printer.print(&Event::StepEnded(Step { report: Some(report), ..step })), @"
    AfterInstall            Succeeded  40ms   blue still answers
                                              observe mode: the evidence says Failed
                                              not proven: the health of green's targets: unknown (AccessDenied: elasticloadbalancing:DescribeTargetHealth)
                                              warning: auto-rollback is not enabled
    ");
}

//! Whole deployments with a fake function: what CodeDeploy does with each kind of verdict.

mod assumptions;
mod listeners;

use super::*;
use crate::fake_function;
use crate::fault::Fault;
use crate::lifecycle::LifecycleEvent;
use crate::record::{DeploymentStatus, StepStatus};

fn settings(fake: &str) -> Settings {
    Settings {
        minute: Duration::from_millis(10),
        environment: vec![("FAKE".to_owned(), fake.to_owned())],
        ..Settings::new(fake_function::source())
    }
}

async fn played(settings: Settings) -> Rehearsal {
    rehearse(settings, &mut |_| {}).await.unwrap()
}

/// The steps as one line each.
fn steps(rehearsal: &Rehearsal) -> Vec<String> {
    let line = |step: &Step| format!("{} {:?} {}", step.event, step.status, step.detail).trim_end().to_owned();
    rehearsal.steps.iter().map(line).collect()
}

#[tokio::test]
async fn a_good_green_goes_live() {
    let rehearsal = played(settings("succeeds")).await;
    assert_eq!(
        steps(&rehearsal),
        [
            "BeforeInstall Skipped",
            "Install Succeeded 4 of 4 tasks running, healthy",
            "AfterInstall Succeeded it is Succeeded",
            "AllowTestTraffic Succeeded test listener → green",
            "AfterAllowTestTraffic Succeeded it is Succeeded",
            "BeforeAllowTraffic Succeeded it is Succeeded",
            "AllowTraffic Succeeded production listener → green",
            "AfterAllowTraffic Skipped",
        ]
    );
    assert!(rehearsal.succeeded());
    let outcome = &rehearsal.outcome;
    assert_eq!((outcome.production.text.as_str(), outcome.test.text.as_str()), ("cf78ba1", "cf78ba1"));
    assert_eq!(outcome.production.target_group.as_deref(), Some("hello-green"));
    assert_eq!(outcome.rollback_deployment_id, None);
    let calls: Vec<_> = rehearsal.calls.iter().map(|call| call.outcome.as_str()).collect();
    assert_eq!(calls, ["ok"; 3]);
    let invocations: Vec<_> = rehearsal.invocations.iter().map(|invocation| invocation.event).collect();
    let bound =
        [LifecycleEvent::AfterInstall, LifecycleEvent::AfterAllowTestTraffic, LifecycleEvent::BeforeAllowTraffic];
    assert_eq!(invocations, bound);
}

#[tokio::test]
async fn a_failed_hook_rolls_everything_back_to_blue() {
    let rehearsal = played(settings("fails-at:after-allow-test-traffic")).await;
    assert!(!rehearsal.succeeded());
    assert_eq!(rehearsal.steps.last().unwrap().event, LifecycleEvent::AfterAllowTestTraffic);
    let outcome = &rehearsal.outcome;
    assert_eq!((outcome.production.text.as_str(), outcome.test.text.as_str()), ("initial", "initial"));
    assert_eq!(outcome.production.target_group.as_deref(), Some("hello-blue"));
    assert!(outcome.rollback_deployment_id.as_ref().unwrap().starts_with("d-"));
    assert_eq!(outcome.error.as_ref().unwrap().code, "HOOK_EXECUTION_FAILURE");
    assert_eq!(outcome.reason.as_deref(), Some("it is Failed"));
}

#[tokio::test]
async fn production_comes_back_when_green_fails_with_production_traffic() {
    let appspec = bound_to_after_allow_traffic("after-allow-traffic");
    let settings = Settings { appspec: Some(appspec), ..settings("fails-at:after-allow-traffic") };
    let rehearsal = played(settings).await;
    let last = rehearsal.steps.last().unwrap();
    assert_eq!((last.event, last.status), (LifecycleEvent::AfterAllowTraffic, StepStatus::Failed));
    assert_eq!(rehearsal.outcome.production.text, "initial");
}

#[tokio::test]
async fn silence_fails_the_deployment_without_waiting_out_the_hour() {
    let cases = [
        ("silent", "no verdict, although the function has ended well (I say nothing); CodeDeploy would wait"),
        ("exit", "no verdict, and nobody is left to report one (Runtime exited with error: exit status: 7)"),
    ];
    for (fake, expected) in cases {
        let rehearsal = played(settings(fake)).await;
        assert_eq!(rehearsal.outcome.status, DeploymentStatus::Failed);
        let error = rehearsal.outcome.error.as_ref().unwrap();
        assert_eq!(error.message, "the function of AfterInstall reported nothing within the time limit");
        let reason = rehearsal.outcome.reason.as_ref().unwrap();
        assert!(reason.starts_with(expected), "{fake}: {reason}");
    }
}

#[tokio::test]
async fn a_function_that_hangs_longer_than_the_hook_may_take_fails_it() {
    let limit = Duration::from_millis(300);
    let rehearsal = played(Settings { hook_limit: Some(limit), ..settings("hang") }).await;
    let step = rehearsal.steps.last().unwrap();
    assert_eq!((step.event, step.status, step.verdict), (LifecycleEvent::AfterInstall, StepStatus::Failed, None));
    assert!(step.duration >= limit && step.duration < limit * 100, "{:?}", step.duration);
}

#[tokio::test]
async fn the_platforms_faults_happen_where_they_should() {
    let with = |fault| Settings { faults: vec![fault], ..settings("succeeds") };
    let killed = played(with(Fault::Kill)).await;
    assert!(killed.succeeded());
    assert_eq!(killed.invocations.len(), 6, "every function is invoked once more");

    let twice = played(with(Fault::Twice)).await;
    assert!(twice.succeeded());
    let outcomes: Vec<_> = twice.calls.iter().map(|call| call.outcome.as_str()).collect();
    assert_eq!(outcomes, ["ok", "LifecycleEventAlreadyCompletedException"].repeat(3));

    // The fake tells once and does not try again, so a throttled verdict is a lost one.
    let throttled = played(with(Fault::Throttle)).await;
    assert_eq!(throttled.calls[0].outcome, "ThrottlingException");
    assert!(!throttled.succeeded());
}

#[tokio::test]
async fn the_users_own_servers_can_be_deployed() {
    let mine = |version| crate::application::Application::start(version, crate::application::Behaviour::Healthy);
    let (blue, green) = (mine("mine-1").await.unwrap(), mine("mine-2").await.unwrap());
    let settings = Settings {
        blue: Some(format!("http://{}", blue.addr())),
        green: Some(format!("http://{}", green.addr())),
        ..settings("succeeds")
    };
    let rehearsal = played(settings).await;
    assert_eq!(rehearsal.outcome.production.text, "mine-2");
    assert_eq!(rehearsal.deployment.blue, format!("http://{}", blue.addr()));

    let broken = Settings {
        green: Some("http://127.0.0.1:1".to_owned()),
        faults: vec![Fault::Hang],
        ..Settings::new(fake_function::source())
    };
    let error = rehearse(broken, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "`hang` breaks the built-in green, and green is a server of your own here");
}

#[tokio::test]
async fn the_version_comes_from_the_task_definition_beside_the_appspec() {
    let folder = tempdir("task-definition");
    let appspec = folder.join("appspec.yml");
    let text = crate::example::APPSPEC
        .replace("arn:aws:ecs:eu-central-1:123456789012:task-definition/hello:42", "<TASK_DEFINITION>");
    std::fs::write(&appspec, text).unwrap();
    let definition = crate::example::TASK_DEFINITION.replace("cf78ba1", "fe11d0e");
    std::fs::write(folder.join("task-definition.json"), definition).unwrap();
    let rehearsal = played(Settings { appspec: Some(appspec), ..settings("succeeds") }).await;
    assert_eq!(rehearsal.outcome.production.text, "fe11d0e");
    assert_eq!(rehearsal.deployment.application, "web", "a placeholder names no family, so the container does");
}

#[tokio::test]
async fn the_record_is_one_json_document() {
    let rehearsal = played(settings("fails-at:after-install")).await;
    let record = serde_json::to_value(&rehearsal).unwrap();
    assert_eq!(record["rehearsal"], 1);
    assert_eq!(record["outcome"]["status"], "Failed");
    assert_eq!(record["steps"][2]["event"], "AfterInstall");
    assert_eq!(record["steps"][2]["report"]["reason"], "it is Failed");
    assert_eq!(record["calls"][0]["status"], "Failed");
    assert!(
        record["logs"].as_array().unwrap().iter().any(|line| line["line"].as_str().unwrap().starts_with("starting as"))
    );
    assert!(record["steps"][1]["duration_ms"].is_number());
}

#[tokio::test]
async fn a_rehearsal_that_is_given_up_leaves_no_process() {
    let mut process = None;
    let mut observer = |event: &Event| {
        if let Event::Logged(line) = event
            && let Some((_, id)) = line.line.split_once("in process ")
        {
            process = Some(id.to_owned());
        }
    };
    let given_up = tokio::time::timeout(Duration::from_secs(2), rehearse(settings("hang"), &mut observer)).await;
    assert!(given_up.is_err());
    let file = std::path::PathBuf::from(format!("/proc/{}/exe", process.expect("the function was started")));
    // Whoever is killed needs a moment to be gone; where there is no /proc there is nothing to see.
    let gone = async {
        while file.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("the process is killed");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = rehearse(Settings { test: address, ..settings("succeeds") }, &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("the test listener cannot use {address}: ")), "{error}");
    assert!(error.to_string().ends_with("port 0 takes a free one"), "{error}");
}

#[tokio::test]
async fn holding_leaves_time_to_ask_at_every_stage() {
    for (fake, expected) in [("succeeds", 2), ("fails-at:before-allow-traffic", 3)] {
        let settings = Settings { hold: Some(Duration::from_millis(1)), ..settings(fake) };
        let mut holds = 0;
        rehearse(settings, &mut |event| holds += usize::from(matches!(event, Event::Holding(_)))).await.unwrap();
        assert_eq!(holds, expected, "{fake}");
    }
}

/// The built-in appspec with AfterAllowTraffic bound in place of BeforeAllowTraffic.
fn bound_to_after_allow_traffic(folder: &str) -> std::path::PathBuf {
    let appspec = tempdir(folder).join("appspec.yml");
    let text = crate::example::APPSPEC.replace("BeforeAllowTraffic:", "AfterAllowTraffic:");
    std::fs::write(&appspec, text.replace("-before-allow-traffic", "-after-allow-traffic")).unwrap();
    appspec
}

/// A folder for one test. The next run replaces it.
fn tempdir(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("greenlight-rehearsal-test-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

//! The promises, tested on whole executions: a scripted controller on one side, nobody or a small server on the other.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;

use greenlight_deployment::{CallErrorKind, Verdict};
use serde_json::json;

use super::*;
use crate::controller::scripted::Scripted;

/// A folder with one suite in it, removed when dropped.
struct TaskRoot(PathBuf);

impl TaskRoot {
    fn new(suite: &str) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("greenlight-hook-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let root = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(root.join("greenlight.yml"), suite).unwrap();
        Self(root)
    }
}

impl Drop for TaskRoot {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Answers every request with `status` until the test ends.
fn server(status: &'static str) -> String {
    answering(move |_| (status, "cf78ba1"))
}

/// Answers the first, second, … request to `/version` with the marker that is made of its number, all others with 200.
fn versions(marker: impl Fn(u32) -> &'static str + Send + 'static) -> String {
    let mut asked = 0;
    answering(move |request| {
        if request.starts_with("GET /version") {
            asked += 1;
            ("200 OK", marker(asked))
        } else {
            ("200 OK", "Hello")
        }
    })
}

fn answering(mut answer: impl FnMut(&str) -> (&'static str, &'static str) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 2048];
            let read = stream.read(&mut request).unwrap_or(0);
            let (status, body) = answer(&String::from_utf8_lossy(&request[..read]));
            let length = body.len();
            let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
        }
    });
    url
}

struct Case {
    suite: &'static str,
    hook: Hook,
    controller: Scripted,
    settings: Vec<(&'static str, String)>,
    limit: Duration,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            suite: "ready: { request: GET /, consecutive: 1, within: 2s, every: 10ms }\nchecks: { home: { request: GET / } }\n",
            hook: Hook::AfterAllowTestTraffic,
            controller: Scripted::new(),
            settings: Vec::new(),
            limit: Duration::from_secs(30),
        }
    }
}

impl Case {
    async fn run(self) -> (Result<Executed, Undelivered>, Vec<(Verdict, String)>) {
        let root = TaskRoot::new(self.suite);
        let mut environment = BTreeMap::from([("LAMBDA_TASK_ROOT".to_owned(), root.0.display().to_string())]);
        environment.extend(self.settings.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let stop = Instant::now() + self.limit;
        let executed = execute(&self.controller, self.hook, &json!({"id": "x"}), stop, Arc::new(environment)).await;
        (executed, self.controller.reported())
    }

    /// Runs a case that reports exactly once.
    async fn verdict(self) -> (Verdict, String) {
        let (executed, mut reported) = self.run().await;
        assert_eq!(reported.len(), 1, "{executed:?}");
        let Ok(Executed::Reported(report)) = executed else { panic!("not reported: {executed:?}") };
        assert_eq!((report.verdict, report.reason.clone()), reported[0], "what is returned is what was reported");
        reported.remove(0)
    }
}

#[tokio::test]
async fn a_green_that_answers_as_expected_succeeds() {
    let settings = vec![("GREENLIGHT_TEST_URL", server("200 OK"))];
    let (verdict, reason) = Case { settings, ..Case::default() }.verdict().await;
    assert_eq!((verdict, reason.as_str()), (Verdict::Succeeded, "1 of 1 checks passed"));
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
        ("no URL", Case::default(), "GREENLIGHT_TEST_URL is not set"),
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
async fn a_verdict_is_sent_again_until_it_is_taken_or_refused_for_good() {
    use CallErrorKind::{AccessDenied, Refused, Server, Throttled, Unreachable};
    let settings = || vec![("GREENLIGHT_MODE", "strict".to_owned())];
    for (case, answers, attempts, delivered) in [
        ("taken at once", vec![Ok(Delivery::Accepted)], 1, true),
        ("throttled twice", vec![Err(Throttled), Err(Server), Ok(Delivery::Accepted)], 3, true),
        ("unreachable once", vec![Err(Unreachable), Ok(Delivery::Accepted)], 2, true),
        ("decided already", vec![Ok(Delivery::AlreadyCompleted)], 1, true),
        ("not allowed", vec![Err(AccessDenied)], 1, false),
        ("refused", vec![Err(Refused)], 1, false),
    ] {
        let controller = Scripted::new().answering(answers);
        let (executed, reported) = Case { controller, settings: settings(), ..Case::default() }.run().await;
        assert_eq!(reported.len(), attempts, "{case}");
        assert_eq!(executed.is_ok(), delivered, "{case}: an error makes Lambda try again, and only then");
    }
}

#[tokio::test]
async fn a_verdict_that_is_never_taken_is_tried_until_the_function_is_stopped_and_then_an_error() {
    let controller = Scripted::new().answering(vec![Err(CallErrorKind::Throttled)]);
    let limit = Duration::from_millis(1_200);
    let started = std::time::Instant::now();
    let settings = vec![("GREENLIGHT_MODE", "strict".to_owned())];
    let (executed, reported) = Case { controller, settings, limit, ..Case::default() }.run().await;
    assert!(matches!(executed, Err(Undelivered::NotTaken { .. })));
    assert!(reported.len() >= 3, "{} attempts", reported.len());
    assert!(started.elapsed() < limit);
}

#[tokio::test]
async fn after_install_is_judged_by_the_task_set_and_never_asks_the_test_listener() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let suite = "ready: { request: GET /, within: 50ms }\nchecks: { home: { request: GET / } }\n";
    let mut denied = Scripted::new();
    denied.facts.target = Err(CallErrorKind::AccessDenied);
    for (case, controller, expected, part) in [
        ("steady", Scripted::new().with_tasks(2, 2), Verdict::Succeeded, "2 tasks running"),
        (
            "one task is missing",
            Scripted::new().with_tasks(1, 2),
            Verdict::Failed,
            "1 running and 0 pending, expected 2",
        ),
        ("no task is wanted", Scripted::new().with_tasks(0, 0), Verdict::Failed, "desired count is 0"),
        ("it cannot be read", denied, Verdict::Failed, "codedeploy:GetDeploymentTarget"),
    ] {
        let settings = vec![("GREENLIGHT_TEST_URL", url.clone())];
        let (verdict, reason) =
            Case { suite, hook: Hook::AfterInstall, controller, settings, ..Case::default() }.verdict().await;
        assert_eq!(verdict, expected, "{case}: {reason}");
        assert!(reason.contains(part), "{case}: {reason}");
        assert!(listener.accept().is_err(), "{case}: the test listener serves blue at AfterInstall, and was asked");
    }
}

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
async fn a_deployment_that_aws_does_not_know_is_not_tested() {
    let mut controller = Scripted::new();
    controller.facts.deployment = Err(CallErrorKind::Refused);
    let (verdict, reason) = Case { controller, ..Case::default() }.verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("codedeploy:GetDeployment was refused"), "{reason}");
}

#[tokio::test]
async fn the_functions_own_credentials_are_not_for_suites() {
    let suite = "checks: { home: { request: GET /, headers: { x-key: \"${env.AWS_SECRET_ACCESS_KEY}\" } } }";
    let settings = vec![("GREENLIGHT_TEST_URL", server("200 OK")), ("AWS_SECRET_ACCESS_KEY", "wJalr".to_owned())];
    let (executed, reported) = Case { suite, settings, ..Case::default() }.run().await;
    assert_eq!(reported[0].0, Verdict::Failed, "{reported:?}");
    assert!(!format!("{executed:?}").contains("wJalr"));
}

#[tokio::test]
async fn a_verdict_that_is_not_taken_still_says_its_reason() {
    let controller = Scripted::new().answering(vec![Err(CallErrorKind::AccessDenied)]);
    let (executed, _) = Case { suite: "checks: [", controller, ..Case::default() }.run().await;
    let error = executed.unwrap_err().to_string();
    assert!(error.contains("allow it in the function's role") && error.contains("the suite cannot be read"), "{error}");
}

#[tokio::test]
async fn reads_that_are_denied_are_said_and_http_checks_still_work() {
    let mut controller = Scripted::new();
    controller.facts.deployment = Err(CallErrorKind::AccessDenied);
    controller.facts.target = Err(CallErrorKind::AccessDenied);
    let settings = vec![("GREENLIGHT_TEST_URL", server("200 OK"))];
    let (executed, reported) = Case { controller, settings, ..Case::default() }.run().await;
    assert_eq!(reported[0].0, Verdict::Succeeded);
    let Ok(Executed::Reported(report)) = executed else { panic!("not reported") };
    let unproven = report.unproven.join("\n");
    assert!(unproven.contains("codedeploy:GetDeployment;") && unproven.contains("GetDeploymentTarget"), "{unproven}");
}

#[tokio::test]
async fn an_event_without_ids_is_an_error() {
    let (controller, event) = (Scripted::new(), json!({}));
    let stop = Instant::now() + Duration::from_secs(5);
    let executed = execute(&controller, Hook::AfterInstall, &event, stop, Arc::new(BTreeMap::new())).await;
    assert!(matches!(executed, Err(Undelivered::UnknownExecution(_))));
}

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

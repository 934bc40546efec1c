//! The promises, tested on whole executions: a scripted controller on one side, nobody or a small server on the other.

mod after_install;
mod binding;
mod delivery;
mod discovery;
mod promises;
mod schedules;
mod version;

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
        if !suite.is_empty() {
            std::fs::write(root.join("greenlight.yml"), suite).unwrap();
        }
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
    /// Empty: there is none.
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
        let mut environment = BTreeMap::from([
            ("LAMBDA_TASK_ROOT".to_owned(), root.0.display().to_string()),
            // The load balancer of the scripted deployment is this machine.
            ("GREENLIGHT_RESOLVE".to_owned(), "orders.elb.test=127.0.0.1".to_owned()),
        ]);
        let mut controller = self.controller;
        let told = self.settings.iter().find(|(name, _)| *name == "GREENLIGHT_TEST_URL");
        if let (Some(listener), Some((_, url))) = (&mut controller.facts.test, told) {
            // It is the test listener that was told, if it is one.
            listener.port = url.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(listener.port);
        }
        environment.extend(self.settings.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let stop = Instant::now() + self.limit;
        let executed = execute(&controller, self.hook, &json!({"id": "x"}), stop, Arc::new(environment)).await;
        (executed, controller.reported())
    }

    /// Runs a case that reports exactly once.
    async fn report(self) -> Report {
        let (executed, reported) = self.run().await;
        assert_eq!(reported.len(), 1, "{executed:?}");
        let Ok(Executed::Reported(report)) = executed else { panic!("not reported: {executed:?}") };
        assert_eq!((report.verdict, report.reason.clone()), reported[0], "what is returned is what was reported");
        *report
    }

    /// The verdict and the reason of a case that reports exactly once.
    async fn verdict(self) -> (Verdict, String) {
        let report = self.report().await;
        (report.verdict, report.reason)
    }
}

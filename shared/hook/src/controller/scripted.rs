//! A controller for tests: answers as it is told and keeps every report.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenlight_deployment::{
    CallError, CallErrorKind, Delivery, Deployment, EcsTarget, LifecycleEvent, TaskSet, Verdict,
};
use greenlight_report::ExecutionId;
use serde_json::Value;

use super::{Controller, Reader};
use crate::conclusion::Conclusion;

/// What each attempt to report is answered with, in turn; the last answer repeats.
#[derive(Debug, Clone)]
pub(crate) struct Scripted {
    pub(crate) answers: Arc<Mutex<Vec<Result<Delivery, CallErrorKind>>>>,
    pub(crate) reports: Arc<Mutex<Vec<(Verdict, String)>>>,
    pub(crate) facts: ScriptedReader,
}

/// The same facts at every look.
#[derive(Debug, Clone)]
pub(crate) struct ScriptedReader {
    pub(crate) deployment: Result<Deployment, CallErrorKind>,
    pub(crate) target: Result<Option<EcsTarget>, CallErrorKind>,
    pub(crate) panics: bool,
    pub(crate) blocks: Option<Duration>,
    /// Never answers.
    pub(crate) silent: bool,
    /// Leaves work on the runtime's blocking threads that cannot be cancelled, as a slow name server does.
    pub(crate) leaves_behind: Option<Duration>,
}

impl Scripted {
    pub(crate) fn new() -> Self {
        Self {
            answers: Arc::new(Mutex::new(vec![Ok(Delivery::Accepted)])),
            reports: Arc::default(),
            facts: ScriptedReader {
                deployment: Ok(Deployment {
                    id: "d-1".into(),
                    application: "shop".into(),
                    group: "blue-green".into(),
                    status: "InProgress".into(),
                    creator: "user".into(),
                    compute_platform: "ECS".into(),
                    rolls_back_on_failure: true,
                }),
                target: Ok(Some(EcsTarget {
                    lifecycle_events: Vec::new(),
                    task_sets: vec![TaskSet { label: "Green".into(), desired: 2, running: 2, ..TaskSet::default() }],
                })),
                panics: false,
                blocks: None,
                silent: false,
                leaves_behind: None,
            },
        }
    }

    pub(crate) fn answering(self, answers: Vec<Result<Delivery, CallErrorKind>>) -> Self {
        *self.answers.lock().unwrap() = answers;
        self
    }

    pub(crate) fn with_event(mut self, name: &str, status: &str) -> Self {
        if let Ok(Some(target)) = &mut self.facts.target {
            target.lifecycle_events.push(LifecycleEvent { name: name.into(), status: status.into() });
        }
        self
    }

    pub(crate) fn with_tasks(mut self, running: i64, desired: i64) -> Self {
        if let Ok(Some(target)) = &mut self.facts.target {
            target.task_sets[0] = TaskSet { label: "Green".into(), desired, running, ..TaskSet::default() };
        }
        self
    }

    pub(crate) fn reported(&self) -> Vec<(Verdict, String)> {
        self.reports.lock().unwrap().clone()
    }
}

impl Controller for Scripted {
    type Execution = String;
    type Reader = ScriptedReader;

    fn identify(&self, event: &Value) -> Result<String, String> {
        event["id"].as_str().map(ToOwned::to_owned).ok_or_else(|| "no `id`".to_owned())
    }

    fn redact(&self, execution: &String, text: &str) -> String {
        text.replace(execution.as_str(), "(redacted)")
    }

    fn describe(&self, execution: &String) -> ExecutionId {
        ExecutionId { deployment_id: "d-1".into(), hook_execution: format!("{:08x}", execution.len()) }
    }

    async fn reader(&self, _: &String) -> ScriptedReader {
        self.facts.clone()
    }

    async fn deliver(&self, _: &String, conclusion: &Conclusion, _: Duration) -> Result<Delivery, CallError> {
        self.reports.lock().unwrap().push((conclusion.verdict(), conclusion.reason().to_owned()));
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        answer.map_err(|kind| error("reporting", kind))
    }
}

impl Reader for ScriptedReader {
    async fn deployment(&self) -> Result<Deployment, CallError> {
        if let Some(length) = self.blocks {
            std::thread::sleep(length);
        }
        if let Some(length) = self.leaves_behind {
            tokio::task::spawn_blocking(move || std::thread::sleep(length));
        }
        if self.silent {
            std::future::pending::<()>().await;
        }
        assert!(!self.panics, "the reader broke");
        self.deployment.clone().map_err(|kind| error("codedeploy:GetDeployment", kind))
    }

    async fn target(&self) -> Result<Option<EcsTarget>, CallError> {
        self.target.clone().map_err(|kind| error("codedeploy:GetDeploymentTarget", kind))
    }
}

fn error(action: &'static str, kind: CallErrorKind) -> CallError {
    CallError { action, kind, detail: "scripted".into() }
}

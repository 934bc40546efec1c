//! The deployments as CodeDeploy knows them, and what changes them. How they look on the wire is in `shapes`.

use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

use greenlight_deployment::Verdict;
use tokio::sync::watch;

use crate::aws::Identity;
use crate::aws::api_error::ApiError;
use crate::lifecycle::LifecycleEvent;
use crate::record::{DeploymentStatus, ErrorInformation, StepStatus};

/// Everything that the API answers from.
pub(in crate::aws) struct State {
    pub(in crate::aws) identity: Identity,
    /// So many status calls of every hook are throttled before one is taken.
    pub(super) throttled_status_calls: u32,
    /// The one that is played, and after a failure the one that rolled it back.
    pub(super) deployments: Vec<Deployment>,
}

impl State {
    pub(in crate::aws) fn new(identity: Identity, throttled_status_calls: u32) -> Self {
        let played = Deployment::new(identity.tasks.get(), None);
        Self { identity, throttled_status_calls, deployments: vec![played] }
    }

    pub(in crate::aws) fn played(&self) -> &Deployment {
        &self.deployments[0]
    }

    pub(in crate::aws) fn played_mut(&mut self) -> &mut Deployment {
        &mut self.deployments[0]
    }

    /// A rollback is a new deployment of the last good revision. For ECS it only moves traffic back, so it is over as
    /// soon as it is there; that it asks no hooks is a choice, since what the service does is not known.
    pub(in crate::aws) fn roll_back(&mut self) -> String {
        let failed = self.played().id.clone();
        let mut rollback = Deployment::new(self.identity.tasks.get(), Some(failed));
        for event in LifecycleEvent::ALL {
            let status = if event.is_hook() { StepStatus::Skipped } else { StepStatus::Succeeded };
            rollback.begin(event);
            rollback.end(event, status);
        }
        rollback.finish(DeploymentStatus::Succeeded, None);
        let id = rollback.id.clone();
        self.played_mut().rolled_back_by = Some(id.clone());
        self.deployments.push(rollback);
        id
    }
}

/// A hook that waits for its verdict.
#[derive(Debug)]
pub struct HookExecution {
    /// `LifecycleEventHookExecutionId`: who knows it may report.
    pub id: String,
    /// The verdict, once it is put.
    pub verdict: watch::Receiver<Option<Verdict>>,
}

/// One deployment.
pub(in crate::aws) struct Deployment {
    pub(in crate::aws) id: String,
    pub(in crate::aws) created: SystemTime,
    pub(in crate::aws) completed: Option<SystemTime>,
    pub(in crate::aws) status: Option<DeploymentStatus>,
    pub(in crate::aws) error: Option<ErrorInformation>,
    /// The failed deployment, when this one is a rollback.
    pub(in crate::aws) rolls_back: Option<String>,
    pub(in crate::aws) rolled_back_by: Option<String>,
    pub(in crate::aws) events: Vec<EventState>,
    pub(in crate::aws) blue: Option<TaskSet>,
    pub(in crate::aws) green: TaskSet,
    pub(in crate::aws) updated: SystemTime,
}

/// A step as the API shows it.
pub(in crate::aws) struct EventState {
    pub(in crate::aws) event: LifecycleEvent,
    pub(in crate::aws) started: Option<SystemTime>,
    pub(in crate::aws) ended: Option<(SystemTime, StepStatus)>,
    hook: Option<Hook>,
}

/// A function's part in a step.
struct Hook {
    execution_id: String,
    verdict: watch::Sender<Option<Verdict>>,
    throttled: u32,
}

/// Tasks of one revision.
#[derive(Debug, Clone)]
pub(in crate::aws) struct TaskSet {
    pub(in crate::aws) id: String,
    pub(in crate::aws) label: &'static str,
    pub(in crate::aws) status: &'static str,
    pub(in crate::aws) desired: u32,
    pub(in crate::aws) running: u32,
    /// Percent of production traffic.
    pub(in crate::aws) weight: f64,
}

impl Deployment {
    fn new(tasks: u32, rolls_back: Option<String>) -> Self {
        let now = SystemTime::now();
        let events = LifecycleEvent::ALL.map(|event| EventState { event, started: None, ended: None, hook: None });
        let task_set = |label, status, running, weight| TaskSet {
            id: format!("ecs-svc/{}", digits(19)),
            label,
            status,
            desired: tasks,
            running,
            weight,
        };
        Self {
            id: format!("d-{}", letters(9)),
            created: now,
            completed: None,
            status: None,
            error: None,
            rolls_back,
            rolled_back_by: None,
            events: events.into(),
            blue: Some(task_set("Blue", "PRIMARY", tasks, 100.0)),
            green: task_set("Green", "ACTIVE", 0, 0.0),
            updated: now,
        }
    }

    pub(in crate::aws) fn begin(&mut self, event: LifecycleEvent) {
        self.touch();
        let now = self.updated;
        if let Some(state) = self.event_mut(event) {
            state.started = Some(now);
        }
    }

    pub(in crate::aws) fn begin_hook(&mut self, event: LifecycleEvent) -> HookExecution {
        let (verdict, receiver) = watch::channel(None);
        // Opaque, and with characters in it that must survive being handed on.
        let id = format!("eyJlbmNyeXB0ZWREYXRhIjoi{}+{}/==", letters(40), letters(40));
        self.begin(event);
        if let Some(state) = self.event_mut(event) {
            state.hook = Some(Hook { execution_id: id.clone(), verdict, throttled: 0 });
        }
        HookExecution { id, verdict: receiver }
    }

    pub(in crate::aws) fn end(&mut self, event: LifecycleEvent, status: StepStatus) {
        self.touch();
        let now = self.updated;
        if let Some(state) = self.event_mut(event).filter(|state| state.ended.is_none()) {
            state.ended = Some((now, status));
        }
    }

    /// A verdict arrives. The first one decides; the order in which the service looks at its input is a choice.
    pub(in crate::aws) fn put(&mut self, execution_id: &str, status: &str, throttle: u32) -> Result<(), ApiError> {
        let now = SystemTime::now();
        let state = self.events.iter_mut().find_map(|state| {
            let EventState { hook: Some(hook), ended, .. } = state else { return None };
            (hook.execution_id == execution_id).then_some((hook, ended))
        });
        let Some((hook, ended)) = state else {
            return Err(ApiError::new(
                "InvalidLifecycleEventHookExecutionIdException",
                "The lifecycle event hook execution ID is invalid.",
            ));
        };
        if hook.throttled < throttle {
            hook.throttled += 1;
            return Err(ApiError::throttled());
        }
        let (verdict, status) = match status {
            "Succeeded" => (Verdict::Succeeded, StepStatus::Succeeded),
            "Failed" => (Verdict::Failed, StepStatus::Failed),
            other => {
                return Err(ApiError::new(
                    "InvalidLifecycleEventHookExecutionStatusException",
                    format!(
                        "The lifecycle event hook execution status {other} is invalid: Succeeded or Failed is expected."
                    ),
                ));
            }
        };
        if ended.is_some() {
            return Err(ApiError::new(
                "LifecycleEventAlreadyCompletedException",
                "An attempt to return the status of an already completed lifecycle event occurred.",
            ));
        }
        *ended = Some((now, status));
        self.updated = now;
        hook.verdict.send_replace(Some(verdict));
        Ok(())
    }

    pub(in crate::aws) fn green_runs(&mut self, running: u32, desired: u32) {
        self.touch();
        (self.green.running, self.green.desired) = (running, desired);
    }

    pub(in crate::aws) fn green_serves(&mut self) {
        self.touch();
        (self.green.status, self.green.weight) = ("PRIMARY", 100.0);
        if let Some(blue) = &mut self.blue {
            (blue.status, blue.weight) = ("ACTIVE", 0.0);
        }
    }

    pub(in crate::aws) fn blue_serves(&mut self) {
        self.touch();
        (self.green.status, self.green.weight) = ("ACTIVE", 0.0);
        if let Some(blue) = &mut self.blue {
            (blue.status, blue.weight) = ("PRIMARY", 100.0);
        }
    }

    pub(in crate::aws) fn blue_is_gone(&mut self) {
        self.touch();
        self.blue = None;
    }

    pub(in crate::aws) fn finish(&mut self, status: DeploymentStatus, error: Option<ErrorInformation>) {
        self.touch();
        self.completed = Some(self.updated);
        self.status = Some(status);
        self.error = error;
    }

    fn event_mut(&mut self, event: LifecycleEvent) -> Option<&mut EventState> {
        self.events.iter_mut().find(|state| state.event == event)
    }

    fn touch(&mut self) {
        self.updated = SystemTime::now();
    }
}

/// Random capital letters and digits, as in a deployment's id.
fn letters(count: usize) -> String {
    random(count, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
}

fn digits(count: usize) -> String {
    random(count, b"123456789")
}

/// Different in every run is all that is asked of it; the standard library's hasher keys are seeded by the system.
fn random(count: usize, alphabet: &[u8]) -> String {
    (0..count)
        .map(|place| {
            let hash = RandomState::new().hash_one(place);
            let index = usize::try_from(hash % alphabet.len() as u64).unwrap_or_default();
            char::from(alphabet[index])
        })
        .collect()
}

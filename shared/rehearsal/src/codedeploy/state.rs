//! The deployments as CodeDeploy knows them, and what changes them. How they look on the wire is in `shapes`.

use std::hash::{BuildHasher, RandomState};
use std::time::{Instant, SystemTime};

use greenlight_deployment::Verdict;
use tokio::sync::watch;

use super::api_error::ApiError;
use super::{HookExecution, Identity, Misbehaviour};
use crate::lifecycle::LifecycleEvent;
use crate::record::{Call, DeploymentStatus, ErrorInformation, StepStatus};

/// Everything that the API answers from.
pub(super) struct State {
    pub(super) identity: Identity,
    pub(super) misbehaviour: Misbehaviour,
    pub(super) began: Instant,
    pub(super) calls: Vec<Call>,
    /// The one that is played, and after a failure the one that rolled it back.
    pub(super) deployments: Vec<Deployment>,
}

impl State {
    pub(super) fn new(identity: Identity, misbehaviour: Misbehaviour, began: Instant) -> Self {
        let played = Deployment::new(identity.tasks.get(), None);
        Self { identity, misbehaviour, began, calls: Vec::new(), deployments: vec![played] }
    }

    pub(super) fn played(&self) -> &Deployment {
        &self.deployments[0]
    }

    pub(super) fn played_mut(&mut self) -> &mut Deployment {
        &mut self.deployments[0]
    }

    /// A rollback is a new deployment of the last good revision. For ECS it only moves traffic back, so it is over as
    /// soon as it is there; that it asks no hooks is a choice, since what the service does is not known.
    pub(super) fn roll_back(&mut self) -> String {
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

/// One deployment.
pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) created: SystemTime,
    pub(super) completed: Option<SystemTime>,
    pub(super) status: Option<DeploymentStatus>,
    pub(super) error: Option<ErrorInformation>,
    /// The failed deployment, when this one is a rollback.
    pub(super) rolls_back: Option<String>,
    pub(super) rolled_back_by: Option<String>,
    pub(super) events: Vec<EventState>,
    pub(super) blue: Option<TaskSet>,
    pub(super) green: TaskSet,
    pub(super) updated: SystemTime,
}

/// A step as the API shows it.
pub(super) struct EventState {
    pub(super) event: LifecycleEvent,
    pub(super) started: Option<SystemTime>,
    pub(super) ended: Option<(SystemTime, StepStatus)>,
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
pub(super) struct TaskSet {
    pub(super) id: String,
    pub(super) label: &'static str,
    pub(super) status: &'static str,
    pub(super) desired: u32,
    pub(super) running: u32,
    /// Percent of production traffic.
    pub(super) weight: f64,
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

    pub(super) fn begin(&mut self, event: LifecycleEvent) {
        self.touch();
        let now = self.updated;
        if let Some(state) = self.event_mut(event) {
            state.started = Some(now);
        }
    }

    pub(super) fn begin_hook(&mut self, event: LifecycleEvent) -> HookExecution {
        let (verdict, receiver) = watch::channel(None);
        // Opaque, and with characters in it that must survive being handed on.
        let id = format!("eyJlbmNyeXB0ZWREYXRhIjoi{}+{}/==", letters(40), letters(40));
        self.begin(event);
        if let Some(state) = self.event_mut(event) {
            state.hook = Some(Hook { execution_id: id.clone(), verdict, throttled: 0 });
        }
        HookExecution { id, verdict: receiver }
    }

    pub(super) fn end(&mut self, event: LifecycleEvent, status: StepStatus) {
        self.touch();
        let now = self.updated;
        if let Some(state) = self.event_mut(event).filter(|state| state.ended.is_none()) {
            state.ended = Some((now, status));
        }
    }

    /// A verdict arrives. The first one decides; the order in which the service looks at its input is a choice.
    pub(super) fn put(&mut self, execution_id: &str, status: &str, throttle: u32) -> Result<(), ApiError> {
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

    pub(super) fn green_runs(&mut self, running: u32, desired: u32) {
        self.touch();
        (self.green.running, self.green.desired) = (running, desired);
    }

    pub(super) fn green_serves(&mut self) {
        self.touch();
        (self.green.status, self.green.weight) = ("PRIMARY", 100.0);
        if let Some(blue) = &mut self.blue {
            (blue.status, blue.weight) = ("ACTIVE", 0.0);
        }
    }

    pub(super) fn blue_serves(&mut self) {
        self.touch();
        (self.green.status, self.green.weight) = ("ACTIVE", 0.0);
        if let Some(blue) = &mut self.blue {
            (blue.status, blue.weight) = ("PRIMARY", 100.0);
        }
    }

    pub(super) fn blue_is_gone(&mut self) {
        self.touch();
        self.blue = None;
    }

    pub(super) fn finish(&mut self, status: DeploymentStatus, error: Option<ErrorInformation>) {
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

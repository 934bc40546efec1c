//! One deployment as CodeDeploy knows it, and what changes it.

use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

use greenlight_deployment::Verdict;
use tokio::sync::watch;

use crate::aws::api_error::ApiError;
use crate::lifecycle::LifecycleEvent;
use crate::record::{DeploymentStatus, ErrorInformation, StepStatus};
use crate::unknowns::Repeated;

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
    /// None once it is deleted.
    pub(in crate::aws) blue: Option<TaskSet>,
    /// None before it is created, and once it is deleted.
    pub(in crate::aws) green: Option<TaskSet>,
    /// What green's task definition is.
    pub(in crate::aws) deploys: Version,
    /// Whether CodeDeploy waits for approval.
    pub(in crate::aws) is_ready: bool,
    pub(in crate::aws) updated: SystemTime,
    /// It was over as soon as it was there.
    pub(super) is_instant: bool,
}

/// Which of the two task definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Version {
    Green,
    Blue,
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
    /// The deployment that made it.
    pub(in crate::aws) external_id: String,
    pub(in crate::aws) version: Version,
    pub(in crate::aws) label: &'static str,
    pub(in crate::aws) status: &'static str,
    pub(in crate::aws) desired: u32,
    pub(in crate::aws) running: u32,
    /// Percent of production traffic.
    pub(in crate::aws) weight: f64,
    pub(in crate::aws) created: SystemTime,
    pub(in crate::aws) updated: SystemTime,
}

impl TaskSet {
    /// One that an earlier deployment has left, and that serves production.
    pub(super) fn serving(tasks: u32) -> Self {
        let now = SystemTime::now();
        Self {
            id: format!("ecs-svc/{}", digits(19)),
            external_id: deployment_id(),
            version: Version::Blue,
            label: "Blue",
            status: "PRIMARY",
            desired: tasks,
            running: tasks,
            weight: 100.0,
            created: now,
            updated: now,
        }
    }
}

impl Deployment {
    pub(super) fn new(blue: TaskSet, deploys: Version, rolls_back: Option<String>) -> Self {
        let now = SystemTime::now();
        let events = LifecycleEvent::ALL.map(|event| EventState { event, started: None, ended: None, hook: None });
        Self {
            id: deployment_id(),
            created: now,
            completed: None,
            status: None,
            error: None,
            rolls_back,
            rolled_back_by: None,
            events: events.into(),
            blue: Some(blue),
            green: None,
            deploys,
            is_ready: false,
            updated: now,
            is_instant: false,
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
    pub(in crate::aws) fn put(
        &mut self,
        execution_id: &str,
        status: &str,
        throttle: u32,
        repeated: Repeated,
    ) -> Result<(), ApiError> {
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
        if let Some((_, recorded)) = ended {
            if repeated == Repeated::Accepted && *recorded == status {
                return Ok(());
            }
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

    /// So many of green's tasks run. The first time, the task set is created.
    pub(in crate::aws) fn green_runs(&mut self, running: u32, desired: u32) {
        self.touch();
        let now = self.updated;
        let green = self.green.get_or_insert_with(|| TaskSet {
            id: format!("ecs-svc/{}", digits(19)),
            external_id: self.id.clone(),
            version: self.deploys,
            label: "Green",
            status: "ACTIVE",
            weight: 0.0,
            created: now,
            ..TaskSet::serving(desired)
        });
        (green.running, green.desired, green.updated) = (running, desired, now);
    }

    /// So much of production's traffic goes to green, in percent. With all of it, green is the primary task set.
    pub(in crate::aws) fn green_serves(&mut self, percent: f64) {
        self.touch();
        let (of_green, of_blue) = if percent < 100.0 { ("ACTIVE", "PRIMARY") } else { ("PRIMARY", "ACTIVE") };
        if let Some(green) = &mut self.green {
            (green.status, green.weight, green.updated) = (of_green, percent, self.updated);
        }
        if let Some(blue) = &mut self.blue {
            (blue.status, blue.weight, blue.updated) = (of_blue, 100.0 - percent, self.updated);
        }
    }

    pub(in crate::aws) fn blue_is_gone(&mut self) {
        self.touch();
        self.blue = None;
    }

    pub(in crate::aws) fn green_is_gone(&mut self) {
        self.touch();
        self.green = None;
    }

    /// It waits for approval, or does so no more.
    pub(in crate::aws) fn waits(&mut self, is_ready: bool) {
        self.touch();
        self.is_ready = is_ready;
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

fn deployment_id() -> String {
    format!("d-{}", letters(9))
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

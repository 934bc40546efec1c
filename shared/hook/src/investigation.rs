//! Finds out what a function has to know: suite, facts of the deployment, and then what this hook can prove.
//!
//! Runs on the engine's thread. It decides nothing: what it finds, it writes on the board.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use greenlight_deployment::{CallError, CallErrorKind, Deployment, EcsTarget};
use greenlight_engine::{Deadline, Outcome};
use greenlight_report::{SuiteOrigin, TaskSetRecord};
use greenlight_suite::{Hook, Ready};
use serde_json::{Value, json};

use crate::controller::Reader;
use crate::draft::Board;
use crate::plan::{Listener, Plan};
use crate::questions::{Target, ask};
use crate::settings::{Environment, Settings};
use crate::standing::{Standing, standing};
use crate::suite_file::SuiteFile;

/// Longest time for the first reads about the deployment.
const READ_BUDGET: Duration = Duration::from_secs(20);
/// The same when the verdict is clear already, and only its mode is open.
const HURRIED_READ_BUDGET: Duration = Duration::from_millis(1_500);
/// First pause between two looks at green's task set; CodeDeploy throttles at about 40 calls a minute, so it grows.
const FIRST_LOOK_PAUSE: Duration = Duration::from_millis(500);
/// Longest pause between two looks.
const LONGEST_LOOK_PAUSE: Duration = Duration::from_secs(10);

/// What an investigation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// All that there is to judge is on the board.
    Everything,
    /// The lifecycle event or the deployment has ended already, as this sentence says: nothing was asked.
    AlreadyDecided(String),
}

/// One hook of one deployment, with what the function was told.
pub(crate) struct Investigation<'a> {
    pub(crate) hook: Hook,
    pub(crate) settings: &'a Settings,
    pub(crate) environment: &'a dyn Environment,
    pub(crate) deadline: Deadline,
    pub(crate) board: &'a Board,
}

impl Investigation<'_> {
    /// Whatever is wrong with the suite or the settings, the deployment is looked at before the end: whether it is a
    /// rollback decides what a wrong suite may do to it.
    pub(crate) async fn run<R: Reader>(&self, reader: impl Future<Output = R>) -> Found {
        let file = self.prepare();
        let budget = if file.is_err() { HURRIED_READ_BUDGET } else { READ_BUDGET };
        let reader = reader.await;
        let (deployment, target) = self.board.phase("reading the deployment", self.read(&reader, budget)).await;
        let target = match standing(self.hook, &reader, deployment.as_ref().ok(), target, self.deadline).await {
            Standing::Ours(target) => target,
            Standing::Decided(how) => return Found::AlreadyDecided(how),
            Standing::Elsewhere(problem) => {
                self.board.update(|draft| draft.problems.push(problem));
                Ok(None)
            }
        };
        self.note(&deployment, &target);
        let (Ok(file), false) = (file, self.board.has_problems()) else { return Found::Everything };

        match Listener::at(self.hook) {
            None => {
                self.board.update(|draft| draft.demands.task_set = true);
                let ready = file.as_ref().and_then(|file| file.suite.ready.as_ref());
                let record = self.board.phase("looking at green's task set", self.steady(&reader, target, ready)).await;
                self.board.update(|draft| draft.task_set = Some(record));
            }
            Some(listener) => match &file {
                None => self.board.update(|draft| {
                    draft.problems.push(
                        "there is no suite: put `greenlight.yml` beside the binary, or name it in GREENLIGHT_SUITE"
                            .to_owned(),
                    );
                }),
                Some(file) => self.ask(listener, file, deployment.ok()).await,
            },
        }
        Found::Everything
    }

    /// Reads settings and suite; what is wrong with them is on the board.
    fn prepare(&self) -> Result<Option<SuiteFile>, ()> {
        self.board.update(|draft| {
            "reading the suite".clone_into(&mut draft.doing);
            for name in &self.settings.unknown {
                draft.warnings.push(format!("the setting `{name}` means nothing; is it misspelt?"));
            }
            if !self.settings.problems.is_empty() {
                draft.problems.push(format!("bad settings: {}", self.settings.problems.join("; ")));
            }
        });
        match SuiteFile::find(self.settings.suite.as_deref(), self.environment) {
            Ok(file) => {
                self.board.update(|draft| {
                    draft.suite = file.as_ref().map(|file| SuiteOrigin {
                        place: file.path.display().to_string(),
                        service: file.suite.service.clone(),
                    });
                });
                if self.settings.problems.is_empty() { Ok(file) } else { Err(()) }
            }
            Err(problem) => {
                self.board.update(|draft| draft.problems.push(format!("the suite cannot be read: {problem}")));
                Err(())
            }
        }
    }

    async fn read<R: Reader>(
        &self,
        reader: &R,
        budget: Duration,
    ) -> (Result<Deployment, CallError>, Result<Option<EcsTarget>, CallError>) {
        let deadline = self.deadline.within(budget).instant();
        let late =
            |action| CallError { action, kind: CallErrorKind::Unreachable, detail: "no answer in time".to_owned() };
        tokio::join!(
            async {
                let read = tokio::time::timeout_at(deadline, reader.deployment()).await;
                read.unwrap_or_else(|_| Err(late("codedeploy:GetDeployment")))
            },
            async {
                let read = tokio::time::timeout_at(deadline, reader.target()).await;
                read.unwrap_or_else(|_| Err(late("codedeploy:GetDeploymentTarget")))
            },
        )
    }

    /// Writes down what was read, what was not, and what follows from it for the mode.
    fn note(&self, deployment: &Result<Deployment, CallError>, target: &Result<Option<EcsTarget>, CallError>) {
        self.board.update(|draft| {
            match deployment {
                Ok(deployment) => {
                    if deployment.is_rollback() {
                        draft.mode = self.settings.on_rollback;
                        draft.warnings.push(format!(
                            "this deployment is itself a rollback; GREENLIGHT_ON_ROLLBACK says {}",
                            match draft.mode {
                                greenlight_report::Mode::Enforce => "enforce",
                                greenlight_report::Mode::Observe => "observe",
                            }
                        ));
                    }
                    if !deployment.rolls_back_on_failure {
                        draft.warnings.push(
                            "auto-rollback is not enabled for DEPLOYMENT_FAILURE: after a `Failed` green stays on the test listener"
                                .to_owned(),
                        );
                    }
                    if !matches!(deployment.compute_platform.as_str(), "ECS" | "") {
                        draft.problems.push(format!(
                            "this is a deployment to {}, and these functions judge ECS deployments alone",
                            deployment.compute_platform
                        ));
                    }
                    draft.deployment = Some(deployment.clone());
                }
                // A deployment that AWS does not know takes no verdict either: nothing is worth asking.
                Err(error) if error.kind == CallErrorKind::Refused => draft.problems.push(error.to_string()),
                Err(error) => {
                    draft.unproven.push(format!("how the deployment stands, and whether it is a rollback: {error}"));
                }
            }
            if let Err(error) = target {
                draft.unproven.push(format!("how green's task set stands: {error}"));
            }
        });
    }

    /// Looks at green's task set until it is steady. The suite's `ready.within` is the budget.
    async fn steady<R: Reader>(
        &self,
        reader: &R,
        first: Result<Option<EcsTarget>, CallError>,
        ready: Option<&Ready>,
    ) -> TaskSetRecord {
        let budget = ready.map_or(Ready::DEFAULT_WITHIN, |ready| ready.within);
        let deadline = self.deadline.within(budget);
        let started = Instant::now();
        let mut look = first;
        let mut pause = FIRST_LOOK_PAUSE;
        let mut polls = 1;
        loop {
            let green = look.as_ref().ok().and_then(|target| target.as_ref()?.green()).cloned();
            if green.as_ref().is_some_and(greenlight_deployment::TaskSet::is_steady) {
                return TaskSetRecord { outcome: Outcome::Pass, reason: None, green, polls };
            }
            let (outcome, seen, transient) = match (&look, &green) {
                (Err(error), _) => (Outcome::Error, error.to_string(), error.kind.is_transient()),
                (Ok(None), _) => (Outcome::Error, "the deployment has no ECS service as its target".to_owned(), false),
                (Ok(Some(_)), None) => (Outcome::Fail, "the deployment shows no green task set".to_owned(), true),
                (Ok(Some(_)), Some(green)) => (
                    Outcome::Fail,
                    format!(
                        "green's task set is not steady: {} running and {} pending, expected {} running and none pending{}",
                        green.running,
                        green.pending,
                        green.desired.max(1),
                        if green.desired == 0 { " (its desired count is 0)" } else { "" }
                    ),
                    true,
                ),
            };
            if !transient || deadline.has_passed() {
                let waited = greenlight_report::duration(started.elapsed());
                let tail = if polls == 1 { String::new() } else { format!(" (looked {polls} times in {waited})") };
                return TaskSetRecord { outcome, reason: Some(format!("{seen}{tail}")), green, polls };
            }
            greenlight_engine::Progress::phase(self.board, &format!("waiting for green's task set: {seen}"));
            // The last look is at the end of the budget.
            tokio::time::sleep(pause.min(deadline.remaining())).await;
            pause = (pause * 2).min(LONGEST_LOOK_PAUSE);
            polls += 1;
            look = match tokio::time::timeout_at(self.deadline.instant(), reader.target()).await {
                Ok(target) => target,
                Err(_) => look,
            };
        }
    }

    async fn ask(&self, listener: Listener, file: &SuiteFile, deployment: Option<Deployment>) {
        let base = match listener {
            Listener::Test => &self.settings.test_url,
            Listener::Production => &self.settings.production_url,
        };
        let Some(base) = base else {
            return self.board.update(|draft| {
                draft.problems.push(format!(
                    "{} is not set: where the {} listener is, is not known",
                    listener.setting(),
                    match listener {
                        Listener::Test => "test",
                        Listener::Production => "production",
                    }
                ));
            });
        };
        let plan = Plan::new(&file.suite, self.hook);
        let target = Target { base, facts: facts(deployment.as_ref()), suite_folder: file.path.parent() };
        ask(&file.suite, &plan, target, self.environment, self.deadline, self.board).await;
    }
}

/// The names that templates may use for what is known about the deployment.
fn facts(deployment: Option<&Deployment>) -> BTreeMap<String, Value> {
    let Some(deployment) = deployment else { return BTreeMap::new() };
    [
        ("deployment.id", &deployment.id),
        ("deployment.application", &deployment.application),
        ("deployment.group", &deployment.group),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| (name.to_owned(), json!(value)))
    .collect()
}

//! Finds out what a function has to know: suite, facts of the deployment, and then what this hook can prove.
//!
//! Runs on the engine's thread. It decides nothing: what it finds, it writes on the board.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use greenlight_deployment::{CallError, CallErrorKind, Facts, Forward, Reader};
use greenlight_engine::{Deadline, Outcome};
use greenlight_suite::{Hook, Suite};

use crate::after_install::AfterInstall;
use crate::canary;
use crate::default_suite::{DefaultSuite, question, ready};
use crate::destination::{Destination, elsewhere};
use crate::draft::Board;
use crate::looks::Looks;
use crate::marker;
use crate::noting::note;
use crate::plan::{Listener, Plan};
use crate::questions::{Target, ask};
use crate::secrets::parameters;
use crate::settings::{Environment, Settings};
use crate::standing::{Standing, standing};
use crate::suite_place::{LoadedSuite, Names, SuitePlace};
use crate::traffic::Traffic;

/// Longest time for the first reads about the deployment.
const READ_BUDGET: Duration = Duration::from_secs(20);
/// The same when the verdict is clear already, and only its mode is open.
const HURRIED_READ_BUDGET: Duration = Duration::from_millis(1_500);

/// How often production is asked for a marker of blue's while green answers there too.
const SHARED_TRIES: u32 = 20;

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
    pub(crate) deployment_id: &'a str,
    pub(crate) settings: &'a Settings,
    pub(crate) environment: &'a dyn Environment,
    pub(crate) deadline: Deadline,
    pub(crate) board: &'a Board,
}

/// How far a suite can be read before anything is known about the deployment.
enum Prepared {
    /// It is read, or there is none.
    Read(Option<Box<LoadedSuite>>),
    /// It is in AWS, or its place has a name of the deployment in it.
    Elsewhere(SuitePlace),
}

impl Investigation<'_> {
    /// Whatever is wrong with the suite or the settings, the deployment is looked at before the end: whether it is a
    /// rollback decides what a wrong suite may do to it.
    pub(crate) async fn run<R: Reader>(&self, reader: impl Future<Output = R>) -> Found {
        let prepared = self.prepare();
        let budget = if self.board.has_problems() { HURRIED_READ_BUDGET } else { READ_BUDGET };
        let reader = reader.await;
        let until = self.deadline.within(budget).instant();
        let read = Facts::read(&reader, self.deployment_id, until);
        let mut facts = self.board.phase("reading the deployment", read).await;
        let looks = Looks::new();
        match standing(self.hook, &reader, &mut facts, &looks, self.deadline).await {
            Standing::Ours => {}
            Standing::Decided(how) => return Found::AlreadyDecided(how),
            Standing::Elsewhere(problem) => self.board.update(|draft| draft.problems.push(problem)),
        }
        note(&facts, self.settings, self.board);
        if let (Ok(prepared), false) = (prepared, self.board.has_problems()) {
            let judged = self.judge(&reader, &facts, &looks, prepared).await;
            if let Err(problem) = judged {
                self.board.update(|draft| draft.problems.push(problem));
            }
        }
        Found::Everything
    }

    /// Reads settings and, where it is on this machine, the suite; what is wrong with them is on the board.
    fn prepare(&self) -> Result<Prepared, ()> {
        self.board.update(|draft| {
            "reading the suite".clone_into(&mut draft.doing);
            for name in &self.settings.unknown {
                draft.warnings.push(format!("the setting `{name}` means nothing; is it misspelt?"));
            }
            if !self.settings.problems.is_empty() {
                draft.problems.push(format!("bad settings: {}", self.settings.problems.join("; ")));
            }
        });
        let place = self.settings.suite.clone().or_else(|| SuitePlace::default_file(self.environment));
        match place {
            None => Ok(Prepared::Read(None)),
            Some(place) => match place.read_here(self.environment) {
                None => Ok(Prepared::Elsewhere(place)),
                Some(Ok(loaded)) => {
                    self.board.update(|draft| draft.suite = Some(loaded.origin.clone()));
                    Ok(Prepared::Read(Some(Box::new(loaded))))
                }
                Some(Err(problem)) => {
                    self.board.update(|draft| draft.problems.push(unreadable(&problem)));
                    Err(())
                }
            },
        }
    }

    /// Looks for whatever this hook can prove.
    ///
    /// # Errors
    ///
    /// What keeps it from looking.
    async fn judge<R: Reader>(
        &self,
        reader: &R,
        facts: &Facts,
        looks: &Looks,
        prepared: Prepared,
    ) -> Result<(), String> {
        let loaded = match prepared {
            Prepared::Read(loaded) => loaded,
            Prepared::Elsewhere(place) => {
                let names = names(reader, facts).await;
                let read = place.read(&names, self.environment, reader);
                let loaded =
                    self.board.phase("reading the suite", read).await.map_err(|problem| unreadable(&problem))?;
                self.board.update(|draft| draft.suite = Some(loaded.origin.clone()));
                Some(Box::new(loaded))
            }
        };
        let folder = loaded.as_ref().and_then(|loaded| loaded.folder.clone());
        let without_suite = loaded.is_none();
        let mut suite = loaded.map(|loaded| loaded.suite).unwrap_or_default();
        let destination = Destination::find(self.hook, self.settings, facts);
        if self.hook == Hook::AfterInstall {
            let target = destination.as_ref().map(|destination| self.target(destination, facts, folder.as_deref()));
            return self.after_install(reader, facts, looks, &suite, folder.as_deref(), target).await;
        }

        let destination = destination?;
        let mut target = self.target(&destination, facts, folder.as_deref());
        let mut marker = None;
        if without_suite {
            let DefaultSuite { suite: default, warning } = DefaultSuite::of(&facts.target_group);
            self.board.update(|draft| draft.warnings.extend(warning));
            suite = default;
            if let Some(found) = self.find_marker(&suite, &target, facts).await {
                suite.version = Some(found.version);
                marker = Some(format!("found by itself: {}", found.place));
            }
        }
        let plan_suite = with_readiness(suite, facts);
        let plan = Plan::new(&plan_suite, self.hook);
        target.parameters = parameters(reader, &plan, self.board).await?;

        let unmarked = plan.version.is_none();
        self.board.update(|draft| draft.demands.green = true);
        let told = elsewhere(&destination, self.settings, facts).await;
        let traffic = Traffic::new(self.hook, reader, facts, told);
        if let Some(share) = green_share(self.hook, facts) {
            canary::ask(plan, target, share, self.environment, self.deadline, self.board).await;
        } else {
            ask(&plan, target.clone(), &traffic, self.environment, self.deadline, self.board).await;
            let record = traffic.record();
            if record.outcome == Outcome::Inconclusive {
                self.doubt_marker(&plan, &target).await;
            }
            self.board.update(|draft| draft.green.control_plane = Some(record));
        }
        self.board.update(|draft| {
            draft.green.targets = traffic.targets();
            let same = draft.version.as_ref().filter(|record| record.is_blues_too());
            let same = same.map(|record| {
                format!("blue's version marker is `{}` too: it does not tell green from blue", record.expected)
            });
            draft.warnings.extend(same);
            if unmarked {
                draft.warnings.push(
                    "no marker is configured: a load balancer node that still serves blue would not be noticed; name a `version` in the suite"
                        .to_owned(),
                );
            }
            draft.green.marker = Some(match (&draft.version, marker) {
                (None, _) => "none configured".to_owned(),
                (Some(record), None) => format!("`{}` in {}", record.expected, record.request),
                (Some(record), Some(found)) => format!("`{}`, {found}", record.expected),
            });
        });
        Ok(())
    }

    fn target<'t>(&'t self, destination: &'t Destination, facts: &Facts, folder: Option<&'t Path>) -> Target<'t> {
        Target {
            base: &destination.base,
            name: destination.listener.name(),
            blue: destination.blue.as_ref(),
            facts: facts.values(),
            unknown: unknown(facts),
            parameters: BTreeMap::new(),
            resolve: &self.settings.resolve,
            suite_folder: folder,
        }
    }

    async fn after_install<R: Reader>(
        &self,
        reader: &R,
        facts: &Facts,
        looks: &Looks,
        suite: &Suite,
        folder: Option<&Path>,
        target: Result<Target<'_>, &String>,
    ) -> Result<(), String> {
        let Self { deadline, board, environment, deployment_id, .. } = *self;
        let plan = Plan::new(suite, self.hook);
        let judge = AfterInstall { reader, facts, deployment_id, looks, deadline, board };
        board.update(|draft| {
            draft.demands.task_set = true;
            draft.demands.reach = target.is_ok();
            draft.demands.direct = plan.checks.iter().any(|check| check.required);
            // It decides nothing here, and everything at the hooks that follow.
            draft.warnings.extend(target.as_ref().err().map(ToString::to_string));
        });
        let ((record, targets), reach) = board
            .phase("looking at green's task set", async {
                tokio::join!(judge.steady(suite), async {
                    match &target {
                        Ok(target) => Some(judge.reach(suite, target, environment).await),
                        Err(_) => None,
                    }
                })
            })
            .await;
        let is_steady = record.outcome == Outcome::Pass;
        board.update(|draft| {
            draft.task_set = Some(record);
            draft.reach = reach;
        });
        if plan.checks.is_empty() || !is_steady {
            return Ok(());
        }
        let tasks = judge.tasks(&targets)?;
        // Where the listener is does not matter to those who are asked by their own addresses.
        let Some(first) = tasks.first() else { return Ok(()) };
        let place = Destination { listener: Listener::Test, base: first.clone(), blue: None };
        let mut target = self.target(&place, facts, folder);
        target.parameters = parameters(reader, &plan, board).await?;
        let records = board.phase("asking green's tasks", judge.direct(&plan, &target, &tasks, environment)).await;
        board.update(|draft| draft.direct = records);
        Ok(())
    }

    /// The marker alone has to prove green, so it must be green's alone: production, which serves blue, is asked for it.
    async fn doubt_marker(&self, plan: &Plan<'_>, target: &Target<'_>) {
        let (Some(version), Some(blue)) = (plan.version, target.blue) else { return };
        let Ok(session) = target.session(&plan.suite(), blue, self.environment) else { return };
        let sample = self.board.phase("looking for the marker on blue", session.version(version, self.deadline)).await;
        if sample.outcome == Outcome::Pass {
            self.board.update(|draft| {
                draft.problems.push(format!(
                    "it was not proven that green answered: production (blue) bears the same marker, `{}`",
                    sample.expected
                ));
            });
        }
    }

    /// A marker for a service without a suite.
    async fn find_marker(&self, suite: &Suite, target: &Target<'_>, facts: &Facts) -> Option<marker::Found> {
        // While production is shared, blue answers there now and then.
        let (blue, tries) = match green_share(self.hook, facts) {
            Some(_) => (target.base, SHARED_TRIES),
            None => (target.blue?, 1),
        };
        let blue = target.session(suite, blue, self.environment).ok()?;
        let health = &suite.ready.as_ref()?.request;
        self.board.phase("finding a marker", marker::find(&blue, tries, health, facts, self.deadline)).await
    }
}

fn unreadable(problem: &str) -> String {
    format!("the suite cannot be read: {problem}")
}

async fn names<R: Reader>(reader: &R, facts: &Facts) -> Names {
    let deployment = facts.deployment.as_ref().ok();
    // It has been asked for before, and is kept: `cluster:service`.
    let target = reader.target_id().await.ok().flatten();
    Names {
        application: deployment.map(|deployment| deployment.application.clone()),
        deployment_group: deployment.map(|deployment| deployment.group.clone()),
        service: target.and_then(|id| id.split_once(':').map(|(_, service)| service.to_owned())),
    }
}

/// What is unknown, and what to do about it.
fn allow(error: &CallError) -> String {
    match error.kind {
        CallErrorKind::AccessDenied => format!("{}: allow that in the function's role", error.unknown()),
        _ => error.unknown(),
    }
}

/// Why a fact that a suite names is not known.
fn unknown(facts: &Facts) -> Vec<(&'static str, String)> {
    let sides = [("green.", &facts.green), ("blue.", &facts.blue)];
    let of_sides =
        sides.into_iter().filter_map(|(prefix, side)| Some((prefix, allow(side.task_definition.as_ref().err()?))));
    let of_deployment = facts.deployment.as_ref().err().map(|error| ("deployment.", allow(error)));
    of_sides.chain(of_deployment).collect()
}

/// A suite that says nothing of readiness nor of a version is ready when its target group's health check passes.
fn with_readiness(suite: Suite, facts: &Facts) -> Suite {
    let asked = facts.target_group.as_ref().ok().and_then(|group| question(group).ok());
    match asked {
        Some(asked) if suite.ready.is_none() && suite.version.is_none() => Suite { ready: Some(ready(asked)), ..suite },
        _ => suite,
    }
}

/// Green's share of production in percent, while others have some too.
fn green_share(hook: Hook, facts: &Facts) -> Option<f64> {
    let (Hook::AfterAllowTraffic, Ok(Some(production)), Ok(Some(green))) =
        (hook, &facts.production, &facts.green.target_group)
    else {
        return None;
    };
    let Forward::To(_) = production.forward else { return None };
    production.forward.share(green).filter(|share| *share > 0.0 && !production.forward.is_all(green))
}

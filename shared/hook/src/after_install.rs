//! AfterInstall: green runs, and the test listener still serves blue. So green is judged without it.
//!
//! Its tasks are counted, its targets' health is read, checks marked `direct` are sent to each task by its own address,
//! and it is found out early whether the later hooks will reach the test listener at all.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use greenlight_deployment::{CallError, EcsTarget, Facts, Known, Reader, Service, TargetHealth};
use greenlight_engine::{BaseUrl, CheckRecord, Deadline, FailureKind, Outcome, Progress, Silent};
use greenlight_report::{DirectRecord, ReachRecord, TaskCount, TaskSetRecord};
use greenlight_suite::{Ready, Suite, Target as SuiteTarget};
use tokio::time::{Instant, sleep};

use crate::draft::Board;
use crate::looks::Looks;
use crate::plan::Plan;
use crate::questions::Target;
use crate::settings::Environment;

/// First pause between two looks at green's task set; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How many tasks are asked side by side: each answer is held in memory until it is judged.
const TASKS_AT_ONCE: usize = 4;
/// How often the way to the test listener is tried.
const REACHES: u32 = 3;
/// Pause between two tries.
const REACH_PAUSE: Duration = Duration::from_secs(1);

/// Green before it has any traffic.
pub(crate) struct AfterInstall<'a, R> {
    pub(crate) reader: &'a R,
    pub(crate) facts: &'a Facts,
    pub(crate) deployment_id: &'a str,
    pub(crate) looks: &'a Looks,
    pub(crate) deadline: Deadline,
    pub(crate) board: &'a Board,
}

/// What was seen of green's tasks at one moment.
struct Look {
    green: Option<TaskCount>,
    blue: Option<TaskCount>,
    /// Why green is not steady; and whether that may change with time.
    wrong: Option<(Outcome, String, bool)>,
}

impl<R: Reader> AfterInstall<'_, R> {
    /// Looks at green's tasks and targets until they are steady. The suite's `ready.within` is the budget. Gives the
    /// targets as they were last seen, too.
    pub(crate) async fn steady(&self, suite: &Suite) -> (TaskSetRecord, Known<Vec<TargetHealth>>) {
        let within = suite.ready.as_ref().map_or(Ready::DEFAULT_WITHIN, |ready| ready.within);
        let deadline = self.deadline.within(within);
        let started = Instant::now();
        let mut service = self.facts.service.clone();
        let mut target = self.facts.target.clone();
        let mut health = self.facts.health.clone();
        let (mut pause, mut polls) = (FIRST_PAUSE, 1);
        loop {
            let look = self.judge(&service, &target, &health, suite.fewer_tasks);
            self.board.update(|draft| draft.green.targets = health.clone().unwrap_or_default());
            let Look { green, blue, wrong } = look;
            let Some((outcome, seen, may_change)) = wrong else {
                return (TaskSetRecord { outcome: Outcome::Pass, reason: None, green, blue, polls }, health);
            };
            if !may_change || deadline.has_passed() {
                let waited = greenlight_report::duration(started.elapsed());
                let tail = if polls == 1 { String::new() } else { format!(" (looked {polls} times in {waited})") };
                let reason = Some(format!("{seen}{tail}"));
                return (TaskSetRecord { outcome, reason, green, blue, polls }, health);
            }
            Progress::phase(self.board, &format!("waiting for green's task set: {seen}"));
            if service.is_ok() {
                // The last look is at the end of the budget.
                sleep(pause.min(deadline.remaining())).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                renew(&mut service, self.deadline, self.reader.service()).await;
            } else if self.looks.take() {
                // CodeDeploy counts tasks too, and is asked as seldom as can be.
                sleep(deadline.remaining() / 2).await;
                renew(&mut target, self.deadline, self.reader.target()).await;
            } else {
                sleep(deadline.remaining()).await;
            }
            if let (true, Ok(Some(group))) = (health.is_ok(), &self.facts.green.target_group) {
                renew(&mut health, self.deadline, self.reader.target_health(group)).await;
            }
            polls += 1;
        }
    }

    fn judge(
        &self,
        service: &Known<Service>,
        target: &Known<Option<EcsTarget>>,
        health: &Known<Vec<TargetHealth>>,
        fewer_tasks: bool,
    ) -> Look {
        let (green, blue, steady) = match (service, target) {
            (Ok(service), _) => {
                let green = service.green(self.deployment_id);
                let blue = service.blue(self.deployment_id);
                let count = |desired, pending, running| TaskCount { desired, pending, running };
                (
                    green.map(|set| count(set.desired, set.pending, set.running)),
                    blue.map(|set| count(set.desired, set.pending, set.running)),
                    green.is_some_and(greenlight_deployment::ServiceTaskSet::is_steady),
                )
            }
            (Err(_), Ok(Some(target))) => {
                let count = |set: &greenlight_deployment::TaskSet| TaskCount {
                    desired: set.desired,
                    pending: set.pending,
                    running: set.running,
                };
                let green = target.green();
                let blue = target.task_sets.iter().find(|set| green.is_none_or(|green| green.id != set.id));
                (green.map(count), blue.map(count), green.is_some_and(greenlight_deployment::TaskSet::is_steady))
            }
            (Err(error), Ok(None) | Err(_)) => return Look::unknown(error),
        };
        let unhealthy = health.as_ref().ok().and_then(|targets| unhealthy(targets));
        let wrong = match (green, blue) {
            (None, _) => Some((Outcome::Fail, "the deployment shows no green task set".to_owned(), true)),
            (Some(green), _) if !all_run(green) => Some((Outcome::Fail, not_steady(green), true)),
            (Some(green), Some(blue)) if green.running < blue.desired && !fewer_tasks => Some((
                Outcome::Fail,
                format!(
                    "green has {} tasks and blue has {}: if that is meant, write `fewer_tasks: allowed` in the suite",
                    green.running, blue.desired
                ),
                true,
            )),
            // ECS waits for its targets' health, so that says more than that it waits.
            _ if unhealthy.is_some() => unhealthy.map(|said| (Outcome::Fail, said, true)),
            (Some(green), _) if !steady => Some((Outcome::Fail, not_steady(green), true)),
            _ => None,
        };
        Look { green, blue, wrong }
    }

    /// Whether the test listener can be reached from here. Whoever answers, blue as it should be, only the way counts.
    pub(crate) async fn reach(&self, suite: &Suite, target: &Target<'_>, environment: &dyn Environment) -> ReachRecord {
        // Nothing of the suite but what the connection needs: blue is not to be shown green's secrets for nothing.
        let SuiteTarget { host, ca, .. } = &suite.target;
        let bare = SuiteTarget { host: host.clone(), ca: ca.clone(), ..SuiteTarget::default() };
        let bare = Suite { target: bare, ..Suite::default() };
        let record = |outcome, reason| ReachRecord { target: target.base.to_string(), outcome, reason };
        let session = match target.session(&bare, target.base, environment) {
            Ok(session) => session,
            Err(problem) => return record(Outcome::Error, Some(problem)),
        };
        let mut tried = 0;
        loop {
            tried += 1;
            let Err(failure) = session.reach(self.deadline).await else { return record(Outcome::Pass, None) };
            if tried == REACHES || self.deadline.remaining() <= REACH_PAUSE {
                let hint = match failure.kind {
                    FailureKind::ConnectTimeout => self.way_hint(),
                    _ => None,
                };
                let remedy = failure.remedy.as_deref().map(|remedy| format!(": {remedy}")).unwrap_or_default();
                let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
                let reason = format!(
                    "the test listener at {} cannot be reached from this function: {}{remedy}{hint}",
                    target.base,
                    failure.sentence()
                );
                return record(Outcome::Error, Some(reason));
            }
            sleep(REACH_PAUSE).await;
        }
    }

    /// What the load balancer's scheme says about the way to it.
    fn way_hint(&self) -> Option<&'static str> {
        match self.facts.load_balancer.as_ref().ok()?.scheme.as_str() {
            "internal" => Some(
                "the load balancer is internal: the function has to run in its VPC, or in one that is joined to it",
            ),
            "internet-facing" => Some(
                "the load balancer is internet-facing: from inside a VPC it is reached through a NAT gateway, whose address its security group has to let in",
            ),
            _ => None,
        }
    }

    /// Sends the plan's checks to every task of green by its own address.
    pub(crate) async fn direct(
        &self,
        plan: &Plan<'_>,
        target: &Target<'_>,
        tasks: &[BaseUrl],
        environment: &dyn Environment,
    ) -> Vec<DirectRecord> {
        let suite = plan.suite();
        let asked = tasks.iter().map(|task| async {
            let checks = match target.session(&suite, task, environment) {
                Ok(session) => session.run(&plan.checks, plan.parallel(), self.deadline, &Silent).await,
                Err(problem) => plan.checks.iter().map(|check| CheckRecord::skipped(check, problem.as_str())).collect(),
            };
            let address = task.to_string();
            let task = address.split_once("://").map_or(address.as_str(), |(_, place)| place).to_owned();
            DirectRecord { task, checks }
        });
        let mut records: Vec<DirectRecord> = stream::iter(asked).buffer_unordered(TASKS_AT_ONCE).collect().await;
        // What did not go well is read first, and is left out last.
        records.sort_by_key(DirectRecord::passed);
        records
    }

    /// Where green's tasks are. Never empty.
    ///
    /// # Errors
    ///
    /// A sentence, when that is not known.
    pub(crate) fn tasks(&self, targets: &Known<Vec<TargetHealth>>) -> Result<Vec<BaseUrl>, String> {
        let unknown = |error: &CallError| format!("the addresses of green's tasks are {}", error.unknown());
        let targets = targets.as_ref().map_err(unknown)?;
        let group = self.facts.target_group.as_ref().map_err(unknown)?;
        let scheme = if group.protocol == "HTTPS" { "https" } else { "http" };
        let mut tasks = Vec::new();
        for target in targets.iter().filter(|target| target.state != "draining") {
            let port = target.port.or(group.port).unwrap_or(80);
            let is_ipv6 = target.id.contains(':');
            let host = if is_ipv6 { format!("[{}]", target.id) } else { target.id.clone() };
            if target.id.parse::<std::net::IpAddr>().is_err() {
                return Err(format!(
                    "green's task `{}` has no address of its own to ask it by: `direct` checks need the network mode awsvpc",
                    target.id
                ));
            }
            tasks.push(BaseUrl::parse(&format!("{scheme}://{host}:{port}")).map_err(|error| error.to_string())?);
        }
        if tasks.is_empty() {
            return Err(format!("green's target group `{}` has no targets to ask", group.name));
        }
        Ok(tasks)
    }
}

impl Look {
    fn unknown(error: &CallError) -> Self {
        let said = format!("how green's task set stands is {}", error.unknown());
        Self { green: None, blue: None, wrong: Some((Outcome::Error, said, error.kind.is_transient())) }
    }
}

/// Takes over what is read, unless it comes too late or fails: an old look says more than none.
async fn renew<T>(known: &mut Known<T>, deadline: Deadline, read: impl Future<Output = Known<T>>) {
    if let Ok(Ok(new)) = tokio::time::timeout_at(deadline.instant(), read).await {
        *known = Ok(new);
    }
}

fn all_run(TaskCount { desired, pending, running }: TaskCount) -> bool {
    desired > 0 && running == desired && pending == 0
}

fn not_steady(green: TaskCount) -> String {
    let TaskCount { desired, pending, running } = green;
    if all_run(green) {
        return format!(
            "green's task set is not steady: {running} tasks run, and ECS calls it STABILIZING, expected STEADY_STATE"
        );
    }
    format!(
        "green's task set is not steady: {running} running and {pending} pending, expected {} running and none pending{}",
        desired.max(1),
        if desired == 0 { " (its desired count is 0)" } else { "" }
    )
}

/// Targets that fail their health checks. `unused` is normal here: nobody checks a group that no listener uses.
fn unhealthy(targets: &[TargetHealth]) -> Option<String> {
    let bad: Vec<String> =
        targets.iter().filter(|target| target.state.starts_with("unhealthy")).map(ToString::to_string).collect();
    let (first, more) = bad.split_first()?;
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    Some(format!("{} of green's {} targets fail their health checks: {first}{more}", bad.len(), targets.len()))
}

//! The control plane's half of the proof: whom the listeners serve, and how green's targets stand.
//!
//! Read with the other facts, read again while the answer is "not yet", and once more after the checks. What cannot be
//! read holds nothing up: it is said, and proves nothing.

use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use greenlight_deployment::{CallError, CallErrorKind, Facts, Forward, Known, Listener, Reader, TargetHealth};
use greenlight_engine::{Deadline, Gate, Outcome};
use greenlight_report::ControlPlaneRecord;
use greenlight_suite::Hook;
use tokio::time::sleep;

/// First pause before another look; ELB allows many calls a second, but all of an account share them.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Targets that are named in a sentence.
const NAMED: usize = 3;

/// What a plan waits for beside green's answers.
pub trait Watch {
    /// What is still waited for.
    fn gate(&self) -> &dyn Gate;
    /// Looks again until the gate is open, and then never ends.
    fn watch(&self) -> impl Future<Output = Infallible>;
    /// Looks once more, before the deadline.
    fn look(&self, deadline: Deadline) -> impl Future<Output = ()>;
    /// What speaks against what was just asked: a listener that does not serve green, or targets that fail. Targets
    /// that only begin cannot have answered.
    fn against(&self) -> Option<String>;
}

impl Watch for greenlight_engine::Open {
    fn gate(&self) -> &dyn Gate {
        self
    }

    async fn watch(&self) -> Infallible {
        std::future::pending().await
    }

    async fn look(&self, _: Deadline) {}

    fn against(&self) -> Option<String> {
        None
    }
}

/// The listeners and green's targets, read again and again.
pub(crate) struct Traffic<'r, R> {
    reader: &'r R,
    sight: Sight,
}

/// What was last seen of them, as one hook wants them.
struct Sight {
    hook: Hook,
    /// Green's target group.
    green: Known<Option<String>>,
    /// Blue's.
    blue: Option<String>,
    /// How many tasks green is meant to have, where that is known.
    wanted: Option<usize>,
    /// Why what the listeners say may not be about the place that is asked.
    elsewhere: Option<String>,
    seen: Mutex<Seen>,
}

struct Seen {
    test: Known<Option<Listener>>,
    production: Known<Option<Listener>>,
    health: Known<Vec<TargetHealth>>,
}

impl<'r, R: Reader> Traffic<'r, R> {
    pub(crate) fn new(hook: Hook, reader: &'r R, facts: &Facts, elsewhere: Option<String>) -> Self {
        let seen =
            Seen { test: facts.test.clone(), production: facts.production.clone(), health: facts.health.clone() };
        let task_set = facts.green.task_set.as_ref().ok().and_then(Option::as_ref);
        let sight = Sight {
            hook,
            green: facts.green.target_group.clone(),
            blue: facts.blue.target_group.clone().ok().flatten(),
            wanted: task_set.and_then(|set| usize::try_from(set.desired).ok()),
            elsewhere,
            seen: Mutex::new(seen),
        };
        Self { reader, sight }
    }

    /// Green's targets as they were last seen.
    pub(crate) fn targets(&self) -> Vec<TargetHealth> {
        self.sight.seen().health.clone().unwrap_or_default()
    }

    /// What the listeners say about whom they serve.
    pub(crate) fn record(&self) -> ControlPlaneRecord {
        let (outcome, said) = match self.sight.listeners() {
            Serving::Green(said) => match &self.sight.elsewhere {
                Some(elsewhere) => (Outcome::Inconclusive, format!("{said}, but {elsewhere}")),
                None => (Outcome::Pass, said),
            },
            Serving::Wrong(said) => (Outcome::Fail, said),
            Serving::Unknown(said) => (Outcome::Inconclusive, said),
        };
        ControlPlaneRecord { outcome, said }
    }

    /// Reads listeners and targets again. `keep`: what cannot be read now, or not in time, stays as it was seen.
    async fn read(&self, keep: bool, deadline: Option<Deadline>) {
        let (arns, group) = {
            let seen = self.sight.seen();
            let arn = |listener: &Known<Option<Listener>>| Some(listener.as_ref().ok()?.as_ref()?.arn.clone());
            let arns: Vec<String> = [arn(&seen.test), arn(&seen.production)].into_iter().flatten().collect();
            (arns, self.sight.green.clone().ok().flatten().filter(|_| seen.health.is_ok()))
        };
        let (listeners, targets) = tokio::join!(
            async {
                let read = self.reader.listeners(&arns);
                if arns.is_empty() {
                    None
                } else {
                    Some(in_time(deadline, read, DESCRIBE_LISTENERS, &arns.join(", ")).await)
                }
            },
            async {
                let group = group.as_deref()?;
                Some(in_time(deadline, self.reader.target_health(group), DESCRIBE_TARGET_HEALTH, group).await)
            },
        );
        let mut seen = self.sight.seen();
        let Seen { test, production, health } = &mut *seen;
        for known in [test, production] {
            let Ok(Some(before)) = &*known else { continue };
            let now = listeners.as_ref().map(|read| match read {
                Ok(listeners) => Ok(listeners.iter().find(|listener| listener.arn == before.arn).cloned()),
                Err(error) => Err(error.clone()),
            });
            replace(known, now, keep);
        }
        replace(health, targets, keep);
    }
}

const DESCRIBE_LISTENERS: &str = "elasticloadbalancing:DescribeListeners";
const DESCRIBE_TARGET_HEALTH: &str = "elasticloadbalancing:DescribeTargetHealth";

async fn in_time<T>(
    deadline: Option<Deadline>,
    read: impl Future<Output = Known<T>>,
    action: &'static str,
    resource: &str,
) -> Known<T> {
    let Some(deadline) = deadline else { return read.await };
    let late = |_| {
        let (resource, detail) = (resource.to_owned(), "no answer in time".to_owned());
        Err(CallError { action, resource, kind: CallErrorKind::Unreachable, detail })
    };
    tokio::time::timeout_at(deadline.instant(), read).await.unwrap_or_else(late)
}

fn replace<T>(known: &mut Known<T>, now: Option<Known<T>>, keep: bool) {
    match now {
        Some(Err(_)) if keep => {}
        Some(now) => *known = now,
        None => {}
    }
}

impl Sight {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Nothing panics while holding the lock, and each part of it is whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> Serving {
        let seen = self.seen();
        let green = match &self.green {
            Ok(Some(green)) => green,
            Ok(None) => {
                return Serving::Unknown(
                    "green's target group is unknown: the deployment shows no green task set".to_owned(),
                );
            }
            Err(error) => return Serving::Unknown(format!("green's target group is {}", error.unknown())),
        };
        match self.hook {
            Hook::AfterInstall | Hook::AfterAllowTestTraffic => self.serving("test", &seen.test, green),
            Hook::BeforeAllowTraffic => match self.serving("test", &seen.test, green) {
                Serving::Green(said) => match idle(&seen.production, green) {
                    Some(wrong) => Serving::Wrong(wrong),
                    None => Serving::Green(said),
                },
                other => other,
            },
            Hook::AfterAllowTraffic => self.serving("production", &seen.production, green),
        }
    }

    /// Targets that only begin are waited for, unless there are as many healthy ones as green is meant to have.
    fn health(&self) -> Option<String> {
        let healthy = {
            let seen = self.seen();
            let targets = seen.health.as_ref().ok()?;
            if targets.iter().all(|target| target.state == "draining") {
                return Some("green's target group has no targets".to_owned());
            }
            targets.iter().filter(|target| is_fit(target)).count()
        };
        let are_enough = self.wanted.is_some_and(|wanted| wanted > 0 && healthy >= wanted);
        self.unfit(|target| if are_enough { target.state.starts_with("unhealthy") } else { !is_fit(target) })
    }

    /// The targets that are as `is_unfit` says, in words.
    fn unfit(&self, is_unfit: impl Fn(&TargetHealth) -> bool) -> Option<String> {
        let seen = self.seen();
        let targets = seen.health.as_ref().ok()?.iter().filter(|target| target.state != "draining");
        let targets: Vec<&TargetHealth> = targets.collect();
        let not: Vec<String> = targets.iter().filter(|target| is_unfit(target)).map(ToString::to_string).collect();
        let more = if not.len() > NAMED { ", …" } else { "" };
        (!not.is_empty()).then(|| {
            format!(
                "{} of green's {} not healthy: {}{more}",
                not.len(),
                if targets.len() == 1 { "1 target is".to_owned() } else { format!("{} targets are", targets.len()) },
                not.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ")
            )
        })
    }

    fn serving(&self, name: &str, listener: &Known<Option<Listener>>, green: &str) -> Serving {
        let forward = match listener {
            Ok(Some(listener)) => &listener.forward,
            Ok(None) => return Serving::Unknown(format!("the deployment group has no {name} listener")),
            Err(error) => return Serving::Unknown(format!("whom the {name} listener serves is {}", error.unknown())),
        };
        let groups = match forward {
            Forward::To(groups) => groups,
            Forward::Other(kind) => {
                return Serving::Unknown(format!(
                    "the {name} listener's default action is `{kind}`: whom its rules serve is not known"
                ));
            }
        };
        if forward.is_all(green) {
            return Serving::Green(format!(
                "the {name} listener forwards everything to green's target group `{}`",
                short(green)
            ));
        }
        let serves = |group: &str| groups.iter().any(|(member, weight)| member == group && *weight > 0);
        if serves(green) || self.blue.as_deref().is_some_and(serves) || groups.iter().all(|(_, weight)| *weight == 0) {
            return Serving::Wrong(format!(
                "the {name} listener forwards {}, expected everything to green's target group `{}`",
                described(forward),
                short(green)
            ));
        }
        // A load balancer that several services share: this one's part of it is in the listener's rules.
        Serving::Unknown(format!(
            "the {name} listener's default action forwards {}, and to neither of this deployment's target groups: whom its rules serve is not known",
            described(forward)
        ))
    }
}

/// Whom a listener serves.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Serving {
    Green(String),
    Wrong(String),
    Unknown(String),
}

/// `unavailable`: health checks are switched off for this kind of target.
fn is_fit(target: &TargetHealth) -> bool {
    matches!(target.state.as_str(), "healthy" | "unavailable")
}

/// What is wrong with a production listener that should not serve green yet.
fn idle(production: &Known<Option<Listener>>, green: &str) -> Option<String> {
    let Ok(Some(listener)) = production else { return None };
    (matches!(listener.forward, Forward::To(_)) && !listener.forward.is_none(green)).then(|| {
        format!(
            "the production listener forwards {}, and green's target group `{}` must have none of it before AllowTraffic",
            described(&listener.forward),
            short(green)
        )
    })
}

/// `90 % to orders-blue and 10 % to orders-green`.
fn described(forward: &Forward) -> String {
    let Forward::To(groups) = forward else { return "nothing".to_owned() };
    let parts: Vec<String> = groups
        .iter()
        .filter_map(|(group, _)| Some((group, forward.share(group).filter(|share| *share > 0.0)?)))
        .map(|(group, share)| format!("{share:.0} % to `{}`", short(group)))
        .collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(" and ") }
}

/// The name in the ARN of a target group: `…:targetgroup/NAME/0123456789abcdef`.
pub(crate) fn short(arn: &str) -> &str {
    arn.split_once(":targetgroup/").and_then(|(_, rest)| rest.split('/').next()).unwrap_or(arn)
}

impl Gate for Sight {
    fn closed(&self) -> Option<String> {
        match self.listeners() {
            Serving::Wrong(said) => Some(said),
            Serving::Green(_) | Serving::Unknown(_) => self.health(),
        }
    }
}

impl<R: Reader> Watch for Traffic<'_, R> {
    fn gate(&self) -> &dyn Gate {
        &self.sight
    }

    async fn watch(&self) -> Infallible {
        let mut pause = FIRST_PAUSE;
        while self.sight.closed().is_some() {
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            self.read(true, None).await;
        }
        std::future::pending().await
    }

    /// What cannot be read any more is unknown from now on: an old look at a listener proves nothing about now.
    async fn look(&self, deadline: Deadline) {
        self.read(false, Some(deadline)).await;
    }

    fn against(&self) -> Option<String> {
        match self.sight.listeners() {
            Serving::Wrong(said) => Some(said),
            Serving::Green(_) | Serving::Unknown(_) => self.sight.unfit(|target| target.state.starts_with("unhealthy")),
        }
    }
}

#[cfg(test)]
mod tests;

//! The control plane's half of the proof: whom the listeners serve, and how green's targets stand.
//!
//! Read with the other facts, read again while the answer is "not yet", and once more after the checks. What cannot be
//! read holds nothing up: it is said, and proves nothing.

use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use greenlight_deployment::{Facts, Forward, Known, Listener, Reader, TargetHealth};
use greenlight_engine::{Gate, Outcome};
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
    /// Looks once more.
    fn look(&self) -> impl Future<Output = ()>;
}

impl Watch for greenlight_engine::Open {
    fn gate(&self) -> &dyn Gate {
        self
    }

    async fn watch(&self) -> Infallible {
        std::future::pending().await
    }

    async fn look(&self) {}
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
        Self {
            reader,
            sight: Sight { hook, green: facts.green.target_group.clone(), elsewhere, seen: Mutex::new(seen) },
        }
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

    /// Reads listeners and targets again. `keep`: what cannot be read now stays as it was seen.
    async fn read(&self, keep: bool) {
        let (arns, group) = {
            let seen = self.sight.seen();
            let arn = |listener: &Known<Option<Listener>>| Some(listener.as_ref().ok()?.as_ref()?.arn.clone());
            let arns: Vec<String> = [arn(&seen.test), arn(&seen.production)].into_iter().flatten().collect();
            (arns, self.sight.green.clone().ok().flatten().filter(|_| seen.health.is_ok()))
        };
        let (listeners, targets) = tokio::join!(
            async { if arns.is_empty() { None } else { Some(self.reader.listeners(&arns).await) } },
            async { Some(self.reader.target_health(group.as_deref()?).await) },
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
            Hook::AfterInstall | Hook::AfterAllowTestTraffic => serving("test", &seen.test, green),
            Hook::BeforeAllowTraffic => match serving("test", &seen.test, green) {
                Serving::Green(said) => match idle(&seen.production, green) {
                    Some(wrong) => Serving::Wrong(wrong),
                    None => Serving::Green(said),
                },
                other => other,
            },
            Hook::AfterAllowTraffic => serving("production", &seen.production, green),
        }
    }

    fn health(&self) -> Option<String> {
        let seen = self.seen();
        let targets = seen.health.as_ref().ok()?;
        let counted_in: Vec<&TargetHealth> = targets.iter().filter(|target| target.state != "draining").collect();
        if counted_in.is_empty() {
            return Some("green's target group has no targets".to_owned());
        }
        let not: Vec<String> = counted_in.iter().filter(|target| !is_fit(target)).map(ToString::to_string).collect();
        (!not.is_empty()).then(|| {
            let more = if not.len() > NAMED { ", …" } else { "" };
            format!(
                "{} of green's {} not healthy: {}{more}",
                not.len(),
                if counted_in.len() == 1 {
                    "1 target is".to_owned()
                } else {
                    format!("{} targets are", counted_in.len())
                },
                not.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ")
            )
        })
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

fn serving(name: &str, listener: &Known<Option<Listener>>, green: &str) -> Serving {
    match listener {
        Ok(Some(listener)) => match &listener.forward {
            Forward::Other(kind) => Serving::Unknown(format!(
                "the {name} listener's default action is `{kind}`: whom its rules serve is not known"
            )),
            forward @ Forward::To(_) if forward.is_all(green) => Serving::Green(format!(
                "the {name} listener forwards everything to green's target group `{}`",
                short(green)
            )),
            forward @ Forward::To(_) => Serving::Wrong(format!(
                "the {name} listener forwards {}, expected everything to green's target group `{}`",
                described(forward),
                short(green)
            )),
        },
        Ok(None) => Serving::Unknown(format!("the deployment group has no {name} listener")),
        Err(error) => Serving::Unknown(format!("whom the {name} listener serves is {}", error.unknown())),
    }
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
            self.read(true).await;
        }
        std::future::pending().await
    }

    /// What cannot be read any more is unknown from now on: an old look at a listener proves nothing about now.
    async fn look(&self) {
        self.read(false).await;
    }
}

//! Where the deployment stands, seen from one function: is it this function's turn?
//!
//! The event does not say at which hook it was sent, so a function bound to the wrong one, or to two, is only noticed
//! here. Judging at the wrong hook could judge blue, and keeping silent could hold a deployment for an hour.

use std::time::Duration;

use greenlight_deployment::{Deployment, EcsTarget, Facts, Known, Reader};
use greenlight_engine::Deadline;
use greenlight_suite::Hook;
use tokio::time::sleep;

use crate::looks::Looks;

/// How long a status may take to become visible: pauses before further looks.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// Whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// This function's, or nothing speaks against it.
    Ours,
    /// Nobody's: the event or the deployment has ended, as this sentence says. No verdict can change anything.
    Decided(String),
    /// That of another hook's function, as this sentence says.
    Elsewhere(String),
}

/// Looks, and looks again while it seems to be another hook's turn: what CodeDeploy shows may be a moment old. The
/// last look is kept in `facts`.
pub(crate) async fn standing<R: Reader>(
    hook: Hook,
    reader: &R,
    facts: &mut Facts,
    looks: &Looks,
    deadline: Deadline,
) -> Standing {
    if let Some(how) = facts.deployment.as_ref().ok().and_then(ended) {
        return Standing::Decided(how);
    }
    let mut pauses = PAUSES.into_iter();
    loop {
        let other = match turn(hook, &facts.target) {
            Turn::Ended(how) => return Standing::Decided(how),
            Turn::Ours => return Standing::Ours,
            Turn::Of(other) => other,
        };
        let Some(pause) = pauses.next().filter(|pause| *pause < deadline.remaining() && looks.take()) else {
            return Standing::Elsewhere(format!(
                "this function judges {hook}, and CodeDeploy is at {other}: in the appspec, bind the function of {other} to it"
            ));
        };
        sleep(pause).await;
        // An old look says more than none.
        if let Ok(Some(newer)) = reader.target().await {
            facts.target = Ok(Some(newer));
        }
    }
}

/// Whose turn one look says it is.
enum Turn {
    Ours,
    Ended(String),
    Of(String),
}

fn ended(deployment: &Deployment) -> Option<String> {
    deployment.has_ended().then(|| format!("the deployment is already {}", deployment.status))
}

fn turn(hook: Hook, target: &Known<Option<EcsTarget>>) -> Turn {
    let Ok(Some(seen)) = target else { return Turn::Ours };
    let own = seen.event(hook.name()).map(|event| event.status.as_str());
    let running = seen.hook_in_progress().map(|event| event.name.clone());
    match (own, running) {
        (Some("InProgress"), _) => Turn::Ours,
        (_, Some(other)) => Turn::Of(other),
        (Some(status @ ("Succeeded" | "Failed")), None) => {
            Turn::Ended(format!("the lifecycle event {hook} is already {status}"))
        }
        // Not visible yet.
        (_, None) => Turn::Ours,
    }
}

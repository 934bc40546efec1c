//! Where the deployment stands, seen from one function: is it this function's turn?
//!
//! The event does not say at which hook it was sent, so a function bound to the wrong one, or to two, is only noticed
//! here. Judging at the wrong hook could judge blue, and keeping silent could hold a deployment for an hour.

use std::time::Duration;

use greenlight_deployment::{CallError, Deployment, EcsTarget};
use greenlight_engine::Deadline;
use greenlight_suite::Hook;
use tokio::time::sleep;

use crate::controller::Reader;

/// How long a status may take to become visible: pauses between further looks.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(800), Duration::from_millis(1_600)];

/// Whose turn it is.
pub(crate) enum Standing {
    /// This function's, or nothing speaks against it; with the last look at the target.
    Ours(Result<Option<EcsTarget>, CallError>),
    /// Nobody's: the event or the deployment has ended, as this sentence says. No verdict can change anything.
    Decided(String),
    /// That of another hook's function, as this sentence says.
    Elsewhere(String),
}

/// Looks, and looks again while it seems to be another hook's turn: what CodeDeploy shows may be a moment old.
pub(crate) async fn standing<R: Reader>(
    hook: Hook,
    reader: &R,
    deployment: Option<&Deployment>,
    target: Result<Option<EcsTarget>, CallError>,
    deadline: Deadline,
) -> Standing {
    if let Some(deployment) = deployment.filter(|deployment| deployment.has_ended()) {
        return Standing::Decided(format!("the deployment is already {}", deployment.status));
    }
    let mut target = target;
    let mut pauses = PAUSES.into_iter();
    loop {
        let Ok(Some(seen)) = &target else { return Standing::Ours(target) };
        let own = seen.event(hook.name()).map(|event| event.status.as_str());
        let running = seen.hook_in_progress().map(|event| event.name.as_str());
        match (own, running) {
            (Some("InProgress"), _) => return Standing::Ours(target),
            (_, Some(other)) => {
                let Some(pause) = pauses.next().filter(|pause| *pause < deadline.remaining()) else {
                    return Standing::Elsewhere(format!(
                        "this function judges {hook}, and CodeDeploy is at {other}: in the appspec, bind the function of {other} to it"
                    ));
                };
                sleep(pause).await;
                // An old look says more than none.
                if let Ok(Some(newer)) = reader.target().await {
                    target = Ok(Some(newer));
                }
            }
            (Some(ended @ ("Succeeded" | "Failed")), None) => {
                return Standing::Decided(format!("the lifecycle event {hook} is already {ended}"));
            }
            // Not visible yet.
            (_, None) => return Standing::Ours(target),
        }
    }
}

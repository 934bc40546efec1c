//! CodeDeploy itself: the steps in their order, and what follows from a verdict. What each step does is in [`steps`].
//!
//! Source: CodeDeploy user guide, "Deployment steps on an Amazon ECS compute platform" and "AppSpec 'hooks' section
//! for an Amazon ECS deployment".

mod steps;

use std::io;
use std::time::{Duration, Instant};

use crate::asking;
use crate::event::Event;
use crate::hook;
use crate::lifecycle::LifecycleEvent;
use crate::record::{DeploymentStatus, ErrorInformation, Outcome, Step, StepStatus};
use crate::settings::{Settings, Shift};
use crate::stage::Stage;
use crate::unknowns::ReadyWait;

/// How long CodeDeploy waits for approval when nobody holds it.
const APPROVAL: Duration = Duration::from_millis(100);

/// Plays the deployment to its end.
///
/// # Errors
///
/// The system refused something that the rehearsal itself needs.
pub(crate) async fn play(stage: &mut Stage, settings: &Settings) -> io::Result<Outcome> {
    let began = Instant::now();
    let failed = lifecycle(stage, settings, &Faults::As(settings)).await?;
    let (status, rollback_deployment_id, error) = match &failed {
        None => {
            succeed(stage).await;
            (DeploymentStatus::Succeeded, None, None)
        }
        Some(step) => {
            let error = error_of(step);
            stage.aws.finish(DeploymentStatus::Failed, Some(error.clone()));
            // CodeDeploy would roll back at once, but whoever holds wants to look at what failed.
            hold(stage, settings).await;
            (DeploymentStatus::Failed, Some(roll_back(stage, settings).await?), Some(error))
        }
    };
    let outcome = Outcome {
        status,
        rollback_deployment_id,
        error,
        reason: failed.map(|step| step.detail),
        production: asking::ask(&stage.production).await,
        test: asking::ask(&stage.test).await,
        duration: began.elapsed(),
    };
    stage.narrator.tell(Event::Ended(outcome.clone()));
    Ok(outcome)
}

/// Which faults of green and of the listeners happen: those of the settings in the deployment that is played first, and
/// none in the one that rolls it back.
enum Faults<'s> {
    As(&'s Settings),
    None,
}

impl Faults<'_> {
    fn has(&self, fault: crate::fault::Fault) -> bool {
        matches!(self, Self::As(settings) if settings.faults.contains(&fault))
    }
}

/// Plays the steps until one fails, which is returned.
async fn lifecycle(stage: &mut Stage, settings: &Settings, faults: &Faults<'_>) -> io::Result<Option<Step>> {
    for event in LifecycleEvent::ALL {
        let wait =
            if event == LifecycleEvent::BeforeAllowTraffic { settings.unknowns.ready_wait } else { ReadyWait::None };
        // Where CodeDeploy waits for approval: test traffic goes to green, and the last hook is still to come.
        match wait {
            ReadyWait::None if event == LifecycleEvent::BeforeAllowTraffic => hold(stage, settings).await,
            ReadyWait::BeforeTheHook => approval(stage, settings).await,
            ReadyWait::AroundTheHook => stage.aws.waits(true),
            ReadyWait::None | ReadyWait::AfterTheHook => {}
        }
        stage.narrator.tell(Event::StepBegan(event));
        let step = play_step(stage, settings, faults, event).await?;
        stage.narrator.tell(Event::StepEnded(step.clone()));
        if step.status == StepStatus::Failed {
            return Ok(Some(step));
        }
        match wait {
            ReadyWait::AroundTheHook | ReadyWait::AfterTheHook => approval(stage, settings).await,
            ReadyWait::None | ReadyWait::BeforeTheHook => {}
        }
        if let (LifecycleEvent::AfterAllowTraffic, Shift::Canary { .. }) = (event, settings.shift) {
            stage.production.set_forward(stage.to_green());
            stage.aws.green_serves(100);
        }
    }
    Ok(None)
}

/// The deployment is `Ready` until somebody approves of it.
async fn approval(stage: &Stage, settings: &Settings) {
    stage.aws.waits(true);
    match settings.hold {
        Some(_) => hold(stage, settings).await,
        None => tokio::time::sleep(APPROVAL).await,
    }
    stage.aws.waits(false);
}

async fn hold(stage: &Stage, settings: &Settings) {
    if let Some(time) = settings.hold {
        stage.narrator.tell(Event::Holding(time));
        tokio::time::sleep(time).await;
    }
}

async fn play_step(
    stage: &mut Stage,
    settings: &Settings,
    faults: &Faults<'_>,
    event: LifecycleEvent,
) -> io::Result<Step> {
    if let Some(at) = hook::binding_point(event) {
        return hook::play(stage, settings, event, at).await;
    }
    let began = Instant::now();
    stage.aws.begin(event);
    let done = match event {
        LifecycleEvent::Install => steps::install(stage, settings, faults).await?,
        LifecycleEvent::AllowTestTraffic => steps::allow_test_traffic(stage, settings, faults).await?,
        _ => Ok(steps::allow_traffic(stage, settings.shift)),
    };
    let (status, detail) = match done {
        Ok(detail) => (StepStatus::Succeeded, detail),
        Err(detail) => (StepStatus::Failed, detail),
    };
    stage.aws.end(event, status);
    let duration = began.elapsed();
    Ok(Step { event, status, duration, detail, function: None, verdict: None, report: None })
}

async fn succeed(stage: &mut Stage) {
    stage.blue.delete().await;
    stage.aws.blue_is_gone();
    stage.aws.finish(DeploymentStatus::Succeeded, None);
}

/// Everything as it was when the deployment began, by a deployment of its own.
async fn roll_back(stage: &mut Stage, settings: &Settings) -> io::Result<String> {
    steps::return_to_blue(stage, settings).await;
    if !settings.unknowns.hooks_on_rollback {
        return Ok(stage.aws.roll_back());
    }
    let id = stage.aws.begin_rollback();
    stage.narrator.tell(Event::RollbackBegan { deployment_id: id.clone() });
    stage.recast_green(settings).map_err(io::Error::other)?;
    match lifecycle(stage, settings, &Faults::None).await? {
        None => succeed(stage).await,
        Some(step) => {
            stage.aws.finish(DeploymentStatus::Failed, Some(error_of(&step)));
            // A rollback is not rolled back in turn: traffic stays where it was.
            steps::return_to_blue(stage, settings).await;
        }
    }
    Ok(id)
}

/// The codes are CodeDeploy's; its sentences are not known.
fn error_of(step: &Step) -> ErrorInformation {
    let (code, message) = match (&step.function, step.verdict) {
        (None, _) => ("TIMEOUT", format!("{} was not over within the time limit", step.event)),
        (_, Some(_)) => ("HOOK_EXECUTION_FAILURE", format!("the function of {} reported Failed", step.event)),
        (_, None) => {
            ("HOOK_EXECUTION_FAILURE", format!("the function of {} reported nothing within the time limit", step.event))
        }
    };
    ErrorInformation { code: code.to_owned(), message }
}

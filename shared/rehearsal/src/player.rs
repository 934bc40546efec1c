//! CodeDeploy itself: the steps in their order, what each one does, and what follows from a verdict.
//!
//! Source: CodeDeploy user guide, "Deployment steps on an Amazon ECS compute platform" and "AppSpec 'hooks' section
//! for an Amazon ECS deployment".

use std::io;
use std::time::{Duration, Instant};

use crate::application::Behaviour;
use crate::asking;
use crate::event::Event;
use crate::fault::Fault;
use crate::hook;
use crate::lifecycle::LifecycleEvent;
use crate::record::{DeploymentStatus, ErrorInformation, Outcome, Step, StepStatus};
use crate::settings::Settings;
use crate::stage::Stage;

/// How long a platform that is late is late.
const LATE: Duration = Duration::from_millis(1500);

/// Plays the deployment to its end.
///
/// # Errors
///
/// The system refused something that the rehearsal itself needs.
pub(crate) async fn play(stage: &mut Stage, settings: &Settings) -> io::Result<Outcome> {
    let began = Instant::now();
    let mut failed = None;
    for event in LifecycleEvent::ALL {
        // Where CodeDeploy waits for approval: test traffic goes to green, and the last hook is still to come.
        if event == LifecycleEvent::BeforeAllowTraffic {
            hold(stage, settings).await;
        }
        stage.narrator.tell(Event::StepBegan(event));
        let step = play_step(stage, settings, event).await?;
        let is_failed = step.status == StepStatus::Failed;
        if is_failed {
            failed = Some(step.clone());
        }
        stage.narrator.tell(Event::StepEnded(step));
        if is_failed {
            break;
        }
    }
    let (status, rollback_deployment_id, error) = match &failed {
        None => {
            stage.blue.delete().await;
            stage.aws.blue_is_gone();
            stage.aws.finish(DeploymentStatus::Succeeded, None);
            (DeploymentStatus::Succeeded, None, None)
        }
        Some(step) => {
            let error = hook_failure(step);
            stage.aws.finish(DeploymentStatus::Failed, Some(error.clone()));
            // CodeDeploy would roll back at once, but whoever holds wants to look at what failed.
            hold(stage, settings).await;
            (DeploymentStatus::Failed, Some(roll_back(stage).await), Some(error))
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

async fn hold(stage: &Stage, settings: &Settings) {
    if let Some(time) = settings.hold {
        stage.narrator.tell(Event::Holding(time));
        tokio::time::sleep(time).await;
    }
}

async fn play_step(stage: &mut Stage, settings: &Settings, event: LifecycleEvent) -> io::Result<Step> {
    if let Some(at) = hook::binding_point(event) {
        return hook::play(stage, settings, event, at).await;
    }
    let began = Instant::now();
    stage.aws.begin(event);
    let detail = match event {
        LifecycleEvent::Install => install(stage, settings).await?,
        LifecycleEvent::AllowTestTraffic => allow_test_traffic(stage, settings).await?,
        _ => allow_traffic(stage),
    };
    stage.aws.end(event, StepStatus::Succeeded);
    let duration = began.elapsed();
    Ok(Step { event, status: StepStatus::Succeeded, duration, detail, function: None, verdict: None, report: None })
}

/// Green's tasks start one by one, and the step is over when all of them run.
async fn install(stage: &mut Stage, settings: &Settings) -> io::Result<String> {
    let wanted = settings.tasks.get();
    let mut running = 0;
    stage.aws.green_runs(running, wanted);
    while stage.green.start_one().await? {
        running = (running + 1).min(wanted);
        stage.aws.green_runs(running, wanted);
    }
    if settings.green.is_some() {
        stage.aws.green_runs(wanted, wanted);
        return Ok(format!("{} stands for {wanted} tasks", stage.green.label()));
    }
    if settings.faults.contains(&Fault::NotSteady) {
        stage.green.lose_one().await;
        stage.aws.green_runs(wanted - 1, wanted);
        return Ok(format!("{wanted} of {wanted} tasks ran, then one stopped"));
    }
    Ok(format!("{wanted} of {wanted} tasks running"))
}

async fn allow_test_traffic(stage: &mut Stage, settings: &Settings) -> io::Result<String> {
    let mut parts = vec!["test listener → green".to_owned()];
    if settings.faults.contains(&Fault::NotReady) {
        stage.green.set_behaviour(&Behaviour::NotReadyFor(LATE)).await?;
        parts.push(format!("which is not ready for {:.1}s", LATE.as_secs_f64()));
    }
    if settings.faults.contains(&Fault::LateSwitch) {
        stage.test.set_forward_after(stage.to_green(), LATE);
        parts.push(format!("{:.1}s late", LATE.as_secs_f64()));
    } else if settings.faults.contains(&Fault::NodeByNode) {
        stage.test.set_forward_node_by_node(stage.to_green(), LATE);
        parts.push(format!("half of its nodes {:.1}s late", LATE.as_secs_f64()));
    } else {
        stage.test.set_forward(stage.to_green());
    }
    Ok(parts.join(", "))
}

fn allow_traffic(stage: &Stage) -> String {
    stage.production.set_forward(stage.to_green());
    stage.aws.green_serves();
    "production listener → green".to_owned()
}

/// Everything as it was when the deployment began, by a deployment of its own.
async fn roll_back(stage: &mut Stage) -> String {
    stage.production.set_forward(stage.to_blue());
    stage.test.set_forward(stage.to_blue());
    stage.aws.blue_serves();
    stage.green.delete().await;
    stage.aws.roll_back()
}

/// The code is CodeDeploy's; its sentence is not known.
fn hook_failure(step: &Step) -> ErrorInformation {
    let what = if step.verdict.is_some() { "reported Failed" } else { "reported nothing within the time limit" };
    ErrorInformation {
        code: "HOOK_EXECUTION_FAILURE".to_owned(),
        message: format!("the function of {} {what}", step.event),
    }
}

//! What CodeDeploy does in each of its own steps, and what goes wrong there.
//!
//! A step says what it did, or why it failed.

use std::io;
use std::time::Duration;

use super::Faults;
use crate::application::Behaviour;
use crate::fault::Fault;
use crate::settings::{Settings, Shift};
use crate::stage::{LATE, Stage};

/// How long health checks may take to show what was broken on purpose.
const SHOWN: Duration = Duration::from_secs(5);

type Done = Result<String, String>;

/// Green's tasks start one by one. The step is over when all of them run and are healthy; where no listener names their
/// target group they are not checked, and running is enough.
pub(super) async fn install(stage: &mut Stage, settings: &Settings, faults: &Faults<'_>) -> io::Result<Done> {
    let wanted = stage.plan.tasks;
    let mut running = 0;
    stage.aws.green_runs(running, wanted);
    while stage.green.start_one().await? {
        running = (running + 1).min(wanted);
        stage.aws.green_runs(running, wanted);
    }
    let mut done = if stage.green.is_built_in() {
        format!("{wanted} of {wanted} tasks running")
    } else {
        stage.aws.green_runs(wanted, wanted);
        format!("{} stands for {wanted} tasks", stage.green.label())
    };
    if stage.green_is_checked_early() {
        let limit = settings.install_limit;
        if !stage.green.wait_until_healthy(limit).await {
            return Ok(Err(format!(
                "{done}, and not all of them were healthy within {:.1}s: {}",
                limit.as_secs_f64(),
                stage.green.health()
            )));
        }
        done.push_str(", healthy");
    } else {
        done.push_str(", in a target group that is not used yet");
    }
    damage(stage, faults, &mut done).await?;
    Ok(Ok(done))
}

/// What happens to green at the end of its installation. Where it is checked, the checks have seen it when this returns.
async fn damage(stage: &mut Stage, faults: &Faults<'_>, done: &mut String) -> io::Result<()> {
    let wanted = stage.plan.tasks;
    if faults.has(Fault::NotSteady) {
        stage.green.lose_one().await;
        stage.aws.green_runs(wanted - 1, wanted);
        done.push_str(", then one stopped");
    } else if faults.has(Fault::OneBadTask) {
        stage.green.break_one(Behaviour::StatusEverywhere(500)).await?;
        if stage.green_is_checked_early() {
            stage.green.wait_for_health(SHOWN, |states| states.contains(&"unhealthy")).await;
        }
        done.push_str(", then one began to answer 500");
    } else if faults.has(Fault::UnhealthyTargets) {
        stage.green.set_behaviour(&Behaviour::Unhealthy(503)).await?;
        if stage.green_is_checked_early() {
            stage.green.wait_for_health(SHOWN, |states| states.iter().all(|state| *state == "unhealthy")).await;
        }
        done.push_str(", then they became unhealthy");
    }
    Ok(())
}

/// The test listener is pointed at green.
pub(super) async fn allow_test_traffic(
    stage: &mut Stage,
    settings: &Settings,
    faults: &Faults<'_>,
) -> io::Result<Done> {
    let late = format!("{:.1}s", LATE.as_secs_f64());
    let mut done = if faults.has(Fault::LateSwitch) {
        stage.test.set_forward_after(&stage.to_green(), LATE);
        format!("test listener → green, {late} late")
    } else if faults.has(Fault::NodeByNode) {
        stage.test.set_forward_node_by_node(&stage.to_green(), LATE);
        format!("test listener → green, one node after another, {late} apart")
    } else if faults.has(Fault::NeverSwitch) {
        stage.test.announce(stage.to_green());
        "test listener → green, which no node follows".to_owned()
    } else if faults.has(Fault::BlueOnTestListener) {
        "test listener stays on blue".to_owned()
    } else {
        stage.test.set_forward(stage.to_green());
        "test listener → green".to_owned()
    };
    if let Some(behaviour) = &stage.plan.with_test_traffic {
        stage.green.set_behaviour(behaviour).await?;
        done.push_str(match behaviour {
            Behaviour::NotReadyFor(_) => ", which is not ready for a while",
            _ => ", which breaks with its first traffic",
        });
    } else if settings.unknowns.test_traffic_waits_for_health {
        let limit = settings.install_limit;
        if !stage.green.wait_until_healthy(limit).await {
            return Ok(Err(format!("{done}, and not all of its targets were healthy: {}", stage.green.health())));
        }
        done.push_str(", healthy");
    }
    Ok(Ok(done))
}

/// The production listener is pointed at green, or a part of its traffic is.
pub(super) fn allow_traffic(stage: &Stage, shift: Shift) -> String {
    match shift {
        Shift::AllAtOnce => {
            stage.production.set_forward(stage.to_green());
            stage.aws.green_serves(100);
            "production listener → green".to_owned()
        }
        Shift::Canary { percent } => {
            stage.production.set_forward(stage.to_both(percent));
            stage.aws.green_serves(percent);
            format!("{percent} % of the production listener → green, the rest after AfterAllowTraffic")
        }
    }
}

/// Both listeners are pointed at blue again, and green is deleted.
pub(super) async fn return_to_blue(stage: &mut Stage, settings: &Settings) {
    stage.production.set_forward(stage.to_blue());
    if !settings.unknowns.test_stays_on_green {
        stage.test.set_forward(stage.to_blue());
    }
    stage.aws.green_serves(0);
    // Where nothing named blue's target group, its checks begin anew.
    stage.blue.wait_for_health(SHOWN, |states| !states.contains(&"unused") && !states.contains(&"initial")).await;
    stage.green.delete().await;
    stage.aws.green_is_gone();
}

//! What the facts of a deployment say by themselves: for the report, for the mode, and against judging at all.

use greenlight_deployment::{CallErrorKind, Deployment, Facts};
use greenlight_report::{GreenRecord, Mode};

use crate::draft::Board;
use crate::settings::Settings;
use crate::traffic::short;

/// Writes down what was read, what was not, and what follows from it for the mode.
pub(crate) fn note(facts: &Facts, settings: &Settings, board: &Board) {
    let task_definition = facts.green.task_definition.as_ref().ok().and_then(Option::as_ref);
    let green = GreenRecord {
        task_definition: task_definition.map(|definition| definition.arn.clone()),
        images: task_definition
            .map(|definition| definition.containers.iter().map(|container| container.image.clone()).collect())
            .unwrap_or_default(),
        target_group: facts.green.target_group.clone().ok().flatten().map(|arn| short(&arn).to_owned()),
        targets: facts.health.clone().unwrap_or_default(),
        ..GreenRecord::default()
    };
    board.update(|draft| {
        draft.green = green;
        draft.unproven.extend(facts.unknown());
        match &facts.deployment {
            Ok(deployment) => {
                if deployment.is_rollback() {
                    draft.mode = settings.on_rollback;
                    draft.warnings.push(format!(
                        "this deployment is itself a rollback; GREENLIGHT_ON_ROLLBACK says {}",
                        match draft.mode {
                            Mode::Enforce => "enforce",
                            Mode::Observe => "observe",
                        }
                    ));
                }
                draft.warnings.extend(about(deployment));
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
            Err(_) => {}
        }
    });
}

/// What should be looked at in the deployment itself.
fn about(deployment: &Deployment) -> Option<String> {
    (!deployment.rolls_back_on_failure).then(|| {
        "auto-rollback is not enabled for DEPLOYMENT_FAILURE: after a `Failed` green stays on the test listener"
            .to_owned()
    })
}

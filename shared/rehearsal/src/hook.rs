//! One hook as CodeDeploy plays it: the function is invoked asynchronously, and the verdict is waited for.
//!
//! CodeDeploy sees the verdict alone. What the function returns is only looked at for the reason, which the API has no
//! place for.

use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use greenlight_deployment::Verdict;
use greenlight_deployment::appspec::BindingPoint;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::lambda::{self, Delivery, Function};
use crate::lifecycle::LifecycleEvent;
use crate::record::{Step, StepStatus};
use crate::settings::Settings;
use crate::stage::Stage;

/// How long a function may go on after its verdict before its report is given up.
const AFTER_THE_VERDICT: Duration = Duration::from_secs(3);

/// Where a function can be bound to this event; the others are CodeDeploy's own work.
pub(crate) fn binding_point(event: LifecycleEvent) -> Option<BindingPoint> {
    BindingPoint::ALL.into_iter().find(|point| point.name() == event.name())
}

/// Plays the hook.
///
/// # Errors
///
/// The system refused something that the rehearsal itself needs.
pub(crate) async fn play(
    stage: &Stage,
    settings: &Settings,
    event: LifecycleEvent,
    at: BindingPoint,
) -> io::Result<Step> {
    let began = Instant::now();
    let Some(function) = stage.function(at) else {
        stage.aws.pass(event);
        return Ok(Step {
            event,
            status: StepStatus::Skipped,
            duration: Duration::ZERO,
            detail: String::new(),
            function: None,
            verdict: None,
            report: None,
        });
    };
    let execution = stage.aws.begin_hook(event);
    let mut payload = json!({
        "DeploymentId": stage.aws.deployment_id(),
        "LifecycleEventHookExecutionId": execution.id,
    });
    if settings.unknowns.extra_event_fields {
        payload["Combined"] = "an undocumented field".into();
        payload["Targets"] = json!([{ "Id": 1 }]);
    }
    let mut decided = execution.verdict.clone();
    let mut delivery = pin!(invoke(stage, settings, function, event, &payload));
    let mut delivered = None;
    let limit = tokio::time::sleep(settings.hook_limit());
    tokio::select! {
        _ = decided.wait_for(Option::is_some) => {}
        ended = &mut delivery => delivered = Some(ended?),
        () = limit => {}
    }
    let duration = began.elapsed();
    let verdict = *execution.verdict.borrow();
    if verdict.is_some() && delivered.is_none() {
        delivered = tokio::time::timeout(AFTER_THE_VERDICT, &mut delivery).await.ok().transpose()?;
    }
    let status = match verdict {
        Some(Verdict::Succeeded) => StepStatus::Succeeded,
        Some(Verdict::Failed) | None => StepStatus::Failed,
    };
    stage.aws.end(event, status);
    let detail = detail(verdict, delivered.as_ref(), settings);
    let report = delivered.and_then(|delivery| delivery.report);
    Ok(Step { event, status, duration, detail, function: Some(function.name().to_owned()), verdict, report })
}

async fn invoke(
    stage: &Stage,
    settings: &Settings,
    function: &Function,
    event: LifecycleEvent,
    payload: &Value,
) -> io::Result<Delivery> {
    let first = lambda::deliver(function, &stage.last_resort, event, payload, &stage.narrator).await?;
    if settings.faults.contains(&Fault::Twice) {
        lambda::deliver(function, &stage.last_resort, event, payload, &stage.narrator).await?;
    }
    Ok(first)
}

/// The reason, as far as anybody gave one.
fn detail(verdict: Option<Verdict>, delivery: Option<&Delivery>, settings: &Settings) -> String {
    let reason = delivery.and_then(|delivery| delivery.report.as_ref()?.get("reason")?.as_str().map(str::to_owned));
    let failure = delivery.and_then(|delivery| delivery.failure.as_deref());
    match (verdict, reason, failure) {
        (Some(_), Some(reason), _) => reason,
        (Some(_), None, _) => "no reason was given: the function did not return a report".to_owned(),
        (None, _, Some(failure)) => format!(
            "no verdict, and nobody is left to report one ({failure}); CodeDeploy would wait for the rest of its hour"
        ),
        (None, Some(reason), None) => format!(
            "no verdict, although the function has ended well ({reason}); CodeDeploy would wait for the rest of its hour"
        ),
        (None, None, None) => {
            format!("no verdict within {:.0}s, which stand for CodeDeploy's hour", settings.hook_limit().as_secs_f64())
        }
    }
}

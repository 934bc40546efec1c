//! One rehearsal from its settings to its record: sets the stage, has the deployment played, clears everything away.

use std::future::pending;
use std::time::Duration;

use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::error::RehearsalError;
use crate::event::Event;
use crate::narrator::Narrator;
use crate::player;
use crate::record::{Invocation, LogLine, Rehearsal, Step};
use crate::settings::Settings;
use crate::stage::Stage;

/// How long the last lines of ended functions are waited for: something that they started may keep their output open.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Plays one deployment. `observer` is told what happens, as it happens.
///
/// Every process that was started is gone when this returns, and is killed when the returned future is dropped.
///
/// # Errors
///
/// [`RehearsalError`] when it cannot be played to its end. A deployment that is rolled back is not an error.
pub async fn rehearse(settings: Settings, observer: &mut dyn FnMut(&Event)) -> Result<Rehearsal, RehearsalError> {
    let (narrator, mut told) = Narrator::new();
    let mut stage = Stage::set(&settings, &narrator).await?;
    let opening = stage.opening(&settings.faults);
    narrator.tell(Event::Began(opening.clone()));
    drop(narrator);

    let mut heard = Heard::default();
    let mut interrupted = std::pin::pin!(interruption());
    let played = {
        let mut play = std::pin::pin!(player::play(&mut stage, &settings));
        loop {
            tokio::select! {
                biased;
                () = &mut interrupted => break Err(RehearsalError::Interrupted),
                Some(event) = told.recv() => heard.take(event, observer),
                outcome = &mut play => {
                    break outcome.map_err(|error| RehearsalError::io("the deployment cannot be played on", error));
                }
            }
        }
    };
    while let Ok(event) = told.try_recv() {
        heard.take(event, observer);
    }
    if let (Ok(_), Some(time)) = (&played, settings.hold) {
        observer(&Event::Holding(time));
        // An interruption ends the waiting; the deployment is over and its outcome stands.
        let _ = tokio::time::timeout(time, interrupted).await;
    }
    stage.clear().await;
    let (calls, exchanges) = (stage.aws.calls(), stage.aws.exchanges());
    drop(stage);
    let rest = heard.take_all(told, observer);
    // Lines that come later than this are nobody's any more.
    let _ = tokio::time::timeout(LAST_LINES, rest).await;
    let outcome = played?;
    let Heard { steps, rollback_steps, invocations, logs, .. } = heard;
    Ok(Rehearsal {
        rehearsal: Rehearsal::VERSION,
        deployment: opening,
        steps,
        rollback_steps,
        outcome,
        invocations,
        calls,
        exchanges,
        logs,
    })
}

/// What was told, for the record.
#[derive(Default)]
struct Heard {
    steps: Vec<Step>,
    rollback_steps: Vec<Step>,
    is_rollback: bool,
    invocations: Vec<Invocation>,
    logs: Vec<LogLine>,
}

impl Heard {
    fn take(&mut self, event: Event, observer: &mut dyn FnMut(&Event)) {
        observer(&event);
        match event {
            Event::StepEnded(step) if self.is_rollback => self.rollback_steps.push(step),
            Event::StepEnded(step) => self.steps.push(step),
            Event::RollbackBegan { .. } => self.is_rollback = true,
            Event::Invoked(invocation) => self.invocations.push(invocation),
            Event::Logged(line) => self.logs.push(line),
            Event::Began(_) | Event::StepBegan(_) | Event::Holding(_) | Event::Ended(_) => {}
        }
    }

    async fn take_all(&mut self, mut told: UnboundedReceiver<Event>, observer: &mut dyn FnMut(&Event)) {
        while let Some(event) = told.recv().await {
            self.take(event, observer);
        }
    }
}

/// Waits for Ctrl-C or a request to terminate; where the system lets us hear neither, for ever.
async fn interruption() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => pending().await,
        }
    };
    let interrupted = async {
        if ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    };
    tokio::select! {
        _ = terminated => {}
        () = interrupted => {}
    }
}

#[cfg(test)]
mod tests;

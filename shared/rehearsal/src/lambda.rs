//! Lambda: functions as processes of their own, asynchronous invocation, and what follows when they fail.
//!
//! A function's process is started for its first event and kept for the next ones, as a warm execution environment is;
//! one that died, or was killed because its time was over, is replaced at the next attempt. What a function is for is
//! not known here.
//!
//! Source: AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".

mod destination;
mod function;
mod process;
mod runtime_api;
#[cfg(test)]
mod tests;

use std::io;
use std::time::Duration;

use serde_json::Value;

pub(crate) use function::{Deaths, Function};
pub(crate) use process::Program;

use crate::event::Event;
use crate::lifecycle::LifecycleEvent;
use crate::narrator::Narrator;
use crate::record::{Invocation, InvocationEnding};

/// Attempts after the first: Lambda's default, and the most it allows.
const RETRIES: u32 = 2;

/// What every function has in common.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    /// For example `eu-central-1`.
    pub(crate) region: String,
    /// Twelve digits.
    pub(crate) account: String,
    /// A function that takes longer is killed.
    pub(crate) timeout: Duration,
    /// How long one of Lambda's minutes lasts here.
    pub(crate) minute: Duration,
    /// Variables of every function, beside Lambda's own.
    pub(crate) variables: Vec<(String, String)>,
    /// Where the functions believe to be unpacked.
    pub(crate) task_root: std::path::PathBuf,
}

/// What became of an asynchronous invocation.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Delivery {
    /// What the function returned, or the last resort when the function had failed.
    pub(crate) report: Option<Value>,
    /// How the last attempt of the function itself failed.
    pub(crate) failure: Option<String>,
}

/// Delivers an event as Lambda does: up to three attempts, then the on-failure destination.
///
/// # Errors
///
/// The system refused something that the rehearsal itself needs.
pub(crate) async fn deliver(
    function: &Function,
    last_resort: &Function,
    at: LifecycleEvent,
    event: &Value,
    narrator: &Narrator,
) -> io::Result<Delivery> {
    match attempts(function, at, event, narrator).await? {
        Ok(report) => Ok(Delivery { report: Some(report), failure: None }),
        Err(last) => {
            let failure = Some(destination::error_message(&last.ending));
            let payload = destination::payload(function, event, &last);
            let report = attempts(last_resort, at, &payload, narrator).await?.ok();
            Ok(Delivery { report, failure })
        }
    }
}

/// What the function returned, or its last attempt when none went well.
async fn attempts(
    function: &Function,
    at: LifecycleEvent,
    event: &Value,
    narrator: &Narrator,
) -> io::Result<Result<Value, Invocation>> {
    let request_id = runtime_api::request_id();
    let mut attempt = 1;
    loop {
        let (ending, duration) = function.attempt(&request_id, event, attempt).await?;
        let is_last = attempt > RETRIES || matches!(ending, InvocationEnding::Returned { .. });
        let invocation = Invocation {
            function: function.name().to_owned(),
            event: at,
            attempt,
            request_id: request_id.clone(),
            ending,
            duration,
            // One minute before the second attempt, two before the third.
            retry_after: (!is_last).then(|| function.minute() * attempt),
        };
        narrator.tell(Event::Invoked(invocation.clone()));
        match (invocation.retry_after, invocation.ending) {
            (_, InvocationEnding::Returned { value }) => return Ok(Ok(value)),
            (None, ending) => return Ok(Err(Invocation { ending, ..invocation })),
            (Some(wait), _) => tokio::time::sleep(wait).await,
        }
        attempt += 1;
    }
}

//! The Lambda functions, one binary per lifecycle hook. Each main is one line; what they share is here.
//!
//! This crate connects Lambda's runtime to the hook crate and nothing else. Nothing here can fail before the first
//! event is in hand: what is wrong with the environment is reported as the verdict's reason, not as a dead start.

mod logging;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use greenlight_hook::{CodeDeployController, ProcessEnvironment, Undelivered, execute, last_resort};
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::time::Instant;

pub use greenlight_suite::Hook;

/// Which function a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Bound to a lifecycle hook.
    Hook(Hook),
    /// The on-failure destination of the others.
    LastResort,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 5] = [
        Self::Hook(Hook::AfterInstall),
        Self::Hook(Hook::AfterAllowTestTraffic),
        Self::Hook(Hook::BeforeAllowTraffic),
        Self::Hook(Hook::AfterAllowTraffic),
        Self::LastResort,
    ];

    /// The name of its binary.
    #[must_use]
    pub fn binary(self) -> &'static str {
        match self {
            Self::Hook(hook) => hook.binary(),
            Self::LastResort => "last-resort",
        }
    }

    /// The function whose binary has this name.
    #[must_use]
    pub fn of_binary(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.binary() == name)
    }
}

/// Serves invocations until Lambda ends the process.
///
/// # Errors
///
/// When the Lambda Runtime API is not there or does not answer as it should.
pub fn serve(function: Function) -> Result<(), Error> {
    logging::start();
    // One thread waits for events and reports verdicts; the engine has a thread and a runtime of its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let controller = CodeDeployController::default();
    runtime.block_on(lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let controller = controller.clone();
        // Boxed: the future holds the AWS client's, whose types are nested too deeply to be one of the runtime's.
        async move { Box::pin(answer(function, &controller, event)).await.map_err(Failed) }
    })))
}

async fn answer(
    function: Function,
    controller: &CodeDeployController,
    event: LambdaEvent<Value>,
) -> Result<Value, Undelivered> {
    let stop = stop(&event.context);
    match function {
        Function::Hook(hook) => {
            let executed = execute(controller, hook, &event.payload, stop, Arc::new(ProcessEnvironment)).await?;
            // The verdict has been delivered: a record that cannot be written must not bring the event back.
            Ok(serde_json::to_value(executed).unwrap_or_else(|error| Value::String(format!("no report: {error}"))))
        }
        Function::LastResort => last_resort(controller, &event.payload, stop, &ProcessEnvironment).await,
    }
}

/// An execution whose verdict was not delivered, as Lambda is told of it: then it sends the event again.
struct Failed(Undelivered);

impl fmt::Debug for Failed {
    /// A sentence: the runtime writes it to the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl From<Failed> for Diagnostic {
    fn from(Failed(undelivered): Failed) -> Self {
        Self { error_type: "Greenlight.Undelivered".to_owned(), error_message: undelivered.to_string() }
    }
}

/// When Lambda stops this invocation, on the clock that waits are measured with.
fn stop(context: &Context) -> Instant {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::now() + time_left(Duration::from_millis(context.deadline), now)
}

/// What is left until `deadline`; both are counted from 1970.
///
/// A deadline that was over before the event came is none: the clock is wrong, and a verdict is wanted all the same. One
/// that is no longer than Lambda's longest time limit is a length of time: `cargo lambda watch` says it like that.
fn time_left(deadline: Duration, now: Duration) -> Duration {
    match deadline.checked_sub(now) {
        Some(left) if !left.is_zero() => left.min(LONGEST_TIME),
        _ if deadline <= LONGEST_TIME && !deadline.is_zero() => deadline,
        _ => TIME_WITHOUT_A_DEADLINE,
    }
}

/// Lambda's longest time limit. Source: AWS Lambda developer guide, "Lambda quotas".
const LONGEST_TIME: Duration = Duration::from_mins(15);
/// What a function takes when it is not told its deadline: shorter than most functions' time limits.
const TIME_WITHOUT_A_DEADLINE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_always_has_time_for_a_verdict() {
        let now = Duration::from_hours(500_000);
        for (case, deadline, left) in [
            ("Lambda's deadline", now + Duration::from_mins(5), Duration::from_mins(5)),
            ("a length of time, as cargo lambda says it", Duration::from_mins(10), Duration::from_mins(10)),
            ("a clock that is far behind", now + Duration::from_hours(2), LONGEST_TIME),
            ("a deadline that is over", now.saturating_sub(Duration::from_secs(5)), TIME_WITHOUT_A_DEADLINE),
            ("no deadline", Duration::ZERO, TIME_WITHOUT_A_DEADLINE),
        ] {
            assert_eq!(time_left(deadline, now), left, "{case}");
        }
    }

    #[test]
    fn every_function_is_found_by_the_name_of_its_binary() {
        for function in Function::ALL {
            assert_eq!(Function::of_binary(function.binary()), Some(function));
        }
        assert_eq!(Function::of_binary("allow-traffic"), None);
    }
}

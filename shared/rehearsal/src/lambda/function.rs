//! One function: its name, its program, its Runtime API, and the process that serves it at the moment.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{sleep, sleep_until, timeout};

use super::Environment;
use super::process::{Process, Program};
use super::runtime_api::{Answered, Offer, Progress, RuntimeApi};
use crate::narrator::Narrator;
use crate::record::InvocationEnding;

/// Longest time until a new process asks for its event.
/// Source: AWS Lambda developer guide, "Understanding the Lambda execution environment lifecycle", "Init phase".
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// How long the answer of a process that has ended is waited for.
const LAST_ANSWER: Duration = Duration::from_millis(50);

/// When the rehearsal kills a function that just got its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deaths {
    /// Never.
    None,
    /// At the first attempt of every event.
    First,
    /// At every attempt.
    Every,
}

/// A function that can be invoked.
pub(crate) struct Function {
    name: String,
    program: Program,
    environment: Environment,
    deaths: Deaths,
    narrator: Narrator,
    /// Held while an event is under way: one at a time.
    serving: Mutex<Option<Serving>>,
}

/// A process with a Runtime API of its own, so that nothing of an earlier process can take its events.
struct Serving {
    process: Process,
    api: RuntimeApi,
    /// True from the offer of an event to its end. Found true later, the attempt was given up in between.
    busy: bool,
}

impl Function {
    /// A function that is not running yet; its process starts with the first event.
    pub(crate) fn new(
        name: &str,
        program: Program,
        environment: Environment,
        deaths: Deaths,
        narrator: &Narrator,
    ) -> Self {
        let narrator = narrator.clone();
        Self { name: name.to_owned(), program, environment, deaths, narrator, serving: Mutex::default() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn minute(&self) -> Duration {
        self.environment.minute
    }

    pub(super) fn arn(&self) -> String {
        let Environment { region, account, .. } = &self.environment;
        format!("arn:aws:lambda:{region}:{account}:function:{}", self.name)
    }

    /// Kills its process and waits until it is gone.
    pub(crate) async fn stop(&self) {
        if let Some(mut serving) = self.serving.lock().await.take() {
            serving.process.kill().await;
        }
    }

    /// Gives it one event, once. The time is counted from when the process took the event.
    ///
    /// # Errors
    ///
    /// The system could not be asked how the process ended.
    pub(super) async fn attempt(
        &self,
        request_id: &str,
        event: &Value,
        attempt: u32,
    ) -> io::Result<(InvocationEnding, Duration)> {
        let mut held = self.serving.lock().await;
        if let Some(serving) = held.as_mut()
            && (serving.busy || !serving.process.runs())
        {
            serving.process.kill().await;
            *held = None;
        }
        let serving = match held.take() {
            Some(serving) => held.insert(serving),
            None => match self.start().await {
                Ok(serving) => held.insert(serving),
                Err(error) => {
                    let why = format!("{}: {error}", self.program.path.display());
                    return Ok((InvocationEnding::NotStarted { why }, Duration::ZERO));
                }
            },
        };
        let progress = serving.api.offer(Offer {
            request_id: request_id.to_owned(),
            function_arn: self.arn(),
            event: event.clone(),
            timeout: self.environment.timeout,
        });
        serving.busy = true;
        let (ending, duration) = self.watch(&mut serving.process, progress, attempt).await?;
        if matches!(ending, InvocationEnding::Returned { .. } | InvocationEnding::Error { .. }) {
            serving.busy = false;
        } else {
            serving.process.kill().await;
            *held = None;
        }
        Ok((ending, duration))
    }

    async fn watch(
        &self,
        process: &mut Process,
        mut progress: Progress,
        attempt: u32,
    ) -> io::Result<(InvocationEnding, Duration)> {
        let not_started = |why: String| Ok((InvocationEnding::NotStarted { why }, Duration::ZERO));
        let taken: Instant = tokio::select! {
            biased;
            Ok(taken) = &mut progress.taken => taken,
            Ok(Answered::NotInitialised(error)) = &mut progress.answered => return not_started(error.to_string()),
            status = process.ended() => return not_started(format!("it ended before it asked for an event: {}", status?)),
            () = sleep(INIT_LIMIT) => return not_started(format!("it asked for no event within {} s", INIT_LIMIT.as_secs())),
        };
        let dies = match self.deaths {
            Deaths::None => false,
            Deaths::First => attempt == 1,
            Deaths::Every => true,
        };
        if dies {
            process.kill().await;
            return Ok((InvocationEnding::Killed, taken.elapsed()));
        }
        let ending = tokio::select! {
            biased;
            Ok(answered) = &mut progress.answered => match answered {
                Answered::Returned(value) => InvocationEnding::Returned { value },
                Answered::Error(error) | Answered::NotInitialised(error) => InvocationEnding::Error { error },
            },
            // The last answer of a process that ends at once may still be on its way through the server.
            status = process.ended() => match timeout(LAST_ANSWER, &mut progress.answered).await {
                Ok(Ok(Answered::Returned(value))) => InvocationEnding::Returned { value },
                _ => InvocationEnding::Exited { status: status?.to_string() },
            },
            () = sleep_until((taken + self.environment.timeout).into()) => InvocationEnding::TimedOut,
        };
        Ok((ending, taken.elapsed()))
    }

    async fn start(&self) -> io::Result<Serving> {
        let api = RuntimeApi::start().await?;
        let folder = &self.environment.task_root;
        let variables = self.variables(api.address());
        let process = Process::start(&self.program, folder, variables, &self.name, &self.narrator)?;
        Ok(Serving { process, api, busy: false })
    }

    /// What Lambda gives every function, then what is given to all of this rehearsal's.
    /// Source: AWS Lambda developer guide, "Working with Lambda environment variables".
    fn variables(&self, api: SocketAddr) -> Vec<(String, String)> {
        let Environment { region, task_root, variables, .. } = &self.environment;
        let task_root = task_root.display().to_string();
        let api = api.to_string();
        let log_group = format!("/aws/lambda/{}", self.name);
        let own = [
            ("AWS_LAMBDA_RUNTIME_API", api.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", &self.name),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", &log_group),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2014/11/13/[$LATEST]rehearsal"),
            ("AWS_REGION", region),
            ("AWS_DEFAULT_REGION", region),
            ("AWS_ACCESS_KEY_ID", "ASIAREHEARSALREHEARSE"),
            ("AWS_SECRET_ACCESS_KEY", "not-a-key"),
            ("AWS_SESSION_TOKEN", "not-a-token"),
            ("LAMBDA_TASK_ROOT", &task_root),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
            ("_HANDLER", "bootstrap"),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        own.chain(variables.iter().cloned()).collect()
    }
}

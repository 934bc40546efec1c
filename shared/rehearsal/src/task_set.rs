//! Blue or green: the tasks that answer, and the target group that they are registered in.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::application::{Application, Behaviour};
use crate::load_balancer::{HealthCheck, Matcher, Target, TargetGroup};

/// How often the health of targets is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// From one check of a task to the next, and the longest wait for an answer: a small part of the
/// shortest that AWS allows.
const INTERVAL: Duration = Duration::from_millis(50);
const TIMEOUT: Duration = Duration::from_millis(500);
/// The same for a server of the user's own, whose log it fills.
const INTERVAL_OF_A_SERVER: Duration = Duration::from_secs(1);
/// How long a target is shown as draining: five minutes in truth.
const DEREGISTRATION: Duration = Duration::from_millis(300);

/// How the tasks of the built-in applications are checked.
pub(crate) fn health_check() -> HealthCheck {
    HealthCheck {
        path: "/health".to_owned(),
        matcher: Matcher(200, 200),
        interval: INTERVAL,
        timeout: TIMEOUT,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
        deregistration_delay: DEREGISTRATION,
    }
}

/// How a server of the user's own is checked: it may know no `/health`, so that any answer below 500 will do.
pub(crate) fn lenient_health_check() -> HealthCheck {
    HealthCheck { matcher: Matcher(200, 499), interval: INTERVAL_OF_A_SERVER, ..health_check() }
}

/// One task set.
pub(crate) struct TaskSet {
    pub(crate) group: TargetGroup,
    player: Player,
}

enum Player {
    /// The rehearsal's own applications.
    BuiltIn { version: String, behaviour: Behaviour, wanted: u32, tasks: Vec<Application> },
    /// A server that runs already, whoever started it.
    Server(Target),
}

impl TaskSet {
    /// Applications of our own, which do not run yet.
    pub(crate) fn built_in(group: TargetGroup, version: &str, behaviour: Behaviour, wanted: u32) -> Self {
        let player = Player::BuiltIn { version: version.to_owned(), behaviour, wanted, tasks: Vec::new() };
        Self { group, player }
    }

    /// A server that runs already.
    pub(crate) fn server(group: TargetGroup, target: Target) -> Self {
        Self { group, player: Player::Server(target) }
    }

    /// What a person calls it.
    pub(crate) fn label(&self) -> String {
        match &self.player {
            Player::BuiltIn { version, .. } => version.clone(),
            Player::Server(target) => target.to_string(),
        }
    }

    /// Whether its tasks are the rehearsal's own.
    pub(crate) fn is_built_in(&self) -> bool {
        matches!(self.player, Player::BuiltIn { .. })
    }

    /// How many of its targets are in which state of health.
    pub(crate) fn health(&self) -> String {
        let mut counts = BTreeMap::new();
        for (_, health) in self.group.health() {
            *counts.entry(health.state).or_insert(0_u32) += 1;
        }
        let counts: Vec<_> = counts.into_iter().map(|(state, count)| format!("{count} {state}")).collect();
        if counts.is_empty() { "none is registered".to_owned() } else { counts.join(", ") }
    }

    /// Starts one more task and registers it. False when all that are wanted run.
    ///
    /// # Errors
    ///
    /// The system has no free port.
    pub(crate) async fn start_one(&mut self) -> io::Result<bool> {
        match &mut self.player {
            Player::BuiltIn { version, behaviour, wanted, tasks } => {
                if tasks.len() >= usize::try_from(*wanted).unwrap_or(usize::MAX) {
                    return Ok(false);
                }
                let task = Application::start(version, behaviour.clone()).await?;
                self.group.register(task.addr());
                tasks.push(task);
                Ok(true)
            }
            Player::Server(target) => {
                let is_new = !self.group.targets().contains(target);
                self.group.register(target.clone());
                Ok(is_new)
            }
        }
    }

    /// Starts all that are wanted.
    ///
    /// # Errors
    ///
    /// The system has no free port.
    pub(crate) async fn start(&mut self) -> io::Result<()> {
        while self.start_one().await? {}
        Ok(())
    }

    /// Changes what every running task does. A server of the user's own does what it does.
    ///
    /// # Errors
    ///
    /// A port could not be opened again.
    pub(crate) async fn set_behaviour(&self, new: &Behaviour) -> io::Result<()> {
        if let Player::BuiltIn { tasks, .. } = &self.player {
            for task in tasks {
                task.set_behaviour(new.clone()).await?;
            }
        }
        Ok(())
    }

    /// Changes what one running task does.
    ///
    /// # Errors
    ///
    /// A port could not be opened again.
    pub(crate) async fn break_one(&self, new: Behaviour) -> io::Result<()> {
        if let Player::BuiltIn { tasks, .. } = &self.player
            && let Some(task) = tasks.first()
        {
            task.set_behaviour(new).await?;
        }
        Ok(())
    }

    /// Waits until all of its targets are healthy, at most `limit`. False when they are not.
    pub(crate) async fn wait_until_healthy(&self, limit: Duration) -> bool {
        self.wait_for_health(limit, |states| states.iter().all(|state| *state == "healthy")).await
    }

    /// Waits until the health of its registered targets is as it should be, at most `limit`. False when it is not.
    pub(crate) async fn wait_for_health(&self, limit: Duration, is_good: impl Fn(&[&'static str]) -> bool) -> bool {
        let waited = async {
            loop {
                let states = self.group.health().into_iter().map(|(_, health)| health.state);
                let registered: Vec<_> = states.filter(|state| *state != "draining").collect();
                if is_good(&registered) {
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(limit, waited).await.is_ok()
    }

    /// Deletes the task set: nothing is registered and nothing runs any more.
    pub(crate) async fn delete(&mut self) {
        for target in self.group.targets() {
            self.group.deregister(&target);
        }
        if let Player::BuiltIn { tasks, .. } = &mut self.player {
            for task in tasks.drain(..) {
                task.stop().await;
            }
        }
    }

    /// Stops one of its tasks, as a task does that crashes.
    pub(crate) async fn lose_one(&mut self) {
        if let Player::BuiltIn { tasks, .. } = &mut self.player
            && let Some(task) = tasks.pop()
        {
            self.group.deregister(&task.addr().into());
            task.stop().await;
        }
    }
}

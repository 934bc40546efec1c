//! Blue or green: the tasks that answer, and the target group that they are registered in.

use std::io;
use std::num::NonZeroU32;

use crate::application::{Application, Behaviour};
use crate::load_balancer::{Target, TargetGroup};

/// One task set.
pub(crate) struct TaskSet {
    pub(crate) group: TargetGroup,
    player: Player,
}

enum Player {
    /// The rehearsal's own applications.
    BuiltIn { version: String, behaviour: Behaviour, wanted: NonZeroU32, tasks: Vec<Application> },
    /// A server that runs already, whoever started it.
    Server(Target),
}

impl TaskSet {
    /// Applications of our own, which do not run yet.
    pub(crate) fn built_in(group: &str, version: &str, behaviour: Behaviour, wanted: NonZeroU32) -> Self {
        let player = Player::BuiltIn { version: version.to_owned(), behaviour, wanted, tasks: Vec::new() };
        Self { group: TargetGroup::new(group), player }
    }

    /// A server that runs already.
    pub(crate) fn server(group: &str, target: Target) -> Self {
        Self { group: TargetGroup::new(group), player: Player::Server(target) }
    }

    /// What a person calls it.
    pub(crate) fn label(&self) -> String {
        match &self.player {
            Player::BuiltIn { version, .. } => version.clone(),
            Player::Server(target) => target.to_string(),
        }
    }

    /// Starts one more task and registers it. False when all that are wanted run.
    ///
    /// # Errors
    ///
    /// The system has no free port.
    pub(crate) async fn start_one(&mut self) -> io::Result<bool> {
        match &mut self.player {
            Player::BuiltIn { version, behaviour, wanted, tasks } => {
                if tasks.len() >= usize::try_from(wanted.get()).unwrap_or(usize::MAX) {
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

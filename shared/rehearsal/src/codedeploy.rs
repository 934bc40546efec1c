//! CodeDeploy as the functions meet it: its API over HTTP, on the state of the deployment that is played.
//!
//! The player tells what happens; the functions read it, and put their verdicts. Shapes, errors and their order are
//! those of the API reference. What is not known of the real service is chosen in one place each and said there.

mod api_error;
mod identity;
mod misbehaviour;
mod operations;
mod shapes;
mod state;
#[cfg(test)]
mod tests;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use greenlight_deployment::Verdict;
use tokio::sync::watch;

pub use identity::Identity;
pub use misbehaviour::{Misbehaviour, Refusal};

use crate::lifecycle::LifecycleEvent;
use crate::record::{Call, DeploymentStatus, ErrorInformation, StepStatus};
use crate::server::Server;
use state::State;

/// A running CodeDeploy with one deployment.
pub struct CodeDeploy {
    server: Server,
    shared: Shared,
}

/// Who reads and who tells share it.
#[derive(Clone)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while holding the lock, and the state is whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A hook that waits for its verdict.
#[derive(Debug)]
pub struct HookExecution {
    /// `LifecycleEventHookExecutionId`: who knows it may report.
    pub id: String,
    /// The verdict, once it is put.
    pub verdict: watch::Receiver<Option<Verdict>>,
}

impl CodeDeploy {
    /// Starts on a free port of this machine, with a deployment of `identity` that has just been created.
    /// The times of calls count from `began`.
    ///
    /// # Errors
    ///
    /// The system has no free port.
    pub async fn start(identity: Identity, misbehaviour: Misbehaviour, began: Instant) -> io::Result<Self> {
        let shared = Shared(Arc::new(Mutex::new(State::new(identity, misbehaviour, began))));
        let for_calls = shared.clone();
        let server = Server::start(move |request| wire::answer(for_calls.clone(), request)).await?;
        Ok(Self { server, shared })
    }

    /// Where the API is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The id of the deployment that is played.
    #[must_use]
    pub fn deployment_id(&self) -> String {
        self.shared.state().played().id.clone()
    }

    /// A step begins.
    pub fn begin(&self, event: LifecycleEvent) {
        self.shared.state().played_mut().begin(event);
    }

    /// A step with a function begins. It is over when a verdict is put, or [`Self::end`] is called.
    #[must_use]
    pub fn begin_hook(&self, event: LifecycleEvent) -> HookExecution {
        self.shared.state().played_mut().begin_hook(event)
    }

    /// A step is over. Does nothing when a verdict has ended it already.
    pub fn end(&self, event: LifecycleEvent, status: StepStatus) {
        self.shared.state().played_mut().end(event, status);
    }

    /// So many of green's tasks run, of so many that are wanted.
    pub fn green_runs(&self, running: u32, desired: u32) {
        self.shared.state().played_mut().green_runs(running, desired);
    }

    /// Production traffic goes to green.
    pub fn green_serves(&self) {
        self.shared.state().played_mut().green_serves();
    }

    /// The blue task set is deleted.
    pub fn blue_is_gone(&self) {
        self.shared.state().played_mut().blue_is_gone();
    }

    /// Production traffic goes to blue again.
    pub fn blue_serves(&self) {
        self.shared.state().played_mut().blue_serves();
    }

    /// The deployment is over.
    pub fn finish(&self, status: DeploymentStatus, error: Option<ErrorInformation>) {
        self.shared.state().played_mut().finish(status, error);
    }

    /// Creates the deployment that rolls the played one back, and gives its id.
    #[must_use]
    pub fn roll_back(&self) -> String {
        self.shared.state().roll_back()
    }

    /// Every call so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().calls.clone()
    }
}

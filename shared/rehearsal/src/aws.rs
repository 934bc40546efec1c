//! AWS as the functions meet it: one server that answers CodeDeploy, ECS, Elastic Load Balancing, SSM and S3, on the
//! state of the deployment that is played.
//!
//! The player tells what happens; the functions read it, and put their verdicts. Shapes, errors and their order are
//! those of the API references. What is not known of the real services is chosen in one place each and said there.

mod api_error;
mod codedeploy;
mod ecs;
mod elb;
mod identity;
mod misbehaviour;
mod query;
mod s3;
mod service;
mod signature;
mod ssm;
#[cfg(test)]
mod tests;
mod wire;
mod world;
mod xml;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use codedeploy::HookExecution;
pub use identity::Identity;
pub use misbehaviour::{Misbehaviour, Refusal};
pub(crate) use service::ACTIONS;
pub use world::{Balancer, Scene};

use crate::lifecycle::LifecycleEvent;
use crate::record::{Call, DeploymentStatus, ErrorInformation, Exchange, StepStatus};
use crate::server::Server;
use world::World;

/// The running API, with one deployment that has just been created.
pub struct Aws {
    server: Server,
    shared: Shared,
}

/// Who reads and who tells share it.
#[derive(Clone)]
struct Shared(Arc<Mutex<World>>);

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        // Nothing panics while holding the lock, and the world is whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Aws {
    /// Starts on a free port of this machine.
    ///
    /// # Errors
    ///
    /// The system has no free port.
    pub async fn start(scene: Scene) -> io::Result<Self> {
        let shared = Shared(Arc::new(Mutex::new(World::new(scene))));
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
        self.shared.world().codedeploy.played().id.clone()
    }

    /// A step begins.
    pub fn begin(&self, event: LifecycleEvent) {
        self.shared.world().codedeploy.played_mut().begin(event);
    }

    /// A step with a function begins. It is over when a verdict is put, or [`Self::end`] is called.
    #[must_use]
    pub fn begin_hook(&self, event: LifecycleEvent) -> HookExecution {
        self.shared.world().codedeploy.played_mut().begin_hook(event)
    }

    /// A step is over. Does nothing when a verdict has ended it already.
    pub fn end(&self, event: LifecycleEvent, status: StepStatus) {
        self.shared.world().codedeploy.played_mut().end(event, status);
    }

    /// So many of green's tasks run, of so many that are wanted.
    pub fn green_runs(&self, running: u32, desired: u32) {
        self.shared.world().codedeploy.played_mut().green_runs(running, desired);
    }

    /// So much of production's traffic goes to green, in percent.
    pub fn green_serves(&self, percent: u8) {
        self.shared.world().codedeploy.played_mut().green_serves(f64::from(percent));
    }

    /// The green task set is deleted.
    pub fn green_is_gone(&self) {
        self.shared.world().codedeploy.played_mut().green_is_gone();
    }

    /// The blue task set is deleted.
    pub fn blue_is_gone(&self) {
        self.shared.world().codedeploy.played_mut().blue_is_gone();
    }

    /// The deployment waits for approval, and is `Ready`; or it goes on.
    pub fn waits(&self, is_ready: bool) {
        self.shared.world().codedeploy.played_mut().waits(is_ready);
    }

    /// The deployment is over.
    pub fn finish(&self, status: DeploymentStatus, error: Option<ErrorInformation>) {
        self.shared.world().codedeploy.played_mut().finish(status, error);
    }

    /// An event that no function is bound to is over.
    pub fn pass(&self, event: LifecycleEvent) {
        let mut world = self.shared.world();
        let status = world.codedeploy.hookless();
        world.codedeploy.played_mut().end(event, status);
    }

    /// Creates the deployment that rolls the played one back by moving traffic alone, and gives its id.
    #[must_use]
    pub fn roll_back(&self) -> String {
        self.shared.world().codedeploy.roll_back()
    }

    /// Creates the deployment that rolls the played one back with its hooks, and gives its id. It is the one that is
    /// played from now on.
    #[must_use]
    pub fn begin_rollback(&self) -> String {
        self.shared.world().codedeploy.begin_rollback()
    }

    /// Every call so far, of every service, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.world().calls.clone()
    }

    /// Every exchange so far, in order; none unless they are kept.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.world().exchanges.clone()
    }
}

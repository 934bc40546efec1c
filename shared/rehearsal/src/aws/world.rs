//! Everything that the services answer from, and what was asked of them so far.

use std::time::Instant;

use super::codedeploy::State;
use super::s3::Objects;
use super::ssm::Parameters;
use super::{Identity, Misbehaviour};
use crate::load_balancer::{Listener, TargetGroup};
use crate::record::{Call, Exchange};
use crate::settings::Shift;
use crate::task_definition::TaskDefinition;
use crate::unknowns::Unknowns;

/// What is there when the API starts.
pub struct Scene {
    /// The names of the deployment and of what it deploys.
    pub identity: Identity,
    /// The load balancer that the deployment turns.
    pub balancer: Balancer,
    /// What green is made of.
    pub green: TaskDefinition,
    /// What blue is made of.
    pub blue: TaskDefinition,
    /// How production traffic moves.
    pub shift: Shift,
    /// What is not known of AWS, chosen one way.
    pub unknowns: Unknowns,
    /// How the API misbehaves.
    pub misbehaviour: Misbehaviour,
    /// The times of calls count from here.
    pub began: Instant,
    /// Whether requests and answers are kept as they went over the wire.
    pub keep_exchanges: bool,
    /// SSM's parameters: name and value.
    pub parameters: Vec<(String, String)>,
    /// S3's objects: `s3://bucket/key` and content.
    pub objects: Vec<(String, Vec<u8>)>,
}

/// The parts of the load balancer that its API tells of.
#[derive(Debug, Clone)]
pub struct Balancer {
    /// The production listener.
    pub production: Listener,
    /// The test listener.
    pub test: Listener,
    /// Blue's target group.
    pub blue: TargetGroup,
    /// Green's target group.
    pub green: TargetGroup,
    /// Most items of an answer, where its API pages.
    pub page_size: Option<usize>,
}

/// The scene, as it has become.
pub(super) struct World {
    pub(super) codedeploy: State,
    pub(super) balancer: Balancer,
    pub(super) green: TaskDefinition,
    pub(super) blue: TaskDefinition,
    pub(super) misbehaviour: Misbehaviour,
    pub(super) parameters: Parameters,
    pub(super) objects: Objects,
    pub(super) began: Instant,
    pub(super) keep_exchanges: bool,
    pub(super) calls: Vec<Call>,
    pub(super) exchanges: Vec<Exchange>,
}

impl World {
    pub(super) fn new(scene: Scene) -> Self {
        let Scene { identity, misbehaviour, .. } = scene;
        Self {
            parameters: Parameters::new(scene.parameters, &identity.region, &identity.account),
            objects: Objects::new(scene.objects),
            codedeploy: State::new(identity, misbehaviour.throttle_status_calls, scene.unknowns, scene.shift),
            balancer: scene.balancer,
            green: scene.green,
            blue: scene.blue,
            misbehaviour,
            began: scene.began,
            keep_exchanges: scene.keep_exchanges,
            calls: Vec::new(),
            exchanges: Vec::new(),
        }
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.codedeploy.identity
    }
}

//! Everything that the services answer from, and what was asked of them so far.

use std::time::Instant;

use super::codedeploy::State;
use super::s3::Objects;
use super::ssm::Parameters;
use super::{Identity, Misbehaviour};
use crate::record::{Call, Exchange};

/// What is there when the API starts.
pub struct Scene {
    /// The names of the deployment and of what it deploys.
    pub identity: Identity,
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

/// The scene, as it has become.
pub(super) struct World {
    pub(super) codedeploy: State,
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
        let Scene { identity, misbehaviour, began, keep_exchanges, parameters, objects } = scene;
        Self {
            parameters: Parameters::new(parameters, &identity.region, &identity.account),
            objects: Objects::new(objects),
            codedeploy: State::new(identity, misbehaviour.throttle_status_calls),
            misbehaviour,
            began,
            keep_exchanges,
            calls: Vec::new(),
            exchanges: Vec::new(),
        }
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.codedeploy.identity
    }
}

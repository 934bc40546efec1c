//! The API as its clients see it, whichever service they ask.

mod client;
mod codedeploy;
mod ecs;
mod elb;
mod platform;

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use super::*;
use crate::load_balancer::{Forward, LoadBalancer, TargetGroup};
use crate::settings::Shift;
use crate::task_definition::TaskDefinition;
use crate::task_set::health_check;
use crate::unknowns::Unknowns;

const APPSPEC: &str = "version: 0.0\n";

/// A running API, with what it needs to live.
struct Started {
    api: Aws,
    _balancer: LoadBalancer,
}

impl std::ops::Deref for Started {
    type Target = Aws;

    fn deref(&self) -> &Aws {
        &self.api
    }
}

/// The API of a deployment whose two listeners serve blue.
async fn started(misbehaviour: Misbehaviour) -> Started {
    started_with(|scene| scene.misbehaviour = misbehaviour).await
}

async fn started_with(change: impl FnOnce(&mut Scene)) -> Started {
    let tasks = NonZeroU32::new(2).unwrap();
    let identity = Identity::of("hello", "eu-central-1", "123456789012", APPSPEC, tasks);
    let group = |name: &str, arn: &str| TargetGroup::with_arn(name, arn, Some(health_check()));
    let blue = group(&identity.blue_target_group, &identity.blue_target_group_arn());
    let green = group(&identity.green_target_group, &identity.green_target_group_arn());
    let balancer = LoadBalancer::start().await.unwrap();
    let serves_blue = Forward::new([(blue.clone(), 100), (green.clone(), 0)]);
    let listen = || balancer.listen("127.0.0.1:0".parse().unwrap(), serves_blue.clone());
    let definition = TaskDefinition::read(
        crate::example::TASK_DEFINITION,
        &greenlight_deployment::appspec::Service {
            task_definition: "arn:aws:ecs:eu-central-1:123456789012:task-definition/hello:42".into(),
            container_name: "web".into(),
            container_port: 80,
        },
    )
    .unwrap();
    let mut scene = Scene {
        identity,
        balancer: Balancer {
            production: listen().await.unwrap(),
            test: listen().await.unwrap(),
            blue,
            green,
            page_size: None,
        },
        blue: definition.before("initial"),
        green: definition,
        shift: Shift::AllAtOnce,
        unknowns: Unknowns::default(),
        misbehaviour: Misbehaviour::default(),
        began: Instant::now(),
        keep_exchanges: false,
        parameters: Vec::new(),
        objects: Vec::new(),
    };
    change(&mut scene);
    Started { api: Aws::start(scene).await.unwrap(), _balancer: balancer }
}

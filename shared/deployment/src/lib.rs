//! What AWS knows about a deployment, and the one write: the verdict.
//!
//! This crate makes calls and gives back typed facts; what follows from them is the hook's to decide.
//!
//! | module | question |
//! | --- | --- |
//! | `facts` | what is known of one deployment, read together: green, blue, listeners, health |
//! | `reader` | the reads one by one, and who answers them |
//! | `codedeploy`, `ecs`, `elastic_load_balancing`, `ssm`, `s3` | one AWS service each: its calls, and its answers as our types |
//! | `aws`, `transport`, `call` | what all calls share: configuration, HTTP, and why one failed |
//! | `appspec` | what CodeDeploy deploys, from the user's file |
//! | `execution`, `verdict` | whose verdict it is, and its two words |

pub mod appspec;
mod aws;
mod call;
mod codedeploy;
mod ecs;
mod elastic_load_balancing;
mod execution;
mod facts;
mod reader;
mod s3;
mod ssm;
#[cfg(test)]
mod stand_in;
mod transport;
mod verdict;

pub use aws::Aws;
pub use call::{CallError, CallErrorKind, Known};
pub use codedeploy::{CodeDeploy, Delivery};
pub use execution::HookExecution;
pub use facts::{
    Container, Deployment, Difference, EcsTarget, Facts, Forward, HealthCheck, LifecycleEvent, Listener, LoadBalancer,
    Service, ServiceTaskSet, Side, TargetGroup, TargetHealth, TaskDefinition, TaskSet,
};
pub use reader::{DeploymentReader, Reader};
pub use s3::Object;
pub use ssm::{Parameter, Parameters};
pub use verdict::Verdict;

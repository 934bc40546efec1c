//! The reads that a hook makes, one call each, and AWS as the one who answers them.
//!
//! What is read, and in which order, is the caller's to decide; [`crate::Facts::read`] decides it for a deployment.

use tokio::sync::OnceCell;

use crate::aws::Aws;
use crate::call::{CallError, Known};
use crate::codedeploy::{CodeDeploy, deployment_resource};
use crate::ecs::{DESCRIBE_SERVICES, Ecs};
use crate::elastic_load_balancing::ElasticLoadBalancing;
use crate::facts::{Deployment, EcsTarget, Listener, LoadBalancer, Service, TargetGroup, TargetHealth, TaskDefinition};
use crate::s3::{self, Object};
use crate::ssm::{self, Parameters};

/// The reads of one deployment. A trait so that tests can stand in for AWS.
///
/// Every read may fail with a [`CallError`], which names the action, what was asked about, and why.
pub trait Reader {
    /// What the deployment is and how it stands: codedeploy:GetDeployment.
    fn deployment(&self) -> impl Future<Output = Known<Deployment>>;

    /// The id of the deployment's one target, `cluster:service`: codedeploy:ListDeploymentTargets, asked once and kept.
    /// `None` when the deployment has none.
    fn target_id(&self) -> impl Future<Output = Known<Option<String>>>;

    /// The lifecycle events and task sets as they are now: codedeploy:GetDeploymentTarget. `None` when there is no ECS
    /// service.
    fn target(&self) -> impl Future<Output = Known<Option<EcsTarget>>>;

    /// The service of the deployment's target: ecs:DescribeServices.
    fn service(&self) -> impl Future<Output = Known<Service>>;

    /// The listeners with these ARNs: elasticloadbalancing:DescribeListeners.
    fn listeners(&self, arns: &[String]) -> impl Future<Output = Known<Vec<Listener>>>;

    /// A load balancer: elasticloadbalancing:DescribeLoadBalancers.
    fn load_balancer(&self, arn: &str) -> impl Future<Output = Known<LoadBalancer>>;

    /// A target group: elasticloadbalancing:DescribeTargetGroups.
    fn target_group(&self, arn: &str) -> impl Future<Output = Known<TargetGroup>>;

    /// Every target of a group: elasticloadbalancing:DescribeTargetHealth.
    fn target_health(&self, arn: &str) -> impl Future<Output = Known<Vec<TargetHealth>>>;

    /// A task definition: ecs:DescribeTaskDefinition.
    fn task_definition(&self, arn: &str) -> impl Future<Output = Known<TaskDefinition>>;

    /// Parameters of Systems Manager, decrypted: ssm:GetParameters. A name may end with `:VERSION` or `:LABEL`.
    fn parameters(&self, names: &[String]) -> impl Future<Output = Known<Parameters>>;

    /// An object of at most `limit` bytes: s3:GetObject.
    fn object(&self, bucket: &str, key: &str, limit: u64) -> impl Future<Output = Known<Object>>;
}

/// AWS as the reader of one deployment. Belongs to the async runtime on which it is first used.
#[derive(Debug)]
pub struct DeploymentReader {
    aws: Aws,
    deployment_id: String,
    codedeploy: CodeDeploy,
    ecs: Ecs,
    load_balancing: ElasticLoadBalancing,
    target_id: OnceCell<Known<Option<String>>>,
}

impl DeploymentReader {
    /// Reads the deployment with this id. Nothing is connected yet.
    #[must_use]
    pub fn new(aws: &Aws, deployment_id: &str) -> Self {
        Self {
            aws: aws.clone(),
            deployment_id: deployment_id.to_owned(),
            codedeploy: CodeDeploy::new(aws),
            ecs: Ecs::new(aws),
            load_balancing: ElasticLoadBalancing::new(aws),
            target_id: OnceCell::new(),
        }
    }
}

impl Reader for DeploymentReader {
    async fn deployment(&self) -> Known<Deployment> {
        self.codedeploy.deployment(&self.deployment_id).await
    }

    async fn target_id(&self) -> Known<Option<String>> {
        // Whoever comes second waits for the first. An error is kept too, unless the next call may well succeed.
        let told =
            self.target_id.get_or_try_init(async || match self.codedeploy.target_id(&self.deployment_id).await {
                Err(error) if error.kind.is_transient() => Err(error),
                told => Ok(told),
            });
        told.await?.clone()
    }

    async fn target(&self) -> Known<Option<EcsTarget>> {
        match self.target_id().await? {
            Some(id) => self.codedeploy.target(&self.deployment_id, &id).await,
            None => Ok(None),
        }
    }

    async fn service(&self) -> Known<Service> {
        let id = self.target_id().await?.ok_or_else(|| {
            let resource = deployment_resource(&self.deployment_id);
            CallError::absent(DESCRIBE_SERVICES, resource, "the deployment has no target")
        })?;
        self.ecs.service(&id).await
    }

    async fn listeners(&self, arns: &[String]) -> Known<Vec<Listener>> {
        self.load_balancing.listeners(arns).await
    }

    async fn load_balancer(&self, arn: &str) -> Known<LoadBalancer> {
        self.load_balancing.load_balancer(arn).await
    }

    async fn target_group(&self, arn: &str) -> Known<TargetGroup> {
        self.load_balancing.target_group(arn).await
    }

    async fn target_health(&self, arn: &str) -> Known<Vec<TargetHealth>> {
        self.load_balancing.target_health(arn).await
    }

    async fn task_definition(&self, arn: &str) -> Known<TaskDefinition> {
        self.ecs.task_definition(arn).await
    }

    async fn parameters(&self, names: &[String]) -> Known<Parameters> {
        ssm::parameters(&self.aws, names).await
    }

    async fn object(&self, bucket: &str, key: &str, limit: u64) -> Known<Object> {
        s3::object(&self.aws, bucket, key, limit).await
    }
}

#[cfg(test)]
mod tests;

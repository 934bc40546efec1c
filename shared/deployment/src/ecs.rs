//! ECS: the service with its task sets, and task definitions. One call each, reads alone.

use aws_sdk_ecs::Client;

use crate::aws::Aws;
use crate::call::{CallError, Known};
use crate::facts::{Service, ServiceTaskSet, TaskDefinition};

pub(crate) const DESCRIBE_SERVICES: &str = "ecs:DescribeServices";
pub(crate) const DESCRIBE_TASK_DEFINITION: &str = "ecs:DescribeTaskDefinition";

/// What a call about a service asks about, of `cluster:service`.
pub(crate) fn service_resource(target_id: &str) -> String {
    format!("service {}", target_id.replacen(':', "/", 1))
}

/// A client of ECS.
#[derive(Debug, Clone)]
pub(crate) struct Ecs {
    client: Client,
    aws: Aws,
}

impl Ecs {
    pub(crate) fn new(aws: &Aws) -> Self {
        Self { client: Client::new(aws.config()), aws: aws.clone() }
    }

    /// The service that is a deployment's target, as it stands now.
    pub(crate) async fn service(&self, target_id: &str) -> Known<Service> {
        let resource = service_resource(target_id);
        // Source: CodeDeploy user guide: the target of an ECS deployment is `cluster:service`.
        let Some((cluster, name)) = target_id.split_once(':') else {
            let why = "the deployment's target is no ECS service";
            return Err(CallError::absent(DESCRIBE_SERVICES, resource, why));
        };
        let answer = self.client.describe_services().cluster(cluster).services(name).send().await;
        let output = answer.map_err(|error| self.aws.call_error(DESCRIBE_SERVICES, &resource, &error))?;
        let Some(service) = output.services().first() else {
            let reason = output.failures().first().and_then(|failure| failure.reason()).unwrap_or("no reason");
            return Err(CallError::lacking(DESCRIBE_SERVICES, resource, &format!("such service ({reason})")));
        };
        Ok(Service {
            cluster: cluster.to_owned(),
            name: name.to_owned(),
            arn: service.service_arn().unwrap_or_default().to_owned(),
            task_sets: service.task_sets().iter().map(ServiceTaskSet::from).collect(),
        })
    }

    /// What a task set runs.
    pub(crate) async fn task_definition(&self, arn: &str) -> Known<TaskDefinition> {
        let answer = self.client.describe_task_definition().task_definition(arn).send().await;
        let output = answer.map_err(|error| self.aws.call_error(DESCRIBE_TASK_DEFINITION, arn, &error))?;
        let definition = output.task_definition().map(TaskDefinition::from);
        definition.ok_or_else(|| CallError::lacking(DESCRIBE_TASK_DEFINITION, arn, "taskDefinition"))
    }
}

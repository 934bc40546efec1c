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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::StandIn;

    #[tokio::test]
    async fn a_service_is_read_as_aws_writes_it() {
        let server = StandIn::answering(
            "200 OK",
            r#"{"failures":[],"services":[{"serviceArn":"arn:service","serviceName":"orders","clusterArn":"arn:cluster",
                "deploymentController":{"type":"CODE_DEPLOY"},"taskSets":[
                  {"id":"ecs-svc/2","taskSetArn":"arn:set","serviceArn":"arn:service","startedBy":"CODE_DEPLOY","externalId":"d-1",
                   "status":"ACTIVE","taskDefinition":"arn:definition:42","computedDesiredCount":4,"pendingCount":1,
                   "runningCount":3,"launchType":"FARGATE","stabilityStatus":"STABILIZING","createdAt":1.5E9,
                   "loadBalancers":[{"targetGroupArn":"arn:two","containerName":"app","containerPort":80}]},
                  {"id":"ecs-svc/1","status":"PRIMARY"}]}]}"#,
        );
        let service = Ecs::new(&server.aws().await).service("prod:orders").await.unwrap();
        let green = ServiceTaskSet {
            id: "ecs-svc/2".into(),
            arn: "arn:set".into(),
            status: "ACTIVE".into(),
            task_definition: "arn:definition:42".into(),
            started_by: "CODE_DEPLOY".into(),
            external_id: "d-1".into(),
            desired: 4,
            pending: 1,
            running: 3,
            stability: "STABILIZING".into(),
            target_groups: vec!["arn:two".into()],
            launch_type: "FARGATE".into(),
        };
        assert_eq!(service.green("d-1"), Some(&green));
        assert_eq!(service.blue("d-1").map(|set| set.id.as_str()), Some("ecs-svc/1"));
        assert_eq!(
            (service.cluster.as_str(), service.name.as_str(), service.arn.as_str()),
            ("prod", "orders", "arn:service")
        );
        let asked = server.asked();
        assert!(asked[0].contains("x-amz-target: AmazonEC2ContainerServiceV20141113.DescribeServices"), "{}", asked[0]);
        assert!(asked[0].ends_with(r#"{"cluster":"prod","services":["orders"]}"#), "{}", asked[0]);
    }

    #[tokio::test]
    async fn a_task_definition_is_read_without_its_secrets() {
        let server = StandIn::answering(
            "200 OK",
            r#"{"taskDefinition":{"taskDefinitionArn":"arn:definition:42","family":"orders","revision":42,"containerDefinitions":[
                {"name":"app","image":"shop/app:1.2","environment":[{"name":"VERSION","value":"1.2"},{"name":"EMPTY","value":""}],
                 "secrets":[{"name":"PASSWORD","valueFrom":"arn:secret"}]},
                {"name":"sidecar","image":"proxy"}]}}"#,
        );
        let definition = Ecs::new(&server.aws().await).task_definition("arn:definition:42").await.unwrap();
        assert_eq!((definition.family.as_str(), definition.revision), ("orders", 42));
        assert_eq!(definition.arn, "arn:definition:42");
        let [app, sidecar] = definition.containers.as_slice() else { panic!("{definition:?}") };
        let environment: Vec<_> = app.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(environment, [("EMPTY", ""), ("VERSION", "1.2")]);
        assert_eq!(
            (app.image.as_str(), sidecar.name.as_str(), sidecar.image.as_str()),
            ("shop/app:1.2", "sidecar", "proxy")
        );
        let asked = server.asked();
        assert!(
            asked[0].contains("x-amz-target: AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition"),
            "{}",
            asked[0]
        );
        assert!(asked[0].ends_with(r#"{"taskDefinition":"arn:definition:42"}"#), "{}", asked[0]);
    }
}

//! A reader for tests: a deployment halfway, with green on the test listener, and whatever a test takes away from it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use super::{
    Container, Deployment, EcsTarget, Forward, Listener, LoadBalancer, Service, ServiceTaskSet, TargetGroup,
    TargetHealth, TaskDefinition, TaskSet,
};
use crate::call::{CallError, CallErrorKind, Known};
use crate::reader::Reader;
use crate::s3::Object;
use crate::ssm::Parameters;

pub(super) const DEPLOYMENT_ID: &str = "d-1";
pub(super) const GREEN_GROUP: &str = "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/two/2222";
pub(super) const BLUE_GROUP: &str = "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/one/1111";

/// Answers each call after [`Scripted::DELAY`].
pub(super) struct Scripted {
    pub(super) deployment: Deployment,
    pub(super) target_id: Option<String>,
    pub(super) target: Option<EcsTarget>,
    pub(super) service: Service,
    pub(super) listeners: Vec<Listener>,
    /// The actions that the role does not allow.
    pub(super) denied: Vec<&'static str>,
    /// The actions that are never answered.
    pub(super) silent: Vec<&'static str>,
    /// Every call, in the order in which it was made.
    pub(super) asked: RefCell<Vec<String>>,
}

impl Scripted {
    pub(super) const DELAY: Duration = Duration::from_millis(20);

    pub(super) fn new() -> Self {
        let set = |label: &str, status: &str, group: &str| TaskSet {
            label: label.into(),
            status: status.into(),
            target_group: group.into(),
            ..TaskSet::default()
        };
        Self {
            deployment: Deployment {
                id: DEPLOYMENT_ID.into(),
                application: "shop".into(),
                group: "prod".into(),
                test_listener: Some("arn:test".into()),
                production_listener: Some("arn:production".into()),
                ..Deployment::default()
            },
            target_id: Some("prod:orders".into()),
            target: Some(EcsTarget {
                task_sets: vec![set("Blue", "PRIMARY", "one"), set("Green", "ACTIVE", "two")],
                ..EcsTarget::default()
            }),
            service: Service {
                cluster: "prod".into(),
                name: "orders".into(),
                task_sets: vec![task_set("d-0", "PRIMARY", BLUE_GROUP, 41), task_set("d-1", "ACTIVE", GREEN_GROUP, 42)],
                ..Service::default()
            },
            listeners: vec![
                listener("arn:test", 8080, &[(GREEN_GROUP, 100), (BLUE_GROUP, 0)]),
                listener("arn:production", 443, &[(BLUE_GROUP, 1)]),
            ],
            denied: Vec::new(),
            silent: Vec::new(),
            asked: RefCell::default(),
        }
    }

    pub(super) fn denying(mut self, action: &'static str) -> Self {
        self.denied.push(action);
        self
    }

    pub(super) fn silent_at(mut self, action: &'static str) -> Self {
        self.silent.push(action);
        self
    }

    async fn answer<T>(&self, action: &'static str, resource: &str, value: T) -> Known<T> {
        self.asked.borrow_mut().push(format!("{action} {resource}"));
        if self.silent.contains(&action) {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(Self::DELAY).await;
        if self.denied.contains(&action) {
            let (resource, detail) = (resource.to_owned(), "not authorized".to_owned());
            return Err(CallError { action, kind: CallErrorKind::AccessDenied, resource, detail });
        }
        Ok(value)
    }
}

pub(super) fn task_set(external_id: &str, status: &str, group: &str, revision: u32) -> ServiceTaskSet {
    ServiceTaskSet {
        id: format!("ecs-svc/{revision}"),
        status: status.into(),
        task_definition: format!("arn:aws:ecs:eu-central-1:1:task-definition/orders:{revision}"),
        started_by: "CODE_DEPLOY".into(),
        external_id: external_id.into(),
        target_groups: vec![group.into()],
        ..ServiceTaskSet::default()
    }
}

pub(super) fn listener(arn: &str, port: u16, groups: &[(&str, u32)]) -> Listener {
    Listener {
        arn: arn.into(),
        load_balancer: "arn:balancer".into(),
        port,
        protocol: "HTTP".into(),
        forward: Forward::To(groups.iter().map(|(arn, weight)| ((*arn).to_owned(), *weight)).collect()),
    }
}

impl Reader for Scripted {
    async fn deployment(&self) -> Known<Deployment> {
        self.answer("codedeploy:GetDeployment", "deployment d-1", self.deployment.clone()).await
    }

    async fn target_id(&self) -> Known<Option<String>> {
        self.answer("codedeploy:ListDeploymentTargets", "deployment d-1", self.target_id.clone()).await
    }

    async fn target(&self) -> Known<Option<EcsTarget>> {
        self.answer("codedeploy:GetDeploymentTarget", "deployment d-1", self.target.clone()).await
    }

    async fn service(&self) -> Known<Service> {
        self.answer("ecs:DescribeServices", "service prod/orders", self.service.clone()).await
    }

    async fn listeners(&self, arns: &[String]) -> Known<Vec<Listener>> {
        self.answer("elasticloadbalancing:DescribeListeners", &arns.join(", "), self.listeners.clone()).await
    }

    async fn load_balancer(&self, arn: &str) -> Known<LoadBalancer> {
        let balancer = LoadBalancer { arn: arn.to_owned(), ..LoadBalancer::default() };
        self.answer("elasticloadbalancing:DescribeLoadBalancers", arn, balancer).await
    }

    async fn target_group(&self, arn: &str) -> Known<TargetGroup> {
        let group = TargetGroup { arn: arn.to_owned(), ..TargetGroup::default() };
        self.answer("elasticloadbalancing:DescribeTargetGroups", arn, group).await
    }

    async fn target_health(&self, arn: &str) -> Known<Vec<TargetHealth>> {
        let health = TargetHealth { id: "10.0.1.7".into(), state: "healthy".into(), ..TargetHealth::default() };
        self.answer("elasticloadbalancing:DescribeTargetHealth", arn, vec![health]).await
    }

    async fn task_definition(&self, arn: &str) -> Known<TaskDefinition> {
        let revision = arn.rsplit(':').next().and_then(|revision| revision.parse().ok()).unwrap_or_default();
        let variables = [("REGION", "eu".to_owned()), ("VERSION", format!("1.{revision}"))];
        let definition = TaskDefinition {
            arn: arn.to_owned(),
            family: "orders".into(),
            revision,
            containers: vec![Container {
                name: "app".into(),
                image: format!("host:5000/shop/app:v{revision}"),
                environment: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            }],
        };
        self.answer("ecs:DescribeTaskDefinition", arn, definition).await
    }

    async fn parameters(&self, names: &[String]) -> Known<Parameters> {
        let parameters = Parameters { found: BTreeMap::new(), missing: names.to_vec() };
        self.answer("ssm:GetParameters", &names.join(", "), parameters).await
    }

    async fn object(&self, bucket: &str, key: &str, _: u64) -> Known<Object> {
        let object = Object { bytes: Vec::new(), version: None, too_large: false };
        self.answer("s3:GetObject", &format!("s3://{bucket}/{key}"), object).await
    }
}

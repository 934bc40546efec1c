//! A controller for tests: answers as it is told, keeps every report, and counts what it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenlight_deployment::{
    CallError, CallErrorKind, Container, Delivery, Deployment, EcsTarget, Facts, Forward, HealthCheck, Known,
    LifecycleEvent, Listener, LoadBalancer, Object, Parameter, Parameters, Reader, Service, ServiceTaskSet,
    TargetGroup, TargetHealth, TaskDefinition, TaskSet, Verdict,
};
use greenlight_report::ExecutionId;
use serde_json::Value;
use tokio::time::Instant;

use super::Controller;
use crate::conclusion::Conclusion;

/// The deployment that is played.
pub(crate) const DEPLOYMENT: &str = "d-1";
/// Blue's target group.
pub(crate) const BLUE: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/orders-blue/1";
/// Green's target group.
pub(crate) const GREEN: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/orders-green/2";

/// What each attempt to report is answered with, in turn; the last answer repeats.
#[derive(Debug, Clone)]
pub(crate) struct Scripted {
    pub(crate) answers: Arc<Mutex<Vec<Result<Delivery, CallErrorKind>>>>,
    pub(crate) reports: Arc<Mutex<Vec<(Verdict, String)>>>,
    pub(crate) facts: ScriptedReader,
}

/// The same facts at every look, but for what `turns` says.
#[derive(Clone)]
pub(crate) struct ScriptedReader {
    pub(crate) deployment: Result<Deployment, CallErrorKind>,
    pub(crate) target: Result<Option<EcsTarget>, CallErrorKind>,
    pub(crate) service: Service,
    pub(crate) test: Option<Listener>,
    pub(crate) production: Option<Listener>,
    pub(crate) group: TargetGroup,
    pub(crate) health: Vec<TargetHealth>,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    /// What the test listener forwards to at the first, second, … look.
    pub(crate) turns: Option<Turns>,
    /// The state of green's first target at the first, second, … look.
    pub(crate) states: Option<fn(usize) -> &'static str>,
    /// Actions that are not allowed.
    pub(crate) denied: BTreeSet<String>,
    /// An action that is not allowed any more from its so manyth call on.
    pub(crate) denied_from: Option<(&'static str, usize)>,
    /// Every call, in order.
    pub(crate) calls: Arc<Mutex<Vec<&'static str>>>,
    /// Blue's task definition says the same version as green's.
    pub(crate) same_version: bool,
    /// How long a look at the listeners takes.
    pub(crate) slow: Option<Duration>,
    pub(crate) panics: bool,
    pub(crate) blocks: Option<Duration>,
    /// Never answers.
    pub(crate) silent: bool,
    /// Leaves work on the runtime's blocking threads that cannot be cancelled, as a slow name server does.
    pub(crate) leaves_behind: Option<Duration>,
}

/// What a listener forwards to, by the number of the look.
pub(crate) type Turns = Arc<dyn Fn(usize) -> Forward + Send + Sync>;

impl std::fmt::Debug for ScriptedReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedReader").finish_non_exhaustive()
    }
}

/// Everything to one group; the other stays without weight, as CodeDeploy leaves it.
pub(crate) fn only(group: &str) -> Forward {
    let weight = |arn: &str| (arn.to_owned(), if arn == group { 100 } else { 0 });
    Forward::To(vec![weight(BLUE), weight(GREEN)])
}

/// A target of green's.
pub(crate) fn target(id: &str, port: u16, state: &str) -> TargetHealth {
    TargetHealth { id: id.into(), port: Some(port), state: state.into(), ..TargetHealth::default() }
}

/// The facts of a deployment in which everything is as it should be after AllowTestTraffic.
pub(crate) fn facts() -> Facts {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reader = Scripted::new().facts;
    runtime.block_on(async { Facts::read(&reader, DEPLOYMENT, Instant::now() + Duration::from_secs(5)).await })
}

fn listener(arn: &str, protocol: &str, port: u16, group: &str) -> Listener {
    let (arn, protocol) = (arn.to_owned(), protocol.to_owned());
    Listener { arn, load_balancer: "arn:lb".into(), port, protocol, forward: only(group) }
}

fn task_set(id: &str, status: &str, external_id: &str, group: &str) -> ServiceTaskSet {
    ServiceTaskSet {
        id: id.into(),
        status: status.into(),
        task_definition: format!("arn:task-definition/orders:{id}"),
        started_by: "CODE_DEPLOY".into(),
        external_id: external_id.into(),
        desired: 2,
        running: 2,
        stability: "STEADY_STATE".into(),
        target_groups: vec![group.into()],
        ..ServiceTaskSet::default()
    }
}

impl Scripted {
    pub(crate) fn new() -> Self {
        let task_sets = [("Blue", "PRIMARY", "orders-blue"), ("Green", "ACTIVE", "orders-green")];
        Self {
            answers: Arc::new(Mutex::new(vec![Ok(Delivery::Accepted)])),
            reports: Arc::default(),
            facts: ScriptedReader {
                deployment: Ok(Deployment {
                    id: DEPLOYMENT.into(),
                    application: "shop".into(),
                    group: "blue-green".into(),
                    status: "InProgress".into(),
                    creator: "user".into(),
                    compute_platform: "ECS".into(),
                    rolls_back_on_failure: true,
                    test_listener: Some("arn:test".into()),
                    production_listener: Some("arn:production".into()),
                }),
                target: Ok(Some(EcsTarget {
                    lifecycle_events: Vec::new(),
                    task_sets: task_sets
                        .map(|(label, status, group)| TaskSet {
                            id: label.into(),
                            label: label.into(),
                            status: status.into(),
                            desired: 2,
                            running: 2,
                            target_group: group.into(),
                            ..TaskSet::default()
                        })
                        .into(),
                })),
                service: Service {
                    cluster: "prod".into(),
                    name: "orders".into(),
                    arn: "arn:service".into(),
                    task_sets: vec![
                        task_set("41", "PRIMARY", "d-0", BLUE),
                        task_set("42", "ACTIVE", DEPLOYMENT, GREEN),
                    ],
                },
                test: Some(listener("arn:test", "HTTP", 8080, GREEN)),
                production: Some(listener("arn:production", "HTTPS", 443, BLUE)),
                group: TargetGroup {
                    arn: GREEN.into(),
                    name: "orders-green".into(),
                    protocol: "HTTP".into(),
                    port: Some(3000),
                    target_type: "ip".into(),
                    health_check: HealthCheck {
                        enabled: true,
                        protocol: "HTTP".into(),
                        port: "traffic-port".into(),
                        path: Some("/health".into()),
                        http_codes: Some("200".into()),
                        ..HealthCheck::default()
                    },
                },
                health: vec![target("10.0.1.7", 3000, "healthy"), target("10.0.2.9", 3000, "healthy")],
                parameters: BTreeMap::new(),
                objects: BTreeMap::new(),
                turns: None,
                states: None,
                denied: BTreeSet::new(),
                denied_from: None,
                calls: Arc::default(),
                same_version: false,
                slow: None,
                panics: false,
                blocks: None,
                silent: false,
                leaves_behind: None,
            },
        }
    }

    pub(crate) fn answering(self, answers: Vec<Result<Delivery, CallErrorKind>>) -> Self {
        *self.answers.lock().unwrap() = answers;
        self
    }

    pub(crate) fn with_event(mut self, name: &str, status: &str) -> Self {
        if let Ok(Some(target)) = &mut self.facts.target {
            target.lifecycle_events.push(LifecycleEvent { name: name.into(), status: status.into() });
        }
        self
    }

    /// Green has so many tasks, by CodeDeploy's and by ECS's account; blue wants as many.
    pub(crate) fn with_tasks(mut self, running: i64, desired: i64) -> Self {
        if let Ok(Some(target)) = &mut self.facts.target {
            (target.task_sets[1].running, target.task_sets[1].desired) = (running, desired);
        }
        let [blue, green] = &mut self.facts.service.task_sets[..] else { return self };
        (green.running, green.desired, blue.desired) = (running, desired, desired);
        self
    }

    pub(crate) fn denying(mut self, actions: &[&str]) -> Self {
        self.facts.denied = actions.iter().map(|action| (*action).to_owned()).collect();
        self
    }

    pub(crate) fn reported(&self) -> Vec<(Verdict, String)> {
        self.reports.lock().unwrap().clone()
    }

    /// How often an action of this service was called.
    pub(crate) fn calls_of(&self, service: &str) -> usize {
        self.facts.calls.lock().unwrap().iter().filter(|action| action.starts_with(service)).count()
    }
}

impl Controller for Scripted {
    type Execution = String;
    type Reader = ScriptedReader;

    fn identify(&self, event: &Value) -> Result<String, String> {
        event["id"].as_str().map(ToOwned::to_owned).ok_or_else(|| "no `id`".to_owned())
    }

    fn redact(&self, execution: &String, text: &str) -> String {
        text.replace(execution.as_str(), "(redacted)")
    }

    fn describe(&self, execution: &String) -> ExecutionId {
        ExecutionId { deployment_id: DEPLOYMENT.into(), hook_execution: format!("{:08x}", execution.len()) }
    }

    async fn reader(&self, _: &String) -> ScriptedReader {
        self.facts.clone()
    }

    async fn deliver(&self, _: &String, conclusion: &Conclusion, _: Duration) -> Result<Delivery, CallError> {
        self.reports.lock().unwrap().push((conclusion.verdict(), conclusion.reason().to_owned()));
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        answer.map_err(|kind| error("reporting", kind))
    }
}

impl ScriptedReader {
    /// Notes a call, and how often it has been made with this one.
    fn called(&self, action: &'static str) -> Known<usize> {
        let mut calls = self.calls.lock().unwrap();
        calls.push(action);
        let times = calls.iter().filter(|call| **call == action).count();
        let is_over = self.denied_from.is_some_and(|(denied, from)| denied == action && times >= from);
        if self.denied.contains(action) || is_over {
            return Err(error(action, CallErrorKind::AccessDenied));
        }
        Ok(times)
    }
}

impl Reader for ScriptedReader {
    async fn deployment(&self) -> Known<Deployment> {
        if let Some(length) = self.blocks {
            std::thread::sleep(length);
        }
        if let Some(length) = self.leaves_behind {
            tokio::task::spawn_blocking(move || std::thread::sleep(length));
        }
        if self.silent {
            std::future::pending::<()>().await;
        }
        assert!(!self.panics, "the reader broke");
        self.called("codedeploy:GetDeployment")?;
        self.deployment.clone().map_err(|kind| error("codedeploy:GetDeployment", kind))
    }

    async fn target_id(&self) -> Known<Option<String>> {
        let already = self.calls.lock().unwrap().contains(&"codedeploy:ListDeploymentTargets");
        if !already {
            self.called("codedeploy:ListDeploymentTargets")?;
        } else if self.denied.contains("codedeploy:ListDeploymentTargets") {
            return Err(error("codedeploy:ListDeploymentTargets", CallErrorKind::AccessDenied));
        }
        Ok(Some("prod:orders".to_owned()))
    }

    async fn target(&self) -> Known<Option<EcsTarget>> {
        self.target_id().await?;
        self.called("codedeploy:GetDeploymentTarget")?;
        self.target.clone().map_err(|kind| error("codedeploy:GetDeploymentTarget", kind))
    }

    async fn service(&self) -> Known<Service> {
        self.target_id().await?;
        self.called("ecs:DescribeServices").map(|_| self.service.clone())
    }

    async fn listeners(&self, arns: &[String]) -> Known<Vec<Listener>> {
        if let Some(length) = self.slow {
            tokio::time::sleep(length).await;
        }
        let look = self.called("elasticloadbalancing:DescribeListeners")?;
        let mut test = self.test.clone();
        if let (Some(test), Some(turns)) = (&mut test, &self.turns) {
            test.forward = turns(look);
        }
        let all = [test, self.production.clone()].into_iter().flatten();
        Ok(all.filter(|listener| arns.contains(&listener.arn)).collect())
    }

    async fn load_balancer(&self, arn: &str) -> Known<LoadBalancer> {
        self.called("elasticloadbalancing:DescribeLoadBalancers")?;
        Ok(LoadBalancer {
            arn: arn.to_owned(),
            dns_name: "orders.elb.test".into(),
            scheme: "internal".into(),
            kind: "application".into(),
        })
    }

    async fn target_group(&self, _: &str) -> Known<TargetGroup> {
        self.called("elasticloadbalancing:DescribeTargetGroups").map(|_| self.group.clone())
    }

    async fn target_health(&self, _: &str) -> Known<Vec<TargetHealth>> {
        let look = self.called("elasticloadbalancing:DescribeTargetHealth")?;
        let mut health = self.health.clone();
        if let (Some(first), Some(states)) = (health.first_mut(), self.states) {
            first.state = states(look).into();
        }
        Ok(health)
    }

    async fn task_definition(&self, arn: &str) -> Known<TaskDefinition> {
        self.called("ecs:DescribeTaskDefinition")?;
        let is_green = arn.ends_with(":42");
        let version = if is_green || self.same_version { "cf78ba1" } else { "initial" };
        let environment = BTreeMap::from([("VERSION".to_owned(), version.to_owned())]);
        Ok(TaskDefinition {
            arn: arn.to_owned(),
            family: "orders".into(),
            revision: if is_green { 42 } else { 41 },
            containers: vec![Container { name: "app".into(), image: format!("orders:{version}"), environment }],
        })
    }

    async fn parameters(&self, names: &[String]) -> Known<Parameters> {
        self.called("ssm:GetParameters")?;
        let mut read = Parameters::default();
        for name in names {
            match self.parameters.get(name) {
                Some(value) => {
                    let parameter = Parameter { value: value.clone(), version: 7, secure: true };
                    read.found.insert(name.clone(), parameter);
                }
                None => read.missing.push(name.clone()),
            }
        }
        Ok(read)
    }

    async fn object(&self, bucket: &str, key: &str, limit: u64) -> Known<Object> {
        self.called("s3:GetObject")?;
        let found = self.objects.get(&format!("{bucket}/{key}")).cloned();
        let bytes = found.ok_or_else(|| error("s3:GetObject", CallErrorKind::Refused))?;
        let too_large = bytes.len() as u64 > limit;
        Ok(Object { bytes, version: Some("v9".into()), too_large })
    }
}

fn error(action: &'static str, kind: CallErrorKind) -> CallError {
    CallError { action, resource: "what was asked about".into(), kind, detail: "scripted".into() }
}

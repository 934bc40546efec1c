//! Reads the facts of a deployment together: every call once, as soon as what it asks about is known.
//!
//! Each fact is a step that waits for the steps before it and is taken once, whoever asks first. So the independent
//! calls are on the way at the same time, no more than three lie one behind the other, and a slow one keeps nobody
//! waiting who does not need it.

use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};

use super::{
    Deployment, EcsTarget, Facts, Listener, LoadBalancer, Service, ServiceTaskSet, Side, TargetGroup, TargetHealth,
    TaskSet,
};
use crate::call::{CallError, Known};
use crate::codedeploy::{GET_DEPLOYMENT, GET_DEPLOYMENT_TARGET, LIST_DEPLOYMENT_TARGETS, deployment_resource};
use crate::ecs::{DESCRIBE_SERVICES, DESCRIBE_TASK_DEFINITION, service_resource};
use crate::elastic_load_balancing::{
    DESCRIBE_LISTENERS, DESCRIBE_LOAD_BALANCERS, DESCRIBE_TARGET_GROUPS, DESCRIBE_TARGET_HEALTH,
};
use crate::reader::Reader;

impl Facts {
    /// Reads everything.
    ///
    /// A read that depends on a failed one carries that one's error. What has not been answered by `until` is an error of
    /// that very call, and everything else that was read is kept.
    pub async fn read<R: Reader>(reader: &R, deployment_id: &str, until: Instant) -> Self {
        // All steps together are some twenty KiB, which are not for the stack of whoever waits.
        Box::pin(Reading::new(reader, deployment_id, until).facts()).await
    }
}

/// How one of the two task sets is told from the other.
struct Colour {
    of_service: fn(&Service, &str) -> Option<ServiceTaskSet>,
    of_target: fn(&EcsTarget) -> Option<&TaskSet>,
}

const GREEN: Colour = Colour { of_service: |service, id| service.green(id).cloned(), of_target: EcsTarget::green };
const BLUE: Colour = Colour { of_service: |service, id| service.blue(id).cloned(), of_target: EcsTarget::blue };

/// One look at a deployment. What several facts depend on is kept.
struct Reading<'r, R> {
    reader: &'r R,
    deployment_id: &'r str,
    until: Instant,
    deployment: OnceCell<Known<Deployment>>,
    target_id: OnceCell<Known<Option<String>>>,
    target: OnceCell<Known<Option<EcsTarget>>>,
    service: OnceCell<Known<Service>>,
    listeners: OnceCell<Known<Vec<Listener>>>,
}

impl<'r, R: Reader> Reading<'r, R> {
    fn new(reader: &'r R, deployment_id: &'r str, until: Instant) -> Self {
        Self {
            reader,
            deployment_id,
            until,
            deployment: OnceCell::new(),
            target_id: OnceCell::new(),
            target: OnceCell::new(),
            service: OnceCell::new(),
            listeners: OnceCell::new(),
        }
    }

    async fn facts(self) -> Facts {
        let (deployment, target, service, test, production, load_balancer, green, blue, target_group, health) = tokio::join!(
            self.deployment(),
            self.target(),
            self.service(),
            self.test(),
            self.production(),
            self.load_balancer(),
            self.side(&GREEN),
            self.side(&BLUE),
            self.target_group(),
            self.health(),
        );
        Facts {
            deployment_id: self.deployment_id.to_owned(),
            deployment: deployment.clone(),
            target: target.clone(),
            service: service.clone(),
            test,
            production,
            load_balancer,
            green,
            blue,
            target_group,
            health,
        }
    }

    /// The answer to a call, or that there was none in time.
    async fn in_time<T>(
        &self,
        action: &'static str,
        resource: impl Into<String>,
        call: impl Future<Output = Known<T>>,
    ) -> Known<T> {
        let answer = timeout_at(self.until, call).await;
        answer.unwrap_or_else(|_| Err(CallError::no_answer_in_time(action, resource)))
    }

    fn resource(&self) -> String {
        deployment_resource(self.deployment_id)
    }

    async fn deployment(&self) -> &Known<Deployment> {
        let ask = || self.in_time(GET_DEPLOYMENT, self.resource(), self.reader.deployment());
        self.deployment.get_or_init(ask).await
    }

    async fn target_id(&self) -> &Known<Option<String>> {
        let ask = || self.in_time(LIST_DEPLOYMENT_TARGETS, self.resource(), self.reader.target_id());
        self.target_id.get_or_init(ask).await
    }

    async fn target(&self) -> &Known<Option<EcsTarget>> {
        let ask = async || match self.target_id().await {
            Ok(Some(_)) => self.in_time(GET_DEPLOYMENT_TARGET, self.resource(), self.reader.target()).await,
            Ok(None) => Ok(None),
            Err(error) => Err(error.clone()),
        };
        self.target.get_or_init(ask).await
    }

    async fn service(&self) -> &Known<Service> {
        let ask = async || match self.target_id().await {
            Ok(Some(id)) => self.in_time(DESCRIBE_SERVICES, service_resource(id), self.reader.service()).await,
            Ok(None) => Err(CallError::absent(DESCRIBE_SERVICES, self.resource(), "the deployment has no target")),
            Err(error) => Err(error.clone()),
        };
        self.service.get_or_init(ask).await
    }

    /// Both listeners in one call, as far as the deployment names them.
    async fn listeners(&self) -> &Known<Vec<Listener>> {
        let ask = async || {
            let deployment = self.deployment().await.as_ref().map_err(CallError::clone)?;
            let named = [&deployment.test_listener, &deployment.production_listener];
            let mut arns: Vec<_> = named.into_iter().flatten().cloned().collect();
            arns.dedup();
            if arns.is_empty() {
                return Ok(Vec::new());
            }
            self.in_time(DESCRIBE_LISTENERS, arns.join(", "), self.reader.listeners(&arns)).await
        };
        self.listeners.get_or_init(ask).await
    }

    async fn test(&self) -> Known<Option<Listener>> {
        self.listener(|deployment| deployment.test_listener.as_deref()).await
    }

    async fn production(&self) -> Known<Option<Listener>> {
        self.listener(|deployment| deployment.production_listener.as_deref()).await
    }

    async fn listener(&self, named: fn(&Deployment) -> Option<&str>) -> Known<Option<Listener>> {
        let deployment = self.deployment().await.as_ref().map_err(CallError::clone)?;
        let Some(arn) = named(deployment) else { return Ok(None) };
        let listeners = self.listeners().await.as_ref().map_err(CallError::clone)?;
        let found = listeners.iter().find(|listener| listener.arn == arn).cloned();
        found.map(Some).ok_or_else(|| CallError::lacking(DESCRIBE_LISTENERS, arn, "such listener"))
    }

    async fn load_balancer(&self) -> Known<LoadBalancer> {
        let (test, production) = (self.test().await, self.production().await);
        let arn = match (test, production) {
            (Ok(Some(listener)), _) | (_, Ok(Some(listener))) => listener.load_balancer,
            (Err(error), _) | (_, Err(error)) => return Err(error),
            (Ok(None), Ok(None)) => {
                let why = "the deployment names no listener";
                return Err(CallError::absent(DESCRIBE_LOAD_BALANCERS, self.resource(), why));
            }
        };
        self.in_time(DESCRIBE_LOAD_BALANCERS, &arn, self.reader.load_balancer(&arn)).await
    }

    async fn side(&self, colour: &Colour) -> Side {
        let task_set = self.task_set(colour).await;
        let definition = async {
            let Some(set) = task_set.as_ref().map_err(CallError::clone)? else { return Ok(None) };
            let arn = &set.task_definition;
            let told = self.in_time(DESCRIBE_TASK_DEFINITION, arn, self.reader.task_definition(arn));
            told.await.map(Some)
        };
        let (target_group, task_definition) = tokio::join!(self.target_group_arn(colour), definition);
        Side { task_set, target_group, task_definition }
    }

    async fn task_set(&self, colour: &Colour) -> Known<Option<ServiceTaskSet>> {
        let service = self.service().await.as_ref().map_err(CallError::clone)?;
        Ok((colour.of_service)(service, self.deployment_id))
    }

    /// The ARN of a task set's target group: as ECS says; and where ECS does not answer, CodeDeploy tells its name, and
    /// a listener that forwards to it the ARN.
    async fn target_group_arn(&self, colour: &Colour) -> Known<Option<String>> {
        match self.task_set(colour).await {
            Ok(set) => Ok(set.and_then(|set| set.target_groups.into_iter().next())),
            Err(error) => self.target_group_by_name(colour).await.map(Some).ok_or(error),
        }
    }

    async fn target_group_by_name(&self, colour: &Colour) -> Option<String> {
        let target = self.target().await.as_ref().ok()?.as_ref()?;
        let name = &(colour.of_target)(target)?.target_group;
        let listeners = self.listeners().await.as_ref().ok()?;
        listeners.iter().find_map(|listener| listener.forward.target_group_named(name)).map(str::to_owned)
    }

    /// Green's target group, to ask about it with `action`.
    async fn green_target_group(&self, action: &'static str) -> Known<String> {
        let why = "the replacement task set has no target group";
        let arn = self.target_group_arn(&GREEN).await?;
        arn.ok_or_else(|| CallError::absent(action, self.resource(), why))
    }

    async fn target_group(&self) -> Known<TargetGroup> {
        let arn = self.green_target_group(DESCRIBE_TARGET_GROUPS).await?;
        self.in_time(DESCRIBE_TARGET_GROUPS, &arn, self.reader.target_group(&arn)).await
    }

    async fn health(&self) -> Known<Vec<TargetHealth>> {
        let arn = self.green_target_group(DESCRIBE_TARGET_HEALTH).await?;
        self.in_time(DESCRIBE_TARGET_HEALTH, &arn, self.reader.target_health(&arn)).await
    }
}

#[cfg(test)]
mod tests;

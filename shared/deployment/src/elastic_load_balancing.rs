//! Elastic Load Balancing: listeners, their load balancer, target groups and the health of their targets. Reads alone.
//!
//! What is asked for by ARN comes in one page as a rule; where AWS cuts its answer, the next pages are asked for too.

use aws_sdk_elasticloadbalancingv2::Client;

use crate::aws::Aws;
use crate::call::{CallError, Known};
use crate::facts::{Listener, LoadBalancer, TargetGroup, TargetHealth};

pub(crate) const DESCRIBE_LISTENERS: &str = "elasticloadbalancing:DescribeListeners";
pub(crate) const DESCRIBE_LOAD_BALANCERS: &str = "elasticloadbalancing:DescribeLoadBalancers";
pub(crate) const DESCRIBE_TARGET_GROUPS: &str = "elasticloadbalancing:DescribeTargetGroups";
pub(crate) const DESCRIBE_TARGET_HEALTH: &str = "elasticloadbalancing:DescribeTargetHealth";

/// Most pages of one answer. More would be an endless circle: there is one thing to tell, or two.
const MAX_PAGES: usize = 10;

/// A client of Elastic Load Balancing.
#[derive(Debug, Clone)]
pub(crate) struct ElasticLoadBalancing {
    client: Client,
    aws: Aws,
}

impl ElasticLoadBalancing {
    pub(crate) fn new(aws: &Aws) -> Self {
        Self { client: Client::new(aws.config()), aws: aws.clone() }
    }

    /// The listeners with these ARNs, as far as there are such.
    pub(crate) async fn listeners(&self, arns: &[String]) -> Known<Vec<Listener>> {
        // Region and account are the caller's own; what tells listeners apart is at the end.
        let names = arns.iter().map(|arn| arn.split_once(":listener/").map_or(arn.as_str(), |(_, name)| name));
        let resource = format!("listener {}", names.collect::<Vec<_>>().join(", "));
        let call = self.client.describe_listeners().set_listener_arns(Some(arns.to_vec()));
        pages(DESCRIBE_LISTENERS, &resource, async |marker| {
            let answer = call.clone().set_marker(marker).send().await;
            let output = answer.map_err(|error| self.aws.call_error(DESCRIBE_LISTENERS, &resource, &error))?;
            Ok((output.listeners().iter().map(Listener::from).collect(), output.next_marker))
        })
        .await
    }

    pub(crate) async fn load_balancer(&self, arn: &str) -> Known<LoadBalancer> {
        let call = self.client.describe_load_balancers().load_balancer_arns(arn);
        let found = pages(DESCRIBE_LOAD_BALANCERS, arn, async |marker| {
            let answer = call.clone().set_marker(marker).send().await;
            let output = answer.map_err(|error| self.aws.call_error(DESCRIBE_LOAD_BALANCERS, arn, &error))?;
            Ok((output.load_balancers().iter().map(LoadBalancer::from).collect(), output.next_marker))
        });
        let mut found = found.await?.into_iter();
        found.next().ok_or_else(|| CallError::lacking(DESCRIBE_LOAD_BALANCERS, arn, "such load balancer"))
    }

    pub(crate) async fn target_group(&self, arn: &str) -> Known<TargetGroup> {
        let call = self.client.describe_target_groups().target_group_arns(arn);
        let found = pages(DESCRIBE_TARGET_GROUPS, arn, async |marker| {
            let answer = call.clone().set_marker(marker).send().await;
            let output = answer.map_err(|error| self.aws.call_error(DESCRIBE_TARGET_GROUPS, arn, &error))?;
            Ok((output.target_groups().iter().map(TargetGroup::from).collect(), output.next_marker))
        });
        let mut found = found.await?.into_iter();
        found.next().ok_or_else(|| CallError::lacking(DESCRIBE_TARGET_GROUPS, arn, "such target group"))
    }

    /// Every target of a group, in one answer: this call has no pages.
    pub(crate) async fn target_health(&self, arn: &str) -> Known<Vec<TargetHealth>> {
        let answer = self.client.describe_target_health().target_group_arn(arn).send().await;
        let output = answer.map_err(|error| self.aws.call_error(DESCRIBE_TARGET_HEALTH, arn, &error))?;
        Ok(output.target_health_descriptions().iter().map(TargetHealth::from).collect())
    }
}

/// Everything on all pages, from the first to the one without a next marker.
async fn pages<T>(
    action: &'static str,
    resource: &str,
    ask: impl AsyncFn(Option<String>) -> Known<(Vec<T>, Option<String>)>,
) -> Known<Vec<T>> {
    let (mut found, mut marker) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let (page, next) = ask(marker).await?;
        found.extend(page);
        marker = next.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(found);
        }
    }
    Err(CallError::lacking(action, resource, &format!("end within {MAX_PAGES} pages")))
}

#[cfg(test)]
mod tests;

//! A load balancer as DescribeLoadBalancers tells it.

use aws_sdk_elasticloadbalancingv2::types as sdk;
use serde::{Deserialize, Serialize};

/// A load balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancer {
    /// The load balancer's ARN.
    pub arn: String,
    /// The name that its nodes' addresses are found by.
    pub dns_name: String,
    /// `internal` or `internet-facing`.
    pub scheme: String,
    /// `application` or `network`.
    pub kind: String,
}

impl From<&sdk::LoadBalancer> for LoadBalancer {
    fn from(balancer: &sdk::LoadBalancer) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Self {
            arn: text(balancer.load_balancer_arn()),
            dns_name: text(balancer.dns_name()),
            scheme: text(balancer.scheme().map(sdk::LoadBalancerSchemeEnum::as_str)),
            kind: text(balancer.r#type().map(sdk::LoadBalancerTypeEnum::as_str)),
        }
    }
}

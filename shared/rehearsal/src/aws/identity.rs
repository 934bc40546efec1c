//! What the deployment is about: the names and ARNs that the API answers with.

use std::num::NonZeroU32;

/// The load balancer's name, and the part of its ARNs that the service makes up.
const BALANCER: &str = "greenlight-rehearsal";
const BALANCER_ID: &str = "50dc6c495c0c9188";
const PRODUCTION_ID: &str = "f2f7dc8efc522ab2";
const TEST_ID: &str = "9a1c4c9f1c6f8d0e";
/// Longest name of a target group. Source: Elastic Load Balancing API reference, `CreateTargetGroup`.
const LONGEST_GROUP_NAME: usize = 32;

/// Names of the deployment and of what it deploys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The CodeDeploy application.
    pub application: String,
    /// Its deployment group.
    pub group: String,
    /// The ECS cluster.
    pub cluster: String,
    /// The ECS service.
    pub service: String,
    /// The container that the load balancer sends requests to.
    pub container_name: String,
    /// The port that it listens on.
    pub container_port: u16,
    /// For example `eu-central-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// Blue's target group, by name.
    pub blue_target_group: String,
    /// Green's target group, by name.
    pub green_target_group: String,
    /// The appspec as it was given.
    pub appspec: String,
    /// How many tasks blue has, and green is to have.
    pub tasks: NonZeroU32,
}

impl Identity {
    /// The service, in a cluster, an application and a group that are named after it.
    #[must_use]
    pub fn of(service: &str, region: &str, account: &str, appspec: &str, tasks: NonZeroU32) -> Self {
        let target_group = |side: &str| {
            let room = LONGEST_GROUP_NAME - side.len() - 1;
            format!("{}-{side}", service.chars().take(room).collect::<String>())
        };
        Self {
            application: service.to_owned(),
            group: format!("{service}-production"),
            cluster: "rehearsal".to_owned(),
            service: service.to_owned(),
            container_name: service.to_owned(),
            container_port: 80,
            region: region.to_owned(),
            account: account.to_owned(),
            blue_target_group: target_group("blue"),
            green_target_group: target_group("green"),
            appspec: appspec.to_owned(),
            tasks,
        }
    }

    /// The one target of an ECS deployment.
    #[must_use]
    pub fn target_id(&self) -> String {
        format!("{}:{}", self.cluster, self.service)
    }

    /// The name that the load balancer's nodes have together.
    #[must_use]
    pub fn dns_name(&self) -> String {
        format!("{BALANCER}-1234567890.{}.elb.amazonaws.com", self.region)
    }

    /// The ARN of the load balancer.
    #[must_use]
    pub fn load_balancer_arn(&self) -> String {
        self.arn("elasticloadbalancing", &format!("loadbalancer/app/{BALANCER}/{BALANCER_ID}"))
    }

    /// The ARN of the production listener.
    #[must_use]
    pub fn production_listener_arn(&self) -> String {
        self.listener_arn(PRODUCTION_ID)
    }

    /// The ARN of the test listener.
    #[must_use]
    pub fn test_listener_arn(&self) -> String {
        self.listener_arn(TEST_ID)
    }

    /// The ARN of blue's target group.
    #[must_use]
    pub fn blue_target_group_arn(&self) -> String {
        self.target_group_arn(&self.blue_target_group, "73e2d6bc24d8a067")
    }

    /// The ARN of green's target group.
    #[must_use]
    pub fn green_target_group_arn(&self) -> String {
        self.target_group_arn(&self.green_target_group, "209a844cd01825a4")
    }

    /// The ARN of the ECS service.
    #[must_use]
    pub fn service_arn(&self) -> String {
        self.arn("ecs", &format!("service/{}/{}", self.cluster, self.service))
    }

    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    fn listener_arn(&self, id: &str) -> String {
        self.arn("elasticloadbalancing", &format!("listener/app/{BALANCER}/{BALANCER_ID}/{id}"))
    }

    fn target_group_arn(&self, name: &str, id: &str) -> String {
        self.arn("elasticloadbalancing", &format!("targetgroup/{name}/{id}"))
    }
}

/// The load balancer's name alone.
pub(super) fn balancer_name() -> &'static str {
    BALANCER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_target_groups_fit_what_the_service_takes() {
        let service = "a-service-with-a-name-of-its-own-length";
        let identity = Identity::of(service, "eu-central-1", "123456789012", "", NonZeroU32::MIN);
        assert_eq!(identity.green_target_group, "a-service-with-a-name-of-i-green");
        assert_eq!(identity.blue_target_group, "a-service-with-a-name-of-it-blue");
    }
}

//! What the deployment is about: the names that the API answers with.

use std::num::NonZeroU32;

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
        Self {
            application: service.to_owned(),
            group: format!("{service}-production"),
            cluster: "rehearsal".to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            blue_target_group: format!("{service}-blue"),
            green_target_group: format!("{service}-green"),
            appspec: appspec.to_owned(),
            tasks,
        }
    }

    /// The one target of an ECS deployment.
    #[must_use]
    pub fn target_id(&self) -> String {
        format!("{}:{}", self.cluster, self.service)
    }

    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    /// The ARN of the ECS service.
    #[must_use]
    pub fn service_arn(&self) -> String {
        self.arn("ecs", &format!("service/{}/{}", self.cluster, self.service))
    }

    /// The ARN of the listener with this port.
    pub(super) fn listener(&self, suffix: &str) -> String {
        self.arn("elasticloadbalancing", &format!("listener/app/{}/50dc6c495c0c9188/{suffix}", self.service))
    }
}

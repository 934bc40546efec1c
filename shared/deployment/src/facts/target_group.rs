//! A target group and its health check as DescribeTargetGroups tells them, and the health of its targets.

use std::fmt;
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types as sdk;
use serde::{Deserialize, Serialize};

/// A target group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroup {
    /// The target group's ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// `HTTP`, `HTTPS`, `TCP`, … as AWS writes it.
    pub protocol: String,
    /// Where its targets listen, unless they are registered with another port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `ip`, `instance`, … as AWS writes it.
    pub target_type: String,
    /// How the load balancer asks its targets.
    pub health_check: HealthCheck,
}

/// How a load balancer asks the targets of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// Whether it asks at all.
    pub enabled: bool,
    /// `HTTP`, `HTTPS` or `TCP`.
    pub protocol: String,
    /// `traffic-port`, or a number.
    pub port: String,
    /// What it asks for; not with TCP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The statuses that are healthy, for example `200`, `200,204` or `200-299`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_codes: Option<String>,
    /// The same for gRPC, for example `0-99`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grpc_codes: Option<String>,
    /// Time between two questions to one target. AWS tells whole seconds.
    #[serde(default, rename = "interval_seconds", skip_serializing_if = "Option::is_none", with = "seconds")]
    pub interval: Option<Duration>,
    /// How long it waits for an answer. AWS tells whole seconds.
    #[serde(default, rename = "timeout_seconds", skip_serializing_if = "Option::is_none", with = "seconds")]
    pub timeout: Option<Duration>,
}

/// One target of a group, and how the load balancer finds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetHealth {
    /// The target's address, or the id of its instance.
    pub id: String,
    /// Where it listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Its availability zone, or `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// `initial`, `healthy`, `unhealthy`, `unused`, `draining`, … as AWS writes it.
    pub state: String,
    /// Why, where it is not healthy: for example `Target.ResponseCodeMismatch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason in AWS's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl fmt::Display for TargetHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) if self.id.contains(':') => write!(f, "[{}]:{port}", self.id)?,
            Some(port) => write!(f, "{}:{port}", self.id)?,
            None => f.write_str(&self.id)?,
        }
        write!(f, " is {}", self.state)?;
        match (&self.reason, &self.description) {
            (Some(reason), Some(description)) => write!(f, " ({reason}: {description})"),
            (Some(words), None) | (None, Some(words)) => write!(f, " ({words})"),
            (None, None) => Ok(()),
        }
    }
}

impl From<&sdk::TargetGroup> for TargetGroup {
    fn from(group: &sdk::TargetGroup) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let seconds = |value: Option<i32>| value.and_then(|it| u64::try_from(it).ok()).map(Duration::from_secs);
        Self {
            arn: text(group.target_group_arn()),
            name: text(group.target_group_name()),
            protocol: text(group.protocol().map(sdk::ProtocolEnum::as_str)),
            port: port(group.port()),
            target_type: text(group.target_type().map(sdk::TargetTypeEnum::as_str)),
            health_check: HealthCheck {
                enabled: group.health_check_enabled().unwrap_or_default(),
                protocol: text(group.health_check_protocol().map(sdk::ProtocolEnum::as_str)),
                port: text(group.health_check_port()),
                path: group.health_check_path().map(str::to_owned),
                http_codes: group.matcher().and_then(sdk::Matcher::http_code).map(str::to_owned),
                grpc_codes: group.matcher().and_then(sdk::Matcher::grpc_code).map(str::to_owned),
                interval: seconds(group.health_check_interval_seconds()),
                timeout: seconds(group.health_check_timeout_seconds()),
            },
        }
    }
}

impl From<&sdk::TargetHealthDescription> for TargetHealth {
    fn from(one: &sdk::TargetHealthDescription) -> Self {
        let (target, health) = (one.target(), one.target_health());
        let text = |value: Option<&str>| value.map(str::to_owned);
        Self {
            id: target.and_then(|target| target.id.clone()).unwrap_or_default(),
            port: port(target.and_then(sdk::TargetDescription::port)),
            zone: target.and_then(|target| target.availability_zone.clone()),
            state: text(health.and_then(|health| health.state()).map(sdk::TargetHealthStateEnum::as_str))
                .unwrap_or_default(),
            reason: text(health.and_then(|health| health.reason()).map(sdk::TargetHealthReasonEnum::as_str)),
            description: text(health.and_then(|health| health.description())),
        }
    }
}

fn port(port: Option<i32>) -> Option<u16> {
    port.and_then(|port| u16::try_from(port).ok())
}

/// Durations that are whole seconds.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(super) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(|duration| duration.as_secs()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISMATCH: &str = "Health checks failed with these codes: [500]";

    #[test]
    fn the_health_of_a_target_is_one_sentence() {
        let target = |id: &str, port, state: &str, reason: Option<&str>, description: Option<&str>| TargetHealth {
            id: id.into(),
            port,
            zone: Some("eu-central-1a".into()),
            state: state.into(),
            reason: reason.map(str::to_owned),
            description: description.map(str::to_owned),
        };
        for (health, sentence) in [
            (
                target("10.0.1.7", Some(8080), "unhealthy", Some("Target.ResponseCodeMismatch"), Some(MISMATCH)),
                "10.0.1.7:8080 is unhealthy (Target.ResponseCodeMismatch: Health checks failed with these codes: [500])",
            ),
            (target("10.0.1.7", Some(8080), "healthy", None, None), "10.0.1.7:8080 is healthy"),
            (target("i-0abc", None, "unused", Some("Target.NotInUse"), None), "i-0abc is unused (Target.NotInUse)"),
            (target("10.0.1.7", Some(80), "draining", None, Some("Going")), "10.0.1.7:80 is draining (Going)"),
            (target("fd00::1", Some(80), "initial", None, None), "[fd00::1]:80 is initial"),
        ] {
            assert_eq!(health.to_string(), sentence);
        }
    }

    #[test]
    fn a_target_group_is_the_same_after_a_report() {
        let health_check = HealthCheck {
            path: Some("/health".into()),
            interval: Some(Duration::from_secs(30)),
            ..HealthCheck::default()
        };
        let told = TargetGroup { name: "two".into(), port: Some(80), health_check, ..TargetGroup::default() };
        let json = serde_json::to_string(&told).unwrap();
        assert!(json.contains(r#""interval_seconds":30"#), "{json}");
        assert!(!json.contains("timeout"), "{json}");
        assert_eq!(serde_json::from_str::<TargetGroup>(&json).unwrap(), told);
    }
}

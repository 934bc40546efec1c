//! Task definitions: green's as the user wrote it, and blue's, the revision before, as `DescribeTaskDefinition` gives
//! them.

use greenlight_deployment::appspec::Service;
use serde_json::{Map, Value, json};

/// What a written task definition and a registered one have in common.
/// Source: ECS API reference, `RegisterTaskDefinition` and `TaskDefinition`.
const WRITTEN: [&str; 15] = [
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
];
/// The revision of a task definition whose appspec names none.
const REVISION: u32 = 2;
/// When both were registered: any time will do.
const REGISTERED_AT: u32 = 1_700_000_000;

/// A registered revision.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskDefinition {
    /// For example `hello`.
    pub family: String,
    /// From 1 on.
    pub revision: u32,
    /// With family and revision.
    pub arn: String,
    /// The members that were written.
    pub written: Map<String, Value>,
}

impl TaskDefinition {
    /// Reads a file as `aws ecs register-task-definition` takes it, or as `describe-task-definition` gives it. It is
    /// registered under the name that the appspec has, as far as it has one.
    ///
    /// # Errors
    ///
    /// What the JSON parser said, or that it is no task definition.
    pub(crate) fn read(text: &str, service: &Service) -> Result<Self, String> {
        let file: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let file = file.get("taskDefinition").unwrap_or(&file);
        if !file.get("containerDefinitions").is_some_and(Value::is_array) {
            return Err("it has no list `containerDefinitions`".to_owned());
        }
        let written = WRITTEN.iter().filter_map(|name| Some(((*name).to_owned(), file.get(name)?.clone()))).collect();
        let (prefix, family, revision) = named(&service.task_definition);
        let family = family.or_else(|| file.get("family")?.as_str()).unwrap_or(&service.container_name).to_owned();
        let revision = revision.unwrap_or(REVISION);
        Ok(Self { arn: format!("{prefix}{family}:{revision}"), family, revision, written })
    }

    /// `taskDefinition` of `DescribeTaskDefinition`.
    #[must_use]
    pub fn registered(&self) -> Value {
        let mut shown = json!({
            "taskDefinitionArn": self.arn,
            "family": self.family,
            "revision": self.revision,
            "status": "ACTIVE",
            "volumes": [],
            "placementConstraints": [],
            "compatibilities": ["EC2", "FARGATE"],
            "registeredAt": REGISTERED_AT,
        });
        for (name, value) in &self.written {
            shown[name] = value.clone();
        }
        shown
    }

    /// What the first container's `VERSION` says.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        let containers = self.written.get("containerDefinitions")?.as_array()?;
        let variables = containers.iter().filter_map(|container| container.get("environment")?.as_array()).flatten();
        variables.filter(|variable| variable["name"] == "VERSION").find_map(|variable| variable["value"].as_str())
    }

    /// The revision before, which says that it is another version.
    #[must_use]
    pub fn before(&self, version: &str) -> Self {
        let (family, revision) = match self.revision {
            // Nothing is before the first; it replaces another family.
            0 | 1 => (format!("{}-before", self.family), 1),
            revision => (self.family.clone(), revision - 1),
        };
        let mut written = self.written.clone();
        let containers = written.get_mut("containerDefinitions").and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let variables = container.get_mut("environment").and_then(Value::as_array_mut);
            for variable in variables.into_iter().flatten().filter(|variable| variable["name"] == "VERSION") {
                variable["value"] = version.into();
            }
        }
        let prefix = self.arn.strip_suffix(&format!("{}:{}", self.family, self.revision)).unwrap_or_default();
        Self { arn: format!("{prefix}{family}:{revision}"), family, revision, written }
    }
}

/// What an appspec says of its task definition: the ARN up to the family, the family and the revision. A placeholder
/// says nothing.
fn named(arn: &str) -> (&str, Option<&str>, Option<u32>) {
    const KIND: &str = ":task-definition/";
    let Some(place) = arn.find(KIND).filter(|_| arn.starts_with("arn:")) else {
        return ("arn:aws:ecs:eu-central-1:123456789012:task-definition/", None, None);
    };
    let (prefix, name) = arn.split_at(place + KIND.len());
    match name.rsplit_once(':') {
        Some((family, revision)) => (prefix, Some(family), revision.parse().ok()),
        None => (prefix, Some(name), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    fn service(task_definition: &str) -> Service {
        Service { task_definition: task_definition.to_owned(), container_name: "web".to_owned(), container_port: 80 }
    }

    #[test]
    fn it_is_registered_under_the_name_that_the_appspec_has() {
        let cases = [
            (
                "arn:aws:ecs:us-east-1:210987654321:task-definition/shop:7",
                "arn:aws:ecs:us-east-1:210987654321:task-definition/shop:7",
            ),
            (
                "arn:aws:ecs:us-east-1:210987654321:task-definition/shop",
                "arn:aws:ecs:us-east-1:210987654321:task-definition/shop:2",
            ),
            ("<TASK_DEFINITION>", "arn:aws:ecs:eu-central-1:123456789012:task-definition/hello:2"),
        ];
        for (appspec, expected) in cases {
            let definition = TaskDefinition::read(example::TASK_DEFINITION, &service(appspec)).unwrap();
            assert_eq!(definition.arn, expected, "{appspec}");
        }
        let nameless = TaskDefinition::read("{\"containerDefinitions\": []}", &service("?")).unwrap();
        assert_eq!((nameless.family.as_str(), nameless.version()), ("web", None));
    }

    #[test]
    fn blue_is_the_revision_before_and_says_another_version() {
        let green =
            TaskDefinition::read(example::TASK_DEFINITION, &service("arn:aws:ecs:r:1:task-definition/a:42")).unwrap();
        let blue = green.before("initial");
        assert_eq!((green.version(), blue.version()), (Some(example::GREEN), Some("initial")));
        assert_eq!((blue.arn.as_str(), blue.revision), ("arn:aws:ecs:r:1:task-definition/a:41", 41));
        assert_eq!(blue.registered()["taskDefinitionArn"], "arn:aws:ecs:r:1:task-definition/a:41");
        assert_eq!(blue.registered()["containerDefinitions"][1]["environment"][0]["value"], "initial");
        let first = TaskDefinition {
            revision: 1,
            arn: "arn:aws:ecs:r:1:task-definition/hello:1".into(),
            family: "hello".into(),
            ..green
        };
        assert_eq!(first.before("initial").arn, "arn:aws:ecs:r:1:task-definition/hello-before:1");
    }

    #[test]
    fn what_is_no_task_definition_is_said() {
        let read = |text| TaskDefinition::read(text, &service("?")).unwrap_err();
        assert_eq!(read("{}"), "it has no list `containerDefinitions`");
        assert!(read("{").contains("line 1"), "{}", read("{"));
    }
}

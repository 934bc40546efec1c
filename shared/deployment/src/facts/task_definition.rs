//! A task definition as DescribeTaskDefinition tells it: what a task set runs.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_ecs::types as sdk;

/// One revision of a task definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskDefinition {
    /// The revision's ARN.
    pub arn: String,
    /// The name that its revisions share.
    pub family: String,
    /// Counts up from 1.
    pub revision: i32,
    /// In the order of the task definition.
    pub containers: Vec<Container>,
}

/// One container of a task. Its `secrets` are never read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Container {
    /// The container's name.
    pub name: String,
    /// The image as it is written, for example `shop/app:1.2`.
    pub image: String,
    /// The plain environment variables. They are no secrets by their kind, and often are by mistake: shown are the names.
    pub environment: BTreeMap<String, String>,
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Container")
            .field("name", &self.name)
            .field("image", &self.image)
            .field("environment", &self.environment.keys())
            .finish()
    }
}

impl From<&sdk::TaskDefinition> for TaskDefinition {
    fn from(definition: &sdk::TaskDefinition) -> Self {
        Self {
            arn: definition.task_definition_arn().unwrap_or_default().to_owned(),
            family: definition.family().unwrap_or_default().to_owned(),
            revision: definition.revision(),
            containers: definition.container_definitions().iter().map(Container::from).collect(),
        }
    }
}

impl From<&sdk::ContainerDefinition> for Container {
    fn from(container: &sdk::ContainerDefinition) -> Self {
        let variables = container.environment().iter();
        Self {
            name: container.name().unwrap_or_default().to_owned(),
            image: container.image().unwrap_or_default().to_owned(),
            environment: variables.filter_map(|pair| Some((pair.name.clone()?, pair.value.clone()?))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_shows_the_names_of_its_variables_and_never_their_values() {
        let environment = BTreeMap::from([("PASSWORD".to_owned(), "hunter2".to_owned())]);
        let container = Container { name: "app".into(), image: "app:1".into(), environment };
        let definition = TaskDefinition { containers: vec![container], ..TaskDefinition::default() };
        let shown = format!("{definition:?}");
        assert!(shown.contains("PASSWORD") && !shown.contains("hunter2"), "{shown}");
    }
}

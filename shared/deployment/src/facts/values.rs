//! The names that a suite's templates use, and where green's differ from blue's.

use std::collections::BTreeMap;

use serde_json::Value;

use super::image::tag_and_digest;
use super::{Container, Facts, Side};

/// A name that tells green from blue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Without the colour, for example `env.app.VERSION`, `image.app.tag` or `task_definition.revision`.
    pub name: String,
    /// Green's value.
    pub green: String,
    /// Blue's value.
    pub blue: String,
}

impl Facts {
    /// What templates may use of this deployment, as far as it is known: `green.env.app.VERSION`, `green.image.app.tag`,
    /// `green.image.app.digest`, `green.task_definition.arn`, `.family` and `.revision` (a number), the same of `blue`,
    /// and `deployment.id`, `.application` and `.group`.
    #[must_use]
    pub fn values(&self) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::from([("deployment.id".to_owned(), self.deployment_id.clone().into())]);
        if let Ok(deployment) = &self.deployment {
            values.insert("deployment.application".to_owned(), deployment.application.clone().into());
            values.insert("deployment.group".to_owned(), deployment.group.clone().into());
        }
        for (colour, side) in [("green", &self.green), ("blue", &self.blue)] {
            values.extend(side.values().into_iter().map(|(name, value)| (format!("{colour}.{name}"), value)));
        }
        values
    }

    /// The values of green whose twins of blue are known and differ: each could be a marker of the version.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let mut blues = self.blue.values();
        let twins =
            self.green.values().into_iter().filter_map(|(name, green)| Some((blues.remove(&name)?, name, green)));
        twins
            .filter(|(blue, _, green)| blue != green)
            .map(|(blue, name, green)| Difference { name, green: text(green), blue: text(blue) })
            .collect()
    }
}

impl Side {
    /// The values without the colour before their names.
    fn values(&self) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        if let Ok(Some(definition)) = &self.task_definition {
            values.insert("task_definition.arn".to_owned(), definition.arn.clone().into());
            values.insert("task_definition.family".to_owned(), definition.family.clone().into());
            values.insert("task_definition.revision".to_owned(), definition.revision.into());
            definition.containers.iter().for_each(|container| of_container(container, &mut values));
        } else if let Ok(Some(set)) = &self.task_set {
            // The task set names what it runs, even where the task definition itself cannot be read.
            values.insert("task_definition.arn".to_owned(), set.task_definition.clone().into());
            if let Some((family, revision)) = family_and_revision(&set.task_definition) {
                values.insert("task_definition.family".to_owned(), family.into());
                values.insert("task_definition.revision".to_owned(), revision.into());
            }
        }
        values
    }
}

fn of_container(container: &Container, values: &mut BTreeMap<String, Value>) {
    let name = &container.name;
    for (variable, value) in &container.environment {
        values.insert(format!("env.{name}.{variable}"), value.clone().into());
    }
    let (tag, digest) = tag_and_digest(&container.image);
    for (part, value) in [("tag", tag), ("digest", digest)] {
        if let Some(value) = value {
            values.insert(format!("image.{name}.{part}"), value.into());
        }
    }
}

/// The end of an ARN, `task-definition/FAMILY:REVISION`.
fn family_and_revision(arn: &str) -> Option<(&str, i32)> {
    let (family, revision) = arn.rsplit_once(":task-definition/")?.1.split_once(':')?;
    Some((family, revision.parse().ok()?))
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

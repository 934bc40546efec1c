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

#[cfg(test)]
mod tests {
    use super::super::scripted::{DEPLOYMENT_ID, Scripted};
    use super::*;
    use tokio::time::Instant;

    async fn read(reader: &Scripted) -> Facts {
        Facts::read(reader, DEPLOYMENT_ID, Instant::now() + std::time::Duration::from_secs(1)).await
    }

    fn shown(facts: &Facts) -> String {
        let lines = facts.values().into_iter().map(|(name, value)| format!("{name} = {value}"));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[tokio::test(start_paused = true)]
    async fn templates_know_both_colours_and_the_deployment() {
        insta::assert_snapshot!(shown(&read(&Scripted::new()).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_definition_that_is_denied_is_still_named_by_its_task_set() {
        insta::assert_snapshot!(shown(&read(&Scripted::new().denying("ecs:DescribeTaskDefinition")).await));
    }

    #[tokio::test(start_paused = true)]
    async fn with_nothing_known_there_is_the_deployments_id() {
        let reader = Scripted::new().denying("codedeploy:GetDeployment").denying("codedeploy:ListDeploymentTargets");
        let facts = read(&reader).await;
        assert_eq!(shown(&facts), r#"deployment.id = "d-1""#);
        assert_eq!(facts.differences(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn what_differs_could_be_a_marker() {
        let differences = read(&Scripted::new()).await.differences();
        let shown: Vec<_> =
            differences.iter().map(|one| format!("{}: {}, was {}", one.name, one.green, one.blue)).collect();
        assert_eq!(
            shown,
            [
                "env.app.VERSION: 1.42, was 1.41",
                "image.app.tag: v42, was v41",
                "task_definition.arn: arn:aws:ecs:eu-central-1:1:task-definition/orders:42, was \
                 arn:aws:ecs:eu-central-1:1:task-definition/orders:41",
                "task_definition.revision: 42, was 41",
            ],
            "neither what is the same nor what one of them has alone"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_that_blue_does_not_have_is_no_difference() {
        let mut facts = read(&Scripted::new()).await;
        if let Ok(Some(definition)) = &mut facts.blue.task_definition {
            definition.containers[0].environment.remove("VERSION");
            definition.containers[0].image = "host:5000/shop/app".into();
        }
        let names: Vec<_> = facts.differences().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["task_definition.arn", "task_definition.revision"]);
    }

    #[test]
    fn family_and_revision_are_the_end_of_an_arn() {
        for (arn, found) in [
            ("arn:aws:ecs:eu-central-1:1:task-definition/orders:42", Some(("orders", 42))),
            ("arn:aws-cn:ecs:cn-north-1:1:task-definition/a-b_c:1", Some(("a-b_c", 1))),
            ("arn:aws:ecs:eu-central-1:1:task-definition/orders", None),
            ("arn:aws:ecs:eu-central-1:1:task-definition/orders:latest", None),
            ("orders:42", None),
        ] {
            assert_eq!(family_and_revision(arn), found, "{arn}");
        }
    }
}

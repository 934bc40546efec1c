//! The built-in service: the files of `examples/hello`, so that a rehearsal needs none.

use serde_json::Value;

/// Its appspec.
pub(crate) const APPSPEC: &str = include_str!("../../../examples/hello/appspec.yml");
/// Its suite.
pub(crate) const SUITE: &str = include_str!("../../../examples/hello/greenlight.yml");
/// Its task definition.
pub(crate) const TASK_DEFINITION: &str = include_str!("../../../examples/hello/task-definition.json");

/// What the built-in green says it is when no task definition says it.
pub(crate) const GREEN: &str = "cf78ba1";
/// What the built-in blue says it is.
pub(crate) const BLUE: &str = "initial";

/// The value of the first container's `VERSION` that a task definition has.
pub(crate) fn version(task_definition: &str) -> Option<String> {
    let definition: Value = serde_json::from_str(task_definition).ok()?;
    let containers = definition.get("containerDefinitions")?.as_array()?;
    let variables = containers.iter().filter_map(|container| container.get("environment")?.as_array()).flatten();
    let mut versions = variables.filter(|variable| variable["name"] == "VERSION");
    versions.find_map(|variable| variable["value"].as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_task_definition() {
        assert_eq!(version(TASK_DEFINITION).as_deref(), Some(GREEN));
        assert_eq!(version("{}"), None);
        assert_eq!(version("not JSON"), None);
    }

    #[test]
    fn the_suite_names_the_version_of_its_task_definition() {
        assert!(SUITE.contains(&format!("release: {GREEN}")), "a good green must pass its own suite");
    }
}

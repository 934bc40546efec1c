//! The built-in service: the files of `examples/hello`, so that a rehearsal needs none.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_knows_green_by_its_task_definition() {
        assert!(SUITE.contains("${green.env.app.VERSION}"), "a good green must pass its own suite");
        assert!(TASK_DEFINITION.contains(&format!("\"VERSION\", \"value\": \"{GREEN}\"")));
    }
}

//! What several test files need.

use greenlight_suite::diagnostics::Problems;
use greenlight_suite::yaml::{Core, Node, Value as Yaml, load};
use greenlight_suite::{Source, parse};
use serde_json::Value;

/// What is said about a suite that is refused.
pub(crate) fn refusal(text: &str) -> String {
    match parse(&Source::new("greenlight.yml", text)) {
        Ok(suite) => panic!("read:\n{text}\nas {suite:#?}"),
        Err(diagnostics) => diagnostics.render(false),
    }
}

/// The tree of a file that is YAML.
pub(crate) fn tree(source: &Source) -> Node {
    let mut problems = Problems::default();
    let node = load(source, &mut problems);
    problems.finish(node, source).unwrap()
}

/// Visits every value of a tree.
pub(crate) fn walk(node: &Node, visit: &mut dyn FnMut(&Node)) {
    visit(node);
    match &node.value {
        Yaml::Scalar(_) => {}
        Yaml::Sequence(items) => items.iter().for_each(|item| walk(item, visit)),
        Yaml::Mapping(mapping) => mapping.entries().iter().for_each(|entry| walk(&entry.value, visit)),
    }
}

/// A YAML file as the JSON value that a schema judges.
pub(crate) fn as_json(source: &Source) -> Value {
    json(&tree(source))
}

fn json(node: &Node) -> Value {
    match &node.value {
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(mapping) => {
            mapping.entries().iter().map(|entry| (entry.key.name.clone(), json(&entry.value))).collect()
        }
        Yaml::Scalar(scalar) => match &scalar.core {
            Core::Null => Value::Null,
            Core::Bool(flag) => (*flag).into(),
            Core::Number(number) => number.clone().into(),
            // What is no JSON number can only be taken as text.
            Core::Text | Core::NotFinite => scalar.text.clone().into(),
        },
    }
}

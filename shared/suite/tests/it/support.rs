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

/// A YAML text as the JSON value that a schema judges.
pub(crate) fn as_json(source: &Source) -> Value {
    let mut problems = Problems::default();
    let node = load(source, &mut problems);
    json(&problems.finish(node, source).unwrap())
}

fn json(node: &Node) -> Value {
    match &node.value {
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(mapping) => {
            mapping.entries().iter().map(|entry| (entry.key.name.clone(), json(&entry.value))).collect()
        }
        Yaml::Scalar(scalar) => match &scalar.core {
            Core::Null | Core::NotFinite => Value::Null,
            Core::Bool(flag) => (*flag).into(),
            Core::Number(number) => number.clone().into(),
            Core::Text => scalar.text.clone().into(),
        },
    }
}

//! Suites and templates for tests, built by hand: the reader of suite files is not this crate's subject.

use std::time::Duration;

use greenlight_suite::{Part, Suite, Target, Template, ValueTemplate, Variable};
use indexmap::IndexMap;

/// A suite with nothing in it.
pub(crate) fn suite() -> Suite {
    Suite {
        service: None,
        target: Target::default(),
        secrets: IndexMap::new(),
        variables: IndexMap::new(),
        ready: None,
        version: None,
        checks: Vec::new(),
        hooks: IndexMap::new(),
        parallel: Suite::DEFAULT_PARALLEL,
        timeout: Duration::from_secs(5),
    }
}

/// A template with `${name}` in it.
pub(crate) fn template(source: &str) -> Template {
    let mut parts = Vec::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap();
        if !before.is_empty() {
            parts.push(Part::Text(before.into()));
        }
        parts.push(Part::Variable(Variable { name: name.into(), line: 1 }));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.into()));
    }
    Template::new(parts)
}

/// The same as a value.
pub(crate) fn text(source: &str) -> ValueTemplate {
    ValueTemplate::Text(template(source))
}

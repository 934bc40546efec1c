//! Suites and templates for tests, built by hand: the reader of suite files is not this crate's subject.

use std::time::Duration;

use greenlight_suite::{
    Check, Expect, Extraction, Part, Ready, Redirects, Repeat, Request, Step, Suite, Template, ValueTemplate, Variable,
    Version,
};
use indexmap::IndexMap;

/// A suite with nothing in it.
pub(crate) fn suite() -> Suite {
    Suite { timeout: Duration::from_secs(5), ..Suite::default() }
}

/// `GET /` with a header that is made of this.
fn request(header: &str) -> Request {
    Request {
        method: "GET".into(),
        path: Template::literal("/"),
        query: Vec::new(),
        headers: vec![("x".into(), template(header))],
        body: None,
        redirects: Redirects::None,
    }
}

/// Waits for [`request`].
pub(crate) fn ready(header: &str) -> Ready {
    Ready {
        request: request(header),
        expect: Expect::default(),
        consecutive: Ready::DEFAULT_CONSECUTIVE,
        within: Ready::DEFAULT_WITHIN,
        every: Ready::DEFAULT_EVERY,
        timeout: None,
    }
}

/// A marker in a header, that equals this.
pub(crate) fn version(equals: &str) -> Version {
    Version { request: request(""), read: Extraction::Header("x-version".into()), equals: text(equals), timeout: None }
}

/// A check of one [`request`], and another one in `finally`.
pub(crate) fn check(header: &str, finally: &str) -> Check {
    let step = |header: &str| Step {
        line: 1,
        request: request(header),
        expect: Expect::default(),
        capture: IndexMap::new(),
        repeat: Repeat::Once,
        timeout: None,
    };
    Check {
        name: "c".into(),
        line: 1,
        required: true,
        side_effects: false,
        direct: false,
        within: None,
        steps: vec![step(header)],
        finally: vec![step(finally)],
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

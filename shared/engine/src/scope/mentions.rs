//! Every `${name}` that a suite uses, wherever it stands.

use std::collections::BTreeSet;

use greenlight_suite::{Body, Bound, Expect, Expectation, Matcher, Request, Suite, ValueTemplate, Variable};

/// The variables that a suite uses, in the order of its parts; then those that its own variables among them are made of.
/// What is behind one that nobody uses is not used.
pub(super) fn of(suite: &Suite) -> Vec<&Variable> {
    let mut found = Vec::new();
    for (_, header) in &suite.target.headers {
        found.extend(header.variables());
    }
    if let Some(ready) = &suite.ready {
        in_request(&ready.request, &mut found);
        in_expect(&ready.expect, &mut found);
    }
    if let Some(version) = &suite.version {
        in_request(&version.request, &mut found);
        found.extend(version.equals.variables());
    }
    for step in suite.checks.iter().flat_map(|check| check.steps.iter().chain(&check.finally)) {
        in_request(&step.request, &mut found);
        in_expect(&step.expect, &mut found);
    }
    let mut followed = BTreeSet::new();
    let mut next = 0;
    while let Some(&mention) = found.get(next) {
        if let Some(value) = suite.variables.get(&mention.name)
            && followed.insert(&mention.name)
        {
            found.extend(value.variables());
        }
        next += 1;
    }
    found
}

/// The variables that an expectation on an answer names.
pub(crate) fn of_expect(expect: &Expect) -> Vec<&Variable> {
    let mut found = Vec::new();
    in_expect(expect, &mut found);
    found
}

fn in_request<'s>(request: &'s Request, found: &mut Vec<&'s Variable>) {
    found.extend(request.path.variables());
    for (_, template) in request.query.iter().chain(&request.headers) {
        found.extend(template.variables());
    }
    match &request.body {
        None => {}
        Some(Body::Json(value)) => found.extend(value.variables()),
        Some(Body::Text(text)) => found.extend(text.variables()),
        Some(Body::Form(fields)) => found.extend(fields.iter().flat_map(|(_, field)| field.variables())),
    }
}

fn in_expect<'s>(expect: &'s Expect, found: &mut Vec<&'s Variable>) {
    let Expect { status, headers, body, json, size, time } = expect;
    let named = headers.iter().map(|(_, expectation)| expectation).chain(json.iter().map(|(_, e)| e));
    for expectation in status.iter().chain(body).chain(size).chain(time).chain(named) {
        in_expectation(expectation, found);
    }
}

fn in_expectation<'s>(Expectation(matchers): &'s Expectation, found: &mut Vec<&'s Variable>) {
    for matcher in matchers {
        match matcher {
            Matcher::Equals(value) | Matcher::Contains(value) => found.extend(value.variables()),
            Matcher::OneOf(values) => found.extend(values.iter().flat_map(ValueTemplate::variables)),
            Matcher::StartsWith(text) => found.extend(text.variables()),
            Matcher::AtLeast(bound) | Matcher::AtMost(bound) | Matcher::Above(bound) | Matcher::Below(bound) => {
                if let Bound::Number(number) = bound {
                    found.extend(number.variables());
                }
            }
            Matcher::Not(inner) | Matcher::Length(inner) | Matcher::Every(inner) | Matcher::Any(inner) => {
                in_expectation(inner, found);
            }
            Matcher::StatusIn(_) | Matcher::Matches(_) | Matcher::Exists(_) | Matcher::Empty(_) | Matcher::Type(_) => {}
        }
    }
}

//! How long a value may become: variables that name each other twice double, and thirty of them fill any memory.
//!
//! Lengths are reckoned before anything is put together.

use greenlight_suite::{Body, Lookup, Part, Request, Template, ValueTemplate};
use serde_json::Value;

/// The most bytes of one value.
pub(super) const LONGEST: usize = 1024 * 1024;
/// The most bytes of all variables of a suite, and of one request.
pub(super) const ALL: usize = 16 * LONGEST;

/// Whether a value is no longer than [`LONGEST`].
pub(super) fn fits(template: &ValueTemplate, values: &dyn Lookup) -> bool {
    length(template, values) <= LONGEST
}

/// Whether all that is filled in for a request is no longer than [`ALL`].
pub(crate) fn request_fits(request: &Request, values: &dyn Lookup) -> bool {
    let body = match &request.body {
        None => 0,
        Some(Body::Text(text)) => length_of_text(text, values),
        Some(Body::Json(value)) => length(value, values),
        Some(Body::Form(fields)) => sum(fields.iter().map(|(_, field)| length_of_text(field, values))),
    };
    let named = request.query.iter().chain(&request.headers).map(|(_, template)| length_of_text(template, values));
    sum([body, length_of_text(&request.path, values)].into_iter().chain(named)) <= ALL
}

/// The bytes of a value's texts, about; those of a variable without a value are none.
pub(super) fn length(template: &ValueTemplate, values: &dyn Lookup) -> usize {
    match template {
        ValueTemplate::Null | ValueTemplate::Bool(_) | ValueTemplate::Number(_) => 0,
        ValueTemplate::Text(text) => length_of_text(text, values),
        ValueTemplate::List(items) => sum(items.iter().map(|item| length(item, values))),
        ValueTemplate::Map(entries) => {
            sum(entries.iter().map(|(key, value)| key.len().saturating_add(length(value, values))))
        }
    }
}

fn length_of_text(text: &Template, values: &dyn Lookup) -> usize {
    sum(text.parts().iter().map(|part| match part {
        Part::Text(literal) => literal.len(),
        Part::Variable(variable) => match values.look_up(&variable.name) {
            None => 0,
            Some(Value::String(value)) => value.len(),
            Some(value) => value.to_string().len(),
        },
    }))
}

/// The sum, or that of the first lengths that are more than [`ALL`]: nobody needs to know by how much.
fn sum(lengths: impl Iterator<Item = usize>) -> usize {
    let mut sum = 0_usize;
    for length in lengths {
        sum = sum.saturating_add(length);
        if sum > ALL {
            break;
        }
    }
    sum
}

//! The values that matchers compare with: which can stand for which kind of value.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::Subject::{self, Body, Header, Json as JsonNode, Length, Size as BodySize, Status, Time as Duration};
use crate::diagnostics::Problem;
use crate::grammar::{Definitions, Field, Reader, Word};
use crate::model::{Bound, Part, StatusSet, ValueTemplate};
use crate::read::duration::Time;
use crate::read::size::Size;
use crate::read::template::{Json, Secrets, Text};
use crate::yaml::{Core, Node};

/// What a whole number of this kind can be.
fn range(subject: Subject) -> RangeInclusive<u64> {
    if subject == Status { 100..=599 } else { 0..=u64::MAX }
}

/// `2xx`
pub(super) fn status_class(node: &Node) -> Option<StatusSet> {
    let digit = node.as_text()?.strip_suffix("xx")?.parse().ok()?;
    (1..=5).contains(&digit).then_some(StatusSet::Class(digit))
}

/// A code or a class, as an item of a list that has classes in it.
pub(super) fn status_set(field: Field<'_>, reader: &mut Reader<'_>) -> Option<StatusSet> {
    if let Some(class) = status_class(field.node) {
        return Some(class);
    }
    let ValueTemplate::Number(code) = value(field, Status, reader)? else {
        let problem = Problem::at(field.span(), "a variable cannot stand in a list with a class such as `2xx`");
        reader.report(problem.label("only codes and classes here").remedy("list the codes one by one"));
        return None;
    };
    code.as_u64().and_then(|code| u16::try_from(code).ok()).map(StatusSet::Code)
}

/// A value of this kind.
pub(super) fn value(field: Field<'_>, subject: Subject, reader: &mut Reader<'_>) -> Option<ValueTemplate> {
    match subject {
        JsonNode => Json(Secrets::Refused).read(field, reader),
        Header | Body => Text(Secrets::Refused).read(field, reader).map(ValueTemplate::Text),
        Status | Length => whole_number(field, subject, reader),
        BodySize => Size.read(field, reader).map(|bytes| ValueTemplate::Number(bytes.into())),
        // Only bounds are asked of a time.
        Duration => None,
    }
}

/// A whole number in the range of its kind, or one variable alone.
fn whole_number(field: Field<'_>, subject: Subject, reader: &mut Reader<'_>) -> Option<ValueTemplate> {
    let range = range(subject);
    match field.node.as_scalar().map(|scalar| &scalar.core) {
        Some(Core::Number(number)) if number.as_u64().is_some_and(|number| range.contains(&number)) => {
            Some(ValueTemplate::Number(number.clone()))
        }
        Some(Core::Text) if field.node.as_text().is_some_and(|text| text.contains("${")) => {
            variable_alone(field, reader)
        }
        _ => {
            let problem = match (subject, field.node.as_text()) {
                (Status, Some(text)) if text.parse::<u16>().is_ok() => {
                    reader.expected("a status", field).remedy(format!("write {text} without quotes: it is a number"))
                }
                (Status, _) => reader
                    .expected("a status", field)
                    .remedy("write a code such as `200` (100 to 599) or a class such as `2xx`"),
                _ => reader.expected("a whole number, not below zero", field),
            };
            reader.report(problem);
            None
        }
    }
}

fn variable_alone(field: Field<'_>, reader: &mut Reader<'_>) -> Option<ValueTemplate> {
    let template = Text(Secrets::Refused).read(field, reader)?;
    if matches!(template.parts(), [Part::Variable(_)]) {
        return Some(ValueTemplate::Text(template));
    }
    let problem = reader.expected("a number", field);
    reader.report(problem.remedy("a variable can stand for a number only when it stands alone"));
    None
}

pub(super) fn bound(field: Field<'_>, subject: Subject, reader: &mut Reader<'_>) -> Option<Bound> {
    match subject {
        Duration => Time.read(field, reader).map(Bound::Time),
        BodySize => Size.read(field, reader).map(Bound::Size),
        Status | Length => whole_number(field, subject, reader).map(Bound::Number),
        _ => match field.node.as_scalar().map(|scalar| &scalar.core) {
            Some(Core::Number(number)) => Some(Bound::Number(ValueTemplate::Number(number.clone()))),
            Some(Core::Text) if field.node.as_text().is_some_and(|text| text.contains("${")) => {
                variable_alone(field, reader).map(Bound::Number)
            }
            _ => {
                reader.report(reader.expected("a number", field));
                None
            }
        },
    }
}

/// A value, in any place where one can stand.
pub(super) fn value_schema(subject: Subject, definitions: &mut Definitions) -> Value {
    match subject {
        JsonNode => Json(Secrets::Refused).schema(definitions),
        Header | Body => Text(Secrets::Refused).schema(definitions),
        Status => definitions.refer("status", |_| {
            json!({
                "description": "A status code, or a class of them such as 2xx.",
                "anyOf": [
                    { "type": "integer", "minimum": 100, "maximum": 599 },
                    { "type": "string", "pattern": "^[1-5]xx$|^\\$\\{[^}]+\\}$" },
                ],
            })
        }),
        Length => number_schema(&json!({ "type": "integer", "minimum": 0 })),
        BodySize => Size.schema(definitions),
        Duration => Time.schema(definitions),
    }
}

/// A value that stands in the place of a whole expectation: there a list or a mapping has a meaning of its own.
pub(super) fn scalar_schema(subject: Subject, definitions: &mut Definitions) -> Value {
    if subject == JsonNode {
        return json!({ "type": ["string", "number", "boolean", "null"] });
    }
    value_schema(subject, definitions)
}

pub(super) fn bound_schema(subject: Subject, definitions: &mut Definitions) -> Value {
    match subject {
        Duration | BodySize => value_schema(subject, definitions),
        Status => number_schema(&json!({ "type": "integer", "minimum": 100, "maximum": 599 })),
        Length => number_schema(&json!({ "type": "integer", "minimum": 0 })),
        _ => number_schema(&json!({ "type": "number" })),
    }
}

/// A number, or one variable alone.
fn number_schema(number: &Value) -> Value {
    json!({ "anyOf": [number, { "type": "string", "pattern": "^\\$\\{[^}]+\\}$" }] })
}

//! A value against its shape: every member known, every type right, every required member there.

use std::fmt;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value};

use crate::model::{Kind, Model, Reference, Shape};

/// Where a value is not what is documented.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// For example `DescribeServicesResponse.services[0].status`.
    pub(crate) path: String,
    pub(crate) what: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// How scalars are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalars {
    /// As JSON's own types, timestamps as seconds since 1970.
    Json,
    /// As text, timestamps in this format.
    Text(Timestamps),
}

/// How timestamps are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timestamps {
    /// `2026-03-01T09:30:00Z`: in XML and in forms.
    Iso8601,
    /// `Sun, 01 Mar 2026 09:30:00 GMT`: in headers.
    HttpDate,
}

/// Which way a value goes. Services hold requests to the documented lengths and ranges; their own answers do not always
/// keep them (an `InvalidParameters` that is empty is shorter than its list allows).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Request,
    Response,
}

/// Holds values of one message against a model.
#[derive(Debug)]
pub(crate) struct Checker<'m> {
    pub(crate) model: &'m Model,
    pub(crate) scalars: Scalars,
    pub(crate) way: Way,
    pub(crate) mismatches: Vec<Mismatch>,
}

impl<'m> Checker<'m> {
    pub(crate) fn new(model: &'m Model, scalars: Scalars, way: Way) -> Self {
        Self { model, scalars, way, mismatches: Vec::new() }
    }

    pub(crate) fn wrong(&mut self, path: &str, what: impl fmt::Display) {
        self.mismatches.push(Mismatch { path: path.to_owned(), what: what.to_string() });
    }

    /// Holds a value against a shape.
    pub(crate) fn value(&mut self, path: &str, reference: &Reference, value: &Value) {
        let shape = self.model.shape(reference);
        if shape.document {
            return;
        }
        match (shape.kind, value) {
            (Kind::Structure, Value::Object(members)) => self.structure(path, shape, members),
            (Kind::Map, Value::Object(entries)) => {
                let (keys, of) = (inner(shape.key.as_ref()), inner(shape.value.as_ref()));
                for (key, entry) in entries {
                    let path = format!("{path}[{key:?}]");
                    self.value(&path, keys, &Value::String(key.clone()));
                    self.value(&path, of, entry);
                }
            }
            (Kind::List, Value::Array(entries)) => {
                self.limit(path, shape, "entries", entries.len() as u64);
                let of = inner(shape.member.as_ref());
                for (index, entry) in entries.iter().enumerate() {
                    self.value(&format!("{path}[{index}]"), of, entry);
                }
            }
            (Kind::Structure | Kind::Map | Kind::List, other) => self.is_not(path, shape.kind, other),
            (_, scalar) => self.scalar(path, shape, scalar),
        }
    }

    fn structure(&mut self, path: &str, shape: &Shape, members: &Map<String, Value>) {
        for (name, value) in members {
            let path = format!("{path}.{name}");
            match shape.members.get(name) {
                None => self.wrong(&path, "the documentation knows no such member"),
                // A member that is null is one that is not there; `required` is asked below.
                Some(_) if value.is_null() => {}
                Some(reference) => self.value(&path, reference, value),
            }
        }
        for name in &shape.required {
            if members.get(name).is_none_or(Value::is_null) {
                self.wrong(&format!("{path}.{name}"), "it is required, and not there");
            }
        }
        let there = members.values().filter(|value| !value.is_null()).count();
        if shape.union && there != 1 {
            self.wrong(path, format_args!("it is a union, and has {there} members instead of one"));
        }
    }

    fn scalar(&mut self, path: &str, shape: &Shape, value: &Value) {
        let fits = match (self.scalars, value) {
            (Scalars::Json, value) => is_json(shape.kind, value),
            (Scalars::Text(timestamps), Value::String(text)) => is_text(shape.kind, timestamps, text),
            (Scalars::Text(_), _) => false,
        };
        if !fits {
            return self.is_not(path, shape.kind, value);
        }
        let text = value.as_str().unwrap_or_default();
        if shape.kind == Kind::String {
            self.limit(path, shape, "characters", text.chars().count() as u64);
            if !shape.words.is_empty() && !shape.words.iter().any(|word| word == text) {
                self.wrong(path, format_args!("`{text}` is none of {}", shape.words.join(", ")));
            }
        }
        if matches!(shape.kind, Kind::Integer | Kind::Long)
            && let Some(number) = value.as_u64().or_else(|| text.parse().ok())
        {
            self.limit(path, shape, "as a number", number);
        }
    }

    fn limit(&mut self, path: &str, shape: &Shape, unit: &str, observed: u64) {
        let below = shape.min.is_some_and(|min| observed < min);
        let above = shape.max.is_some_and(|max| observed > max);
        if self.way == Way::Request && (below || above) {
            let bound = |bound: Option<u64>| bound.map_or_else(|| "any".to_owned(), |bound| bound.to_string());
            let (min, max) = (bound(shape.min), bound(shape.max));
            self.wrong(path, format_args!("{observed} {unit}, documented are {min} to {max}"));
        }
    }

    fn is_not(&mut self, path: &str, kind: Kind, value: &Value) {
        self.wrong(path, format_args!("`{value}` is no {}", format!("{kind:?}").to_lowercase()));
    }
}

fn inner(reference: Option<&Reference>) -> &Reference {
    reference.expect("a list has a member, a map has a value")
}

/// Between 2000 and 2100: milliseconds would be far outside.
const SECONDS: std::ops::Range<f64> = 946_684_800.0..4_102_444_800.0;

fn is_json(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::String => value.is_string(),
        Kind::Boolean => value.is_boolean(),
        Kind::Integer => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Kind::Long => value.is_i64(),
        Kind::Double => value.is_number(),
        Kind::Timestamp => value.as_f64().is_some_and(|seconds| SECONDS.contains(&seconds)),
        // No operation here has bytes in JSON.
        Kind::Blob | Kind::List | Kind::Map | Kind::Structure => false,
    }
}

fn is_text(kind: Kind, timestamps: Timestamps, text: &str) -> bool {
    match kind {
        Kind::String => true,
        Kind::Boolean => text == "true" || text == "false",
        Kind::Integer => text.parse::<i32>().is_ok(),
        Kind::Long => text.parse::<i64>().is_ok(),
        Kind::Double => text.parse::<f64>().is_ok(),
        Kind::Timestamp => {
            let format = match timestamps {
                Timestamps::Iso8601 => Format::DateTime,
                Timestamps::HttpDate => Format::HttpDate,
            };
            DateTime::from_str(text, format).is_ok_and(|time| SECONDS.contains(&time.as_secs_f64()))
        }
        Kind::Blob | Kind::List | Kind::Map | Kind::Structure => false,
    }
}

#[cfg(test)]
mod tests;

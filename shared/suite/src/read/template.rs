//! Text and values with `${name}` in them: where such may stand, and which names may.

use std::ops::Range;

use serde_json::{Value, json};

use crate::diagnostics::{Problem, quote};
use crate::grammar::{Definitions, Field, Reader, Word};
use crate::model::{Part, Template, ValueTemplate, Variable};
use crate::source::Span;
use crate::yaml;

/// Whether secrets may stand in a template: a request needs them, what is shown in a report must not hold them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrets {
    Allowed,
    Refused,
}

/// Text with variables. Numbers and flags are the text that was written: `1.10` stays `1.10`.
pub(super) struct Text(pub(super) Secrets);

impl Word for Text {
    type Meaning = Template;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Template> {
        if let Some(text) = field.node.as_written() {
            return template(field, 0..text.len(), self.0, reader);
        }
        let problem = reader.expected("text", field);
        reader.report(match field.node.as_scalar() {
            Some(_) => problem.remedy("write `\"\"` for empty text, or quote the word"),
            None => problem,
        });
        None
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        definitions.refer("text", |_| {
            json!({
                "type": ["string", "number", "boolean"],
                "description": "Text; ${name} in it is replaced, $${ stands for ${ itself.",
            })
        })
    }
}

/// Any JSON value, with variables in its texts.
pub(super) struct Json(pub(super) Secrets);

impl Word for Json {
    type Meaning = ValueTemplate;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<ValueTemplate> {
        match &field.node.value {
            yaml::Value::Scalar(scalar) => match &scalar.core {
                _ if field.node.is_absent() => {
                    let problem = Problem::at(field.span(), format!("{} has no value", quote(field.name)));
                    reader.report(problem.label("needs one").remedy("write `null` if that is meant"));
                    None
                }
                yaml::Core::Null => Some(ValueTemplate::Null),
                yaml::Core::Bool(flag) => Some(ValueTemplate::Bool(*flag)),
                yaml::Core::Number(number) => Some(ValueTemplate::Number(number.clone())),
                yaml::Core::NotFinite => {
                    let problem = Problem::at(field.span(), format!("{} is not a JSON number", quote(&scalar.text)));
                    reader.report(problem.label("too large, or not a number").remedy("quote it if it is text"));
                    None
                }
                yaml::Core::Text => Text(self.0).read(field, reader).map(ValueTemplate::Text),
            },
            yaml::Value::Sequence(items) => {
                let read: Vec<_> =
                    items.iter().map(|node| self.read(Field { name: field.name, node }, reader)).collect();
                read.into_iter().collect::<Option<_>>().map(ValueTemplate::List)
            }
            yaml::Value::Mapping(mapping) => {
                let read_entry = |entry: &yaml::Entry, reader: &mut Reader<'_>| {
                    let name = super::collection::Name::read(&super::name::Literal, &entry.key, reader);
                    name.zip(self.read(Field { name: &entry.key.name, node: &entry.value }, reader))
                };
                let read: Vec<_> = mapping.entries().iter().map(|entry| read_entry(entry, reader)).collect();
                read.into_iter().collect::<Option<_>>().map(ValueTemplate::Map)
            }
        }
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        definitions.refer("value", |_| json!({ "description": "Any JSON value; ${name} in its texts is replaced." }))
    }
}

/// Reads a part of a scalar's text as a template.
pub(super) fn template(
    field: Field<'_>,
    range: Range<usize>,
    secrets: Secrets,
    reader: &mut Reader<'_>,
) -> Option<Template> {
    let whole = field.node.as_written().unwrap_or_default();
    let text = whole.get(..range.end).unwrap_or(whole);
    let places = reader.places(field);
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut sound = true;
    let mut at = range.start;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(dollar) = rest.find('$') else {
            literal.push_str(rest);
            break;
        };
        literal.push_str(&rest[..dollar]);
        at += dollar;
        let rest = &rest[dollar..];
        if rest.starts_with("$${") {
            literal.push_str("${");
            at += 3;
        } else if let Some(inside) = rest.strip_prefix("${") {
            let Some(length) = inside.find('}') else {
                let span = places.part(whole, at..text.len());
                let problem = Problem::at(span, "`${` is not closed").label("expected `}` after the name");
                reader.report(problem.remedy("write `$${` if `${` itself is meant"));
                return None;
            };
            let end = at + 2 + length + 1;
            match variable(&inside[..length], places.part(whole, at..end), secrets, reader) {
                Some(variable) => {
                    if !literal.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Variable(variable));
                }
                None => sound = false,
            }
            at = end;
        } else {
            literal.push('$');
            at += 1;
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    sound.then(|| Template::new(parts))
}

fn variable(name: &str, span: Span, secrets: Secrets, reader: &mut Reader<'_>) -> Option<Variable> {
    let line = reader.line(span);
    if name.trim() != name || name.is_empty() {
        let meant = if name.trim().is_empty() { "name" } else { name.trim() };
        reader.report(
            Problem::at(span, "a variable is its name alone between the braces")
                .label("no white space, not empty")
                .remedy(format!("write {}", quote(&format!("${{{meant}}}")))),
        );
    } else if !reader.scope.knows(name) {
        let scope = &reader.scope;
        reader.problems.report_with(|| scope.explain(name, span, line));
    } else if secrets == Secrets::Refused && reader.scope.is_secret(name) {
        reader.report(
            Problem::at(span, format!("{} is secret", quote(&format!("${{{name}}}"))))
                .label("what is expected is shown in reports")
                .remedy("secrets can stand in a request's path, query, headers and body"),
        );
    } else {
        return Some(Variable { name: name.to_owned(), line });
    }
    None
}

/// Reports a variable in a value that is taken as it is; `what` begins the sentence's place: `a length of time`.
pub(super) fn refuse_variables(what: &str, field: Field<'_>, reader: &mut Reader<'_>) -> bool {
    let text = field.node.as_written().unwrap_or_default();
    let Some(start) = text.find("${") else { return false };
    let end = text[start..].find('}').map_or(text.len(), |length| start + length + 1);
    let span = reader.part(field, start..end);
    reader.report(
        Problem::at(span, format!("variables cannot stand in {what}"))
            .label("it is read before any variable has a value")
            .remedy("write the value itself"),
    );
    true
}

//! What a value must be: a scalar (equals), a list (one of), or a mapping of matchers.
//!
//! [`MATCHERS`] is the table of them: the word, what it can be asked of, how it is read and described. A new matcher is
//! a line there, beside its variant of [`Matcher`].

mod value;

use serde_json::{Map, Value, json};

use super::choice::{Choice, Flag};
use super::collection::items;
use super::expression::Regex;
use super::template::{Secrets, Text};
use crate::diagnostics::{Problem, did_you_mean, quote};
use crate::grammar::{Definitions, Field, Reader, Word, described};
use crate::model::{Expectation, JsonType, Matcher};
use crate::yaml::{Mapping, Value as Yaml};
use value::{bound, bound_schema, scalar_schema, status_class, status_set, value, value_schema};

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Status,
    Header,
    Body,
    Json,
    Length,
    Size,
    Time,
}

use Subject::{Body, Header, Json as JsonNode, Length, Size as BodySize, Status, Time as Duration};

impl Subject {
    /// For sentences.
    fn name(self) -> &'static str {
        match self {
            Self::Status => "a status",
            Self::Header => "a header",
            Self::Body => "a body",
            Self::Json => "a JSON value",
            Self::Length => "a length",
            Self::Size => "a size",
            Self::Time => "a time",
        }
    }

    /// The name of its definition in the JSON Schema.
    fn definition(self) -> &'static str {
        match self {
            Self::Status => "expected_status",
            Self::Header => "expected_header",
            Self::Body => "expected_body",
            Self::Json => "expected_json",
            Self::Length => "expected_length",
            Self::Size => "expected_size",
            Self::Time => "expected_time",
        }
    }
}

/// A matcher as the language has it.
struct MatcherWord {
    name: &'static str,
    doc: &'static str,
    /// What it can be asked of.
    of: &'static [Subject],
    read: fn(Field<'_>, Subject, &mut Reader<'_>) -> Option<Matcher>,
    schema: fn(Subject, &mut Definitions) -> Value,
}

static MATCHERS: [MatcherWord; 16] = [
    MatcherWord {
        name: "equals",
        doc: "Is this value.",
        of: &[Status, Header, Body, JsonNode, Length, BodySize],
        read: equals,
        schema: value_schema,
    },
    MatcherWord {
        name: "not",
        doc: "None of this holds.",
        of: &[Status, Header, Body, JsonNode, Length],
        read: |field, subject, reader| Expected(subject).read(field, reader).map(Matcher::Not),
        schema: |subject, definitions| Expected(subject).schema(definitions),
    },
    MatcherWord {
        name: "one_of",
        doc: "Is one of these values.",
        of: &[Status, Header, Body, JsonNode, Length],
        read: one_of,
        schema: list_schema,
    },
    MatcherWord {
        name: "contains",
        doc: "Text holds this text; a list holds this item.",
        of: &[Header, Body, JsonNode],
        read: |field, subject, reader| value(field, subject, reader).map(Matcher::Contains),
        schema: value_schema,
    },
    MatcherWord {
        name: "starts_with",
        doc: "Text begins with this text.",
        of: &[Header, Body, JsonNode],
        read: |field, _, reader| Text(Secrets::Refused).read(field, reader).map(Matcher::StartsWith),
        schema: |_, definitions| Text(Secrets::Refused).schema(definitions),
    },
    MatcherWord {
        name: "matches",
        doc: "Text holds a match of this regular expression; `^` and `$` tie it to the ends.",
        of: &[Header, Body, JsonNode],
        read: |field, _, reader| Regex.read(field, reader).map(Matcher::Matches),
        schema: |_, definitions| Regex.schema(definitions),
    },
    MatcherWord {
        name: "exists",
        doc: "Is there at all (true), or is not (false). `null` is there.",
        of: &[Header, JsonNode],
        read: |field, _, reader| Flag.read(field, reader).map(Matcher::Exists),
        schema: |_, definitions| Flag.schema(definitions),
    },
    MatcherWord {
        name: "empty",
        doc: "Is text, a list or a mapping with nothing in it (true), or with something (false).",
        of: &[Header, Body, JsonNode],
        read: |field, _, reader| Flag.read(field, reader).map(Matcher::Empty),
        schema: |_, definitions| Flag.schema(definitions),
    },
    MatcherWord {
        name: "length",
        doc: "The number of characters, items or keys.",
        of: &[Header, Body, JsonNode],
        read: |field, _, reader| Expected(Length).read(field, reader).map(Matcher::Length),
        schema: |_, definitions| Expected(Length).schema(definitions),
    },
    MatcherWord {
        name: "type",
        doc: "Is of this JSON type; `integer` is a number without a fraction.",
        of: &[JsonNode],
        read: |field, _, reader| Choice(&JsonType::ALL).read(field, reader).map(Matcher::Type),
        schema: |_, definitions| Choice(&JsonType::ALL).schema(definitions),
    },
    MatcherWord {
        name: "at_least",
        doc: "This or more.",
        of: &[Status, JsonNode, Length, BodySize, Duration],
        read: |field, subject, reader| bound(field, subject, reader).map(Matcher::AtLeast),
        schema: bound_schema,
    },
    MatcherWord {
        name: "at_most",
        doc: "This or less.",
        of: &[Status, JsonNode, Length, BodySize, Duration],
        read: |field, subject, reader| bound(field, subject, reader).map(Matcher::AtMost),
        schema: bound_schema,
    },
    MatcherWord {
        name: "above",
        doc: "More than this.",
        of: &[Status, JsonNode, Length, BodySize, Duration],
        read: |field, subject, reader| bound(field, subject, reader).map(Matcher::Above),
        schema: bound_schema,
    },
    MatcherWord {
        name: "below",
        doc: "Less than this.",
        of: &[Status, JsonNode, Length, BodySize, Duration],
        read: |field, subject, reader| bound(field, subject, reader).map(Matcher::Below),
        schema: bound_schema,
    },
    MatcherWord {
        name: "every",
        doc: "There is at least one item, and each item is so.",
        of: &[JsonNode],
        read: |field, subject, reader| Expected(subject).read(field, reader).map(Matcher::Every),
        schema: |subject, definitions| Expected(subject).schema(definitions),
    },
    MatcherWord {
        name: "any",
        doc: "At least one item is so.",
        of: &[JsonNode],
        read: |field, subject, reader| Expected(subject).read(field, reader).map(Matcher::Any),
        schema: |subject, definitions| Expected(subject).schema(definitions),
    },
];

fn matchers_of(subject: Subject) -> impl Iterator<Item = &'static MatcherWord> {
    MATCHERS.iter().filter(move |matcher| matcher.of.contains(&subject))
}

/// What a value of this kind must be.
pub(super) struct Expected(pub(super) Subject);

impl Word for Expected {
    type Meaning = Expectation;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Expectation> {
        let subject = self.0;
        match &field.node.value {
            Yaml::Mapping(mapping) => self.read_mapping(field, mapping, reader),
            _ if matches!(subject, BodySize | Duration) => {
                let written = field.node.as_scalar().map_or("…", |scalar| scalar.text.as_str());
                let remedy = format!("write {}", quote(&format!("{}: {{ at_most: {written} }}", field.name)));
                reader.report(reader.expected("a mapping of bounds", field).remedy(remedy));
                None
            }
            Yaml::Sequence(_) => one_of(field, subject, reader).map(|matcher| Expectation(vec![matcher])),
            Yaml::Scalar(_) => equals(field, subject, reader).map(|matcher| Expectation(vec![matcher])),
        }
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        let subject = self.0;
        definitions.refer(subject.definition(), |definitions| {
            let described = |matcher: &MatcherWord, definitions: &mut Definitions| {
                let schema = (matcher.schema)(subject, definitions);
                (matcher.name.to_owned(), described(schema, matcher.doc))
            };
            let properties: Map<_, _> = matchers_of(subject).map(|matcher| described(matcher, definitions)).collect();
            let mapping = json!({
                "type": "object",
                "minProperties": 1,
                "additionalProperties": false,
                "properties": properties,
            });
            if matches!(subject, BodySize | Duration) {
                return mapping;
            }
            let value = scalar_schema(subject, definitions);
            let list = list_schema(subject, definitions);
            json!({
                "description": "A value that it equals, a list of which it is one, or matchers that all hold.",
                "anyOf": [value, list, mapping],
            })
        })
    }
}

impl Expected {
    fn read_mapping(&self, field: Field<'_>, mapping: &Mapping, reader: &mut Reader<'_>) -> Option<Expectation> {
        let subject = self.0;
        if mapping.entries().is_empty() {
            let problem = Problem::at(field.span(), format!("{} expects nothing", quote(field.name)));
            let remedy = if subject == JsonNode {
                "write `equals: {}` if an empty mapping is expected"
            } else {
                "name a matcher"
            };
            reader.report(problem.label("an empty mapping of matchers").remedy(remedy));
            return None;
        }
        let mut read = Vec::new();
        for entry in mapping.entries() {
            let name = entry.key.name.as_str();
            let Some(matcher) = matchers_of(subject).find(|matcher| matcher.name == name) else {
                reader.problems.report_with(|| unusable(name, subject, &entry.key));
                read.push(None);
                continue;
            };
            let value = super::collection::value_of(entry, reader);
            read.push(value.and_then(|field| (matcher.read)(field, subject, reader)));
        }
        read.into_iter().collect::<Option<_>>().map(Expectation)
    }
}

/// A matcher that does not exist, or not for this.
fn unusable(name: &str, subject: Subject, key: &crate::yaml::Key) -> Problem {
    let names: Vec<_> = matchers_of(subject).map(|matcher| matcher.name).collect();
    let remedy = format!("of {} can be asked: {}", subject.name(), names.join(", "));
    if MATCHERS.iter().any(|matcher| matcher.name == name) {
        let label = match (subject, name) {
            (Body, "exists") => "there always is one: `empty: false` says that there is something in it",
            (Header, "at_least" | "at_most" | "above" | "below") => "a header is text, which has no order",
            (Duration, "equals") => "no two times are equal",
            _ => "not for this kind of value",
        };
        return Problem::at(key.span, format!("`{name}` cannot be asked of {}", subject.name()))
            .label(label)
            .remedy(remedy);
    }
    let problem = Problem::at(key.span, format!("{} is not a matcher", quote(name)))
        .meant(did_you_mean(name, names.iter().copied()), "not known here");
    problem.remedy(if subject == JsonNode {
        format!("{remedy}; a whole mapping is expected with `equals`")
    } else {
        remedy
    })
}

fn list_schema(subject: Subject, definitions: &mut Definitions) -> Value {
    json!({ "type": "array", "minItems": 1, "items": value_schema(subject, definitions) })
}

fn equals(field: Field<'_>, subject: Subject, reader: &mut Reader<'_>) -> Option<Matcher> {
    if subject == Status
        && let Some(class) = status_class(field.node)
    {
        return Some(Matcher::StatusIn(vec![class]));
    }
    value(field, subject, reader).map(Matcher::Equals)
}

fn one_of(field: Field<'_>, subject: Subject, reader: &mut Reader<'_>) -> Option<Matcher> {
    let items = items(field, reader)?;
    let fields = items.iter().map(|node| Field { name: field.name, node });
    if subject == Status && items.iter().any(|node| status_class(node).is_some()) {
        let read: Vec<_> = fields.map(|field| status_set(field, reader)).collect();
        return read.into_iter().collect::<Option<_>>().map(Matcher::StatusIn);
    }
    let read: Vec<_> = fields.map(|field| value(field, subject, reader)).collect();
    read.into_iter().collect::<Option<_>>().map(Matcher::OneOf)
}

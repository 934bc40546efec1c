//! Header names, and the headers of requests.

use serde_json::{Value, json};

use super::collection::{MapOf, Name};
use super::template::{Secrets, Text, refuse_variables};
use crate::diagnostics::{Problem, quote};
use crate::grammar::{Definitions, Field, Reader, Word};
use crate::model::{Part, Template};
use crate::source::Span;
use crate::yaml::Key;

/// The name of a header, as a value or as a key; read in lower case.
pub(super) struct HeaderName;

impl HeaderName {
    fn parse(text: &str, span: Span, reader: &mut Reader<'_>) -> Option<String> {
        if is_token(text) {
            return Some(text.to_ascii_lowercase());
        }
        let problem = Problem::at(span, format!("{} is not the name of a header", quote(text)));
        reader.report(problem.label("letters, digits and any of !#$%&'*+-.^_`|~"));
        None
    }
}

/// Source: RFC 9110, section 5.6.2, "token".
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

const TOKEN: &str = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$";

impl Word for HeaderName {
    type Meaning = String;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<String> {
        let Some(text) = field.node.as_text() else {
            reader.report(reader.expected("the name of a header", field));
            return None;
        };
        if refuse_variables("the name of a header", field, reader) {
            return None;
        }
        Self::parse(text, field.span(), reader)
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": TOKEN })
    }
}

impl Name for HeaderName {
    type Meaning = String;

    fn read(&self, key: &Key, reader: &mut Reader<'_>) -> Option<String> {
        Self::parse(&key.name, key.span, reader)
    }

    fn schema(&self) -> Value {
        json!({ "pattern": TOKEN })
    }
}

/// Something for each of some headers. `Accept` and `accept` are one header, so they cannot both be there.
pub(super) struct HeaderMap<W>(MapOf<HeaderName, W>);

impl<W> HeaderMap<W> {
    pub(super) const fn of(values: W) -> Self {
        Self(MapOf { names: HeaderName, values })
    }
}

impl<W: Word> Word for HeaderMap<W> {
    type Meaning = Vec<(String, W::Meaning)>;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Self::Meaning> {
        let keys = field.node.as_mapping().map_or(&[][..], |mapping| mapping.entries());
        let mut seen = std::collections::HashMap::new();
        for key in keys.iter().map(|entry| &entry.key) {
            if let Some(first) = seen.insert(key.name.to_ascii_lowercase(), key) {
                let line = reader.line(first.span);
                reader.report(
                    Problem::at(key.span, format!("the header {} is there twice", quote(&key.name)))
                        .label(format!("the first one is {} on line {line}", quote(&first.name)))
                        .remedy("remove one: the names of headers are the same in any case"),
                );
            }
        }
        self.0.read(field, reader)
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        self.0.schema(definitions)
    }
}

/// The value of a header that is sent.
pub(super) struct HeaderValue;

/// The headers of a request.
pub(super) const SENT_HEADERS: HeaderMap<HeaderValue> = HeaderMap::of(HeaderValue);

impl Word for HeaderValue {
    type Meaning = Template;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Template> {
        let value = Text(Secrets::Allowed).read(field, reader)?;
        let broken = |part: &Part| match part {
            // Source: RFC 9110, section 5.5, "field-content".
            Part::Text(text) => text.chars().any(|character| character.is_control() && character != '\t'),
            Part::Variable(_) => false,
        };
        if value.parts().iter().any(broken) {
            let span = reader.first_line(field.span());
            reader.report(
                Problem::at(span, format!("the header {} cannot have this value", quote(field.name)))
                    .label("holds a line break or another control character")
                    .remedy("write it on one line"),
            );
            return None;
        }
        Some(value)
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        Text(Secrets::Allowed).schema(definitions)
    }
}

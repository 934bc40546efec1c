//! Where a value is found in a response: `{ json: $.id }`, `{ header: x-version }`, `{ body: trimmed }`.

use serde_json::{Value, json};

use super::expression::{Path, Regex};
use super::header::HeaderName;
use crate::diagnostics::Problem;
use crate::grammar::{Definitions, Field, Fields, Key, Reader, Shape, Word};
use crate::model::Extraction as Meaning;

static JSON: Key<Path> = Key::optional("json", Path, "The one node that this JSONPath selects in the body.");
static HEADER: Key<HeaderName> = Key::optional("header", HeaderName, "The value of this header.");
static BODY: Key<BodyPart> = Key::optional(
    "body",
    BodyPart,
    "`trimmed` for the whole body without white space around it, or `{ matches: REGEX }` for the first group of its \
     first match (all of the match when the pattern has no group).",
);

static SHAPE: Shape = Shape { title: "a place in a response", keys: &[&JSON, &HEADER, &BODY] };

/// A place in a response.
pub(super) struct Extraction;

impl Word for Extraction {
    type Meaning = Meaning;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Meaning> {
        let fields = Fields::open(&SHAPE, field, reader)?;
        let json = fields.read(&JSON, reader);
        let header = fields.read(&HEADER, reader);
        let body = fields.read(&BODY, reader);
        let there = [fields.has(&JSON), fields.has(&HEADER), fields.has(&BODY)];
        let lacks_all = fields.lacks(&[JSON.name, HEADER.name, BODY.name]);
        let span = fields.span();
        fields.finish();
        match there.into_iter().filter(|there| *there).count() {
            1 => json.map(Meaning::Json).or(header.map(Meaning::Header)).or(body),
            0 if !lacks_all => None,
            number => {
                let label = if number == 0 { "names none" } else { "names several" };
                let problem = Problem::at(span, format!("`{}` needs one place in the response", field.name));
                reader.report(
                    problem.label(label).remedy("write `{ json: PATH }`, `{ header: NAME }` or `{ body: trimmed }`"),
                );
                None
            }
        }
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        definitions.refer("extraction", |definitions| {
            let mut schema = SHAPE.schema(definitions);
            schema.insert("minProperties".into(), 1.into());
            schema.insert("maxProperties".into(), 1.into());
            schema.into()
        })
    }
}

static MATCHES: Key<Regex> = Key::required("matches", Regex, "A regular expression.");

static BODY_SHAPE: Shape = Shape { title: "`body`", keys: &[&MATCHES] };

/// The body, or a part of it.
struct BodyPart;

impl Word for BodyPart {
    type Meaning = Meaning;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Meaning> {
        match field.node.as_scalar() {
            Some(scalar) if scalar.text == "trimmed" => Some(Meaning::Body),
            Some(_) => {
                reader.report(reader.expected("`trimmed` or `{ matches: REGEX }`", field));
                None
            }
            None => {
                let fields = Fields::open(&BODY_SHAPE, field, reader)?;
                let pattern = fields.read(&MATCHES, reader);
                fields.finish();
                pattern.map(Meaning::BodyMatch)
            }
        }
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "const": "trimmed" }, BODY_SHAPE.schema(definitions)] })
    }
}

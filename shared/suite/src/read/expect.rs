//! `expect`: what an answer must be.

use serde_json::Value;

use super::collection::MapOf;
use super::expression::Path;
use super::header::HeaderMap;
use super::matcher::{Expected, Subject};
use crate::diagnostics::Problem;
use crate::grammar::{Definitions, Field, Fields, Key, Reader, Shape, Word};
use crate::model::Expect as Meaning;

pub(super) static EXPECT: Key<Expect> =
    Key::optional("expect", Expect, "What the answer must be; any 2xx status when absent.");

static STATUS: Key<Expected> =
    Key::optional("status", Expected(Subject::Status), "The status: a code, a class such as 2xx, or a list of them.");
static HEADER: Key<HeaderMap<Expected>> =
    Key::optional("header", HeaderMap::of(Expected(Subject::Header)), "Headers of the answer, by name.");
static BODY: Key<Expected> = Key::optional("body", Expected(Subject::Body), "The body as text.");
static JSON: Key<MapOf<Path, Expected>> = Key::optional(
    "json",
    MapOf { names: Path, values: Expected(Subject::Json) },
    "The nodes that a JSONPath (RFC 9535) selects in the body, by path.",
);
static SIZE: Key<Expected> = Key::optional(
    "size",
    Expected(Subject::Size),
    "The size of the body after decompression, such as `{ at_most: 64KiB }`.",
);
static TIME: Key<Expected> = Key::optional(
    "time",
    Expected(Subject::Time),
    "The time until the last byte of the answer, such as `{ at_most: 300ms }`.",
);

static SHAPE: Shape = Shape { title: "`expect`", keys: &[&STATUS, &HEADER, &BODY, &JSON, &SIZE, &TIME] };

/// All of `expect`.
pub(super) struct Expect;

impl Word for Expect {
    type Meaning = Meaning;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Meaning> {
        let fields = Fields::open(&SHAPE, field, reader)?;
        if field.node.as_mapping().is_some_and(|mapping| mapping.entries().is_empty()) {
            let problem = Problem::at(fields.span(), "`expect` expects nothing");
            reader.report(problem.label("empty").remedy("leave it out to accept any 2xx status"));
        }
        let status = fields.read_optional(&STATUS, reader);
        let headers = fields.read_or(&HEADER, Vec::new(), reader);
        let body = fields.read_optional(&BODY, reader);
        let json = fields.read_or(&JSON, Vec::new(), reader);
        let size = fields.read_optional(&SIZE, reader);
        let time = fields.read_optional(&TIME, reader);
        fields.finish();
        Some(Meaning { status: status?, headers: headers?, body: body?, json: json?, size: size?, time: time? })
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        definitions.refer("expect", |definitions| {
            let mut schema = SHAPE.schema(definitions);
            schema.insert("minProperties".into(), 1.into());
            schema.into()
        })
    }
}

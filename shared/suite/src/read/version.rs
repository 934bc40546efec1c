//! `version`: how the answering revision is recognised.

use serde_json::{Value, json};

use super::extraction::Extraction;
use super::request::{HEADERS, QUERY, REDIRECTS, REQUEST, read_question};
use super::step::TIMEOUT;
use super::template::{Json, Secrets, Text};
use super::variable::refuse_rewritten_number;
use crate::grammar::{Definitions, Field, Fields, Key, Reader, Shape, Word};
use crate::model::{Extraction as Place, ValueTemplate, Version as Meaning};

static READ: Key<Extraction> =
    Key::required("read", Extraction, "Where the marker of the revision is in the response.");
static EQUALS: Key<Marker> = Key::required(
    "equals",
    Marker,
    "What green's marker is, such as ${green.env.app.VERSION} or ${green.image.app.tag}.",
);

static SHAPE: Shape =
    Shape { title: "`version`", keys: &[&REQUEST, &HEADERS, &QUERY, &REDIRECTS, &TIMEOUT, &READ, &EQUALS] };

/// All of `version`.
pub(super) struct Version;

impl Word for Version {
    type Meaning = Meaning;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Meaning> {
        let fields = Fields::open(&SHAPE, field, reader)?;
        let request = read_question(&fields, None, reader);
        let read = fields.read(&READ, reader);
        // A header or a body is text, so a number is the text that was written.
        let equals = match &read {
            Some(Place::Json(_)) | None => fields.read(&EQUALS, reader),
            Some(_) => fields
                .field(&EQUALS)
                .and_then(|field| Text(Secrets::Refused).read(field, reader))
                .map(ValueTemplate::Text),
        };
        let timeout = fields.read_optional(&TIMEOUT, reader);
        fields.finish();
        Some(Meaning { request: request?, read: read?, equals: equals?, timeout: timeout? })
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        SHAPE.schema(definitions).into()
    }
}

/// Text, or a number that is shown as it was written.
struct Marker;

impl Word for Marker {
    type Meaning = ValueTemplate;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<ValueTemplate> {
        if field.node.as_written().is_none() {
            reader.report(reader.expected("text or a number", field));
            return None;
        }
        if refuse_rewritten_number(field, reader) {
            return None;
        }
        Json(Secrets::Refused).read(field, reader)
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        json!({ "type": ["string", "number", "boolean"] })
    }
}

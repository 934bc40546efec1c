//! A step: one request, what is expected of its answer, what is kept from it, and whether it is tried again.

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::amount::Amount;
use super::collection::{Name, entries, value_of};
use super::duration::Time;
use super::expect::EXPECT;
use super::extraction::Extraction;
use super::name::Identifier;
use super::request::{BODY, FORM, HEADERS, JSON, QUERY, REDIRECTS, REQUEST, read_request};
use crate::diagnostics::{Problem, quote};
use crate::grammar::{Definitions, Field, Fields, Key, Reader, Shape, Word};
use crate::model::{Extraction as Place, Repeat, Step as Meaning};
use crate::source::Span;
use crate::yaml::Core;

pub(super) static TIMEOUT: Key<Time> =
    Key::optional("timeout", Time, "The longest time one attempt may take. Default: that of the suite.");
pub(super) static CAPTURE: Key<Captures> =
    Key::optional("capture", Captures, "Values kept from the answer for later steps, by name: read as ${name}.");
pub(super) static RETRY: Key<Retry> = Key::optional(
    "retry",
    Retry,
    "How often it is asked again when the answer is not as expected. Every attempt is recorded.",
);
pub(super) static EVENTUALLY: Key<Eventually> = Key::optional(
    "eventually",
    Eventually,
    "How long it is asked again until the answer is as expected: for what becomes right with time.",
);

static SHAPE: Shape = Shape {
    title: "a request",
    keys: &[
        &REQUEST,
        &HEADERS,
        &QUERY,
        &JSON,
        &BODY,
        &FORM,
        &REDIRECTS,
        &TIMEOUT,
        &EXPECT,
        &CAPTURE,
        &RETRY,
        &EVENTUALLY,
    ],
};

/// One step of a check.
pub(super) struct Step;

impl Word for Step {
    type Meaning = Meaning;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Meaning> {
        let fields = Fields::open(&SHAPE, field, reader)?;
        let step = read_step(&fields, reader);
        fields.finish();
        step
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        definitions.refer("step", |definitions| SHAPE.schema(definitions).into())
    }
}

/// Reads the keys of a step, from a mapping that may have others too.
pub(super) fn read_step(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Meaning> {
    let expect = fields.read_or(&EXPECT, crate::model::Expect::default(), reader);
    let request = read_request(fields, expect.as_ref(), reader);
    let timeout = fields.read_optional(&TIMEOUT, reader);
    let repeat = read_repeat(fields, reader);
    // Last, because a capture has its value only when the answer is there.
    let capture = fields.read_or(&CAPTURE, IndexMap::new(), reader);
    Some(Meaning {
        line: reader.line(fields.key_span(&REQUEST)),
        request: request?,
        expect: expect?,
        capture: capture?,
        repeat: repeat?,
        timeout: timeout?,
    })
}

fn read_repeat(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Repeat> {
    let retry = fields.read_optional(&RETRY, reader);
    let eventually = fields.read_optional(&EVENTUALLY, reader);
    if fields.has(&RETRY) && fields.has(&EVENTUALLY) {
        reader.report(
            Problem::at(fields.key_span(&EVENTUALLY), "`eventually` cannot stand beside `retry`")
                .label("both say when to ask again")
                .remedy("keep `retry` for a number of attempts, or `eventually` for a length of time"),
        );
    }
    Some(retry?.or(eventually?).unwrap_or(Repeat::Once))
}

/// Names with places in the response. Reading makes them known to what follows.
pub(super) struct Captures;

impl Word for Captures {
    type Meaning = IndexMap<String, Place>;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Self::Meaning> {
        let mut read = Vec::new();
        for entry in entries(field, reader)? {
            let name = Identifier.read(&entry.key, reader).filter(|name| is_free(name, entry.key.span, reader));
            let place = value_of(entry, reader).and_then(|field| Extraction.read(field, reader));
            let line = reader.line(entry.key.span);
            reader.scope.captures.entry(entry.key.name.clone()).or_insert(line);
            read.push(name.zip(place));
        }
        read.into_iter().collect()
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": Identifier.schema(),
            "additionalProperties": Extraction.schema(definitions),
        })
    }
}

fn is_free(name: &str, span: Span, reader: &mut Reader<'_>) -> bool {
    let (what, line) = if let Some(variable) = reader.scope.variables.get(name) {
        ("a variable", variable.line)
    } else if let Some(line) = reader.scope.captures.get(name) {
        ("another capture", *line)
    } else {
        return true;
    };
    let problem = Problem::at(span, format!("{} is already {what}", quote(name)));
    reader.report(problem.label(format!("defined on line {line}")).remedy("give the capture another name"));
    false
}

static TIMES: Key<Amount> = Key::required("times", Retry::TIMES, "Further attempts after the first.");
static EVERY: Key<Time> = Key::optional("every", Time, "The pause between two attempts. Default 500ms.");
static RETRY_SHAPE: Shape = Shape { title: "`retry`", keys: &[&TIMES, &EVERY] };

/// `retry: 2` or `retry: { times: 2, every: 500ms }`
pub(super) struct Retry;

impl Retry {
    const TIMES: Amount = Amount { most: 100 };
}

impl Word for Retry {
    type Meaning = Repeat;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Repeat> {
        match field.node.as_scalar().map(|scalar| &scalar.core) {
            Some(Core::Number(_)) => {
                let times = Self::TIMES.read(field, reader)?;
                Some(Repeat::Retry { times, every: Repeat::DEFAULT_EVERY })
            }
            Some(_) => {
                let problem = reader.expected("a number of further attempts", field);
                reader.report(problem.remedy("write `retry: 2`; for a length of time, `eventually: 10s`"));
                None
            }
            None => {
                let fields = Fields::open(&RETRY_SHAPE, field, reader)?;
                let times = fields.read(&TIMES, reader);
                let every = fields.read_or(&EVERY, Repeat::DEFAULT_EVERY, reader);
                fields.finish();
                Some(Repeat::Retry { times: times?, every: every? })
            }
        }
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Self::TIMES.schema(definitions), RETRY_SHAPE.schema(definitions)] })
    }
}

static WITHIN: Key<Time> = Key::required("within", Time, "The whole time for it, the first attempt included.");
static EVENTUALLY_SHAPE: Shape = Shape { title: "`eventually`", keys: &[&WITHIN, &EVERY] };

/// `eventually: 10s` or `eventually: { within: 10s, every: 500ms }`
pub(super) struct Eventually;

impl Word for Eventually {
    type Meaning = Repeat;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Repeat> {
        let repeat = |within: Duration, every: Duration| Repeat::Eventually { within, every };
        if field.node.as_scalar().is_some() {
            return Time.read(field, reader).map(|within| repeat(within, Repeat::DEFAULT_EVERY));
        }
        let fields = Fields::open(&EVENTUALLY_SHAPE, field, reader)?;
        let within = fields.read(&WITHIN, reader);
        let every = fields.read_or(&EVERY, Repeat::DEFAULT_EVERY, reader);
        fields.finish();
        Some(repeat(within?, every?))
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Time.schema(definitions), EVENTUALLY_SHAPE.schema(definitions)] })
    }
}

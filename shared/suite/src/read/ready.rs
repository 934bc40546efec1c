//! `ready`: what green must answer steadily before anything is judged.

use serde_json::Value;

use super::amount::Amount;
use super::duration::Time;
use super::expect::EXPECT;
use super::request::{HEADERS, QUERY, REDIRECTS, REQUEST, read_question};
use super::step::TIMEOUT;
use crate::grammar::{Definitions, Field, Fields, Key, Reader, Shape, Word};
use crate::model::{Expect, Ready as Meaning};

static CONSECUTIVE: Key<Amount> = Key::optional(
    "consecutive",
    Amount { most: 1000 },
    "Good answers in a row, each on a fresh connection. Default 3.",
);
static WITHIN: Key<Time> = Key::optional("within", Time, "The whole time that green gets to become ready. Default 2m.");
static EVERY: Key<Time> = Key::optional("every", Time, "The pause between two questions. Default 500ms.");

static SHAPE: Shape = Shape {
    title: "`ready`",
    keys: &[&REQUEST, &HEADERS, &QUERY, &REDIRECTS, &TIMEOUT, &EXPECT, &CONSECUTIVE, &WITHIN, &EVERY],
};

/// All of `ready`.
pub(super) struct Ready;

impl Word for Ready {
    type Meaning = Meaning;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Meaning> {
        let fields = Fields::open(&SHAPE, field, reader)?;
        let expect = fields.read_or(&EXPECT, Expect::default(), reader);
        let request = read_question(&fields, expect.as_ref(), reader);
        let consecutive = fields.read_or(&CONSECUTIVE, Meaning::DEFAULT_CONSECUTIVE, reader);
        let within = fields.read_or(&WITHIN, Meaning::DEFAULT_WITHIN, reader);
        let every = fields.read_or(&EVERY, Meaning::DEFAULT_EVERY, reader);
        let timeout = fields.read_optional(&TIMEOUT, reader);
        fields.finish();
        Some(Meaning {
            request: request?,
            expect: expect?,
            consecutive: consecutive?,
            within: within?,
            every: every?,
            timeout: timeout?,
        })
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        SHAPE.schema(definitions).into()
    }
}

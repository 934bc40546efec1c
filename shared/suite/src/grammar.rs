//! The frame of the language: a word is read and described in one place.
//!
//! Each word (a duration, a header name, a whole request) is a [`Word`]: how it is read stands beside what editors are
//! told about it. A mapping is a [`Shape`]: its keys, each with its word and its sentence of documentation. Strictness,
//! "did you mean" and the JSON Schema all come from the same shapes, so that none of them can say what the others do
//! not. The words themselves are in `read/`.

mod fields;
mod reader;
mod schema;

use serde_json::Value;

pub(crate) use fields::Fields;
pub(crate) use reader::Reader;
pub(crate) use schema::{Definitions, described, schema_of};

use crate::source::Span;
use crate::yaml::Node;

/// A part of the language that a value can be.
pub(crate) trait Word: Sync {
    /// What it is read as.
    type Meaning;

    /// Reads it. `None` means that at least one problem was reported.
    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Self::Meaning>;

    /// Its JSON Schema. What a schema cannot say (a name that must exist) is left to reading.
    fn schema(&self, definitions: &mut Definitions) -> Value;
}

/// A value with the name that it goes by in a sentence: its key, or that of the list it stands in.
#[derive(Clone, Copy)]
pub(crate) struct Field<'n> {
    pub(crate) name: &'n str,
    pub(crate) node: &'n Node,
}

impl Field<'_> {
    pub(crate) fn span(&self) -> Span {
        self.node.span
    }
}

/// A key of a mapping.
pub(crate) struct Key<W> {
    pub(crate) name: &'static str,
    doc: &'static str,
    word: W,
    required: bool,
}

impl<W> Key<W> {
    /// A key that may be left out. `doc` is shown by editors.
    pub(crate) const fn optional(name: &'static str, word: W, doc: &'static str) -> Self {
        Self { name, doc, word, required: false }
    }

    /// A key that may not.
    pub(crate) const fn required(name: &'static str, word: W, doc: &'static str) -> Self {
        Self { name, doc, word, required: true }
    }
}

/// A key without the type of its word, for lists of keys.
pub(crate) trait AnyKey: Sync {
    fn name(&self) -> &'static str;
    fn is_required(&self) -> bool;
    fn schema(&self, definitions: &mut Definitions) -> Value;
}

impl<W: Word> AnyKey for Key<W> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_required(&self) -> bool {
        self.required
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        described(self.word.schema(definitions), self.doc)
    }
}

/// A mapping with known keys.
pub(crate) struct Shape {
    /// With its article, to complete a sentence: `a request`.
    pub(crate) title: &'static str,
    /// In the order in which they are best written.
    pub(crate) keys: &'static [&'static dyn AnyKey],
}

impl Shape {
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name()).collect()
    }
}

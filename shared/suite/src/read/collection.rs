//! Lists, and mappings whose keys are names that the user chooses.

use serde_json::{Value, json};

use crate::diagnostics::{Problem, quote};
use crate::grammar::{Definitions, Field, Reader, Word};
use crate::yaml::{Entry, Key, Node};

/// What the keys of a [`MapOf`] must be.
pub(super) trait Name: Sync {
    /// What a key is read as.
    type Meaning;

    /// Reads it. `None` means that a problem was reported.
    fn read(&self, key: &Key, reader: &mut Reader<'_>) -> Option<Self::Meaning>;

    /// A JSON Schema for the key.
    fn schema(&self) -> Value;
}

/// Names with values. Never empty.
pub(super) struct MapOf<N, W> {
    pub(super) names: N,
    pub(super) values: W,
}

impl<N: Name, W: Word> Word for MapOf<N, W> {
    type Meaning = Vec<(N::Meaning, W::Meaning)>;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Self::Meaning> {
        let read_entry = |entry: &Entry, reader: &mut Reader<'_>| {
            let name = self.names.read(&entry.key, reader);
            let value = value_of(entry, reader).and_then(|field| self.values.read(field, reader));
            name.zip(value)
        };
        // Everything is read before anything is given up, so that every mistake is found.
        let read: Vec<_> = entries(field, reader)?.iter().map(|entry| read_entry(entry, reader)).collect();
        read.into_iter().collect()
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": self.names.schema(),
            "additionalProperties": self.values.schema(definitions),
        })
    }
}

/// The entries of a mapping that has some; otherwise reports.
pub(super) fn entries<'n>(field: Field<'n>, reader: &mut Reader<'_>) -> Option<&'n [Entry]> {
    let Some(mapping) = field.node.as_mapping() else {
        reader.report(reader.expected("a mapping", field));
        return None;
    };
    if mapping.entries().is_empty() && !mapping.is_incomplete() {
        reader.report(empty(field));
        return None;
    }
    Some(mapping.entries())
}

/// The value of an entry, if one is written; otherwise reports.
pub(super) fn value_of<'n>(entry: &'n Entry, reader: &mut Reader<'_>) -> Option<Field<'n>> {
    if entry.value.is_absent() {
        let message = format!("{} has no value", quote(&entry.key.name));
        reader.report(Problem::at(entry.key.span, message).label("needs one"));
        return None;
    }
    Some(Field { name: &entry.key.name, node: &entry.value })
}

/// The items of a list that has some; otherwise reports.
pub(super) fn items<'n>(field: Field<'n>, reader: &mut Reader<'_>) -> Option<&'n [Node]> {
    let Some(items) = field.node.as_sequence() else {
        reader.report(reader.expected("a list", field));
        return None;
    };
    if items.is_empty() {
        reader.report(empty(field));
        return None;
    }
    Some(items)
}

fn empty(field: Field<'_>) -> Problem {
    Problem::at(field.span(), format!("{} is empty", quote(field.name)))
        .label("nothing in it")
        .remedy(format!("leave {} out if it is not needed", quote(field.name)))
}

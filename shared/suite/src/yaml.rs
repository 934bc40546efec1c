//! YAML 1.2 with a place on every node.
//!
//! [`load`] turns a [`Source`](crate::Source) into a tree of [`Node`]s whatever the file means: suites and appspecs are
//! read from it alike (JSON is YAML too). Hostile files are refused while they are being read: see [`MAX_DEPTH`] and
//! [`MAX_NODES`]. What the keys and values mean is left to the reader of the tree.

mod explain;
mod load;
mod scalar;

pub use load::{MAX_DEPTH, MAX_NODES, load};
pub use scalar::{Core, Scalar, Style};

use crate::diagnostics::{Problem, Problems, did_you_mean, quote};
use crate::source::Span;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// From its first to its last character. For a value that is not written (`key:` alone), its key.
    pub span: Span,
    /// What stands there.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text, a number, a flag or null.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with values.
    Mapping(Mapping),
}

impl Node {
    /// The scalar, if it is one.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The text, if it is a scalar that YAML reads as text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        self.as_scalar().filter(|scalar| scalar.core == Core::Text).map(|scalar| scalar.text.as_str())
    }

    /// The text of a scalar as it was written, also when YAML reads it as a number or a flag; not that of null.
    #[must_use]
    pub fn as_written(&self) -> Option<&str> {
        self.as_scalar().filter(|scalar| scalar.core != Core::Null).map(|scalar| scalar.text.as_str())
    }

    /// Whether nothing is written where a value should be.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.as_scalar().is_some_and(|scalar| scalar.style == Style::Plain && scalar.text.is_empty())
    }

    /// What it is, for a sentence such as "found a list".
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(_) if self.is_absent() => "nothing",
            Value::Scalar(scalar) => scalar.core.kind(),
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }
}

/// Keys with values, in the order of the file. Keys are text and unique.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    entries: Vec<Entry>,
    incomplete: bool,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// Its value.
    pub value: Node,
}

/// A key of a mapping.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key's text.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

impl Mapping {
    /// In the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether an entry was refused while loading: then a missing key is no further mistake.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entries.iter().find(|entry| entry.key.name == name).map(|entry| &entry.value)
    }

    /// Reports every key that is not in `known`, with the known one that was probably meant, and returns those that
    /// were. `place` completes the sentence "unknown key … in": `a request`.
    pub fn refuse_unknown<'k>(&self, known: &[&'k str], place: &str, problems: &mut Problems) -> Vec<&'k str> {
        let mut all_meant = Vec::new();
        for Entry { key, .. } in self.entries.iter().filter(|entry| !known.contains(&entry.key.name.as_str())) {
            problems.report_with(|| {
                let meant = did_you_mean(&key.name, known.iter().copied());
                all_meant.extend(meant);
                Problem::at(key.span, format!("unknown key {} in {place}", quote(&key.name)))
                    .meant(meant, "not known here")
                    .remedy(format!("known here: {}", known.join(", ")))
            });
        }
        all_meant
    }
}

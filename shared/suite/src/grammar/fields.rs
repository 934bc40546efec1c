//! Strict reading of a mapping: nothing unknown in it, nothing missing, every key read by the word it is declared with.

use std::cell::RefCell;

use super::{AnyKey, Field, Key, Reader, Shape, Word};
use crate::diagnostics::{Problem, quote};
use crate::source::Span;
use crate::yaml::Mapping;

/// A mapping of a known [`Shape`], about to be read key by key.
pub(crate) struct Fields<'n> {
    shape: &'static Shape,
    mapping: &'n Mapping,
    span: Span,
    /// Keys that are not there, but were probably meant by ones that are not known.
    meant: Vec<&'static str>,
    /// The keys that were asked for, to notice in tests a key that is declared and never read.
    asked: RefCell<Vec<&'static str>>,
}

impl<'n> Fields<'n> {
    /// Reports a value that is no mapping, unknown keys and missing ones.
    pub(crate) fn open(shape: &'static Shape, field: Field<'n>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(mapping) = field.node.as_mapping() else {
            let problem = Problem::at(reader.first_line(field.span()), format!("{} must be a mapping", shape.title));
            let problem = problem.label(format!("found {}", field.node.kind()));
            reader.report(problem.remedy(format!("known in it: {}", shape.names().join(", "))));
            return None;
        };
        let meant = mapping.refuse_unknown(&shape.names(), shape.title, &mut reader.problems);
        let span = reader.first_line(field.span());
        let fields = Self { shape, mapping, span, meant, asked: RefCell::default() };
        for key in shape.keys.iter().filter(|key| key.is_required() && fields.lacks(&[key.name()])) {
            reader.report(
                Problem::at(span, format!("`{}` is missing in {}", key.name(), shape.title))
                    .label(format!("needs `{}`", key.name())),
            );
        }
        Some(fields)
    }

    /// Whether none of these keys is there, nor a mistyped one that was already reported.
    pub(crate) fn lacks(&self, names: &[&str]) -> bool {
        !self.mapping.is_incomplete()
            && !names.iter().any(|name| self.mapping.get(name).is_some() || self.meant.contains(name))
    }

    /// Whether a key is there, whatever its value.
    pub(crate) fn has<W>(&self, key: &Key<W>) -> bool {
        self.mapping.get(key.name).is_some()
    }

    /// Reads a key. `None` when it is absent, or when a problem was reported.
    pub(crate) fn read<W: Word>(&self, key: &Key<W>, reader: &mut Reader<'_>) -> Option<W::Meaning> {
        let field = self.field(key)?;
        if field.node.is_absent() {
            reader.report(Problem::at(field.span(), format!("{} has no value", quote(key.name))).label("needs one"));
            return None;
        }
        key.word.read(field, reader)
    }

    /// Reads a key with a default: `Some` unless a problem was reported.
    pub(crate) fn read_or<W: Word>(
        &self,
        key: &Key<W>,
        default: W::Meaning,
        reader: &mut Reader<'_>,
    ) -> Option<W::Meaning> {
        let value = self.read(key, reader);
        if self.has(key) { value } else { Some(default) }
    }

    /// Reads a key that may be left out: `Some(None)` when it is, `None` when a problem was reported.
    #[expect(clippy::option_option, reason = "absent and wrong are two things, as in `read_or`")]
    pub(crate) fn read_optional<W: Word>(&self, key: &Key<W>, reader: &mut Reader<'_>) -> Option<Option<W::Meaning>> {
        let value = self.read(key, reader);
        if self.has(key) { value.map(Some) } else { Some(None) }
    }

    /// The value of a key, unread.
    pub(crate) fn field<W>(&self, key: &Key<W>) -> Option<Field<'n>> {
        debug_assert!(self.shape.names().contains(&key.name), "`{}` is not declared in {}", key.name, self.shape.title);
        self.asked.borrow_mut().push(key.name);
        self.mapping.get(key.name).map(|node| Field { name: key.name, node })
    }

    /// Refuses a key that its shape knows, but not beside the others that are there.
    pub(crate) fn refuse(&self, key: &dyn AnyKey, reader: &mut Reader<'_>, problem: impl FnOnce(Span) -> Problem) {
        self.asked.borrow_mut().push(key.name());
        if let Some(entry) = self.mapping.entries().iter().find(|entry| entry.key.name == key.name()) {
            reader.report(problem(entry.key.span));
        }
    }

    /// Where a key itself stands; the mapping when it is absent.
    pub(crate) fn key_span<W>(&self, key: &Key<W>) -> Span {
        self.mapping.entries().iter().find(|entry| entry.key.name == key.name).map_or(self.span, |entry| entry.key.span)
    }

    /// The first line of the mapping.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// Ends the reading. In tests it notices a key that is declared and was never asked for.
    pub(crate) fn finish(self) {
        let asked = self.asked.into_inner();
        let mut forgotten = self.shape.keys.iter().filter(|key| !asked.contains(&key.name())).map(|key| key.name());
        debug_assert_eq!(forgotten.next(), None, "declared in {} and never read", self.shape.title);
    }
}

//! What reading carries along: the file, the problems so far, and the names that templates may use.

use std::ops::Range;

use super::Field;
use crate::diagnostics::{Problem, Problems, quote};
use crate::read::Scope;
use crate::source::{Source, Span};

/// The state of reading one file.
pub(crate) struct Reader<'s> {
    pub(crate) source: &'s Source,
    pub(crate) problems: Problems,
    pub(crate) scope: Scope,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(source: &'s Source) -> Self {
        Self { source, problems: Problems::default(), scope: Scope::default() }
    }

    pub(crate) fn report(&mut self, problem: Problem) {
        self.problems.report(problem);
    }

    /// A value of the wrong kind: `wanted` completes "must be …".
    pub(crate) fn expected(&self, wanted: &str, field: Field<'_>) -> Problem {
        Problem::at(self.first_line(field.span()), format!("{} must be {wanted}", quote(field.name)))
            .label(format!("found {}", field.node.kind()))
    }

    /// The line that something begins on, counted from 1.
    pub(crate) fn line(&self, span: Span) -> u32 {
        self.source.line(span)
    }

    /// A place cut to its first line, for values that go over many.
    pub(crate) fn first_line(&self, span: Span) -> Span {
        let length = self.source.slice(span).find(['\n', '\r']).unwrap_or(span.end.saturating_sub(span.start));
        Span { start: span.start, end: span.start + length }
    }

    /// The place of a part of a scalar's text. Quotes, escapes and line folding can shift it: then the part is looked
    /// for as it is, and if it is not there, the whole scalar is meant.
    pub(crate) fn part(&self, field: Field<'_>, range: Range<usize>) -> Span {
        let whole = field.span();
        let written = self.source.slice(whole);
        let text = field.node.as_scalar().map_or("", |scalar| scalar.text.as_str());
        let found = match written.find(text) {
            Some(at) => Some(at + range.start),
            None => text.get(range.clone()).and_then(|part| written.find(part)),
        };
        found.map_or(whole, |at| Span { start: whole.start + at, end: whole.start + at + range.len() })
    }
}

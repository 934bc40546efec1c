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

    /// The places of parts of a scalar's text.
    pub(crate) fn places(&self, field: Field<'_>) -> Places<'s> {
        let text = field.node.as_scalar().map_or("", |scalar| scalar.text.as_str());
        let written = self.source.slice(field.span());
        // Text as it is, or in quotes; behind an anchor (`&name text`) it ends where the scalar ends.
        let shifts = [0, 1, written.len().saturating_sub(text.len())];
        let shift = shifts.into_iter().find(|shift| written.get(*shift..).is_some_and(|rest| rest.starts_with(text)));
        Places { whole: field.span(), written, shift }
    }

    /// The place of a part of a scalar's text.
    pub(crate) fn part(&self, field: Field<'_>, range: Range<usize>) -> Span {
        let text = field.node.as_scalar().map_or("", |scalar| scalar.text.as_str());
        self.places(field).part(text, range)
    }
}

/// How a scalar's text lies in what was written.
pub(crate) struct Places<'s> {
    whole: Span,
    written: &'s str,
    /// Where the text begins in it. Absent when escapes or line folding make them differ.
    shift: Option<usize>,
}

impl Places<'_> {
    /// What is written longer than this is not searched, so that a file full of variables is not searched for each.
    const LONGEST_SEARCH: usize = 16 * 1024;

    /// The place of a part of the text. One that is not written as it is, is looked for; one that is not found is
    /// everywhere.
    pub(crate) fn part(&self, text: &str, range: Range<usize>) -> Span {
        let found = match self.shift {
            Some(shift) => Some(shift + range.start),
            None if self.written.len() > Self::LONGEST_SEARCH => None,
            None => text.get(range.clone()).and_then(|part| self.written.find(part)),
        };
        let start = self.whole.start;
        found.map_or(self.whole, |at| Span { start: start + at, end: start + at + range.len() })
    }
}

//! What is wrong with a file, where, and what to do about it.
//!
//! Readers report a [`Problem`] at a place and go on, so that one run shows every mistake. At the end [`Problems`]
//! become [`Diagnostics`]: sorted by place, each with the user's own line. How they look is left to
//! `diagnostics/render.rs`.

mod render;

use std::fmt;

use serde::Serialize;

use crate::source::{Source, Span};

/// A mistake at a place, before the place is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    span: Span,
    message: String,
    label: String,
    remedy: Option<String>,
    redacted: bool,
}

impl Problem {
    /// One sentence about what is wrong: lower-case, no full stop, the user's words in backticks.
    pub fn at(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), label: String::new(), remedy: None, redacted: false }
    }

    /// What stands beside the caret: what the marked text is, or should be.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Puts what was probably meant beside the caret; `otherwise`, when that cannot be guessed.
    #[must_use]
    pub fn meant(self, meant: Option<&str>, otherwise: &str) -> Self {
        match meant {
            Some(meant) => self.label(format!("did you mean {}?", quote(meant))),
            None => self.label(otherwise),
        }
    }

    /// Keeps the marked text out of the diagnostic: it may be a secret.
    #[must_use]
    pub fn redact(mut self) -> Self {
        self.redacted = true;
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// The mistakes of one file, as they are found.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    found: Vec<Problem>,
    beyond: usize,
}

impl Problems {
    /// How many are kept; a file with more is counted on, but nobody reads that far.
    const MAX_KEPT: usize = 200;

    /// Adds one.
    pub fn report(&mut self, problem: Problem) {
        self.report_with(|| problem);
    }

    /// Adds one that takes work to word: the work is left out when nobody would read it.
    pub fn report_with(&mut self, problem: impl FnOnce() -> Problem) {
        if self.found.len() < Self::MAX_KEPT {
            self.found.push(problem());
        } else {
            self.beyond += 1;
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// `value`, unless there were problems.
    ///
    /// # Errors
    ///
    /// [`Diagnostics`] when there were, or when there is no value.
    pub fn finish<T>(self, value: Option<T>, source: &Source) -> Result<T, Diagnostics> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self.into_diagnostics(source)),
        }
    }

    /// Looks up the places. Without any problem there is still one diagnostic: a file that was given up has a reason.
    #[must_use]
    pub fn into_diagnostics(mut self, source: &Source) -> Diagnostics {
        if self.found.is_empty() {
            return Diagnostic::of_file(source.name().to_owned(), "the file cannot be read", None).into();
        }
        self.found.sort_by_key(|problem| (problem.span.start, problem.span.end));
        self.found.dedup();
        let total = self.found.len() + self.beyond;
        let list: Vec<_> = self
            .found
            .into_iter()
            .take(Diagnostics::MAX_SHOWN)
            .map(|problem| Diagnostic::locate(problem, source))
            .collect();
        Diagnostics { omitted: total - list.len(), list }
    }
}

/// One mistake, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// What is wrong, in one sentence.
    pub message: String,
    /// The file, as it was named.
    pub file: String,
    /// Where in the file; absent when it is about the file as a whole.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// A place on a line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// How many characters are meant, on this line: at least 1.
    pub length: u32,
    /// The user's own line, around the place when it is very long. Control characters are those of the file.
    pub source_line: String,
    /// Characters of the line that stand before `source_line`.
    #[serde(skip)]
    cut: u32,
    /// Said beside the caret; may be empty.
    pub label: String,
}

impl Diagnostic {
    /// About a file as a whole.
    pub(crate) fn of_file(file: String, message: impl Into<String>, remedy: Option<String>) -> Self {
        Self { message: message.into(), file, place: None, remedy }
    }

    fn locate(problem: Problem, source: &Source) -> Self {
        let Problem { span, message, label, remedy, redacted } = problem;
        let (line_start, line) = source.line_around(span.start);
        let start = span.start.saturating_sub(line_start).min(line.len());
        let end = span.end.saturating_sub(line_start).clamp(start, line.len());
        let (before, marked) = (line.get(..start).unwrap_or_default(), line.get(start..end).unwrap_or_default());
        let (line, marked) = if redacted {
            (format!("{before}{REDACTED}{}", line.get(end..).unwrap_or_default()), REDACTED)
        } else {
            (line.to_owned(), marked.trim_end())
        };
        let (before, marked) = (before.chars().count(), marked.chars().count().max(1));
        let (cut, source_line) = render::cut(&line, before);
        let place = Place {
            line: source.line(span),
            column: count(before + 1),
            length: count(marked),
            source_line,
            cut: count(cut),
            label,
        };
        Self { message, file: source.name().to_owned(), place: Some(place), remedy }
    }

    /// On one line: `greenlight.yml:14:14: message`.
    #[must_use]
    pub fn summary(&self) -> String {
        match &self.place {
            Some(place) => {
                render::printable(&format!("{}:{}:{}: {}", self.file, place.line, place.column, self.message))
            }
            None => render::printable(&format!("{}: {}", self.file, self.message)),
        }
    }
}

/// Stands where a secret may have been.
const REDACTED: &str = "(redacted)";

/// Files are bounded far below this; saturating beats a panic in the code that explains errors.
fn count(characters: usize) -> u32 {
    u32::try_from(characters).unwrap_or(u32::MAX)
}

/// Everything that is wrong with a file, in file order. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostics {
    #[serde(rename = "diagnostics")]
    list: Vec<Diagnostic>,
    omitted: usize,
}

impl Diagnostics {
    /// How many are shown at most; the others are counted.
    pub const MAX_SHOWN: usize = 50;

    /// In file order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// How many there are, including those beyond [`Self::MAX_SHOWN`].
    #[must_use]
    pub fn total(&self) -> usize {
        self.list.len() + self.omitted
    }

    /// All of them as a person reads them, with the user's own lines; `color` for a terminal.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        render::render(self, color)
    }

    /// The first one on one line, and how many more there are: the reason of a verdict.
    #[must_use]
    pub fn summary(&self) -> String {
        let first = self.list.first().map(Diagnostic::summary).unwrap_or_default();
        match self.total() {
            0 | 1 => first,
            total => format!("{first} (and {} more)", total - 1),
        }
    }
}

impl<'d> IntoIterator for &'d Diagnostics {
    type Item = &'d Diagnostic;
    type IntoIter = std::slice::Iter<'d, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { list: vec![diagnostic], omitted: 0 }
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// The user's words in backticks, shortened when they are long and on one line whatever they hold.
#[must_use]
pub fn quote(text: &str) -> String {
    const LONGEST: usize = 60;
    let shown: String = text.chars().take(LONGEST).collect();
    let ellipsis = if shown.len() < text.len() { "…" } else { "" };
    render::printable(&format!("`{shown}{ellipsis}`"))
}

/// The candidate that was probably meant.
#[must_use]
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Longer words are no slips, and more candidates are no help; both would only take time.
    const LONGEST: usize = 64;
    const MOST: usize = 200;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    let near = |candidate: &&str| candidate.len() <= LONGEST && candidate.len().abs_diff(word.len()) <= 3;
    candidates
        .into_iter()
        .take(MOST)
        .filter(near)
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).clamp(1, 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

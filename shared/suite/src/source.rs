//! A file as it was found: its shown name, its text, and places in it.
//!
//! Reading is bounded before anything looks at the content, so that a wrong path (a log, a disk image) costs a megabyte
//! at most. What the text means is left to [`crate::yaml`].

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::diagnostics::{Diagnostic, Diagnostics, Problem, Problems};

/// A file to be read, by the name that diagnostics show.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// The largest file that is read, in bytes. Suites are pages, not megabytes: whatever is larger is not one.
    pub const MAX_BYTES: usize = 1024 * 1024;

    /// A text that is already at hand. Its size is judged when it is parsed.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        let line_starts = std::iter::once(0).chain(line_breaks(&text).map(|at| at + 1)).collect();
        Self { name: name.into(), text, line_starts }
    }

    /// The bytes of a file, for example from an object store.
    ///
    /// # Errors
    ///
    /// [`Diagnostics`] when there are more than [`Self::MAX_BYTES`] or they are not UTF-8.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Diagnostics> {
        let name = name.into();
        if bytes.len() > Self::MAX_BYTES {
            return Err(too_large(name));
        }
        String::from_utf8(bytes).map(|text| Self::new(&name, text)).map_err(|error| {
            let start = error.utf8_error().valid_up_to();
            // Everything before `start` is valid, so it has the same length in the lossy text.
            let lossy = Self::new(name, String::from_utf8_lossy(error.as_bytes()));
            let end = start + char::REPLACEMENT_CHARACTER.len_utf8();
            let mut problems = Problems::default();
            problems.report(
                Problem::at(Span { start, end }, "the file is not UTF-8 text")
                    .label("this byte is not part of any character")
                    .remedy("save the file as UTF-8"),
            );
            problems.into_diagnostics(&lossy)
        })
    }

    /// Reads a file; not more than [`Self::MAX_BYTES`] of it.
    ///
    /// # Errors
    ///
    /// [`Diagnostics`] when it cannot be read, and as [`Self::from_bytes`].
    pub fn read(path: &Path) -> Result<Self, Diagnostics> {
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        let limit = u64::try_from(Self::MAX_BYTES).unwrap_or(u64::MAX);
        match File::open(path).and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes)) {
            Ok(_) => Self::from_bytes(name, bytes),
            Err(error) => Err(Diagnostic::of_file(name, format!("the file cannot be read: {error}"), None).into()),
        }
    }

    /// As diagnostics show it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All of it, without a byte order mark.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text at a place.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The line that a place begins on, counted from 1.
    #[must_use]
    pub fn line(&self, span: Span) -> u32 {
        u32::try_from(self.line_index(span.start)).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The line around an offset, without its line break, and the offset where it begins.
    pub(crate) fn line_around(&self, offset: usize) -> (usize, &str) {
        let index = self.line_index(offset);
        let start_of = |index: usize| self.line_starts.get(index).copied().unwrap_or(self.text.len());
        let line = self.text.get(start_of(index)..start_of(index + 1)).unwrap_or_default();
        (start_of(index), line.trim_end_matches(['\n', '\r']))
    }

    fn line_index(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }
}

/// The last bytes of line breaks. YAML 1.2, section 5.4, has `\n`, `\r\n` and a lone `\r`.
fn line_breaks(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let is_break = move |at: usize| match bytes[at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    (0..bytes.len()).filter(move |at| is_break(*at))
}

fn too_large(name: String) -> Diagnostics {
    Diagnostic::of_file(name, too_large_message(), Some("check the path: a suite is a page or two of text".into()))
        .into()
}

pub(crate) fn too_large_message() -> String {
    format!("the file is larger than {} MiB", Source::MAX_BYTES / 1024 / 1024)
}

/// A stretch of a source, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it is over.
    pub end: usize,
}

//! What a matcher looks at, and what people are shown of it.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::duration::duration;
use crate::redactor::Redactor;

/// Characters of a value that are shown.
pub(super) const SHOWN: usize = 100;

/// One part of an answer, in the form in which it is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) enum View<'a> {
    /// It is not there.
    Absent,
    /// A JSON value: text and numbers are different things.
    Json(&'a Value),
    /// The nodes that a JSONPath selected which may select several: judged as a list.
    Nodes(&'a [&'a Value]),
    /// A header. A repeated one is one text, its values joined by `, ` as RFC 9110, section 5.3, has it.
    Header(&'a str),
    /// The body. Like a header it is text, whatever it spells.
    Body { text: &'a str, size: usize },
    /// The status code.
    Status(u16),
    /// A number of bytes.
    Size(u64),
    /// A length of time.
    Time(Duration),
}

impl<'a> View<'a> {
    /// The text that it is.
    pub(super) fn text(self) -> Option<&'a str> {
        match self {
            Self::Json(value) => value.as_str(),
            Self::Header(text) | Self::Body { text, .. } => Some(text),
            Self::Absent | Self::Nodes(_) | Self::Status(_) | Self::Size(_) | Self::Time(_) => None,
        }
    }

    /// The items that it consists of.
    pub(super) fn items(self) -> Option<Vec<View<'a>>> {
        match self {
            Self::Json(Value::Array(items)) => Some(items.iter().map(View::Json).collect()),
            Self::Nodes(nodes) => Some(nodes.iter().map(|node| View::Json(node)).collect()),
            _ => None,
        }
    }

    /// What was observed, in words.
    pub(super) fn shown(self, redactor: &Redactor) -> String {
        match self {
            Self::Absent => "absent".into(),
            Self::Json(value) => shown_value(value, redactor),
            Self::Nodes(nodes) => shown_value(&nodes, redactor),
            Self::Header(text) => format!("`{}`", redactor.cut(text, SHOWN)),
            Self::Body { size: 1, .. } => "(1 byte)".into(),
            Self::Body { size, .. } => format!("({size} bytes)"),
            Self::Status(code) => code.to_string(),
            Self::Size(bytes) => shown_size(bytes),
            Self::Time(length) => duration(length),
        }
    }

    /// What kind of thing it is, with its article.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Json(Value::Null) => "null",
            Self::Json(Value::Bool(_)) => "true or false",
            Self::Json(Value::Number(_)) | Self::Status(_) => "a number",
            Self::Json(Value::String(_)) | Self::Header(_) | Self::Body { .. } => "text",
            Self::Json(Value::Array(_)) | Self::Nodes(_) => "a list",
            Self::Json(Value::Object(_)) => "a mapping",
            Self::Size(_) => "a size",
            Self::Time(_) => "a length of time",
        }
    }
}

/// A value as it stands in a text: a template's number in a header is its digits.
pub(super) fn plain_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        value => Cow::Owned(value.to_string()),
    }
}

/// A value in JSON's own notation: `"1"` is not `1`. Of a large one only the beginning is written.
pub(super) fn shown_value(value: &impl Serialize, redactor: &Redactor) -> String {
    let mut beginning = Beginning(Vec::new());
    // An error says that there is enough.
    let _ = serde_json::to_writer(&mut beginning, value);
    redactor.cut(&String::from_utf8_lossy(&beginning.0), SHOWN)
}

/// Takes so many bytes that no secret in what is shown of them can be cut, and then no more.
struct Beginning(Vec<u8>);

impl Write for Beginning {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        const ENOUGH: usize = 256 * 1024;
        if self.0.len() > ENOUGH {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn shown_size(bytes: u64) -> String {
    const KIB: u64 = 1024;
    match bytes {
        1 => "1 byte".into(),
        _ if bytes >= KIB * KIB && bytes.is_multiple_of(KIB * KIB) => format!("{} MiB", bytes / KIB / KIB),
        _ if bytes >= KIB && bytes.is_multiple_of(KIB) => format!("{} KiB", bytes / KIB),
        _ => format!("{bytes} bytes"),
    }
}

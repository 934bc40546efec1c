//! Numbers of bytes: `512B`, `10kB`, `64KiB`. Always with a unit.

use serde_json::{Value, json};

use super::template::refuse_variables;
use crate::diagnostics::{Problem, quote};
use crate::grammar::{Definitions, Field, Reader, Word};

/// A number of bytes.
pub(super) struct Size;

const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("kB", 1000),
    ("KiB", 1024),
    ("MB", 1_000_000),
    ("MiB", 1024 * 1024),
    ("GB", 1_000_000_000),
    ("GiB", 1024 * 1024 * 1024),
];

fn parse_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let (_, bytes) = UNITS.into_iter().find(|(unit, _)| *unit == &text[digits.len()..])?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(bytes)
}

impl Word for Size {
    type Meaning = u64;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<u64> {
        let Some(scalar) = field.node.as_scalar() else {
            reader.report(reader.expected("a size such as `64KiB`", field));
            return None;
        };
        if refuse_variables("a size", field, reader) {
            return None;
        }
        let (name, text) = (field.name, scalar.text.as_str());
        if let Some(size) = parse_size(text) {
            return Some(size);
        }
        let written = quote(&format!("{name}: {text}"));
        let problem = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Problem::at(field.span(), format!("{written} has no unit"))
                .label("a number needs B, kB, KiB, MB, MiB, GB or GiB")
                .remedy(format!("write {} for bytes", quote(&format!("{name}: {text}B"))))
        } else {
            Problem::at(field.span(), format!("{written} is not a size"))
                .label("expected a whole number with B, kB, KiB, MB, MiB, GB or GiB")
                .remedy("`kB` is 1000 bytes, `KiB` is 1024")
        };
        reader.report(problem);
        None
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        definitions.refer("size", |_| {
            json!({
                "type": "string",
                "pattern": "^[0-9]+(B|kB|KiB|MB|MiB|GB|GiB)$",
                "description": "A number of bytes with its unit. kB is 1000 bytes, KiB is 1024.",
                "examples": ["512B", "10kB", "64KiB"],
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_needs_a_unit() {
        for (text, expected) in [
            ("0B", Some(0)),
            ("512B", Some(512)),
            ("10kB", Some(10_000)),
            ("64KiB", Some(65_536)),
            ("20000000000GiB", None),
            ("64", None),
            ("64K", None),
            ("10KB", None),
            ("1.5MB", None),
            ("B", None),
            ("-1B", None),
        ] {
            assert_eq!(parse_size(text), expected, "{text}");
        }
    }
}

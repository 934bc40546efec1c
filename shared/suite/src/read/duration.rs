//! Lengths of time: `300ms`, `10s`, `1.5m`. Always with a unit.

use std::time::Duration;

use serde_json::{Value, json};

use super::template::refuse_variables;
use crate::diagnostics::{Problem, quote};
use crate::grammar::{Definitions, Field, Reader, Word};

/// A length of time above zero.
pub(super) struct Time;

/// A function is stopped after 15 minutes, so nothing in it can take longer.
/// Source: AWS Lambda developer guide, "Lambda quotas".
const LONGEST: Duration = Duration::from_mins(15);

/// Why a text is no length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// `5`
    #[error("it has no unit: a number needs ms, s or m")]
    NoUnit,
    /// `soon`, `5 parsecs`
    #[error("it is not a number with ms, s or m")]
    NotATime,
    /// `0s`
    #[error("it must be above zero")]
    Zero,
    /// More than 15 minutes.
    #[error("it is longer than 15m, the longest that a function can run")]
    TooLong,
}

/// Reads a length of time as suites write it: `300ms`, `10s`, `1.5m`; above zero, at most 15 minutes.
///
/// # Errors
///
/// [`DurationError`], which completes the sentence "`5` is not a length of time: …".
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit())
        && !digits.ends_with('.')
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = if is_number { digits.parse().ok() } else { None }.ok_or(DurationError::NotATime)?;
    let seconds = match &text[digits.len()..] {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        "" => return Err(DurationError::NoUnit),
        _ => return Err(DurationError::NotATime),
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(Duration::ZERO) => Err(DurationError::Zero),
        Ok(duration) if duration <= LONGEST => Ok(duration),
        _ => Err(DurationError::TooLong),
    }
}

/// A number without a unit was probably meant in seconds, unless it is large.
fn with_unit(name: &str, text: &str) -> String {
    let (unit, meaning) = if text.len() < 3 { ("s", "seconds") } else { ("ms", "milliseconds") };
    format!("write {} for {meaning}", quote(&format!("{name}: {text}{unit}")))
}

impl Word for Time {
    type Meaning = Duration;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Duration> {
        let Some(scalar) = field.node.as_scalar() else {
            reader.report(reader.expected("a length of time such as `10s`", field));
            return None;
        };
        if refuse_variables("a length of time", field, reader) {
            return None;
        }
        let (name, text) = (field.name, scalar.text.as_str());
        let written = quote(&format!("{name}: {text}"));
        let problem = match parse_duration(text) {
            Ok(duration) => return Some(duration),
            Err(DurationError::NoUnit) => Problem::at(field.span(), format!("{written} has no unit"))
                .label("a number needs ms, s or m")
                .remedy(with_unit(name, text)),
            Err(DurationError::NotATime) => Problem::at(field.span(), format!("{written} is not a length of time"))
                .label("expected a number with ms, s or m")
                .remedy("write for example `300ms`, `10s` or `2m`"),
            Err(DurationError::Zero) => {
                Problem::at(field.span(), format!("{written} is no time at all")).label("must be above zero")
            }
            Err(DurationError::TooLong) => Problem::at(field.span(), format!("{written} is too long"))
                .label("at most 15m")
                .remedy("a function is stopped after 15 minutes, so nothing in it can take longer"),
        };
        reader.report(problem);
        None
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        definitions.refer("duration", |_| {
            json!({
                "type": "string",
                "pattern": "^[0-9]+(\\.[0-9]+)?(ms|s|m)$",
                "description": "A length of time with its unit: ms, s or m. At most 15m.",
                "examples": ["300ms", "10s", "2m"],
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_needs_a_unit_and_is_bounded() {
        for (text, expected) in [
            ("300ms", Ok(Duration::from_millis(300))),
            ("10s", Ok(Duration::from_secs(10))),
            ("1.5s", Ok(Duration::from_millis(1500))),
            ("15m", Ok(Duration::from_mins(15))),
            ("5", Err(DurationError::NoUnit)),
            ("0s", Err(DurationError::Zero)),
            ("0.0000000001ms", Err(DurationError::Zero)),
            ("901s", Err(DurationError::TooLong)),
            ("99999999999999999999999999m", Err(DurationError::TooLong)),
        ] {
            assert_eq!(parse_duration(text), expected, "{text}");
        }
        for text in ["", "s", "5h", "5 s", "-5s", "+5s", "1m30s", "1e3s", "infs", "5µs", "1.2.3s", ".", "1.s", ".5s"] {
            assert_eq!(parse_duration(text), Err(DurationError::NotATime), "{text}");
        }
    }
}

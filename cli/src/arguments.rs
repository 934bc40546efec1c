//! Values of options as they are typed, for the commands that share their form.

use std::time::Duration;

/// A length of time, as in `90s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    greenlight_suite::parse_duration(text).map_err(|error| error.to_string())
}

/// A name and its value, as in `NAME=VALUE`; the value may hold more equal signs.
pub(crate) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it is written NAME=VALUE".to_owned()),
    }
}

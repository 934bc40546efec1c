//! Takes one value out of an answer: for a capture, or for the version marker.

use greenlight_suite::Extraction;
use serde_json::Value;

use crate::judge::{Judged, header_lines};

/// Whether an extraction needs the body.
pub(crate) fn reads_body(extraction: &Extraction) -> bool {
    match extraction {
        Extraction::Json(_) | Extraction::Body | Extraction::BodyMatch(_) => true,
        Extraction::Header(_) => false,
    }
}

/// Where an extraction looks, in words.
pub(crate) fn place(extraction: &Extraction) -> String {
    match extraction {
        Extraction::Json(path) => format!("json `{}`", path.text()),
        Extraction::Header(name) => format!("header `{name}`"),
        Extraction::Body => "body".into(),
        Extraction::BodyMatch(pattern) => format!("body's match of `{pattern}`"),
    }
}

/// The one value that is meant, or what is there instead of it.
///
/// `null`, empty text and several values are no value: a request made with one of them would ask for something else.
pub(crate) fn extract(extraction: &Extraction, judged: &Judged<'_>) -> Result<Value, String> {
    let body = &judged.answer.body;
    if reads_body(extraction) && judged.answer.truncated {
        return Err("beyond what is read".into());
    }
    let value = match extraction {
        Extraction::Json(path) => {
            let document = match &judged.json {
                Some(Ok(document)) => document,
                Some(Err(problem)) => return Err(format!("not JSON ({problem})")),
                None => return Err("not read".into()),
            };
            match document.select(path)?.as_slice() {
                [] => return Err("absent".into()),
                [value] => (*value).clone(),
                several => return Err(format!("{} values", several.len())),
            }
        }
        Extraction::Header(name) => match header_lines(&judged.answer.headers, name).as_slice() {
            [] => return Err("absent".into()),
            [line] => Value::from(line.as_str()),
            several => return Err(format!("{} values", several.len())),
        },
        Extraction::Body => Value::from(String::from_utf8_lossy(body).trim()),
        Extraction::BodyMatch(pattern) => match pattern.extract(&String::from_utf8_lossy(body)) {
            Some(found) => Value::from(found),
            None => return Err("absent".into()),
        },
    };
    match value {
        Value::Null => Err("null".into()),
        Value::String(text) if text.is_empty() => Err("empty".into()),
        value => Ok(value),
    }
}

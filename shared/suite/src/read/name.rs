//! Names that the user chooses: of variables, captures, secrets, checks and form fields.

use serde_json::{Value, json};

use super::collection::Name;
use crate::diagnostics::{Problem, quote};
use crate::grammar::Reader;
use crate::yaml::Key;

/// `[A-Za-z_][A-Za-z0-9_]*`, to be read as `${name}`.
pub(super) struct Identifier;

pub(super) fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Name for Identifier {
    type Meaning = String;

    fn read(&self, key: &Key, reader: &mut Reader<'_>) -> Option<String> {
        if is_identifier(&key.name) {
            return Some(key.name.clone());
        }
        reader.report(
            Problem::at(key.span, format!("{} cannot be read as `${{…}}`", quote(&key.name)))
                .label("letters, digits and `_`, not beginning with a digit"),
        );
        None
    }

    fn schema(&self) -> Value {
        json!({ "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" })
    }
}

/// The name of a check: a short line.
pub(super) struct CheckName;

impl CheckName {
    const LONGEST: usize = 100;
}

impl Name for CheckName {
    type Meaning = String;

    fn read(&self, key: &Key, reader: &mut Reader<'_>) -> Option<String> {
        let name = &key.name;
        let length = name.chars().count();
        let label = if name.trim().is_empty() {
            "it has none".to_owned()
        } else if length > Self::LONGEST {
            format!("{length} characters, at most {}", Self::LONGEST)
        } else if name.chars().any(char::is_control) {
            "control characters and line breaks cannot stand in it".to_owned()
        } else if name.contains("${") {
            "variables cannot stand in it".to_owned()
        } else {
            return Some(name.clone());
        };
        reader.report(Problem::at(key.span, format!("{} cannot be the name of a check", quote(name))).label(label));
        None
    }

    fn schema(&self) -> Value {
        json!({ "minLength": 1, "maxLength": Self::LONGEST })
    }
}

/// Any text, taken literally: names of query parameters and form fields.
pub(super) struct Literal;

impl Name for Literal {
    type Meaning = String;

    fn read(&self, key: &Key, reader: &mut Reader<'_>) -> Option<String> {
        if key.name.contains("${") {
            reader.report(
                Problem::at(key.span, "variables cannot stand in keys")
                    .label("keys are literal")
                    .remedy("use the variable in the value"),
            );
            return None;
        }
        Some(key.name.clone())
    }

    fn schema(&self) -> Value {
        json!({ "minLength": 1 })
    }
}

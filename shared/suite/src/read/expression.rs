//! JSONPath expressions and regular expressions, parsed while the suite is read.

use serde_json::{Value, json};

use super::collection::Name;
use super::template::refuse_variables;
use crate::diagnostics::{Problem, quote};
use crate::grammar::{Definitions, Field, Reader, Word};
use crate::model::{JsonPath, Pattern};
use crate::source::Span;
use crate::yaml::Key;

/// A JSONPath expression, as a value or as a key.
pub(super) struct Path;

impl Path {
    fn parse(text: &str, span: Span, reader: &mut Reader<'_>) -> Option<JsonPath> {
        let problem = || Problem::at(span, format!("{} is not a JSONPath", quote(text)));
        let problem = if text.contains("${") {
            Problem::at(span, "variables cannot stand in a JSONPath").label("taken literally")
        } else if !text.starts_with('$') {
            let remedy = format!("write {}", quote(&format!("$.{}", text.trim_start_matches('.'))));
            problem().label("it begins with `$`, the whole body").remedy(remedy)
        } else {
            match JsonPath::parse(text) {
                Ok(path) => return Some(path),
                Err(reason) => {
                    problem().label(reason).remedy("the notation is that of RFC 9535, such as `$.items[0].id`")
                }
            }
        };
        reader.report(problem);
        None
    }
}

impl Word for Path {
    type Meaning = JsonPath;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<JsonPath> {
        let Some(text) = field.node.as_text() else {
            reader.report(reader.expected("a JSONPath such as `$.id`", field));
            return None;
        };
        Self::parse(text, field.span(), reader)
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^\\$", "maxLength": JsonPath::MAX_LENGTH })
    }
}

impl Name for Path {
    type Meaning = JsonPath;

    fn read(&self, key: &Key, reader: &mut Reader<'_>) -> Option<JsonPath> {
        Self::parse(&key.name, key.span, reader)
    }

    fn schema(&self) -> Value {
        json!({ "pattern": "^\\$", "maxLength": JsonPath::MAX_LENGTH })
    }
}

/// A regular expression.
pub(super) struct Regex;

impl Word for Regex {
    type Meaning = Pattern;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Pattern> {
        let Some(text) = field.node.as_written() else {
            reader.report(reader.expected("a regular expression", field));
            return None;
        };
        // `\\${` is a dollar and a brace in the text that is searched.
        if !text.contains("\\${") && refuse_variables("a regular expression", field, reader) {
            return None;
        }
        match Pattern::parse(text) {
            Ok(pattern) => Some(pattern),
            Err(reason) => {
                let problem = Problem::at(field.span(), format!("{} is not a regular expression", quote(text)));
                reader.report(problem.label(reason).remedy("the notation is that of the Rust crate `regex`"));
                None
            }
        }
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        json!({ "type": ["string", "number", "boolean"], "maxLength": Pattern::MAX_LENGTH })
    }
}

//! Says in words what a matcher expects, so that a sentence can end in "expected …".

use greenlight_suite::{Bound, Expectation, JsonType, Lookup, Matcher, Undefined, ValueTemplate};
use serde_json::Value;

use super::view::{SHOWN, plain_text, shown_size, shown_value};
use crate::duration::duration;
use crate::redactor::Redactor;

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    /// As JSON: `"1"` is not `1`.
    Json,
    /// In backticks: headers and bodies are nothing but text.
    Text,
}

/// Speaks about one part of an answer.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) notation: Notation,
    pub(super) redactor: &'a Redactor,
    pub(super) values: &'a dyn Lookup,
}

impl Words<'_> {
    /// What `matcher` expects: `at least 3`, ``to contain `Hello` ``, `one of 200, 204`.
    pub(super) fn expected(self, matcher: &Matcher) -> Result<String, Undefined> {
        Ok(match matcher {
            Matcher::Equals(value) => self.value(value)?,
            Matcher::OneOf(several) => match several.as_slice() {
                [only] => self.value(only)?,
                several => format!("one of {}", self.list(several)?),
            },
            Matcher::StatusIn(sets) => match sets.as_slice() {
                [only] => only.to_string(),
                sets => format!("one of {}", sets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
            },
            Matcher::Not(inner) => format!("not {}", self.joined(inner, " nor ")?),
            Matcher::Contains(value) => format!("to contain {}", self.value(value)?),
            Matcher::StartsWith(start) => {
                format!("to start with {}", self.shown(&Value::from(start.render(self.values)?)))
            }
            Matcher::Matches(pattern) => format!("to match `{}`", self.redactor.cut(pattern.text(), SHOWN)),
            Matcher::Exists(true) => "to exist".into(),
            Matcher::Exists(false) => "to be absent".into(),
            Matcher::Empty(true) => "to be empty".into(),
            Matcher::Empty(false) => "not to be empty".into(),
            Matcher::Length(inner) => format!("length {}", self.joined(inner, " and ")?),
            Matcher::Type(kind) => named(*kind).into(),
            Matcher::AtLeast(bound) => format!("at least {}", self.bound(bound)?),
            Matcher::AtMost(bound) => format!("at most {}", self.bound(bound)?),
            Matcher::Above(bound) => format!("above {}", self.bound(bound)?),
            Matcher::Below(bound) => format!("below {}", self.bound(bound)?),
            Matcher::Every(inner) => format!("every item {}", self.joined(inner, " and ")?),
            Matcher::Any(inner) => format!("some item {}", self.joined(inner, " and ")?),
        })
    }

    fn joined(self, Expectation(matchers): &Expectation, by: &str) -> Result<String, Undefined> {
        let words: Result<Vec<_>, _> = matchers.iter().map(|matcher| self.expected(matcher)).collect();
        Ok(words?.join(by))
    }

    fn list(self, several: &[ValueTemplate]) -> Result<String, Undefined> {
        let words: Result<Vec<_>, _> = several.iter().map(|value| self.value(value)).collect();
        Ok(self.redactor.cut(&words?.join(", "), 2 * SHOWN))
    }

    fn value(self, value: &ValueTemplate) -> Result<String, Undefined> {
        Ok(self.shown(&value.render(self.values)?))
    }

    fn shown(self, value: &Value) -> String {
        match self.notation {
            Notation::Json => shown_value(value, self.redactor),
            Notation::Text => format!("`{}`", self.redactor.cut(&plain_text(value), SHOWN)),
        }
    }

    fn bound(self, bound: &Bound) -> Result<String, Undefined> {
        Ok(match bound {
            Bound::Number(number) => shown_value(&number.render(self.values)?, self.redactor),
            Bound::Time(length) => duration(*length),
            Bound::Size(bytes) => shown_size(*bytes),
        })
    }
}

fn named(kind: JsonType) -> &'static str {
    match kind {
        JsonType::String => "text",
        JsonType::Number => "a number",
        JsonType::Integer => "a whole number",
        JsonType::Boolean => "true or false",
        JsonType::Array => "a list",
        JsonType::Object => "a mapping",
        JsonType::Null => "null",
    }
}

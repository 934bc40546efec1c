//! Says in words what a matcher expects, so that a sentence can end in "expected …".

use greenlight_suite::{Bound, Expectation, JsonType, Lookup, Matcher, Undefined, ValueTemplate};
use serde_json::Value;

use super::view::{SHOWN, View, shown_size, shown_value};
use crate::duration;
use crate::redactor::Redactor;

/// Speaks about one view: values are in JSON's notation beside JSON, in backticks beside text.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) redactor: &'a Redactor,
    pub(super) values: &'a dyn Lookup,
}

impl Words<'_> {
    /// What `matcher` expects of `view`: `at least 3`, ``to contain `Hello` ``, `one of 200, 204`.
    pub(super) fn expected(self, matcher: &Matcher, view: View<'_>) -> Result<String, Undefined> {
        Ok(match matcher {
            Matcher::Equals(value) => self.value(value, view)?,
            Matcher::OneOf(several) => match several.as_slice() {
                [only] => self.value(only, view)?,
                several => format!("one of {}", self.list(several, view)?),
            },
            Matcher::StatusIn(sets) => match sets.as_slice() {
                [only] => only.to_string(),
                sets => format!("one of {}", sets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
            },
            Matcher::Not(inner) => format!("not {}", self.joined(inner, view, " nor ")?),
            Matcher::Contains(value) => format!("to contain {}", self.value(value, view)?),
            Matcher::StartsWith(start) => {
                format!("to start with {}", self.shown(&Value::from(start.render(self.values)?), view))
            }
            Matcher::Matches(pattern) => format!("to match `{}`", self.redactor.cut(pattern.text(), SHOWN)),
            Matcher::Exists(true) => "to exist".into(),
            Matcher::Exists(false) => "to be absent".into(),
            Matcher::Empty(true) => "to be empty".into(),
            Matcher::Empty(false) => "not to be empty".into(),
            Matcher::Length(inner) => format!("length {}", self.joined(inner, View::Size(0), " and ")?),
            Matcher::Type(kind) => named(*kind).into(),
            Matcher::AtLeast(bound) => format!("at least {}", self.bound(bound)?),
            Matcher::AtMost(bound) => format!("at most {}", self.bound(bound)?),
            Matcher::Above(bound) => format!("above {}", self.bound(bound)?),
            Matcher::Below(bound) => format!("below {}", self.bound(bound)?),
            Matcher::Every(inner) => format!("every item {}", self.joined(inner, view, " and ")?),
            Matcher::Any(inner) => format!("some item {}", self.joined(inner, view, " and ")?),
        })
    }

    fn joined(self, Expectation(matchers): &Expectation, view: View<'_>, by: &str) -> Result<String, Undefined> {
        let words: Result<Vec<_>, _> = matchers.iter().map(|matcher| self.expected(matcher, view)).collect();
        Ok(words?.join(by))
    }

    fn list(self, several: &[ValueTemplate], view: View<'_>) -> Result<String, Undefined> {
        let words: Result<Vec<_>, _> = several.iter().map(|value| self.value(value, view)).collect();
        Ok(self.redactor.cut(&words?.join(", "), 2 * SHOWN))
    }

    fn value(self, value: &ValueTemplate, view: View<'_>) -> Result<String, Undefined> {
        Ok(self.shown(&value.render(self.values)?, view))
    }

    fn shown(self, value: &Value, view: View<'_>) -> String {
        match (value, view) {
            (Value::String(text), View::Header { .. } | View::Body { .. } | View::Absent) => {
                format!("`{}`", self.redactor.cut(text, SHOWN))
            }
            (value, _) => shown_value(value, self.redactor),
        }
    }

    fn bound(self, bound: &Bound) -> Result<String, Undefined> {
        Ok(match bound {
            Bound::Number(number) => shown_value(&number.render(self.values)?, self.redactor),
            Bound::Time(length) => duration::shown(*length),
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

//! One matcher on one value: it holds, it fails, or it does not fit.
//!
//! *Does not fit* is what keeps a `not` honest. Nothing can be said about the text of a value that is absent or is a
//! number, so `contains` does not fit it, and then neither does `not: { contains: … }`: a check must not pass because a
//! field was renamed. Only `exists`, and what speaks of nothing itself, can be asked of what is absent.

use std::cmp::Ordering;

use greenlight_suite::{Bound, Expectation, JsonType, Lookup, Matcher, Undefined, ValueTemplate};
use serde_json::{Number, Value};

use super::number;
use super::view::{View, plain_text};

/// How a matcher took a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Holds,
    Fails,
    /// It can say nothing about a value of this kind.
    Unfit,
}

impl Fit {
    fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }

    /// Holds when all do; does not fit when one does not.
    fn all(fits: impl IntoIterator<Item = Result<Self, Undefined>>) -> Result<Self, Undefined> {
        fits.into_iter().try_fold(Self::Holds, |worst, fit| {
            Ok(match (worst, fit?) {
                (Self::Unfit, _) | (_, Self::Unfit) => Self::Unfit,
                (Self::Fails, _) | (_, Self::Fails) => Self::Fails,
                (Self::Holds, Self::Holds) => Self::Holds,
            })
        })
    }

    /// Holds when one does; otherwise does not fit when one does not.
    fn any(fits: impl IntoIterator<Item = Result<Self, Undefined>>) -> Result<Self, Undefined> {
        let mut any = Self::Fails;
        for fit in fits {
            match fit? {
                Self::Holds => return Ok(Self::Holds),
                Self::Unfit => any = Self::Unfit,
                Self::Fails => {}
            }
        }
        Ok(any)
    }

    fn negated(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
            Self::Unfit => Self::Unfit,
        }
    }
}

/// Judges a value by one matcher.
///
/// # Errors
///
/// A variable in the matcher has no value.
pub(super) fn judge(matcher: &Matcher, view: View<'_>, values: &dyn Lookup) -> Result<Fit, Undefined> {
    let absent = matches!(view, View::Absent) || matches!(view, View::Nodes([]));
    Ok(match matcher {
        Matcher::Exists(there) => Fit::of(*there == is_there(view)),
        Matcher::Empty(empty) => length(view).map_or(Fit::Unfit, |length| Fit::of((length == 0) == *empty)),
        Matcher::Length(expectation) => match length(view) {
            Some(length) => all_hold(expectation, View::Json(&Value::from(length)), values)?,
            None => Fit::Unfit,
        },
        Matcher::Not(expectation) => {
            Fit::all(expectation.0.iter().map(|matcher| judge(matcher, view, values).map(Fit::negated)))?
        }
        _ if absent => Fit::Unfit,
        Matcher::Equals(expected) => Fit::of(equals(view, &expected.render(values)?)),
        Matcher::OneOf(several) => Fit::of(is_one_of(several, view, values)?),
        Matcher::StatusIn(sets) => match view {
            View::Status(code) => Fit::of(sets.iter().any(|set| set.contains(code))),
            _ => Fit::Unfit,
        },
        Matcher::Contains(expected) => contains(view, &expected.render(values)?),
        Matcher::StartsWith(start) => {
            let start = start.render(values)?;
            view.text().map_or(Fit::Unfit, |text| Fit::of(text.starts_with(&start)))
        }
        Matcher::Matches(pattern) => view.text().map_or(Fit::Unfit, |text| Fit::of(pattern.is_match(text))),
        Matcher::Type(kind) => Fit::of(is_of(view, *kind)),
        Matcher::AtLeast(bound) => within(view, bound, values, Ordering::is_ge)?,
        Matcher::AtMost(bound) => within(view, bound, values, Ordering::is_le)?,
        Matcher::Above(bound) => within(view, bound, values, Ordering::is_gt)?,
        Matcher::Below(bound) => within(view, bound, values, Ordering::is_lt)?,
        Matcher::Every(expectation) => match view.items() {
            Some(items) if items.is_empty() => Fit::Unfit,
            Some(items) => Fit::all(items.into_iter().map(|item| all_hold(expectation, item, values)))?,
            None => Fit::Unfit,
        },
        Matcher::Any(expectation) => match view.items() {
            Some(items) => Fit::any(items.into_iter().map(|item| all_hold(expectation, item, values)))?,
            None => Fit::Unfit,
        },
    })
}

/// Judges a value by all matchers of an expectation together.
pub(super) fn all_hold(expectation: &Expectation, view: View<'_>, values: &dyn Lookup) -> Result<Fit, Undefined> {
    Fit::all(expectation.0.iter().map(|matcher| judge(matcher, view, values)))
}

/// A body is there when it has a single byte.
fn is_there(view: View<'_>) -> bool {
    match view {
        View::Absent | View::Nodes([]) => false,
        View::Body { size, .. } => size > 0,
        _ => true,
    }
}

/// Characters, items or keys.
fn length(view: View<'_>) -> Option<usize> {
    match view {
        View::Json(Value::Array(items)) => Some(items.len()),
        View::Json(Value::Object(entries)) => Some(entries.len()),
        View::Nodes(nodes) => Some(nodes.len()),
        _ => view.text().map(|text| text.chars().count()),
    }
}

/// Headers and bodies are text, whatever they spell; JSON knows what it holds.
fn equals(view: View<'_>, expected: &Value) -> bool {
    match view {
        View::Json(found) => same(found, expected),
        View::Nodes(nodes) => expected.as_array().is_some_and(|items| {
            nodes.len() == items.len() && nodes.iter().zip(items).all(|(node, item)| same(node, item))
        }),
        View::Header(text) | View::Body { text, .. } => text == plain_text(expected),
        View::Status(_) | View::Size(_) => number_of(view)
            .zip(limit_of(expected))
            .is_some_and(|(found, expected)| number::compare(&found, &expected) == Some(Ordering::Equal)),
        View::Absent | View::Time(_) => false,
    }
}

/// Whether two JSON values are the same: numbers by value, mappings in any order.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => number::compare(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

fn is_one_of(several: &[ValueTemplate], view: View<'_>, values: &dyn Lookup) -> Result<bool, Undefined> {
    for expected in several {
        if equals(view, &expected.render(values)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Text holds the text of a scalar; a list holds an item.
fn contains(view: View<'_>, expected: &Value) -> Fit {
    match (view.text(), view.items()) {
        (Some(text), _) => Fit::of(text.contains(plain_text(expected).as_ref())),
        (None, Some(items)) => Fit::of(items.into_iter().any(|item| equals(item, expected))),
        (None, None) => Fit::Unfit,
    }
}

fn is_of(view: View<'_>, kind: JsonType) -> bool {
    match (kind, view) {
        (JsonType::String, View::Json(Value::String(_)) | View::Header(_) | View::Body { .. })
        | (JsonType::Number, View::Json(Value::Number(_)) | View::Status(_) | View::Size(_))
        | (JsonType::Integer, View::Status(_) | View::Size(_))
        | (JsonType::Boolean, View::Json(Value::Bool(_)))
        | (JsonType::Array, View::Json(Value::Array(_)) | View::Nodes(_))
        | (JsonType::Object, View::Json(Value::Object(_)))
        | (JsonType::Null, View::Json(Value::Null)) => true,
        (JsonType::Integer, View::Json(Value::Number(found))) => number::is_whole(found),
        _ => false,
    }
}

fn within(view: View<'_>, bound: &Bound, values: &dyn Lookup, allowed: fn(Ordering) -> bool) -> Result<Fit, Undefined> {
    let ordering = match (bound, view) {
        (Bound::Time(limit), View::Time(length)) => Some(length.cmp(limit)),
        (Bound::Size(limit), View::Size(bytes)) => Some(bytes.cmp(limit)),
        (Bound::Number(limit), view) => number_of(view)
            .zip(limit_of(&limit.render(values)?))
            .and_then(|(found, limit)| number::compare(&found, &limit)),
        (Bound::Time(_) | Bound::Size(_), _) => None,
    };
    Ok(ordering.map_or(Fit::Unfit, |ordering| Fit::of(allowed(ordering))))
}

/// The number that a value is.
fn number_of(view: View<'_>) -> Option<Number> {
    match view {
        View::Json(Value::Number(number)) => Some(number.clone()),
        View::Status(code) => Some(code.into()),
        View::Size(bytes) => Some(bytes.into()),
        View::Json(_) | View::Absent | View::Nodes(_) | View::Header(_) | View::Body { .. } | View::Time(_) => None,
    }
}

/// The number that a suite compares with. A variable may hold it as text, for example one from the environment.
fn limit_of(expected: &Value) -> Option<Number> {
    match expected {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => serde_json::from_str(text.trim()).ok(),
        _ => None,
    }
}

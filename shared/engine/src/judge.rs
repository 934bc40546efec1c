//! Judges an answer by what a suite expects of it.
//!
//! One failure for each matcher that does not hold, in the order status, headers, body, JSON, size, time: whoever reads
//! it wants the whole picture, and the first line to be the one that matters most. What can be expected is
//! [`greenlight_suite`]'s, how a matcher takes a value is [`matcher`]'s, and how it is said is [`words`]'.

mod matcher;
mod number;
#[cfg(test)]
mod tests;
mod view;
mod words;

use std::time::Duration;

use greenlight_suite::{Expect, Expectation, JsonPath, Matcher, Undefined};
use http::{HeaderMap, StatusCode};

use crate::document::Document;
use crate::exchange::Answer;
use crate::record::{Failure, FailureKind};
use crate::scope::Layered;
use matcher::Fit;
use view::View;
use words::{Notation, Words};

pub(crate) use matcher::same;

/// Headers whose values are credentials: they are judged, and never shown.
const NEVER_SHOWN: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/// An answer, and what has been made of it so far.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) answer: &'a Answer,
    pub(crate) time: Duration,
    /// Present when an expectation or an extraction looks into it.
    pub(crate) json: Option<Result<Document, String>>,
}

/// The values of one header as text, in order; bytes that are not UTF-8 are replaced.
pub(crate) fn header_lines(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

/// Everything in an answer that is not as expected; nothing when it passes.
pub(crate) fn judge(expect: &Expect, judged: &Judged<'_>, values: Layered<'_>) -> Vec<Failure> {
    let mut bench = Bench { values, failures: Vec::new() };
    let answer = judged.answer;
    bench.status(expect.status.as_ref(), answer.status);
    if let (Some(unfollowed), Some(failure)) = (&answer.unfollowed, bench.failures.last_mut()) {
        failure.remedy = Some(unfollowed.remedy());
    }
    for (name, expectation) in &expect.headers {
        bench.header(name, expectation, &answer.headers);
    }
    if !answer.truncated {
        if let Some(expectation) = &expect.body {
            let text = String::from_utf8_lossy(&answer.body);
            bench.expect("body", expectation, View::Body { text: &text, size: answer.body.len() }, Notation::Text);
        }
        bench.json(&expect.json, judged.json.as_ref());
        if let Some(expectation) = &expect.size {
            let size = u64::try_from(answer.body.len()).unwrap_or(u64::MAX);
            bench.expect("size", expectation, View::Size(size), Notation::Json);
        }
    }
    if let Some(expectation) = &expect.time {
        bench.expect("time", expectation, View::Time(judged.time), Notation::Json);
    }
    bench.failures
}

/// Collects failures.
struct Bench<'a> {
    values: Layered<'a>,
    failures: Vec<Failure>,
}

impl Bench<'_> {
    fn status(&mut self, expectation: Option<&Expectation>, status: StatusCode) {
        let before = self.failures.len();
        match expectation {
            Some(expectation) => self.expect("status", expectation, View::Status(status.as_u16()), Notation::Json),
            None if status.is_success() => {}
            None => self.fail("status", status.as_u16().to_string(), Some("2xx".into())),
        }
        for failure in self.failures[before..].iter_mut().filter(|failure| failure.kind == FailureKind::Assertion) {
            failure.kind = FailureKind::Status;
        }
    }

    fn header(&mut self, name: &str, expectation: &Expectation, headers: &HeaderMap) {
        let before = self.failures.len();
        let subject = format!("header `{name}`");
        let lines = header_lines(headers, name);
        if lines.is_empty() {
            self.expect(&subject, expectation, View::Absent, Notation::Text);
        } else {
            self.expect(&subject, expectation, View::Header(&lines.join(", ")), Notation::Text);
            if NEVER_SHOWN.contains(&name) {
                self.failures[before..].iter_mut().for_each(|failure| failure.observed = "(not shown)".into());
            }
        }
    }

    /// A body that is not JSON is one failure, however much was expected of it.
    fn json(&mut self, expectations: &[(JsonPath, Expectation)], json: Option<&Result<Document, String>>) {
        if expectations.is_empty() {
            return;
        }
        let document = match json {
            Some(Ok(document)) => document,
            Some(Err(problem)) => return self.fail("body", format!("is not JSON ({problem})"), Some("JSON".into())),
            None => return self.fail("body", "was not read".into(), Some("JSON".into())),
        };
        for (path, expectation) in expectations {
            let subject = format!("json `{}`", path.text());
            let nodes = match document.select(path) {
                Ok(nodes) => nodes,
                Err(problem) => {
                    self.fail(&subject, problem, Some("a path with fewer `..`".into()));
                    continue;
                }
            };
            let view = match nodes.as_slice() {
                nodes if !path.is_singular() => View::Nodes(nodes),
                [node, ..] => View::Json(node),
                [] => View::Absent,
            };
            self.expect(&subject, expectation, view, Notation::Json);
        }
    }

    fn expect(&mut self, subject: &str, expectation: &Expectation, view: View<'_>, notation: Notation) {
        for matcher in &expectation.0 {
            match self.observe(matcher, view, notation) {
                Ok(None) => {}
                Ok(Some((observed, expected))) => self.fail(subject, observed, Some(expected)),
                Err(undefined) => self.failures.push(self.values.scope.undefined(undefined)),
            }
        }
    }

    /// What was observed and expected, when the matcher does not hold.
    fn observe(
        &self,
        matcher: &Matcher,
        view: View<'_>,
        notation: Notation,
    ) -> Result<Option<(String, String)>, Undefined> {
        let words = Words { notation, redactor: self.values.redactor(), values: &self.values };
        let fit = matcher::judge(matcher, view, &self.values)?;
        if fit == Fit::Holds {
            return Ok(None);
        }
        let observed = match (matcher, view.items()) {
            (Matcher::Every(inner), Some(items)) => self.first_bad_item(inner, &items)?,
            _ => None,
        };
        let observed = observed.unwrap_or_else(|| match (fit, view) {
            (Fit::Unfit, View::Json(_) | View::Nodes([_, ..])) => {
                format!("{} ({})", view.shown(words.redactor), view.kind())
            }
            _ => view.shown(words.redactor),
        });
        Ok(Some((observed, words.expected(matcher)?)))
    }

    /// The item that is to blame for a failed `every`, counted from 0 as in JSONPath.
    fn first_bad_item(&self, inner: &Expectation, items: &[View<'_>]) -> Result<Option<String>, Undefined> {
        for (index, item) in items.iter().enumerate() {
            if matcher::all_hold(inner, *item, &self.values)? != Fit::Holds {
                return Ok(Some(format!("{} in item {index}", item.shown(self.values.redactor()))));
            }
        }
        Ok(None)
    }

    fn fail(&mut self, subject: &str, observed: String, expected: Option<String>) {
        let kind = FailureKind::Assertion;
        self.failures.push(Failure { kind, subject: subject.to_owned(), observed, expected, remedy: None });
    }
}

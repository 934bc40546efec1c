//! Looks for a version marker that no suite names: a place in blue's answers where one of blue's own values stands.
//!
//! What stands in that place in green's answers is then green's value of the same name, or it was not green that
//! answered. Only a whole value counts: a part of a page proves nothing.

use std::iter::once;

use greenlight_suite::{Extraction, JsonPath, Request};
use http::HeaderMap;
use serde_json::Value;
use tokio::time::timeout_at;

use crate::attempt::Limit;
use crate::client::Connection;
use crate::deadline::Deadline;
use crate::document::Document;
use crate::exchange::{Answer, Trace};
use crate::extract::place;
use crate::judge::header_lines;
use crate::load_balancer;
use crate::request::prepare;
use crate::scope::{Captures, Layered};
use crate::session::Session;
use crate::version::text_of;

/// Characters below which a value may stand anywhere by chance.
const SHORTEST: usize = 3;

/// Headers that say something about the answer, the connection or the server's make, whatever runs behind it.
const COMMON: [&str; 24] = [
    "accept-ranges",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "location",
    "pragma",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "via",
    "x-powered-by",
];
/// The same, of the load balancer's own making.
const COMMON_PREFIX: &str = "x-amzn-";

/// Words of which one has to be in a place's name for a number that stands there to be a marker.
const VERSION_WORDS: [&str; 9] = ["version", "revision", "release", "commit", "sha", "build", "tag", "digest", "image"];

/// A place in an answer where the marker stands.
#[derive(Debug, Clone)]
pub struct FoundMarker {
    /// The question.
    pub request: Request,
    /// Where in its answer.
    pub read: Extraction,
    /// Both in words: ``header `x-version` of GET /health``.
    pub place: String,
    /// The name of the candidate whose value stands there.
    pub candidate: String,
}

impl Session {
    /// Asks each request once and looks for a candidate's value: as a whole header, as text or number at the top of a
    /// JSON object, or as the whole body. `candidates` are names with the values that they have for this target; one
    /// shorter than three characters is overlooked. One of digits alone counts only where the name of the header or of the
    /// JSON key has a word for a version in it: `200` is also a status, and `120` a rate limit.
    ///
    /// A header comes before JSON, and that before a body; then the first candidate wins, and then the first request.
    /// Only 2xx answers are looked at.
    pub async fn find_marker(
        &self,
        requests: &[Request],
        candidates: &[(String, String)],
        deadline: Deadline,
    ) -> Option<FoundMarker> {
        let candidates: Vec<(&str, &str)> = candidates
            .iter()
            .map(|(name, value)| (name.as_str(), value.trim()))
            .filter(|(_, value)| value.chars().count() >= SHORTEST)
            .collect();
        let mut found: Option<(Rank, &Request, Extraction)> = None;
        for request in requests {
            if candidates.is_empty() || deadline.has_passed() {
                break;
            }
            let Some(answer) = self.answer_to(request, deadline).await else { continue };
            for Place { kind, read, value, name } in places(&answer) {
                let is_there =
                    |candidate: &str| candidate == value && (!is_number(candidate) || speaks_of_version(&name));
                let Some(candidate) = candidates.iter().position(|(_, candidate)| is_there(candidate)) else {
                    continue;
                };
                let rank = Rank { kind, candidate };
                if found.as_ref().is_none_or(|(best, ..)| rank < *best) {
                    found = Some((rank, request, read));
                }
            }
        }
        let (rank, request, read) = found?;
        Some(FoundMarker {
            request: request.clone(),
            place: format!("{} of {}", place(&read), self.written(request)),
            read,
            candidate: candidates.get(rank.candidate)?.0.to_owned(),
        })
    }

    async fn answer_to(&self, request: &Request, deadline: Deadline) -> Option<Answer> {
        let captures = Captures::new();
        let values = Layered { scope: &self.scope, captures: &captures };
        let prepared = prepare(request, &self.headers, &self.wire.origin, values).ok()?;
        let limit = Limit::nearest(self.timeout, None, deadline);
        let mut trace = Trace::start(&self.wire.origin);
        let redactor = self.scope.redactor();
        let exchange = self.wire.exchange(prepared, request.redirects, &Connection::Fresh, redactor, &mut trace);
        let answer = timeout_at(limit.end, exchange).await.ok()?.ok()?;
        let is_targets = trace.elsewhere().is_none() && !load_balancer::speaks(&answer.headers);
        (answer.status.is_success() && is_targets).then_some(answer)
    }
}

/// Which of several places is the best: the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    kind: Kind,
    candidate: usize,
}

/// The more is said about a value by its place, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Header,
    Json,
    Body,
}

/// A whole value in an answer, and where it stands.
struct Place {
    kind: Kind,
    read: Extraction,
    value: String,
    /// The header's or the key's; a body has none.
    name: String,
}

/// Every whole value in an answer.
fn places(answer: &Answer) -> Vec<Place> {
    let mut found = in_headers(&answer.headers);
    if answer.truncated {
        return found;
    }
    if let Ok(document) = Document::read(&answer.body) {
        found.extend(at_the_top(document.value()));
    }
    let value = String::from_utf8_lossy(&answer.body).trim().to_owned();
    found.push(Place { kind: Kind::Body, read: Extraction::Body, value, name: String::new() });
    found
}

/// Headers with one value, in the order of their names.
fn in_headers(headers: &HeaderMap) -> Vec<Place> {
    let mut names: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    names.retain(|name| !COMMON.contains(name) && !name.starts_with(COMMON_PREFIX));
    let one = |name: &str| match header_lines(headers, name).as_slice() {
        [line] => Some(Place {
            kind: Kind::Header,
            read: Extraction::Header(name.to_owned()),
            value: line.trim().to_owned(),
            name: name.to_owned(),
        }),
        _ => None,
    };
    names.into_iter().filter_map(one).collect()
}

/// Texts and numbers at the top of an object.
fn at_the_top(document: &Value) -> Vec<Place> {
    let Value::Object(entries) = document else { return Vec::new() };
    let read = |(key, value): (&String, &Value)| match value {
        Value::String(_) | Value::Number(_) => Some(Place {
            kind: Kind::Json,
            read: Extraction::Json(path_to(key)?),
            value: text_of(value),
            name: key.clone(),
        }),
        _ => None,
    };
    entries.iter().filter_map(read).collect()
}

fn is_number(value: &str) -> bool {
    value.chars().all(|character| character.is_ascii_digit())
}

/// Whether one of a name's words, also of `buildNumber` or `HTTPVersion`, is a word for a version.
fn speaks_of_version(name: &str) -> bool {
    let characters: Vec<char> = name.chars().collect();
    let mut words = String::new();
    for (index, &character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| characters.get(before));
        let after = characters.get(index + 1);
        let begins_word = character.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase())
                || before.is_some_and(|before| before.is_uppercase())
                    && after.is_some_and(|after| after.is_lowercase()));
        words.extend(begins_word.then_some(' ').into_iter().chain(once(character)));
    }
    words
        .split(|character: char| !character.is_alphanumeric())
        .any(|word| VERSION_WORDS.iter().any(|version| word.eq_ignore_ascii_case(version)))
}

/// `$.version`, or `$["build.version"]`; none for a key that is too long for a path.
fn path_to(key: &str) -> Option<JsonPath> {
    let plain = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && key.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    let text = if plain { format!("$.{key}") } else { format!("$[{}]", Value::from(key)) };
    JsonPath::parse(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_speaks_of_a_version_by_a_whole_word() {
        for (name, speaks) in [
            ("version", true),
            ("x-app-version", true),
            ("git_commit", true),
            ("build.number", true),
            ("buildNumber", true),
            ("imageTAG", true),
            ("HTTPRevision", true),
            ("BUILD_NUMBER", true),
            ("status", false),
            ("x-ratelimit-limit", false),
            ("conversion", false),
            ("rebuild", false),
            ("stage", false),
            ("", false),
        ] {
            assert_eq!(speaks_of_version(name), speaks, "{name}");
        }
    }

    #[test]
    fn any_key_has_a_path_that_leads_to_it_alone() {
        for (key, text) in [
            ("version", "$.version"),
            ("_v2", "$._v2"),
            ("build.version", r#"$["build.version"]"#),
            ("2nd", r#"$["2nd"]"#),
            ("", r#"$[""]"#),
            (r#"a"b\c'"#, r#"$["a\"b\\c'"]"#),
            ("ü, *", r#"$["ü, *"]"#),
        ] {
            let path = path_to(key).unwrap();
            assert_eq!((path.text(), path.is_singular()), (text, true));
            let document = json!({ "x": 0, key: "found", "build": { "version": "other" } });
            assert_eq!(path.select(&document), [&json!("found")], "{key}");
        }
        assert!(path_to(&"x".repeat(2000)).is_none());
    }
}

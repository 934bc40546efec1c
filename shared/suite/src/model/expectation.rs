//! What a value must be: matchers and what they are made of.
//!
//! This module holds the words; the judgement is the engine's.

use std::fmt;
use std::time::Duration;

use super::status::StatusSet;
use super::template::{Template, ValueTemplate};

/// Matchers that all have to hold. A scalar in the file is one `equals`, a list is one `one_of`.
#[derive(Debug, Clone)]
pub struct Expectation(pub Vec<Matcher>);

/// One demand on one value.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// Is this value. Numbers compare by value (`1` is `1.0`), text never equals a number.
    Equals(ValueTemplate),
    /// None of this holds.
    Not(Expectation),
    /// Is one of these values.
    OneOf(Vec<ValueTemplate>),
    /// For `status`: is in one of these sets, at least one of which is more than a code in a suite.
    StatusIn(Vec<StatusSet>),
    /// Text holds this text; a list holds this item.
    Contains(ValueTemplate),
    /// Text begins with this text.
    StartsWith(Template),
    /// Text holds a match of this pattern.
    Matches(Pattern),
    /// Is there at all (`true`), or is not (`false`). `null` is there.
    Exists(bool),
    /// Is text, a list or a mapping with nothing in it (`true`), or with something (`false`).
    Empty(bool),
    /// The number of characters, items or keys.
    Length(Expectation),
    /// Is of this JSON type.
    Type(JsonType),
    /// `>=`
    AtLeast(Bound),
    /// `<=`
    AtMost(Bound),
    /// `>`
    Above(Bound),
    /// `<`
    Below(Bound),
    /// There is at least one item, and each item is so.
    Every(Expectation),
    /// At least one item is so.
    Any(Expectation),
}

/// What `at_least`, `at_most`, `above` and `below` compare with.
#[derive(Debug, Clone)]
pub enum Bound {
    /// A number, or one variable alone.
    Number(ValueTemplate),
    /// A length of time, for `time`.
    Time(Duration),
    /// A number of bytes, for `size`.
    Size(u64),
}

/// The types of JSON values, and `integer` for numbers without a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonType {
    /// `string`
    String,
    /// `number`
    Number,
    /// `integer`
    Integer,
    /// `boolean`
    Boolean,
    /// `array`
    Array,
    /// `object`
    Object,
    /// `null`
    Null,
}

impl JsonType {
    /// With the word of the file for each.
    pub const ALL: [(&'static str, Self); 7] = [
        ("string", Self::String),
        ("number", Self::Number),
        ("integer", Self::Integer),
        ("boolean", Self::Boolean),
        ("array", Self::Array),
        ("object", Self::Object),
        ("null", Self::Null),
    ];

    /// The word of the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// A JSONPath expression (RFC 9535), parsed, beside its text.
#[derive(Debug, Clone)]
pub struct JsonPath {
    text: String,
    path: serde_json_path::JsonPath,
    singular: bool,
}

impl JsonPath {
    /// The longest expression that is parsed, in bytes.
    pub const MAX_LENGTH: usize = 1024;
    /// How deep brackets may stand in each other: the parser recurses, and a few hundred overflow a thread's stack.
    pub const MAX_DEPTH: usize = 16;

    /// Parses an expression.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong: beyond [`Self::MAX_LENGTH`] or [`Self::MAX_DEPTH`], or not RFC 9535.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > Self::MAX_LENGTH {
            return Err(format!("it is {} bytes long, at most {} are read", text.len(), Self::MAX_LENGTH));
        }
        if bracket_depth(text) > Self::MAX_DEPTH {
            return Err(format!("its brackets stand more than {} deep in each other", Self::MAX_DEPTH));
        }
        let path = serde_json_path::JsonPath::parse(text).map_err(|error| match error.message() {
            message if message.contains("parser error") => {
                format!("not understood from character {} on", error.position())
            }
            message => message.to_owned(),
        })?;
        Ok(Self { text: text.to_owned(), singular: is_singular(text), path })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it can select one node at most (`$.a[0]`): then the node itself is judged, otherwise the list of nodes.
    /// Source: RFC 9535, section 2.3.5.1, "singular query".
    #[must_use]
    pub fn is_singular(&self) -> bool {
        self.singular
    }

    /// The selected nodes, in order.
    #[must_use]
    pub fn select<'v>(&self, value: &'v serde_json::Value) -> Vec<&'v serde_json::Value> {
        self.path.query(value).all()
    }
}

/// How deep brackets stand in each other.
fn bracket_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for character in outside_quotes(text) {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Only a name or an index in every segment: no wildcard, slice, filter, union or descent.
fn is_singular(text: &str) -> bool {
    let mut before = ' ';
    for character in outside_quotes(text) {
        if matches!(character, '*' | '?' | ',' | ':') || (before, character) == ('.', '.') {
            return false;
        }
        before = character;
    }
    true
}

/// The characters of an expression that are not part of a quoted name.
fn outside_quotes(text: &str) -> impl Iterator<Item = char> {
    let mut quote = None;
    let mut escaped = false;
    text.chars().filter(move |&character| match quote {
        None => {
            quote = matches!(character, '\'' | '"').then_some(character);
            quote.is_none()
        }
        Some(end) => {
            if !escaped && character == end {
                quote = None;
            }
            escaped = !escaped && character == '\\';
            false
        }
    })
}

/// A regular expression, compiled within limits, beside its text.
#[derive(Debug, Clone)]
pub struct Pattern(regex::Regex);

impl Pattern {
    /// The longest pattern that is compiled, in bytes.
    pub const MAX_LENGTH: usize = 4096;
    /// The most memory that one compiled pattern may take, in bytes.
    pub const MAX_COMPILED: usize = 1024 * 1024;

    /// Compiles a pattern. Matching takes time linear in the text: there is no backtracking.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > Self::MAX_LENGTH {
            return Err(format!("it is {} bytes long, at most {} are read", text.len(), Self::MAX_LENGTH));
        }
        regex::RegexBuilder::new(text).size_limit(Self::MAX_COMPILED).build().map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => format!("it needs more than {limit} bytes of memory"),
            other => last_line(&other.to_string()),
        })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the text holds a match.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// The first group of the first match, or the whole match when the pattern has no group.
    #[must_use]
    pub fn extract<'t>(&self, text: &'t str) -> Option<&'t str> {
        let groups = self.0.captures(text)?;
        groups.get(1).or_else(|| groups.get(0)).map(|found| found.as_str())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The regex crate draws the pattern over several lines; its last line is the sentence.
fn last_line(message: &str) -> String {
    let line = message.lines().last().unwrap_or(message).trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_is_singular_when_it_can_select_one_node_at_most() {
        for (text, singular) in [
            ("$", true),
            ("$.id", true),
            ("$.items[0]['a*b'].price", true),
            (r#"$['\'*']["\\"].a"#, true),
            ("$[-1]", true),
            ("$.items[*].price", false),
            ("$..price", false),
            ("$[0:2]", false),
            ("$['a','b']", false),
            ("$[?@.a]", false),
        ] {
            assert_eq!(JsonPath::parse(text).unwrap().is_singular(), singular, "{text}");
        }
    }

    #[test]
    fn a_path_or_pattern_beyond_its_bound_is_refused_without_being_parsed() {
        let deep = format!("$[?{}@.a{}]", "(".repeat(20_000), ")".repeat(20_000));
        assert!(JsonPath::parse(&deep).unwrap_err().contains("at most 1024"));
        let nested = |depth: usize| format!("$[?{}@.a{}]", "(".repeat(depth - 1), ")".repeat(depth - 1));
        assert!(JsonPath::parse(&nested(JsonPath::MAX_DEPTH)).is_ok());
        let hidden = format!("$[?@['{}'] == 1 && {}@.a{}]", "]".repeat(100), "(".repeat(100), ")".repeat(100));
        assert!(JsonPath::parse(&hidden).unwrap_err().contains("16 deep"));
        assert!(JsonPath::parse(&nested(JsonPath::MAX_DEPTH + 1)).unwrap_err().contains("16 deep"));
        assert!(Pattern::parse("(a{1000}){1000}").unwrap_err().contains("memory"));
        assert_eq!(Pattern::parse("(").unwrap_err(), "unclosed group");
    }

    #[test]
    fn an_extraction_is_the_first_group_or_the_whole_match() {
        assert_eq!(Pattern::parse("v(.*)").unwrap().extract("is v12"), Some("12"));
        assert_eq!(Pattern::parse("[0-9]+").unwrap().extract("is v12"), Some("12"));
        assert_eq!(JsonPath::parse("$.a[*]").unwrap().select(&json!({"a": [1, 2]})).len(), 2);
    }
}

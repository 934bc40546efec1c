//! The YAML parser's errors in the words of somebody who writes YAML.
//!
//! The parser says what its grammar missed. This file says what that usually comes from; a message without an entry
//! here is shown as the parser worded it.

use super::load::too_deep;
use crate::diagnostics::Problem;
use crate::source::{Source, Span};

/// How an error of the parser begins, what is said instead, and the remedy.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "mapping values are not allowed",
        "a `: ` stands where no key can be",
        "quote the value if the `: ` belongs to it, or check the indentation",
    ),
    ("tab", "a tab is used for indentation", "indent with spaces"),
    ("while scanning a plain scalar, found a tab", "a tab is used for indentation", "indent with spaces"),
    ("a block scalar content cannot start with a tab", "a tab is used for indentation", "indent with spaces"),
    ("unexpected character: ", "this character cannot begin a value", "put the value in quotes"),
    (
        "while parsing node, found unknown anchor",
        "this alias has no anchor",
        "define the anchor (`&name`) before it, or quote text that begins with `*`",
    ),
    ("while scanning a quoted scalar, found unexpected end of stream", "a quote is not closed", "close the quote"),
    (
        "while parsing a quoted scalar, found unknown escape",
        "there is no such escape in double quotes",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "invalid trailing content after double-quoted scalar",
        "there is text after the closing quote",
        "put all of the value inside the quotes",
    ),
    (
        "invalid indentation in quoted scalar",
        "a quote is not closed on its line",
        "close the quote, or indent the lines that it goes on over",
    ),
    (
        "invalid indentation in flow construct",
        "a `{` or `[` is not closed before this line",
        "close it, or indent this line",
    ),
    ("invalid indentation", "the indentation does not fit", "indent it like the lines of the same level"),
    (
        "while parsing a block mapping, did not find expected key",
        "a key is expected here",
        "check the indentation, and that the value before it is complete",
    ),
    (
        "while parsing a block collection, did not find expected '-'",
        "a `-` is expected here",
        "check the indentation of this list",
    ),
    ("while parsing a flow mapping", "a `,` or `}` is expected here", "close the `{`, or quote the value"),
    ("while parsing a flow sequence", "a `,` or `]` is expected here", "close the `[`, or quote the value"),
    ("misplaced bracket", "this bracket closes nothing", "remove it, or quote the value"),
    ("simple key expect", "a key has no `:`", "write `key: value`; look at this line and the one before it"),
    ("':' must be followed by", "a `:` is followed by a tab", "write a space after it"),
    (
        "did not find expected <document start>",
        "there is something after the end of the document",
        "begin the keys of one mapping in the same column",
    ),
    ("found unprintable character", "there is a control character in the file", "remove it"),
    (
        "while parsing a quoted scalar",
        "this escape in double quotes is not complete",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    ("while parsing a node, did not find expected node content", "a value is expected here", "write one"),
];

pub(super) fn explain(info: &str, source: &Source, span: Span) -> Problem {
    if info.starts_with("recursion limit") {
        return too_deep(span);
    }
    let known = KNOWN.iter().find(|(start, _, _)| info.starts_with(start));
    let (message, remedy) = known.map_or((info, None), |&(_, message, remedy)| (message, Some(remedy)));
    let problem = Problem::at(span, format!("this is not YAML: {message}")).label("reading stopped here");
    if unquoted_variable_before(source, span) {
        return problem.remedy("inside { } and [ ], put text with `${…}` in quotes");
    }
    match remedy {
        Some(remedy) => problem.remedy(remedy),
        None => problem,
    }
}

/// `{ sku: ${sku} }`: the braces of the variable are taken for those of YAML.
fn unquoted_variable_before(source: &Source, span: Span) -> bool {
    let (start, line) = source.line_around(span.start);
    // The error may stand between the `$` and its brace.
    let before = line.get(..=span.start.saturating_sub(start)).unwrap_or(line);
    before.match_indices("${").any(|(at, _)| !before[..at].ends_with(['"', '\'']))
        && before.contains(['{', '['])
        && before.find(['{', '[']) < before.find("${")
}

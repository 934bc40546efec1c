//! Files that want to crash, hang or fill the memory are refused, quickly and with a reason; no input panics.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use greenlight_suite::{Diagnostics, Source, parse};
use proptest::prelude::*;

use crate::suites::suites;
use crate::support::{as_json, tree, walk};

const MIB: usize = 1024 * 1024;

/// The summary of what is said, and that it was said soon: generously measured, for slow machines and debug builds.
fn refused(text: &str) -> String {
    let source = Source::new("greenlight.yml", text);
    let start = Instant::now();
    let diagnostics = parse(&source).unwrap_err();
    let rendered = diagnostics.render(true);
    let elapsed = start.elapsed();
    assert!(elapsed < Duration::from_secs(5), "took {elapsed:?}: {}", diagnostics.summary());
    assert!(rendered.len() < 100_000, "{} bytes of output", rendered.len());
    diagnostics.summary()
}

/// This many lines, each made from its number.
fn lines(number: usize, line: impl Fn(usize) -> String) -> String {
    (0..number).flat_map(|at| [line(at), "\n".to_owned()]).collect()
}

#[test]
fn a_megabyte_of_one_piece_is_refused_at_once() {
    let mut summaries = Vec::new();
    for piece in [
        "[", "]", "{", "}", "- ", "? ", ": ", "{a: ", "[{a: [", "\"", "'", "&a ", "*a ", "!a ", "!!str ", "- - ",
        "a: ", "a:\n", "- a\n", "|\n", "%", "#", "\t", "\n", " ", "---\n", "...\n", "<<: ", "${", "$", "é", "\u{0}",
        "\r", "\u{feff}", "a", "1", "@", "`", "[a, ", "\"\\x", ">-\n",
    ] {
        summaries.push(format!("{piece:?} {}", refused(&piece.repeat(MIB / piece.len()))));
    }
    insta::assert_snapshot!(summaries.join("\n"));
}

#[test]
fn deep_blocks_are_refused() {
    let deep = lines(1000, |level| format!("{}a:", " ".repeat(level)));
    assert_eq!(refused(&deep), "greenlight.yml:65:65: values stand deeper than 64 levels in each other");
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(refused(&deep(64)), "greenlight.yml:1:1: a suite must be a mapping");
    assert_eq!(refused(&deep(65)), "greenlight.yml:1:65: values stand deeper than 64 levels in each other");
}

#[test]
fn an_alias_counts_as_all_that_it_repeats() {
    let bomb = lines(40, |level| {
        let items = vec![if level == 0 { "x".to_owned() } else { format!("*a{}", level - 1) }; 10].join(", ");
        format!("a{level}: &a{level} [{items}]")
    });
    assert_eq!(refused(&bomb), "greenlight.yml:5:40: the file has more than 100000 values");
    let chain = lines(1000, |level| match level {
        0 => "a0: &a0 [x]".to_owned(),
        _ => format!("a{level}: &a{level} [*a{}]", level - 1),
    });
    assert_eq!(refused(&chain), "greenlight.yml:64:12: values stand deeper than 64 levels in each other");
    assert_eq!(refused("a: &a [*a]"), "greenlight.yml:1:8: an alias cannot stand inside of what it repeats");
    let anchors = "- &a x\n".repeat(MIB / 8);
    assert_eq!(refused(&anchors), "greenlight.yml:50000:3: the file has more than 100000 values");
}

#[test]
fn a_file_full_of_mistakes_is_explained_up_to_a_point() {
    let keys = lines(30_000, |at| format!("kee{at}: 1"));
    assert!(refused(&keys).ends_with("(and 29999 more)"));
    let variables = format!("checks:\n  a:\n    request: GET /{}", "${abcdefgh}".repeat(MIB / 12));
    assert!(refused(&variables).ends_with("`${abcdefgh}` is not defined (and 87380 more)"));
    let names = format!(
        "variables:\n{}checks:\n{}hooks:\n  AfterAllowTraffic:\n    checks:\n{}",
        lines(10_000, |at| format!("  name{at}: ${{nome{at}}}")),
        lines(10_000, |at| format!("  n{at}: 1")),
        lines(10_000, |at| format!("      - m{at}")),
    );
    assert!(refused(&names).ends_with("`${nome0}` is not defined (and 29999 more)"));
    let long_key = format!("{}: 1", "s".repeat(1000));
    assert!(refused(&long_key).ends_with("sss…` in a suite"));
}

#[test]
fn expressions_that_would_overflow_the_stack_are_refused() {
    for depth in [10, 100, 500, 5000] {
        let path = format!("$[?{}@.a{}]", "(".repeat(depth), ")".repeat(depth));
        refused(&format!("checks: {{ a: {{ request: GET /, expect: {{ json: {{ \"{path}\": {{}} }} }} }} }}"));
        let pattern = "(".repeat(depth);
        refused(&format!("checks: {{ a: {{ request: GET /, expect: {{ body: {{ matches: \"{pattern}\" }} }} }} }}"));
    }
}

#[test]
fn files_that_are_no_suites_are_refused_before_they_are_looked_at() {
    let large = vec![b'a'; Source::MAX_BYTES + 1];
    let no_text = b"checks:\n  caf\xe9: {}\n".to_vec();
    let of = |result: Result<Source, Diagnostics>| result.unwrap_err().render(false);
    insta::assert_snapshot!("a_file_that_is_too_large", of(Source::from_bytes("greenlight.yml", large)));
    insta::assert_snapshot!("a_file_that_is_not_text", of(Source::from_bytes("greenlight.yml", no_text)));
    insta::assert_snapshot!("a_file_that_is_not_there", of(Source::read("no/such/greenlight.yml".as_ref())));
    assert!(parse(&Source::new("greenlight.yml", "a".repeat(Source::MAX_BYTES + 1))).is_err());
    #[cfg(unix)]
    assert!(of(Source::read("/dev/zero".as_ref())).contains("larger than 1 MiB"));
}

/// A good suite with some of its bytes replaced, removed or doubled.
fn mutated_suite() -> impl Strategy<Value = String> {
    let texts: Vec<String> = suites("suites_ok").into_iter().map(|(_, source)| source.text().to_owned()).collect();
    let pieces = prop::sample::select(vec![
        "", " ", "\n", "\t", ":", ": ", "- ", "[", "]", "{", "}", "\"", "'", "${", "}", "$", "&a ", "*a", "!", "#",
        "|", ">", "é", "\u{202e}", "\0", "\r\n", "null", "true", "0", "-1", "1e999", "5s", "2xx", "<<", "steps",
        "request", "~", ",", "\\",
    ]);
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..20_usize, pieces), 1..6);
    (prop::sample::select(texts), edits).prop_map(|(mut text, edits)| {
        for (at, removed, piece) in edits {
            let boundary = |mut at: usize, text: &str| {
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let start = boundary(at.index(text.len() + 1), &text);
            let end = boundary((start + removed).min(text.len()), &text).max(start);
            text.replace_range(start..end, piece);
        }
        text
    })
}

/// A good suite with one of its values replaced by another.
fn suite_with_another_value() -> impl Strategy<Value = String> {
    let sources: Vec<_> = suites("suites_ok").into_iter().map(|(_, source)| source).collect();
    let values = prop::sample::select(vec![
        "1",
        "0",
        "-1",
        "200",
        "1.5",
        "010",
        "1e3",
        "true",
        "no",
        "null",
        "~",
        "''",
        "'1'",
        "text",
        "two words",
        "5s",
        "10kB",
        "2xx",
        "all",
        "none",
        "GET /",
        "$.a",
        "${sku}",
        "${env.A}",
        "'${env.A}b'",
        "[]",
        "{}",
        "[1]",
        "[a]",
        "[null]",
        "{ a: 1 }",
        "{ equals: 1 }",
        "{ above: 1 }",
        "{ json: $.a }",
        "{ checks: all }",
        "'a b'",
        "\"a\\nb\"",
        ".nan",
        "env:A",
        "a.example",
    ]);
    (prop::sample::select(sources), any::<prop::sample::Index>(), values).prop_map(|(source, at, value)| {
        let mut spans = Vec::new();
        walk(&tree(&source), &mut |node| spans.push(node.span));
        let span = *at.get(&spans);
        let mut text = source.text().to_owned();
        text.replace_range(span.start..span.end, value);
        text
    })
}

/// What came of a text, as text: the same every time, and every place within the file.
fn outcome(text: &str) -> String {
    match parse(&Source::new("greenlight.yml", text)) {
        Ok(suite) => format!("{suite:?}"),
        Err(diagnostics) => {
            let lines = text.split(['\n', '\r']).count() as u64;
            for diagnostic in &diagnostics {
                let place = diagnostic.place.as_ref().unwrap();
                assert!(u64::from(place.line) <= lines, "line {} of {lines}", place.line);
                assert!(place.length >= 1);
            }
            let rendered = diagnostics.render(false);
            assert!(!rendered.chars().any(|character| character.is_control() && character != '\n'), "{rendered:?}");
            format!("{rendered}{}", diagnostics.summary())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(source) = Source::from_bytes("greenlight.yml", bytes) {
            let text = source.text().to_owned();
            prop_assert_eq!(outcome(&text), outcome(&text));
        }
    }

    #[test]
    fn no_text_panics(text in "([\\[\\]{}:,&*!|>'\"%@`#?$\\- \n\ta-c0-9é~.]|\\$\\{a\\}|GET /|: |- ){0,80}") {
        prop_assert_eq!(outcome(&text), outcome(&text));
    }

    #[test]
    fn no_mutated_suite_panics(text in mutated_suite()) {
        prop_assert_eq!(outcome(&text), outcome(&text));
    }

    #[test]
    fn the_schema_accepts_what_the_reader_does(text in prop_oneof![suite_with_another_value(), mutated_suite()]) {
        let source = Source::new("greenlight.yml", text);
        if parse(&source).is_ok() {
            prop_assert!(SCHEMA.is_valid(&as_json(&source)), "{}", source.text());
        }
    }
}

static SCHEMA: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::draft202012::new(&greenlight_suite::schema()).unwrap());

//! Expectations as a suite writes them, answers as a server gives them, and the sentences in between.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use greenlight_suite::{Source, Suite, parse};
use http::{HeaderMap, HeaderName, StatusCode};
use proptest::prelude::*;
use serde_json::json;

use super::{Judged, header_lines, judge};
use crate::document::Document;
use crate::exchange::Answer;
use crate::scope::{Captures, Layered, Scope};

fn suite(expect: &str) -> Suite {
    let text = format!(
        "secrets: {{ token: 'env:TOKEN' }}\nvariables: {{ three: 3, seven: 7 }}\n\
         checks: {{ c: {{ request: GET /, expect: {expect} }} }}\n"
    );
    match parse(&Source::new("greenlight.yml", text.clone())) {
        Ok(suite) => suite,
        Err(problems) => panic!("{text}\n{problems:?}"),
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let header = |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: headers.iter().map(header).collect::<HeaderMap>(),
        body: body.to_vec(),
        truncated: false,
        unfollowed: None,
    }
}

fn sentences(expect: &str, answer: &Answer, time: Duration) -> Vec<String> {
    said(&suite(expect), answer, time)
}

fn said(suite: &Suite, answer: &Answer, time: Duration) -> Vec<String> {
    let facts = BTreeMap::new();
    let scope = Scope::build(suite, facts, &|_| Some("s3cr3t-t0ken".into()), &BTreeMap::new()).unwrap();
    let values = Layered { scope: &scope, captures: &Captures::new() };
    let judged = Judged { answer, time, json: Some(Document::read(&answer.body)) };
    judge(&suite.checks[0].steps[0].expect, &judged, values).iter().map(crate::Failure::sentence).collect()
}

/// An expectation, and the sentence about it; none when it holds.
type Case = (&'static str, &'static str);

fn assert_cases(answer: &Answer, cases: &[Case]) {
    for (expect, sentence) in cases {
        let said = sentences(expect, answer, Duration::from_millis(412)).join(" | ");
        assert_eq!(said, *sentence, "{expect}");
    }
}

#[test]
fn a_status_is_a_number_or_a_class_and_any_2xx_unless_said_otherwise() {
    assert_cases(
        &answer(404, &[], b""),
        &[
            ("{ body: { empty: true } }", "status 404, expected 2xx"),
            ("{ status: 404 }", ""),
            ("{ status: 200 }", "status 404, expected 200"),
            ("{ status: [200, 404] }", ""),
            ("{ status: [200, 201] }", "status 404, expected one of 200, 201"),
            ("{ status: 4xx }", ""),
            ("{ status: [2xx, 503] }", "status 404, expected one of 2xx, 503"),
            ("{ status: { not: 404 } }", "status 404, expected not 404"),
            ("{ status: { below: 400 } }", "status 404, expected below 400"),
        ],
    );
}

#[test]
fn a_header_is_text_and_an_absent_one_passes_nothing_but_its_absence() {
    let headers = [("content-type", "text/plain"), ("x-left", "7"), ("vary", "origin"), ("vary", "accept")];
    assert_cases(
        &answer(200, &headers, b""),
        &[
            ("{ header: { Content-Type: text/plain } }", ""),
            ("{ header: { content-type: text/html } }", "header `content-type` `text/plain`, expected `text/html`"),
            ("{ header: { content-type: { starts_with: text/ } } }", ""),
            (
                "{ header: { content-type: { matches: '^image/' } } }",
                "header `content-type` `text/plain`, expected to match `^image/`",
            ),
            ("{ header: { x-gone: { contains: a } } }", "header `x-gone` absent, expected to contain `a`"),
            ("{ header: { x-gone: { exists: false } } }", ""),
            ("{ header: { x-gone: { not: { exists: true } } } }", ""),
            ("{ header: { x-gone: { not: a } } }", "header `x-gone` absent, expected not `a`"),
            ("{ header: { x-gone: { not: { contains: a } } } }", "header `x-gone` absent, expected not to contain `a`"),
            ("{ header: { x-gone: { empty: true } } }", "header `x-gone` absent, expected to be empty"),
            ("{ header: { vary: { exists: false } } }", "header `vary` `origin, accept`, expected to be absent"),
            ("{ header: { x-left: 7 } }", ""),
            ("{ header: { x-left: 7.0 } }", "header `x-left` `7`, expected `7.0`"),
            ("{ header: { x-left: { contains: '${seven}' } } }", ""),
            // Several values of one header are one text, in order.
            ("{ header: { vary: { contains: accept } } }", ""),
            ("{ header: { vary: 'origin, accept' } }", ""),
            ("{ header: { vary: accept } }", "header `vary` `origin, accept`, expected `accept`"),
        ],
    );
}

#[test]
fn credentials_in_headers_are_judged_and_never_shown() {
    let headers = [("set-cookie", "session=abc; HttpOnly"), ("x-token", "got s3cr3t-t0ken")];
    assert_cases(
        &answer(200, &headers, b""),
        &[
            ("{ header: { set-cookie: { contains: HttpOnly } } }", ""),
            (
                "{ header: { set-cookie: { contains: Secure } } }",
                "header `set-cookie` (not shown), expected to contain `Secure`",
            ),
            ("{ header: { x-token: a } }", "header `x-token` `got (redacted)`, expected `a`"),
        ],
    );
}

#[test]
fn a_body_is_text_and_only_its_size_is_shown() {
    assert_cases(
        &answer(200, &[], "Hällo 42".as_bytes()),
        &[
            ("{ body: { contains: Hällo } }", ""),
            ("{ body: { contains: 42 } }", ""),
            ("{ body: { contains: Hello } }", "body (9 bytes), expected to contain `Hello`"),
            ("{ body: { not: { contains: 42 } } }", "body (9 bytes), expected not to contain `42`"),
            ("{ body: 'Hällo 42' }", ""),
            ("{ body: { length: 8 } }", ""),
            ("{ body: { length: { at_least: 9 } } }", "body (9 bytes), expected length at least 9"),
            ("{ body: { empty: true } }", "body (9 bytes), expected to be empty"),
            (
                "{ body: { contains: Hello, starts_with: x } }",
                "body (9 bytes), expected to contain `Hello` | body (9 bytes), expected to start with `x`",
            ),
            ("{ size: { at_most: 9B } }", ""),
            ("{ size: { below: 1KiB, above: 8B } }", ""),
            ("{ size: { above: 1KiB } }", "size 9 bytes, expected above 1 KiB"),
            ("{ time: { at_most: 412ms } }", ""),
            ("{ time: { at_most: 300ms } }", "time 412ms, expected at most 300ms"),
            ("{ json: { $.a: 1, $.b: 2 } }", "body is not JSON (expected value at line 1 column 1), expected JSON"),
        ],
    );
    assert_cases(
        &answer(200, &[], b"7\n"),
        &[("{ body: 7 }", "body (2 bytes), expected `7`"), ("{ body: { matches: '^7\\s*$' } }", "")],
    );
    assert_cases(
        &answer(200, &[], b""),
        &[
            ("{ body: { empty: true } }", ""),
            (
                "{ json: { $: { exists: false } } }",
                "body is not JSON (EOF while parsing a value at line 1 column 0), expected JSON",
            ),
        ],
    );
}

#[test]
fn json_knows_what_it_holds() {
    let body = json!({
        "quantity": 2, "price": 2.0, "sku": "TEA-1", "text": "1", "big": 9_007_199_254_740_993_u64, "gone": null,
        "flag": true, "tags": ["a", "b"], "none": [], "deep": {"x": [1, {"y": 2.0}]},
        "items": [{"price": 3}, {"price": -1}, {"name": "no price"}],
    });
    assert_cases(
        &answer(200, &[], body.to_string().as_bytes()),
        &[
            ("{ json: { $.quantity: 2 } }", ""),
            ("{ json: { $.quantity: 2.0, $.price: 2 } }", ""),
            ("{ json: { $.quantity: 1 } }", "json `$.quantity` 2, expected 1"),
            ("{ json: { $.quantity: '2' } }", "json `$.quantity` 2, expected \"2\""),
            ("{ json: { $.text: 1 } }", "json `$.text` \"1\", expected 1"),
            ("{ json: { $.quantity: '${three}' } }", "json `$.quantity` 2, expected 3"),
            ("{ json: { $.big: 9007199254740993 } }", ""),
            ("{ json: { $.big: 9007199254740992 } }", "json `$.big` 9007199254740993, expected 9007199254740992"),
            ("{ json: { $.big: { above: 9007199254740992 } } }", ""),
            ("{ json: { $.flag: true, $.gone: null } }", ""),
            ("{ json: { $.deep: { equals: { x: [1.0, { y: 2 }] } } } }", ""),
            ("{ json: { $.tags: { equals: [a, b] } } }", ""),
            ("{ json: { $.sku: [TEA-1, TEA-2] } }", ""),
            ("{ json: { $.sku: [TEA-2, TEA-3] } }", "json `$.sku` \"TEA-1\", expected one of \"TEA-2\", \"TEA-3\""),
            ("{ json: { $.sku: { matches: '^TEA-[0-9]$', length: 5 } } }", ""),
            ("{ json: { $.quantity: { matches: '^2$' } } }", "json `$.quantity` 2 (a number), expected to match `^2$`"),
            (
                "{ json: { $.quantity: { not: { contains: x } } } }",
                "json `$.quantity` 2 (a number), expected not to contain \"x\"",
            ),
            ("{ json: { $.tags: { contains: b, length: 2 } } }", ""),
            ("{ json: { $.tags: { contains: c } } }", "json `$.tags` [\"a\",\"b\"], expected to contain \"c\""),
            ("{ json: { $.none: { empty: true } } }", ""),
            ("{ json: { $.none: { not: { any: x } } } }", ""),
            ("{ json: { $.none: { every: x } } }", "json `$.none` [] (a list), expected every item \"x\""),
            ("{ json: { $.quantity: { type: integer }, $.price: { type: integer }, $.sku: { type: string } } }", ""),
            ("{ json: { $.sku: { type: integer } } }", "json `$.sku` \"TEA-1\", expected a whole number"),
            ("{ json: { $.gone: { exists: true } } }", ""),
            ("{ json: { $.lost: { exists: false } } }", ""),
            ("{ json: { $.lost: { exists: true } } }", "json `$.lost` absent, expected to exist"),
            ("{ json: { $.lost: { not: 5 } } }", "json `$.lost` absent, expected not 5"),
            ("{ json: { $.lost: null } }", "json `$.lost` absent, expected null"),
            ("{ json: { $.lost: { empty: true } } }", "json `$.lost` absent, expected to be empty"),
        ],
    );
}

#[test]
fn several_nodes_are_judged_as_a_list() {
    let body = json!({"items": [{"price": 3}, {"price": -1}], "empty": []});
    assert_cases(
        &answer(200, &[], body.to_string().as_bytes()),
        &[
            ("{ json: { '$.items[*].price': { length: 2 } } }", ""),
            ("{ json: { '$.items[*].price': { contains: 3 } } }", ""),
            ("{ json: { '$.items[*].price': { equals: [3, -1] } } }", ""),
            (
                "{ json: { '$.items[*].price': { every: { above: 0 } } } }",
                "json `$.items[*].price` -1 in item 1, expected every item above 0",
            ),
            ("{ json: { '$.items[*].price': { any: { below: 0 } } } }", ""),
            ("{ json: { '$.items[*].lost': { exists: false } } }", ""),
            ("{ json: { '$.items[*].lost': { length: 0 } } }", ""),
            (
                "{ json: { '$.items[*].lost': { not: { any: 1 } } } }",
                "json `$.items[*].lost` [], expected not some item 1",
            ),
            (
                "{ json: { '$.empty[*]': { every: { above: 0 } } } }",
                "json `$.empty[*]` [], expected every item above 0",
            ),
        ],
    );
}

#[test]
fn what_is_shown_of_a_value_is_bounded_and_on_one_line() {
    let body = json!({"long": format!("\u{1b}[2J{}", "x".repeat(5_000))});
    let said = sentences("{ json: { $.long: a } }", &answer(200, &[], body.to_string().as_bytes()), Duration::ZERO);
    assert!(said[0].len() < 200 && !said[0].contains('\u{1b}'), "{said:?}");
}

#[test]
fn a_repeated_header_has_all_its_lines() {
    let answer = answer(200, &[("a", "1"), ("a", "2")], b"");
    assert_eq!(header_lines(&answer.headers, "a"), ["1", "2"]);
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,8}".prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            prop::collection::btree_map("[a-c]", inner, 0..3).prop_map(|entries| json!(entries)),
        ]
    })
}

const MATCHERS: [&str; 18] = [
    "1",
    "[1, a]",
    "{ equals: { a: 1 } }",
    "{ contains: a }",
    "{ starts_with: a }",
    "{ matches: a }",
    "{ exists: true }",
    "{ exists: false }",
    "{ empty: true }",
    "{ empty: false }",
    "{ length: { above: 1 } }",
    "{ type: number }",
    "{ at_least: 0 }",
    "{ at_most: 0 }",
    "{ above: 0.5 }",
    "{ below: -0.5 }",
    "{ every: { exists: true } }",
    "{ any: { type: string } }",
];

/// Each matcher on each of some paths, and its opposite.
static OPPOSITES: LazyLock<Vec<(String, Suite, Suite)>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for path in ["$", "$.a", "$[*]", "$..a"] {
        for matcher in MATCHERS {
            let holds = format!("{{ json: {{ '{path}': {matcher} }} }}");
            let opposite = format!("{{ json: {{ '{path}': {{ not: {matcher} }} }} }}");
            all.push((holds.clone(), suite(&holds), suite(&opposite)));
        }
    }
    all
});

proptest! {
    #[test]
    fn judging_never_panics_and_a_matcher_and_its_opposite_never_both_hold(value in any_json()) {
        let answer = answer(200, &[], value.to_string().as_bytes());
        for (expect, holds, opposite) in OPPOSITES.iter() {
            let both = said(holds, &answer, Duration::ZERO).is_empty() && said(opposite, &answer, Duration::ZERO).is_empty();
            prop_assert!(!both, "{} {}", expect, value);
        }
    }

    #[test]
    fn any_bytes_can_be_judged(body in prop::collection::vec(any::<u8>(), 0..64)) {
        let expect = "{ body: { contains: a }, json: { $.a: 1 }, size: { below: 9B } }";
        sentences(expect, &answer(200, &[], &body), Duration::ZERO);
    }
}

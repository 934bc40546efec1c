//! What is said about files that are not YAML, not as we read it, or hard to show.

use greenlight_suite::{Source, parse};

use crate::support::refusal;

#[test]
fn mistakes_in_yaml_are_explained() {
    let table = [
        ("nothing at all", ""),
        ("comments alone", "# suite\n\n"),
        ("an empty document", "---\n"),
        ("a list", "- a\n- b\n"),
        ("a colon in a value", "service: orders: green\n"),
        ("a tab after a colon", "service:\torders\nchecks: { a: { request:\tGET / } }\n"),
        ("a key too far left", "checks:\n    a: { request: GET / }\n  b: { request: GET / }\n"),
        ("an escape cut short", "service: \"\\x4\"\n"),
        ("a tab", "checks:\n\thome: {}\n"),
        ("an unclosed quote", "service: \"orders\nchecks: {}\n"),
        ("text after a quote", "service: \"a\" b\n"),
        ("an unclosed brace", "checks: { home: { request: GET / }\nhooks: {}\n"),
        ("an unclosed bracket", "hooks: { AfterInstall: { checks: [a, b }\n"),
        ("a bracket too many", "service: ]\n"),
        ("an unquoted variable in braces", "variables: { a: 1, b: ${a} }\n"),
        ("a reserved character", "service: @orders\n"),
        ("a percent sign", "service: %orders\n"),
        ("an unknown alias", "service: *orders\n"),
        ("an unknown escape", "service: \"\\d\"\n"),
        ("wrong indentation", "checks:\n  home:\n    request: GET /\n   expect: {}\n"),
        ("a key without a colon", "service: a\nparallel\ntimeout: 1s\n"),
        ("a list item among keys", "service: a\n- b\n"),
        ("two documents", "service: a\n---\nservice: b\n"),
        ("YAML 1.1 flags", "checks: { a: { request: GET /, required: no } }\n"),
        ("a null key", "~: a\n? b\n: c\n"),
        ("a missing key", "checks:\n  : a\n"),
    ];
    let said: Vec<_> = table.iter().map(|(case, text)| format!("## {case}\n\n{}", refusal(text))).collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn carets_stay_below_what_is_meant() {
    let many = |name: &str| {
        format!("{name}0: {{ request: GET / }}, {name}1: {{ request: GET / }}, {name}2: {{ request: GET / }}, ")
    };
    let long = format!("checks: {{ {}home: {{ request: GET /, timeout: 5 }}, {} }}", many("a"), many("b"));
    let table = [
        ("tabs", "checks: { a: { request: GET /,\t\ttimeout: 5 } }"),
        ("other scripts", "checks: { größe: { request: GET /, timeout: 5 } }"),
        ("wide and combined letters", "checks: { 支払い🍵e\u{301}: { request: GET /, timeout: 5 } }"),
        ("control characters", "checks: { a: { request: GET /, \"\u{7f}\u{202e}\": 5 } }"),
        ("Windows line ends", "service: a\r\ntimeout: 5\r\n"),
        ("old line ends", "service: a\rtimeout: 5\r"),
        ("a byte order mark", "\u{feff}timeout: 5"),
        ("a long line", long.as_str()),
        ("the end of a long line", &format!("service: {}\ntimeout: {}5", "a".repeat(130), " ".repeat(150))),
        ("a very long value", &format!("timeout: {}", "5".repeat(500))),
        ("a folded value", "checks:\n  a:\n    request: >-\n      POST\n      /orders\n"),
        ("an escaped value", "checks:\n  a:\n    request: \"P\\x4fST /orders/${order}\"\n"),
        ("an anchored value", "timeout: &t 5\nready: { request: GET /, timeout: *t }\n"),
    ];
    let said: Vec<_> = table.iter().map(|(case, text)| format!("## {case}\n\n{}", refusal(text))).collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn diagnostics_have_a_summary_a_color_and_a_json_form() {
    let source = Source::new("suites/checkout.yml", "timeout: 5\nparallel: 0\n");
    let diagnostics = parse(&source).unwrap_err();
    insta::assert_snapshot!(diagnostics.summary(), @"suites/checkout.yml:1:10: `timeout: 5` has no unit (and 1 more)");
    insta::assert_snapshot!("diagnostics_in_color", diagnostics.render(true).replace('\x1b', "␛"));
    insta::assert_snapshot!("diagnostics_as_json", serde_json::to_string_pretty(&diagnostics).unwrap());
}

//! What suites mean: the model that is read from a text.

use std::time::Duration;

use greenlight_suite::{
    Body, Check, Expectation, Extraction, Hook, Matcher, Redirects, Repeat, SecretSource, Selection, Source, Step,
    Suite, ValueTemplate, parse,
};

fn suite(text: &str) -> Suite {
    parse(&Source::new("greenlight.yml", text)).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// The one check of a suite that consists of these keys.
fn check(keys: &str) -> Check {
    suite(&format!("checks:\n  a: {{ {keys} }}")).checks.remove(0)
}

fn step(keys: &str) -> Step {
    check(keys).steps.remove(0)
}

fn status(expected: &str) -> Expectation {
    step(&format!("request: GET /, expect: {{ status: {expected} }}")).expect.status.unwrap()
}

#[test]
fn an_empty_mapping_has_the_defaults() {
    let suite = suite("service: orders");
    assert_eq!(suite.service.as_deref(), Some("orders"));
    assert_eq!(suite.parallel, Suite::DEFAULT_PARALLEL);
    assert_eq!(suite.timeout, Suite::DEFAULT_TIMEOUT);
    assert!(suite.ready.is_none() && suite.version.is_none() && suite.checks.is_empty());
}

#[test]
fn redirects_are_judged_when_only_a_redirect_can_be_expected() {
    for (expected, redirects) in [
        ("302", Redirects::None),
        ("[301, 308]", Redirects::None),
        ("3xx", Redirects::None),
        ("[3xx, 302]", Redirects::None),
        ("[200, 302]", Redirects::SameOrigin),
        ("2xx", Redirects::SameOrigin),
        ("{ not: 302 }", Redirects::SameOrigin),
        ("{ at_least: 300 }", Redirects::SameOrigin),
    ] {
        let step = step(&format!("request: GET /, expect: {{ status: {expected} }}"));
        assert_eq!(step.request.redirects, redirects, "{expected}");
    }
    assert_eq!(step("request: GET /").request.redirects, Redirects::SameOrigin);
    assert_eq!(step("request: GET /, redirects: any, expect: { status: 302 }").request.redirects, Redirects::Any);
}

#[test]
fn a_class_of_statuses_may_stand_alone_and_in_a_list() {
    let sets = |expectation: Expectation| match expectation.0.as_slice() {
        [Matcher::StatusIn(sets)] => sets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        other => panic!("{other:?}"),
    };
    assert_eq!(sets(status("2xx")), "2xx");
    assert_eq!(sets(status("[2xx, 404]")), "2xx 404");
    assert!(matches!(status("[200, 404]").0.as_slice(), [Matcher::OneOf(values)] if values.len() == 2));
    assert!(matches!(status("{ not: 5xx }").0.as_slice(), [Matcher::Not(_)]));
}

#[test]
fn headers_and_bodies_are_text_whatever_they_look_like() {
    let step =
        step("request: GET /, headers: { X-Version: 1.10, x-debug: true }, expect: { header: { X-Version: 1.10 } }");
    let headers: Vec<_> = step.request.headers.iter().map(|(name, value)| (name.as_str(), value.source())).collect();
    assert_eq!(headers, [("x-version", "1.10".to_owned()), ("x-debug", "true".to_owned())]);
    let (name, expectation) = &step.expect.headers[0];
    assert_eq!(name, "x-version");
    assert!(
        matches!(expectation.0.as_slice(), [Matcher::Equals(ValueTemplate::Text(text))] if text.source() == "1.10")
    );
}

#[test]
fn a_list_repeats_a_query_parameter() {
    let request = step("request: GET /, query: { page: 010, tag: [a, b] }").request;
    let query: Vec<_> = request.query.iter().map(|(name, value)| format!("{name}={}", value.source())).collect();
    assert_eq!(query, ["page=010", "tag=a", "tag=b"]);
}

#[test]
fn a_timeout_is_one_attempt_and_that_of_a_check_is_for_each_of_its_steps() {
    let check = check(
        "timeout: 3s, within: 1m, steps: [{ request: GET /a }, { request: GET /b, timeout: 1s }], \
         finally: [{ request: GET /c }]",
    );
    let timeouts: Vec<_> =
        check.steps.iter().chain(&check.finally).map(|step| step.timeout.unwrap().as_secs()).collect();
    assert_eq!(timeouts, [3, 1, 3]);
    assert_eq!(check.within, Some(Duration::from_mins(1)));
}

#[test]
fn asking_again_has_a_short_and_a_long_form() {
    let short = step("request: GET /, retry: 2").repeat;
    let long = step("request: GET /, retry: { times: 2, every: 500ms }").repeat;
    assert_eq!(short, long);
    let short = step("request: GET /, eventually: 10s").repeat;
    let long = step("request: GET /, eventually: { within: 10s, every: 500ms }").repeat;
    assert_eq!(short, long);
    assert_eq!(step("request: GET /").repeat, Repeat::Once);
}

#[test]
fn bodies_and_places_in_responses_are_read() {
    let body = |keys: &str| step(&format!("request: GET /, {keys}")).request.body.unwrap();
    assert!(matches!(body("json: [1, { a: null }]"), Body::Json(ValueTemplate::List(items)) if items.len() == 2));
    assert!(matches!(body("body: text"), Body::Text(_)));
    assert!(matches!(body("form: { a: 1 }"), Body::Form(fields) if fields.len() == 1));
    let place = |place: &str| step(&format!("request: GET /, capture: {{ a: {place} }}")).capture["a"].clone();
    assert!(matches!(place("{ json: $.a }"), Extraction::Json(path) if path.text() == "$.a"));
    assert!(matches!(place("{ header: ETag }"), Extraction::Header(name) if name == "etag"));
    assert!(matches!(place("{ body: trimmed }"), Extraction::Body));
    assert!(matches!(place("{ body: { matches: 'v(.*)' } }"), Extraction::BodyMatch(_)));
}

#[test]
fn a_version_in_a_header_is_text_and_one_in_json_keeps_its_type() {
    let equals =
        |read: &str| suite(&format!("version: {{ request: GET /, read: {read}, equals: 12 }}")).version.unwrap().equals;
    assert!(matches!(equals("{ header: x-version }"), ValueTemplate::Text(_)));
    assert!(matches!(equals("{ json: $.v }"), ValueTemplate::Number(_)));
}

#[test]
fn dollars_that_are_no_variables_stand_for_themselves() {
    let body = |text: &str| match step(&format!("request: GET /, body: '{text}'")).request.body {
        Some(Body::Text(template)) => template,
        other => panic!("{other:?}"),
    };
    for (written, meant) in [("$5", "$5"), ("$${a}", "${a}"), ("$$5", "$$5"), ("a$", "a$"), ("$$${a}", "$${a}")] {
        let template = body(written);
        assert_eq!(template.variables().count(), 0, "{written}");
        assert_eq!(template.parts().len(), 1, "{written}");
        assert_eq!(template, greenlight_suite::Template::literal(meant), "{written}");
        assert_eq!(body(&template.source()), template, "{written}");
    }
}

#[test]
fn variables_know_their_lines() {
    let suite = suite("variables:\n  a: 1\nchecks:\n  c:\n    request: GET /\n    body: |\n      one\n      ${a}\n");
    let Some(Body::Text(body)) = &suite.checks[0].steps[0].request.body else { panic!("no body") };
    assert_eq!(body.variables().map(|variable| variable.line).collect::<Vec<_>>(), [8]);
    assert_eq!((suite.checks[0].line, suite.checks[0].steps[0].line), (4, 5));
}

#[test]
fn what_may_differ_for_green_is_said_in_words() {
    assert!(!suite("service: a").fewer_tasks);
    assert!(suite("fewer_tasks: allowed").fewer_tasks);
    assert!(!check("request: GET /").direct);
    assert!(check("request: GET /, direct: true").direct);
    assert!(!check("request: GET /, direct: false").direct);
}

#[test]
fn a_suite_that_says_nothing_is_the_default_one() {
    assert_eq!(format!("{:?}", suite("{}")), format!("{:?}", Suite::default()));
}

#[test]
fn secrets_come_from_the_environment_and_from_parameters() {
    let secrets = suite("secrets: { a: env:KEY, b: ssm:/orders/key:3, c: ssm:key }").secrets;
    assert_eq!(secrets["a"], SecretSource::Environment("KEY".into()));
    assert_eq!(secrets["b"], SecretSource::Parameter("/orders/key:3".into()));
    assert_eq!(secrets["c"], SecretSource::Parameter("key".into()));
}

#[test]
fn at_after_install_the_direct_checks_can_run() {
    let plan = |checks: &str| {
        let suite = suite(&format!(
            "hooks: {{ AfterInstall: {{ checks: {checks} }} }}\n\
             checks: {{ a: {{ request: GET /, direct: true }}, b: {{ request: GET / }} }}"
        ));
        suite.hooks[&Hook::AfterInstall].checks.clone()
    };
    assert_eq!(plan("[a]"), Selection::Named(vec!["a".into()]));
    assert_eq!(plan("all"), Selection::All);
}

#[test]
fn hooks_name_checks_that_exist() {
    let suite = suite(
        "hooks:\n  AfterInstall: { checks: [] }\n  BeforeAllowTraffic: { checks: [a] }\n  AfterAllowTraffic: { checks: all }\n\
         checks: { a: { request: GET / } }",
    );
    assert_eq!(suite.hooks[&Hook::AfterInstall].checks, Selection::Named(vec![]));
    assert_eq!(suite.hooks[&Hook::BeforeAllowTraffic].checks, Selection::Named(vec!["a".into()]));
    assert_eq!(suite.hooks[&Hook::AfterAllowTraffic].checks, Selection::All);
}

#[test]
fn an_alias_repeats_a_value() {
    let suite = suite("checks:\n  a: &home { request: GET / }\n  b: *home\n");
    assert_eq!(suite.checks.len(), 2);
    assert_eq!(suite.checks[1].steps[0].request.path.source(), "/");
}

#[test]
fn json_is_yaml_too() {
    let suite = suite("{\n\t\"checks\": {\n\t\t\"a\": {\n\t\t\t\"request\": \"GET /\\u0061\"\n\t\t}\n\t}\n}\n");
    assert_eq!(suite.checks[0].steps[0].request.path.source(), "/a");
}

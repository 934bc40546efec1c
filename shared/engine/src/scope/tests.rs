//! What is missing, what is needed, and what a name is worth.

use super::*;
use crate::test_support::{check, ready, suite, template, text, version};
use greenlight_suite::ValueTemplate;
use serde_json::json;

fn environment(name: &str) -> Option<String> {
    match name {
        "EDGE_KEY" => Some("k-12345".into()),
        "REGION" => Some("eu-west-1".into()),
        "EMPTY" => Some(" ".into()),
        _ => None,
    }
}

#[test]
fn variables_are_made_of_secrets_facts_the_environment_and_earlier_variables() {
    let mut suite = suite();
    suite.secrets.insert("edge_key".into(), SecretSource::Environment("EDGE_KEY".into()));
    suite.secrets.insert("other_key".into(), SecretSource::Parameter("/orders/key".into()));
    suite.variables.insert("auth".into(), text("Bearer ${secret.edge_key}"));
    suite.variables.insert("twice".into(), text("${auth} in ${env.REGION}"));
    suite.variables.insert("revision".into(), text("${green.task_definition.revision}"));
    suite.target.headers.push(("x".into(), template("${twice}")));
    let facts = BTreeMap::from([("green.task_definition.revision".to_owned(), json!(42))]);
    let scope = Scope::build(&suite, facts, &environment, &parameters()).unwrap();

    assert_eq!(scope.look_up("twice"), Some(json!("Bearer k-12345 in eu-west-1")));
    assert_eq!(scope.look_up("revision"), Some(json!(42)));
    assert_eq!(scope.redactor().text("Bearer k-12345 p-67890"), "Bearer (redacted) (redacted)");
    assert!(!format!("{scope:?}{:?}", scope.redactor()).contains("k-12345"));
    let captures = Captures::from([("token".to_owned(), json!("t"))]);
    let values = Layered { scope: &scope, captures: &captures };
    for (source, private) in [("${twice}", true), ("${revision}", false), ("${token}", true), ("x", false)] {
        assert_eq!(values.are_private(template(source).variables()), private, "{source}");
    }
}

fn parameters() -> BTreeMap<String, String> {
    BTreeMap::from([("/orders/key".to_owned(), "p-67890".to_owned()), ("/orders/empty".to_owned(), String::new())])
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let mut suite = suite();
    suite.secrets.insert("a".into(), SecretSource::Environment("NO_A".into()));
    suite.secrets.insert("b".into(), SecretSource::Environment("EMPTY".into()));
    suite.secrets.insert("p".into(), SecretSource::Parameter("/orders/lost".into()));
    suite.secrets.insert("q".into(), SecretSource::Parameter("/orders/empty".into()));
    suite.variables.insert("c".into(), text("${env.NO_C} ${env.NO_C} ${secret.p}"));
    suite.variables.insert("d".into(), text("${c}${secret.b}"));
    suite.target.headers.push(("x".into(), template("${env.NO_D} ${secret.a} ${d} ${secret.q}")));
    let error = Scope::build(&suite, BTreeMap::new(), &environment, &parameters()).unwrap_err();
    assert!(matches!(&error, ScopeError::Missing(missing) if missing.len() == 6), "{error}");
    let sentence = error.to_string();
    for name in ["`NO_A`", "`EMPTY`", "env.NO_C", "env.NO_D"] {
        assert!(sentence.contains(name), "{name}: {sentence}");
    }
    for name in ["secret `p` has no value: the parameter `/orders/lost` was not read", "`/orders/empty`"] {
        assert!(sentence.contains(name), "{name}: {sentence}");
    }
}

#[test]
fn only_what_is_used_is_needed_by_whatever_way() {
    let mut suite = suite();
    for name in ["header", "ready", "version", "check", "tidy", "through", "unused", "behind_unused"] {
        suite.secrets.insert(name.into(), SecretSource::Parameter(format!("/orders/{name}")));
    }
    suite.variables.insert("inner".into(), text("${secret.through}"));
    suite.variables.insert("outer".into(), text("Bearer ${inner}"));
    suite.variables.insert("idle".into(), text("${secret.behind_unused} ${env.NO_IDLE}"));
    suite.target.headers.push(("x".into(), template("${secret.header} ${outer}")));
    suite.ready = Some(ready("${secret.ready}"));
    suite.version = Some(version("${secret.version}"));
    suite.checks.push(check("${secret.check}", "${secret.tidy}"));
    let needed: Vec<_> = secrets_needed(&suite).into_iter().collect();
    assert_eq!(needed, ["check", "header", "ready", "through", "tidy", "version"]);

    let read = needed.iter().map(|name| (format!("/orders/{name}"), format!("value-of-{name}"))).collect();
    let scope = Scope::build(&suite, BTreeMap::new(), &environment, &read).unwrap();
    assert_eq!(scope.look_up("outer"), Some(json!("Bearer value-of-through")));
    assert_eq!(scope.look_up("idle"), None);
    assert_eq!(scope.redactor().text("value-of-tidy"), "(redacted)");
}

#[test]
fn a_secret_that_nobody_uses_is_still_not_shown() {
    let mut suite = suite();
    suite.secrets.insert("edge_key".into(), SecretSource::Environment("EDGE_KEY".into()));
    let scope = Scope::build(&suite, BTreeMap::new(), &environment, &parameters()).unwrap();
    assert_eq!(scope.redactor().text("k-12345"), "(redacted)");
}

#[test]
fn a_missing_fact_is_only_missed_where_it_is_used_and_the_root_is_named() {
    let mut suite = suite();
    suite.variables.insert("marker".into(), text("v${green.env.app.VERSION}"));
    suite.variables.insert("longer".into(), text("${marker}-x"));
    let scope = Scope::build(&suite, BTreeMap::new(), &environment, &parameters()).unwrap();
    let undefined = template("${longer}").render(&scope).unwrap_err();
    let failure = scope.undefined(undefined);
    assert_eq!(failure.kind, FailureKind::Undefined);
    assert_eq!(failure.sentence(), "`${longer}` (line 1) has no value");
    assert!(failure.remedy.unwrap().contains("`${green.env.app.VERSION}`"));
}

#[test]
fn a_missing_fact_says_why_it_is_missing_where_that_is_known() {
    let mut suite = suite();
    suite.variables.insert("marker".into(), text("v${green.env.app.VERSION}"));
    let remedy = |scope: Scope, name: &str| {
        scope.undefined(template(name).render(&scope).unwrap_err()).remedy.unwrap_or_default()
    };
    let scope = || Scope::build(&suite, BTreeMap::new(), &environment, &BTreeMap::new()).unwrap();
    let denied = || scope().unknown("green.", "unknown (AccessDenied: ecs:DescribeTaskDefinition, orders:42)");
    for (case, scope, name, part) in [
        ("denied", denied(), "${green.image.app.tag}", "it is unknown (AccessDenied: ecs:Desc"),
        ("denied, below a variable", denied(), "${marker}", "`${green.env.app.VERSION}` is unknown (AccessDenied"),
        ("of the other side", denied(), "${blue.image.app.tag}", "the deployment has no such value"),
        ("not there", scope(), "${green.env.ap.VERSION}", "is the name of the container, or of its variable, another"),
        ("never captured", denied(), "${order}", "captured by a step"),
    ] {
        let said = remedy(scope, name);
        assert!(said.contains(part), "{case}: {said}");
    }
}

#[test]
fn values_that_grow_without_end_are_refused_where_they_become_too_long() {
    let mut suite = suite();
    suite.variables.insert("v0".into(), text(&"x".repeat(1024)));
    for step in 1..=10 {
        suite.variables.insert(format!("v{step}"), text(&format!("${{v{0}}}${{v{0}}}", step - 1)));
    }
    let build = |suite: &Suite, facts| Scope::build(suite, facts, &environment, &parameters());
    assert_eq!(build(&suite, BTreeMap::new()).unwrap().look_up("v10").unwrap().as_str().unwrap().len(), 1 << 20);

    let mut list = suite.clone();
    list.variables.insert("both".into(), ValueTemplate::List(vec![text("${v10}"), text("x")]));
    let mut many = suite.clone();
    for step in 0..16 {
        many.variables.insert(format!("m{step}"), text("${v10}"));
    }
    let mut endless = suite.clone();
    for step in 11..50 {
        endless.variables.insert(format!("v{step}"), text(&format!("${{v{0}}}${{v{0}}}", step - 1)));
    }
    for (suite, name) in [(list, "both"), (many, "m14"), (endless, "v11")] {
        let said = build(&suite, BTreeMap::new()).unwrap_err().to_string();
        assert!(said.starts_with(&format!("variable `{name}` (made on line 1) is too long: ")), "{name}: {said}");
    }

    // The same for what it would be worth for blue.
    let mut suite = crate::test_support::suite();
    suite.variables.insert("twice".into(), text("${green.env.app.A}${green.env.app.A}"));
    let facts =
        [("green", 1), ("blue", 600 * 1024)].map(|(side, size)| (format!("{side}.env.app.A"), json!("x".repeat(size))));
    let scope = build(&suite, BTreeMap::from(facts)).unwrap();
    assert_eq!((scope.look_up("twice"), scope.for_blue(&text("${twice}"))), (Some(json!("xx")), None));
}

#[test]
fn facts_whose_names_say_so_are_secret() {
    for (name, secret) in [
        ("green.env.app.DB_PASSWORD", true),
        ("blue.env.app.session_token", true),
        ("green.env.app.CLIENTSECRET", true),
        ("green.env.app.GOOGLE_CREDENTIALS", true),
        ("green.env.app.spring.datasource.password", true),
        ("green.env.app.API_KEY", true),
        ("green.env.app.APIKEY_V2", true),
        ("green.env.app.KEYBOARD_LAYOUT", false),
        ("green.env.app.VERSION", false),
        ("green.env.token.VERSION", false),
        ("green.image.token.tag", false),
    ] {
        let mut suite = suite();
        suite.variables.insert("made".into(), text(&format!("v-${{{name}}}")));
        let facts = BTreeMap::from([(name.to_owned(), json!("f-24680"))]);
        let scope = Scope::build(&suite, facts, &environment, &parameters()).unwrap();
        let shown = if secret { "(redacted)" } else { "f-24680" };
        assert_eq!(scope.redactor().text("f-24680"), shown, "{name}");
        let captures = Captures::new();
        let values = Layered { scope: &scope, captures: &captures };
        for source in [format!("${{{name}}}"), "${made}".to_owned()] {
            assert_eq!(values.are_private(template(&source).variables()), secret, "{name}: {source}");
        }
    }
}

#[test]
fn a_secret_facts_value_that_is_also_a_plain_word_stays_readable() {
    for (value, shown) in [("60", "60"), ("true", "true"), ("False", "False"), ("", ""), ("k-1", "(redacted)")] {
        let name = "green.env.app.TOKEN_CHECKS".to_owned();
        let facts = BTreeMap::from([(name.clone(), json!(value))]);
        let scope = Scope::build(&suite(), facts, &environment, &parameters()).unwrap();
        assert_eq!(scope.redactor().text(value), shown);
        let captures = Captures::new();
        let values = Layered { scope: &scope, captures: &captures };
        assert!(values.are_private([&Variable { name, line: 1 }]), "{value}");
    }
}

//! `hooks`: which checks run at which hook.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::collection::{entries, value_of};
use crate::diagnostics::{Problem, did_you_mean, quote};
use crate::grammar::{Definitions, Field, Fields, Key, Reader, Shape, Word, described};
use crate::model::{Hook, HookPlan, Selection};
use crate::yaml;

static CHECKS: Key<Choose> = Key::required("checks", Choose, "Names of checks, or `all`. An empty list is none.");

static SHAPE: Shape = Shape { title: "a hook", keys: &[&CHECKS] };

/// All of `hooks`.
pub(super) struct Hooks;

impl Word for Hooks {
    type Meaning = IndexMap<Hook, HookPlan>;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Self::Meaning> {
        let mut read = Vec::new();
        for entry in entries(field, reader)? {
            let hook = hook(&entry.key, reader);
            let plan = value_of(entry, reader).and_then(|field| {
                let fields = Fields::open(&SHAPE, field, reader)?;
                let checks = fields.read(&CHECKS, reader);
                if hook == Some(Hook::AfterInstall)
                    && let Some(field) = fields.field(&CHECKS)
                {
                    refuse_indirect(field, reader);
                }
                fields.finish();
                checks.map(|checks| HookPlan { checks })
            });
            read.push(hook.zip(plan));
        }
        read.into_iter().collect()
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        let plan = definitions.refer("hook", |definitions| SHAPE.schema(definitions).into());
        let properties: serde_json::Map<_, _> = Hook::ALL
            .into_iter()
            .map(|hook| (hook.name().to_owned(), described(plan.clone(), meaning(hook))))
            .collect();
        json!({ "type": "object", "minProperties": 1, "additionalProperties": false, "properties": properties })
    }
}

/// What is true when a hook runs, for editors.
fn meaning(hook: Hook) -> &'static str {
    match hook {
        Hook::AfterInstall => {
            "Green runs; the test listener still serves blue, so only checks with `direct: true` can run. \
             Default: all of those."
        }
        Hook::AfterAllowTestTraffic => "The test listener serves green. Default: all checks.",
        Hook::BeforeAllowTraffic => "The test listener serves green, just before production traffic moves.",
        Hook::AfterAllowTraffic => "Production serves green; blue still runs.",
    }
}

/// At `AfterInstall` only checks with `direct: true` can run: the listeners still serve blue.
fn refuse_indirect(field: Field<'_>, reader: &mut Reader<'_>) {
    const REMEDY: &str = "mark the check `direct: true` to ask green's tasks themselves";
    const LABEL: &str = "at AfterInstall the test listener still serves blue";
    if field.node.as_text() == Some("all") && reader.scope.checks.len() == reader.scope.indirect.len() {
        reader.report(Problem::at(field.span(), "no check can run at AfterInstall").label(LABEL).remedy(REMEDY));
    }
    for node in field.node.as_sequence().into_iter().flatten() {
        if let Some(name) = node.as_text().filter(|name| reader.scope.indirect.contains(*name)) {
            let problem = Problem::at(node.span, format!("the check {} cannot run at AfterInstall", quote(name)));
            reader.report(problem.label(LABEL).remedy(REMEDY));
        }
    }
}

fn hook(key: &yaml::Key, reader: &mut Reader<'_>) -> Option<Hook> {
    let names = Hook::ALL.map(Hook::name);
    let hook = Hook::ALL.into_iter().find(|hook| hook.name() == key.name);
    if hook.is_none() {
        reader.report(
            Problem::at(key.span, format!("{} is not a hook that Greenlight serves", quote(&key.name)))
                .meant(did_you_mean(&key.name, names), "not known here")
                .remedy(format!("known here: {}", names.join(", "))),
        );
    }
    hook
}

/// `all`, or names of checks.
struct Choose;

impl Word for Choose {
    type Meaning = Selection;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Selection> {
        if field.node.as_text() == Some("all") {
            return Some(Selection::All);
        }
        let Some(items) = field.node.as_sequence() else {
            let problem = reader.expected("`all` or a list of names", field);
            let remedy = match field.node.as_text() {
                Some(name) => format!("write {}", quote(&format!("checks: [{name}]"))),
                None => "write `checks: [name, name]`".into(),
            };
            reader.report(problem.remedy(remedy));
            return None;
        };
        let mut seen = HashSet::new();
        let mut read = Vec::new();
        for node in items {
            let name = known_check(node, reader);
            if let Some(name) = name.as_deref().filter(|name| !seen.insert((*name).to_owned())) {
                let problem = Problem::at(node.span, format!("the check {} is named twice", quote(name)));
                reader.report(problem.label("a check runs once").remedy("remove one of them"));
            }
            read.push(name);
        }
        read.into_iter().collect::<Option<_>>().map(Selection::Named)
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        let names = json!({ "type": "array", "items": { "type": "string" }, "uniqueItems": true });
        json!({ "anyOf": [{ "const": "all" }, names] })
    }
}

fn known_check(node: &yaml::Node, reader: &mut Reader<'_>) -> Option<String> {
    let Some(name) = node.as_text() else {
        let problem = Problem::at(reader.first_line(node.span), "expected the name of a check");
        reader.report(problem.label(format!("found {}", node.kind())));
        return None;
    };
    let checks = &reader.scope.checks;
    if checks.contains(name) {
        return Some(name.to_owned());
    }
    reader.problems.report_with(|| {
        let problem = Problem::at(node.span, format!("there is no check {}", quote(name)))
            .meant(did_you_mean(name, checks.iter().map(String::as_str)), "not under `checks`");
        if checks.is_empty() {
            return problem.remedy("define it under `checks`");
        }
        let some: Vec<_> = checks.iter().take(20).map(String::as_str).collect();
        problem.remedy(format!("defined: {}{}", some.join(", "), if checks.len() > some.len() { ", …" } else { "" }))
    });
    None
}

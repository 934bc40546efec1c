//! What a template of green's facts would be worth for blue: every `green.` name is read as `blue.`.
//!
//! Variables are worked out once each, in the order in which they are made: followed anew at each mention, thirty that
//! name the one before them twice would take for ever.

use greenlight_suite::{Lookup, ValueTemplate};
use serde_json::Value;

use super::Scope;
use super::size::fits;

impl Scope {
    /// The value with blue's facts in the place of green's, also in variables. None when it is made of none of
    /// green's facts, when one of blue's is not known, or when it is longer than any value may be.
    pub(crate) fn for_blue(&self, template: &ValueTemplate) -> Option<Value> {
        let values = ForBlue(self);
        if self.speaks_of_green(template) && fits(template, &values) { template.render(&values).ok() } else { None }
    }

    /// Whether a value is made of green's facts, of those and of variables that were made before.
    pub(super) fn speaks_of_green(&self, template: &ValueTemplate) -> bool {
        let names = template.variables();
        names.iter().any(|variable| variable.name.starts_with("green.") || self.of_green.contains_key(&variable.name))
    }
}

/// A scope in which green's facts are blue's.
struct ForBlue<'a>(&'a Scope);

impl Lookup for ForBlue<'_> {
    fn look_up(&self, name: &str) -> Option<Value> {
        match (name.strip_prefix("green."), self.0.of_green.get(name)) {
            (Some(fact), _) => self.0.look_up(&format!("blue.{fact}")),
            (None, Some(blue)) => blue.clone(),
            (None, None) => self.0.look_up(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::test_support::{suite, text};

    /// Would take longer than anybody waits if each mention were followed anew.
    #[test]
    fn variables_that_name_each_other_twice_are_followed_once() {
        for (first, blue) in [("plain", None), ("${green.env.app.SUFFIX}", Some(json!("")))] {
            let mut suite = suite();
            suite.variables.insert("e0".into(), text(&first.replace("plain", "")));
            for step in 1..60 {
                suite.variables.insert(format!("e{step}"), text(&format!("${{e{0}}}${{e{0}}}", step - 1)));
            }
            let facts = ["green", "blue"].map(|side| (format!("{side}.env.app.SUFFIX"), json!("")));
            let scope = Scope::build(&suite, BTreeMap::from(facts), &|_| None, &BTreeMap::new()).unwrap();
            assert_eq!(scope.for_blue(&text("${e59}")), blue, "{first}");
        }
    }

    #[test]
    fn greens_facts_are_read_as_blues_wherever_they_stand() {
        let mut suite = suite();
        suite.variables.insert("own".into(), text("${own}"));
        suite.variables.insert("short".into(), text("${green.env.app.VERSION}"));
        suite.variables.insert("marker".into(), text("v${short} of ${env.REGION}"));
        suite.variables.insert("plain".into(), text("v1"));
        let facts = BTreeMap::from([
            ("green.env.app.VERSION".to_owned(), json!("cf78ba1")),
            ("blue.env.app.VERSION".to_owned(), json!("initial")),
            ("green.task_definition.revision".to_owned(), json!(42)),
            ("env.REGION".to_owned(), json!("eu-west-1")),
        ]);
        let scope = Scope::build(&suite, facts, &|_| None, &BTreeMap::new()).unwrap();
        for (template, blue) in [
            ("${green.env.app.VERSION}", Some(json!("initial"))),
            ("release ${marker}", Some(json!("release vinitial of eu-west-1"))),
            ("${green.task_definition.revision}", None),
            ("${plain}", None),
            ("cf78ba1", None),
            ("${own}", None),
        ] {
            assert_eq!(scope.for_blue(&text(template)), blue, "{template}");
        }
    }
}

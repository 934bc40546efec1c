//! What a template of green's facts would be worth for blue: every `green.` name is read as `blue.`.

use greenlight_suite::{Lookup, ValueTemplate};
use serde_json::Value;

use super::Scope;

impl Scope {
    /// The value with blue's facts in the place of green's, also in variables. None when it is made of none of
    /// green's facts, or when one of blue's is not known.
    pub(crate) fn for_blue(&self, template: &ValueTemplate) -> Option<Value> {
        if !self.speaks_of_green(template) {
            return None;
        }
        template.render(&ForBlue(self)).ok()
    }

    fn speaks_of_green(&self, template: &ValueTemplate) -> bool {
        template.variables().iter().any(|variable| {
            variable.name.starts_with("green.")
                || self.made_of(&variable.name).is_some_and(|template| self.speaks_of_green(template))
        })
    }

    /// What a variable of the suite is made of. One without a value is not looked into: it may name itself.
    fn made_of(&self, name: &str) -> Option<&ValueTemplate> {
        self.variables.get(name).filter(|_| self.values.contains_key(name))
    }
}

/// A scope in which green's facts are blue's.
struct ForBlue<'a>(&'a Scope);

impl Lookup for ForBlue<'_> {
    fn look_up(&self, name: &str) -> Option<Value> {
        match (name.strip_prefix("green."), self.0.made_of(name)) {
            (Some(fact), _) => self.0.look_up(&format!("blue.{fact}")),
            (None, Some(template)) => template.render(self).ok(),
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

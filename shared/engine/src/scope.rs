//! What every `${name}` of a suite stands for in one execution, and which of the names must stay secret.
//!
//! Values that can never come later (secrets, the environment) must all be there when a scope is built, as far as the
//! suite uses them, and every one that is missing is named at once. Facts of the deployment may be missing: a suite
//! still runs as far as it does not need them. Captures are laid over a scope by [`Layered`], one layer for each check.

mod blue;
mod mentions;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use greenlight_suite::{Expect, Lookup, SecretSource, Suite, Undefined, ValueTemplate, Variable};
use serde_json::Value;
use thiserror::Error;

use crate::record::{Failure, FailureKind};
use crate::redactor::Redactor;

/// The values behind the names of a suite, in one execution.
#[derive(Clone, Default)]
pub struct Scope {
    values: BTreeMap<String, Value>,
    /// Names whose value is a secret or was made with one.
    secret: BTreeSet<String>,
    /// What the suite's variables are made of.
    variables: BTreeMap<String, ValueTemplate>,
    /// Variables of the suite that have no value, by the name that they lack.
    lacking: BTreeMap<String, String>,
    redactor: Redactor,
}

impl fmt::Debug for Scope {
    /// Names alone: a value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("names", &self.values.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

/// Values that must be there and are not, all of them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct ScopeError {
    /// Never empty.
    pub missing: Vec<Missing>,
}

/// One value that must be there and is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Missing {
    /// The source of a secret has no value.
    #[error("secret `{name}` has no value: the environment variable `{variable}` is not set, or empty")]
    Secret {
        /// The name after `secret.`.
        name: String,
        /// The environment variable that it is read from.
        variable: String,
    },
    /// The parameter that a secret is kept in was not read.
    #[error("secret `{name}` has no value: the parameter `{parameter}` was not read")]
    Parameter {
        /// The name after `secret.`.
        name: String,
        /// The parameter's name, as the suite writes it after `ssm:`.
        parameter: String,
    },
    /// An environment variable that a template reads is not set.
    #[error("`${{env.{variable}}}` (line {line}) has no value: the environment variable is not set")]
    Environment {
        /// The environment variable.
        variable: String,
        /// Line of the suite file that reads it first.
        line: u32,
    },
}

impl Missing {
    fn secret(name: &str, source: &SecretSource) -> Self {
        let name = name.to_owned();
        match source {
            SecretSource::Environment(variable) => Self::Secret { name, variable: variable.clone() },
            SecretSource::Parameter(parameter) => Self::Parameter { name, parameter: parameter.clone() },
        }
    }
}

/// The names of the secrets that a suite uses: in `target.headers`, `ready`, `version` and its checks, or in a variable
/// that one of these uses. A suite whose `checks` are only those that are planned needs only theirs.
#[must_use]
pub fn secrets_needed(suite: &Suite) -> BTreeSet<String> {
    let names = mentions::of(suite).into_iter().filter_map(|variable| variable.name.strip_prefix("secret."));
    names.map(str::to_owned).collect()
}

impl Scope {
    /// The scope of a suite, with facts by their whole names (`deployment.id`, `green.env.app.VERSION`) and the values
    /// of parameters by the names that the suite writes after `ssm:`. Which of them it needs, [`secrets_needed`] says.
    ///
    /// # Errors
    ///
    /// Every secret and every environment variable that the suite uses and that has no value here. A secret that is
    /// empty counts as missing: that is how a CI system hands over one that it does not know.
    pub fn build(
        suite: &Suite,
        facts: BTreeMap<String, Value>,
        environment: &dyn Fn(&str) -> Option<String>,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Self, ScopeError> {
        let mut scope = Self { values: facts, ..Self::default() };
        let mut missing = BTreeSet::new();
        let mut secrets = Vec::new();
        let needed = secrets_needed(suite);
        for (name, source) in &suite.secrets {
            let value = match source {
                SecretSource::Environment(variable) => environment(variable),
                SecretSource::Parameter(parameter) => parameters.get(parameter).cloned(),
            };
            match value.filter(|value| !value.trim().is_empty()) {
                // Also one that the suite does not use: the same value may come up by another way, and is not shown.
                Some(value) => {
                    secrets.push(value.clone());
                    scope.secret.insert(format!("secret.{name}"));
                    scope.values.insert(format!("secret.{name}"), Value::String(value));
                }
                None if needed.contains(name) => {
                    missing.insert(Missing::secret(name, source));
                }
                None => {}
            }
        }
        let mut reported = BTreeSet::new();
        for mention in mentions::of(suite) {
            let Some(variable) = mention.name.strip_prefix("env.") else { continue };
            match environment(variable) {
                Some(value) => {
                    scope.values.insert(mention.name.clone(), Value::String(value));
                }
                None if reported.insert(variable) => {
                    missing.insert(Missing::Environment { variable: variable.to_owned(), line: mention.line });
                }
                None => {}
            }
        }
        if !missing.is_empty() {
            return Err(ScopeError { missing: missing.into_iter().collect() });
        }
        scope.redactor = Redactor::new(secrets);
        for (name, template) in &suite.variables {
            scope.variables.insert(name.clone(), template.clone());
            if template.variables().iter().any(|variable| scope.secret.contains(&variable.name)) {
                scope.secret.insert(name.clone());
            }
            match template.render(&scope) {
                Ok(value) => {
                    scope.values.insert(name.clone(), value);
                }
                Err(Undefined { name: root, .. }) => {
                    let root = scope.lacking.get(&root).cloned().unwrap_or(root);
                    scope.lacking.insert(name.clone(), root);
                }
            }
        }
        Ok(scope)
    }

    /// What makes texts fit to be shown.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Why a request cannot be made, in words that lead to what is missing.
    pub(crate) fn undefined(&self, Undefined { name, line }: Undefined) -> Failure {
        let root = self.lacking.get(&name).unwrap_or(&name);
        let remedy = if *root != name {
            format!("it is made with `${{{root}}}`, which has no value in this execution")
        } else if ["green.", "blue.", "deployment."].iter().any(|prefix| name.starts_with(prefix)) {
            "it is a fact of the deployment that could not be read in this execution".to_owned()
        } else {
            "it is captured by a step that did not get so far".to_owned()
        };
        Failure {
            kind: FailureKind::Undefined,
            subject: format!("`${{{name}}}` (line {line})"),
            observed: "has no value".to_owned(),
            expected: None,
            remedy: Some(remedy),
        }
    }
}

impl Lookup for Scope {
    fn look_up(&self, name: &str) -> Option<Value> {
        self.values.get(name).cloned()
    }
}

/// Values that a check has kept from its answers so far.
pub(crate) type Captures = BTreeMap<String, Value>;

/// A scope with the captures of one check over it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layered<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) captures: &'a Captures,
}

impl Layered<'_> {
    pub(crate) fn redactor(&self) -> &Redactor {
        self.scope.redactor()
    }

    /// Whether every variable that an expectation names has a value, so that nothing is sent that cannot be judged.
    pub(crate) fn can_judge(&self, expect: &Expect) -> Result<(), Failure> {
        match mentions::of_expect(expect).into_iter().find(|variable| self.look_up(&variable.name).is_none()) {
            None => Ok(()),
            Some(Variable { name, line }) => Err(self.scope.undefined(Undefined { name: name.clone(), line: *line })),
        }
    }

    /// Whether what is made with these may be sent to nobody but the target: one is a secret, a variable that was made
    /// with one, or something that the target itself handed out in this check.
    pub(crate) fn are_private<'v>(&self, variables: impl IntoIterator<Item = &'v Variable>) -> bool {
        let mut names = variables.into_iter().map(|variable| &variable.name);
        names.any(|name| self.scope.secret.contains(name) || self.captures.contains_key(name))
    }
}

impl Lookup for Layered<'_> {
    fn look_up(&self, name: &str) -> Option<Value> {
        self.captures.get(name).cloned().or_else(|| self.scope.look_up(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check, ready, suite, template, text, version};
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
        assert_eq!(error.missing.len(), 6, "{error}");
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
}

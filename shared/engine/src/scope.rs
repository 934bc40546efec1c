//! What every `${name}` of a suite stands for in one execution, and which of the names must stay secret.
//!
//! Values that can never come later (secrets, the environment) must all be there when a scope is built, as far as the
//! suite uses them, and every one that is missing is named at once. Facts of the deployment may be missing: a suite
//! still runs as far as it does not need them. Captures are laid over a scope by [`Layered`], one layer for each check.

mod blue;
mod mentions;
mod secrecy;
mod size;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use greenlight_suite::{Expect, Lookup, SecretSource, Suite, Undefined, Variable};
use serde_json::Value;
use thiserror::Error;

use crate::record::{Failure, FailureKind};
use crate::redactor::Redactor;

pub(crate) use size::request_fits;

/// The values behind the names of a suite, in one execution.
#[derive(Clone, Default)]
pub struct Scope {
    values: BTreeMap<String, Value>,
    /// Names whose value is a secret, is called like one, or was made with one.
    secret: BTreeSet<String>,
    /// Variables that are made of green's facts, with what they would be worth for blue where that is known.
    of_green: BTreeMap<String, Option<Value>>,
    /// Variables of the suite that have no value, by the name that they lack.
    lacking: BTreeMap<String, String>,
    /// Why facts could not be read, by the beginning of their names.
    unknown: Vec<(String, String)>,
    redactor: Redactor,
}

impl fmt::Debug for Scope {
    /// Names alone: a value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("names", &self.values.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

/// Why a suite has no scope here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScopeError {
    /// Values that must be there and are not, all of them. Never empty.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Missing(Vec<Missing>),
    /// A variable became too long by what it is made of.
    #[error(
        "variable `{name}` (made on line {line}) is too long: a value may have 1 MiB, and all variables of a suite 16 MiB"
    )]
    TooLong {
        /// The variable.
        name: String,
        /// Line of the suite file where it first names another value.
        line: u32,
    },
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
    /// Facts of `green.env` and `blue.env` that are called like secrets (`DB_PASSWORD`, `API_KEY`) are kept like them.
    ///
    /// # Errors
    ///
    /// Every secret and every environment variable that the suite uses and that has no value here. A secret that is
    /// empty counts as missing: that is how a CI system hands over one that it does not know.
    ///
    /// A variable whose value is longer than 1 MiB, or with which all have more than 16 MiB.
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
        for (name, value) in scope.values.iter().filter(|(name, _)| secrecy::is_secret(name)) {
            secrets.extend(secrecy::hidden(value));
            scope.secret.insert(name.clone());
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
            return Err(ScopeError::Missing(missing.into_iter().collect()));
        }
        scope.redactor = Redactor::new(secrets);
        let mut all = 0_usize;
        for (name, template) in &suite.variables {
            let length = size::length(template, &scope);
            all = all.saturating_add(length);
            // One that names no other value is as long as the file that it stands in, at most.
            if let Some(first) = template.variables().first()
                && (length > size::LONGEST || all > size::ALL)
            {
                return Err(ScopeError::TooLong { name: name.clone(), line: first.line });
            }
            if template.variables().iter().any(|variable| scope.secret.contains(&variable.name)) {
                scope.secret.insert(name.clone());
            }
            match template.render(&scope) {
                Ok(value) => {
                    if scope.speaks_of_green(template) {
                        scope.of_green.insert(name.clone(), scope.for_blue(template));
                    }
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

    /// The same, and says of facts whose names begin with `prefix` why they could not be read, where one is missed.
    #[must_use]
    pub fn unknown(mut self, prefix: &str, why: &str) -> Self {
        self.unknown.push((prefix.to_owned(), why.to_owned()));
        self
    }

    /// What makes texts fit to be shown.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Why a request cannot be made, in words that lead to what is missing.
    pub(crate) fn undefined(&self, Undefined { name, line }: Undefined) -> Failure {
        let root = self.lacking.get(&name).unwrap_or(&name);
        let is_fact = ["green.", "blue.", "deployment."].iter().any(|prefix| root.starts_with(prefix));
        let why = self.unknown.iter().find(|(prefix, _)| root.starts_with(prefix.as_str())).map(|(_, why)| why);
        let remedy = match (is_fact, why) {
            (true, Some(why)) if *root == name => format!("it is {why}"),
            (true, Some(why)) => format!("`${{{root}}}` is {why}"),
            (true, None) => {
                let what = if *root == name { "such value".to_owned() } else { format!("`${{{root}}}`") };
                format!("the deployment has no {what}: is the name of the container, or of its variable, another one?")
            }
            (false, _) if *root != name => {
                format!("it is made with `${{{root}}}`, which has no value in this execution")
            }
            (false, _) => "it is captured by a step that did not get so far".to_owned(),
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

//! The names that `${…}` can stand for, and what is said about one that it cannot.
//!
//! What they are worth is known much later, to the engine. Here it is only made sure that each can have a value.

use indexmap::{IndexMap, IndexSet};

use super::name::is_identifier;
use crate::diagnostics::{Problem, did_you_mean, quote};
use crate::model::CREDENTIALS;
use crate::source::Span;

/// The names that are known at the place being read.
#[derive(Default)]
pub(crate) struct Scope {
    /// After `secret.`
    pub(super) secrets: IndexSet<String>,
    pub(super) variables: IndexMap<String, Defined>,
    /// Variables further down, with their lines.
    pub(super) variables_to_come: IndexMap<String, u32>,
    /// Captured by an earlier step of the check, with the lines.
    pub(super) captures: IndexMap<String, u32>,
    /// Captured anywhere in the check, with the lines.
    pub(super) captures_of_check: IndexMap<String, u32>,
    /// Captured anywhere in the file, with the names of the checks.
    pub(super) captures_of_file: IndexMap<String, String>,
    /// Whether requests may use methods that can change something; why not, otherwise.
    pub(super) methods: Methods,
    /// The names of the checks.
    pub(super) checks: IndexSet<String>,
    /// Those of them that are not sent to tasks directly.
    pub(super) indirect: IndexSet<String>,
}

/// A variable of the file.
pub(super) struct Defined {
    pub(super) line: u32,
    /// Whether a secret is in its value.
    pub(super) secret: bool,
}

/// Which methods requests may use.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Methods {
    /// `ready` and `version` ask over and over: they may never change anything.
    #[default]
    Safe,
    /// A check that has not said `side_effects: allowed`.
    SafeUnlessAllowed,
    /// A check that has.
    Any,
}

/// What names with a dot begin with.
const FAMILIES: [&str; 5] = ["secret", "env", "deployment", "green", "blue"];

/// The names of facts that do not depend on a container.
const FACTS: [&str; 9] = [
    "deployment.id",
    "deployment.application",
    "deployment.group",
    "green.task_definition.arn",
    "green.task_definition.family",
    "green.task_definition.revision",
    "blue.task_definition.arn",
    "blue.task_definition.family",
    "blue.task_definition.revision",
];

impl Scope {
    /// Whether the value of a known name is, or holds, a secret.
    pub(super) fn is_secret(&self, name: &str) -> bool {
        name.starts_with("secret.")
            || !self.captures.contains_key(name) && self.variables.get(name).is_some_and(|variable| variable.secret)
    }

    /// Whether a name can have a value here.
    pub(super) fn knows(&self, name: &str) -> bool {
        match name.strip_prefix("secret.") {
            Some(secret) => self.secrets.contains(secret),
            None => self.captures.contains_key(name) || self.variables.contains_key(name) || is_fact(name),
        }
    }

    /// Why a name cannot have a value at a place on a line.
    pub(super) fn explain(&self, name: &str, span: Span, line: u32) -> Problem {
        let shown = quote(&format!("${{{name}}}"));
        if let Some(secret) = name.strip_prefix("secret.") {
            let meant = did_you_mean(secret, self.secrets.iter().map(String::as_str));
            let meant = meant.map(|meant| format!("${{secret.{meant}}}"));
            return Problem::at(span, format!("{shown} is not declared"))
                .meant(meant.as_deref(), "not under `secrets`")
                .remedy(format!("declare it under `secrets` as {}", quote(&format!("{secret}: env:NAME"))));
        }
        if let Some(line) = self.captures_of_check.get(name) {
            return Problem::at(span, format!("{shown} is used before it is captured"))
                .label(format!("captured from the answer to the request on line {line}"))
                .remedy("use it in a later step, or in `finally`");
        }
        if let Some(defined) = self.variables_to_come.get(name) {
            let label =
                if *defined == line { "in its own definition".into() } else { format!("defined on line {defined}") };
            return Problem::at(span, format!("{shown} is used before it is defined"))
                .label(label)
                .remedy("move its definition up: a variable may use those before it");
        }
        if let Some(check) = self.captures_of_file.get(name) {
            return Problem::at(span, format!("{shown} has no value here"))
                .label(format!("captured in another check, {}", quote(check)))
                .remedy("checks are independent: make these requests steps of one check");
        }
        if name.strip_prefix("env.").is_some_and(|variable| CREDENTIALS.contains(&variable)) {
            return Problem::at(span, format!("{shown} is not for suites"))
                .label("the function's own credentials")
                .remedy("give the function a variable of its own for what the service needs");
        }
        let meant = self.meant(name).map(|meant| format!("${{{meant}}}"));
        Problem::at(span, format!("{shown} is not defined"))
            .meant(meant.as_deref(), "not known here")
            .remedy(self.remedy(name))
    }

    /// The name that was probably meant.
    fn meant(&self, name: &str) -> Option<String> {
        if let Some((family, rest)) = name.split_once('.') {
            if !FAMILIES.contains(&family) {
                return did_you_mean(family, FAMILIES).map(|family| format!("{family}.{rest}"));
            }
            if let Some(meant) = meant_of_container(family, rest) {
                return Some(meant);
            }
        }
        did_you_mean(name, self.own().chain(FACTS)).map(str::to_owned)
    }

    /// The names that the file itself gives values to.
    fn own(&self) -> impl Iterator<Item = &str> {
        self.captures.keys().chain(self.variables.keys()).map(String::as_str)
    }

    fn remedy(&self, name: &str) -> String {
        match name.split_once('.').map(|(first, _)| first) {
            Some("env") => "write `${env.NAME}`, NAME being an environment variable of the function".into(),
            Some("deployment") => "known: deployment.id, deployment.application, deployment.group".into(),
            Some(side @ ("green" | "blue")) => format!(
                "known: {side}.env.CONTAINER.NAME, {side}.image.CONTAINER.tag or .digest, \
                 {side}.task_definition.arn, .family or .revision"
            ),
            _ => {
                let own: String = self.own().take(20).flat_map(|name| [name, ", "]).collect();
                format!("known here: {own}names that begin with secret., env., deployment., green. or blue.")
            }
        }
    }
}

/// The fact of a container that was probably meant by `images.app.tag`, `image.app.tagg` or `envs.app.VERSION`.
fn meant_of_container(side: &str, rest: &str) -> Option<String> {
    let (kind, rest) = rest.split_once('.')?;
    let kind = did_you_mean(kind, ["env", "image"])?;
    let rest = match rest.rsplit_once('.') {
        Some((container, fact)) if kind == "image" => {
            format!("{container}.{}", did_you_mean(fact, ["tag", "digest"])?)
        }
        _ => rest.to_owned(),
    };
    Some(format!("{side}.{kind}.{rest}")).filter(|meant| is_fact(meant))
}

/// A name that the deployment or the environment gives a value to.
fn is_fact(name: &str) -> bool {
    if let Some(variable) = name.strip_prefix("env.") {
        return is_identifier(variable) && !CREDENTIALS.contains(&variable);
    }
    if let Some(fact) = name.strip_prefix("deployment.") {
        return matches!(fact, "id" | "application" | "group");
    }
    let Some(fact) = name.strip_prefix("green.").or_else(|| name.strip_prefix("blue.")) else { return false };
    match fact.split_once('.') {
        Some(("task_definition", fact)) => matches!(fact, "arn" | "family" | "revision"),
        Some(("env", rest)) => rest.split_once('.').is_some_and(|(container, variable)| {
            is_container(container) && !variable.is_empty() && !variable.contains(['=', '$', '{', ' '])
        }),
        Some(("image", rest)) => rest
            .split_once('.')
            .is_some_and(|(container, fact)| is_container(container) && matches!(fact, "tag" | "digest")),
        _ => false,
    }
}

/// Source: Amazon ECS, `ContainerDefinition`, "name": letters, digits, underscores and hyphens.
fn is_container(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_known_by_their_form() {
        for name in [
            "env.HOME",
            "deployment.group",
            "green.env.app.VERSION",
            "blue.env.my-app_2.a.b",
            "green.image.app.digest",
            "blue.task_definition.revision",
        ] {
            assert!(is_fact(name), "{name}");
        }
        for name in [
            "env.",
            "env.AWS_SECRET_ACCESS_KEY",
            "env.a-b",
            "deployment.ids",
            "green.env.app",
            "green.env..A",
            "green.image.app.name",
            "green.",
            "x",
        ] {
            assert!(!is_fact(name), "{name}");
        }
    }
}

//! `Hooks`: which function is asked at which lifecycle event.

use std::fmt;

use greenlight_suite::Hook;
use greenlight_suite::diagnostics::{Problem, Problems, did_you_mean, quote};
use greenlight_suite::yaml::{Entry, Key, Mapping, Node};

/// A lifecycle event of an ECS deployment that a function can be bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BindingPoint {
    /// Before green exists.
    BeforeInstall,
    /// Green runs; the test listener still serves blue.
    AfterInstall,
    /// The test listener serves green.
    AfterAllowTestTraffic,
    /// The same, just before production traffic moves.
    BeforeAllowTraffic,
    /// Production serves green.
    AfterAllowTraffic,
}

impl BindingPoint {
    /// In the order of the lifecycle.
    pub const ALL: [Self; 5] = [
        Self::BeforeInstall,
        Self::AfterInstall,
        Self::AfterAllowTestTraffic,
        Self::BeforeAllowTraffic,
        Self::AfterAllowTraffic,
    ];

    /// As it is written in an appspec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BeforeInstall => "BeforeInstall",
            Self::AfterInstall => "AfterInstall",
            Self::AfterAllowTestTraffic => "AfterAllowTestTraffic",
            Self::BeforeAllowTraffic => "BeforeAllowTraffic",
            Self::AfterAllowTraffic => "AfterAllowTraffic",
        }
    }
}

impl fmt::Display for BindingPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A function bound to a lifecycle event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where it is asked.
    pub at: BindingPoint,
    /// The function's name or ARN, as it is written.
    pub function: String,
}

impl Binding {
    /// The function's own name: without partition, region and account when it is written as an ARN, and without the
    /// version or alias.
    #[must_use]
    pub fn function_name(&self) -> &str {
        let name = self.function.split_once("function:").map_or(self.function.as_str(), |(_, name)| name);
        name.split(':').next().unwrap_or(name)
    }

    /// The hook that the function judges when it is one of Greenlight's: its name then ends with its binary's.
    fn judges(&self) -> Option<Hook> {
        Hook::ALL.into_iter().find(|hook| {
            let before = self.function_name().strip_suffix(hook.binary());
            before.is_some_and(|before| !before.ends_with(char::is_alphanumeric))
        })
    }
}

/// What CodeDeploy does by itself in an ECS deployment.
const CODEDEPLOYS_OWN: [&str; 3] = ["Install", "AllowTestTraffic", "AllowTraffic"];
/// Lifecycle events of deployments to servers.
const OF_SERVERS: [&str; 10] = [
    "ApplicationStop",
    "DownloadBundle",
    "ApplicationStart",
    "ValidateService",
    "BeforeBlockTraffic",
    "BlockTraffic",
    "AfterBlockTraffic",
    "Start",
    "End",
    "TestTraffic",
];

/// The bindings in the order of the lifecycle.
pub(super) fn read(node: &Node, problems: &mut Problems) -> Vec<Binding> {
    if node.is_absent() {
        return Vec::new();
    }
    let Some(items) = node.as_sequence() else {
        problems.report(
            Problem::at(node.span, format!("`Hooks` is a list, found {}", node.kind()))
                .label("put `- ` before each event")
                .remedy("one function for an event, as in `- AfterInstall: CodeDeployHook_name`"),
        );
        return Vec::new();
    };
    let mut bindings: Vec<Binding> = Vec::new();
    for item in items {
        let entries = item.as_mapping().map(Mapping::entries).unwrap_or_default();
        let [Entry { key, value }] = entries else {
            problems.report(
                Problem::at(item.span, "an item of `Hooks` is one event with one function")
                    .remedy("write it as `- AfterInstall: CodeDeployHook_name`"),
            );
            continue;
        };
        let Some(at) = binding_point(key, problems) else { continue };
        let Some(function) = function(key, value, problems) else { continue };
        let binding = Binding { at, function };
        at_its_event(&binding, value, problems);
        match bindings.iter().find(|other| other.at == at) {
            Some(other) => problems.report(
                Problem::at(key.span, format!("two functions for `{at}`"))
                    .label(format!("it has {} already", quote(&other.function)))
                    .remedy("CodeDeploy asks one function at an event; remove one of them"),
            ),
            None => bindings.push(binding),
        }
    }
    bindings.sort_by_key(|binding| binding.at);
    bindings
}

fn binding_point(key: &Key, problems: &mut Problems) -> Option<BindingPoint> {
    let name = key.name.as_str();
    let known = BindingPoint::ALL.into_iter().find(|point| point.name() == name);
    if known.is_none() {
        let names = BindingPoint::ALL.map(BindingPoint::name);
        let problem = if CODEDEPLOYS_OWN.contains(&name) {
            Problem::at(key.span, format!("no function can be bound to `{name}`")).label("CodeDeploy does it by itself")
        } else if OF_SERVERS.contains(&name) {
            Problem::at(key.span, format!("`{name}` is not an event of ECS deployments")).label("it is one of servers")
        } else {
            let problem = Problem::at(key.span, format!("unknown lifecycle event {}", quote(name)));
            match did_you_mean(name, names) {
                Some(meant) => problem.label(format!("did you mean `{meant}`?")),
                None => problem.label("not an event of ECS deployments"),
            }
        };
        problems.report(problem.remedy(format!("functions can be bound to {}", names.join(", "))));
    }
    known
}

/// Each of Greenlight's functions judges one event, and at another it would ask the wrong questions. A foreign function
/// may be bound to as many events as it likes.
fn at_its_event(binding: &Binding, value: &Node, problems: &mut Problems) {
    let (at, name) = (binding.at, binding.function_name());
    let Some(judged) = binding.judges().filter(|hook| hook.name() != at.name()) else { return };
    let problem = Problem::at(value.span, format!("{} judges {judged}, and is bound to {at}", quote(name)));
    let remedy = match Hook::ALL.into_iter().find(|hook| hook.name() == at.name()) {
        Some(hook) => format!("bind it to `{judged}`; the function for `{at}` is named `…-{}`", hook.binary()),
        None => format!("bind it to `{judged}`; Greenlight has no function for `{at}`"),
    };
    problems.report(problem.label(format!("belongs to `{judged}`")).remedy(remedy));
}

fn function(key: &Key, value: &Node, problems: &mut Problems) -> Option<String> {
    let text = value.as_text().filter(|text| !text.trim().is_empty());
    if text.is_none() {
        problems.report(
            Problem::at(value.span, format!("{} has no function", quote(&key.name)))
                .label("a function's name or ARN is needed")
                .remedy(format!("name one, as in `{}: CodeDeployHook_name`, or remove the line", key.name)),
        );
    }
    text.map(str::to_owned)
}

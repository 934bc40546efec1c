//! What one hook asks, and through which listener.

use std::num::NonZeroUsize;

use greenlight_suite::{Check, Hook, Ready, Selection, Suite, Version};

use crate::draft::PlannedCheck;

/// A listener of the load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// Serves green from AllowTestTraffic on.
    Test,
    /// Serves customers.
    Production,
}

impl Listener {
    /// The listener that serves green at this hook. At AfterInstall none does: the test listener still serves blue.
    #[must_use]
    pub fn at(hook: Hook) -> Option<Self> {
        match hook {
            Hook::AfterInstall => None,
            Hook::AfterAllowTestTraffic | Hook::BeforeAllowTraffic => Some(Self::Test),
            Hook::AfterAllowTraffic => Some(Self::Production),
        }
    }

    /// What a person calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Test => "the test listener",
            Self::Production => "the production listener",
        }
    }

    /// The setting that says where it is.
    #[must_use]
    pub fn setting(self) -> &'static str {
        match self {
            Self::Test => "GREENLIGHT_TEST_URL",
            Self::Production => "GREENLIGHT_PRODUCTION_URL",
        }
    }
}

/// What is asked over HTTP.
#[derive(Debug, Clone)]
pub struct Plan<'s> {
    suite: &'s Suite,
    /// What must be answered steadily first, where the suite says so.
    pub ready: Option<&'s Ready>,
    /// How green is recognised, where the suite says so.
    pub version: Option<&'s Version>,
    /// In the order of the suite.
    pub checks: Vec<&'s Check>,
}

impl<'s> Plan<'s> {
    /// The plan of a suite for one hook: what the suite's `hooks` select, or the default of that hook.
    ///
    /// At AfterInstall, where green's tasks are asked by their own addresses, only checks that are `direct` count. By
    /// default AfterAllowTestTraffic runs every check. The later hooks run those without side effects, or every
    /// check when there are only such with side effects and no version to prove: something must be judged.
    #[must_use]
    pub fn new(suite: &'s Suite, hook: Hook) -> Self {
        let all = || suite.checks.iter();
        let checks = match (suite.hooks.get(&hook).map(|plan| &plan.checks), hook) {
            (None | Some(Selection::All), Hook::AfterInstall) => all().filter(|check| check.direct).collect(),
            (Some(Selection::Named(names)), _) => all().filter(|check| names.contains(&check.name)).collect(),
            (Some(Selection::All), _) | (None, Hook::AfterAllowTestTraffic) => all().collect(),
            (None, Hook::BeforeAllowTraffic | Hook::AfterAllowTraffic) => {
                let safe: Vec<_> = all().filter(|check| !check.side_effects).collect();
                if safe.iter().any(|check| check.required) || suite.version.is_some() { safe } else { all().collect() }
            }
        };
        Self { suite, ready: suite.ready.as_ref(), version: suite.version.as_ref(), checks }
    }

    /// The suite with the checks of this plan alone, so that only values are asked for that it needs.
    #[must_use]
    pub(crate) fn suite(&self) -> Suite {
        let checks = self.checks.iter().copied().cloned().collect();
        Suite { checks, ready: self.ready.cloned(), version: self.version.cloned(), ..self.suite.clone() }
    }

    /// How many checks run side by side at most.
    #[must_use]
    pub(crate) fn parallel(&self) -> NonZeroUsize {
        self.suite.parallel
    }

    /// Only these checks; the rest of the plan stays.
    ///
    /// # Errors
    ///
    /// The first name that is not in the plan.
    pub fn only(mut self, names: &[String]) -> Result<Self, String> {
        if let Some(unknown) = names.iter().find(|name| !self.checks.iter().any(|check| check.name == **name)) {
            return Err(unknown.clone());
        }
        self.checks.retain(|check| names.contains(&check.name));
        Ok(self)
    }

    /// The checks that have to have a record in the end.
    #[must_use]
    pub fn planned(&self) -> Vec<PlannedCheck> {
        self.checks.iter().map(|check| PlannedCheck { name: check.name.clone(), required: check.required }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenlight_suite::Source;

    fn names(text: &str, hook: Hook) -> Vec<String> {
        let suite = greenlight_suite::parse(&Source::new("suite.yml", text)).unwrap();
        Plan::new(&suite, hook).checks.iter().map(|check| check.name.clone()).collect()
    }

    #[test]
    fn each_hook_has_its_default_plan() {
        let mixed = "
checks:
  home: { request: GET / }
  order: { request: POST /orders, side_effects: allowed }
";
        let writing = "
checks:
  order: { request: POST /orders, side_effects: allowed }
";
        let direct = "
checks:
  home: { request: GET /, direct: true }
  about: { request: GET /about }
";
        let chosen = "
checks:
  home: { request: GET / }
  about: { request: GET /about }
hooks:
  BeforeAllowTraffic: { checks: [about] }
  AfterAllowTestTraffic: { checks: [] }
";
        for (case, text, hook, expected) in [
            ("AfterInstall asks nothing through a listener", mixed, Hook::AfterInstall, vec![]),
            ("AfterInstall asks green's tasks what may be asked of them", direct, Hook::AfterInstall, vec!["home"]),
            ("which is asked through the listener too", direct, Hook::AfterAllowTestTraffic, vec!["home", "about"]),
            ("the smoke test is everything", mixed, Hook::AfterAllowTestTraffic, vec!["home", "order"]),
            ("later hooks only read", mixed, Hook::BeforeAllowTraffic, vec!["home"]),
            ("unless there is nothing else to judge by", writing, Hook::BeforeAllowTraffic, vec!["order"]),
            ("the suite chooses", chosen, Hook::BeforeAllowTraffic, vec!["about"]),
            ("it may choose nothing", chosen, Hook::AfterAllowTestTraffic, vec![]),
        ] {
            assert_eq!(names(text, hook), expected, "{case}");
        }
    }

    #[test]
    fn a_choice_of_checks_keeps_those_and_names_the_first_that_is_not_there() {
        let text = "checks: { home: { request: GET / }, about: { request: GET /about } }";
        let suite = greenlight_suite::parse(&Source::new("suite.yml", text)).unwrap();
        let only = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let plan = Plan::new(&suite, Hook::AfterAllowTestTraffic).only(&names)?;
            Ok(plan.checks.iter().map(|check| check.name.as_str()).collect::<Vec<_>>())
        };
        assert_eq!(only(&["about"]), Ok(vec!["about"]));
        assert_eq!(only(&["about", "hoem"]), Err("hoem".to_owned()));
    }
}

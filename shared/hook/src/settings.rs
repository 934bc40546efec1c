//! A function's settings, from its environment variables.
//!
//! Every bad one is named, so that one deployment is enough to see them all; those that are good hold all the same, so
//! that observe mode is observe mode beside a misspelt time.

use std::collections::BTreeMap;
use std::time::Duration;

use greenlight_engine::{BaseUrl, Resolve};
use greenlight_report::Mode;

use crate::suite_place::SuitePlace;

/// Where environment variables are read from.
pub trait Environment: Send + Sync {
    /// The value of a variable; one that is not Unicode counts as absent.
    fn get(&self, name: &str) -> Option<String>;
    /// The names of all variables.
    fn names(&self) -> Vec<String>;
}

/// The environment of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn names(&self) -> Vec<String> {
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
    }
}

impl Environment for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }

    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

/// What a function was told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `GREENLIGHT_SUITE`: where the suite is.
    pub suite: Option<SuitePlace>,
    /// `GREENLIGHT_TEST_URL`: the test listener, when it is not to be found by itself.
    pub test_url: Option<BaseUrl>,
    /// `GREENLIGHT_PRODUCTION_URL`: the production listener, when it is not to be found by itself.
    pub production_url: Option<BaseUrl>,
    /// `GREENLIGHT_MODE`.
    pub mode: Mode,
    /// `GREENLIGHT_ON_ROLLBACK`: the mode for a deployment that is itself a rollback.
    pub on_rollback: Mode,
    /// `GREENLIGHT_RESERVE`: time kept for reporting.
    pub reserve: Duration,
    /// `GREENLIGHT_RESOLVE`: names that are not looked up.
    pub resolve: Resolve,
    /// `GREENLIGHT_…` variables that mean nothing, which is often a slip of the pen.
    pub unknown: Vec<String>,
    /// A sentence for every variable that cannot be understood; its setting is the default.
    pub problems: Vec<String>,
}

impl Settings {
    /// Time kept for reporting, unless told otherwise.
    pub const DEFAULT_RESERVE: Duration = Duration::from_secs(30);

    const KNOWN: [&'static str; 7] = [
        "GREENLIGHT_SUITE",
        "GREENLIGHT_TEST_URL",
        "GREENLIGHT_PRODUCTION_URL",
        "GREENLIGHT_MODE",
        "GREENLIGHT_ON_ROLLBACK",
        "GREENLIGHT_RESERVE",
        "GREENLIGHT_RESOLVE",
    ];

    /// Reads the variables. One that is empty counts as absent.
    #[must_use]
    pub fn read(environment: &dyn Environment) -> Self {
        let mut bad = Vec::new();
        let get = |name: &str| environment.get(name).filter(|value| !value.is_empty());

        let suite = get("GREENLIGHT_SUITE").and_then(|text| {
            SuitePlace::parse(&text).map_err(|problem| bad.push(format!("GREENLIGHT_SUITE: {problem}"))).ok()
        });
        let resolve = get("GREENLIGHT_RESOLVE").map_or_else(Resolve::default, |text| {
            Resolve::parse(&text).unwrap_or_else(|problem| {
                bad.push(format!("GREENLIGHT_RESOLVE: {problem}"));
                Resolve::default()
            })
        });
        let mut url = |name: &str| {
            get(name)
                .and_then(|value| BaseUrl::parse(&value).map_err(|error| bad.push(format!("{name}: {error}"))).ok())
        };
        let test_url = url("GREENLIGHT_TEST_URL");
        let production_url = url("GREENLIGHT_PRODUCTION_URL");
        if let (Some(test), Some(production)) = (&test_url, &production_url)
            && test == production
        {
            bad.push(format!(
                "GREENLIGHT_TEST_URL and GREENLIGHT_PRODUCTION_URL are both {test}: the test listener has a port of its own, often 8080"
            ));
        }
        let mut mode = |name: &str, default: Mode| match get(name).as_deref() {
            None => default,
            Some("enforce") => Mode::Enforce,
            Some("observe") => Mode::Observe,
            Some(other) => {
                bad.push(format!("{name}: `{other}` is neither `enforce` nor `observe`"));
                default
            }
        };
        let enforce_or_observe = mode("GREENLIGHT_MODE", Mode::Enforce);
        let on_rollback = mode("GREENLIGHT_ON_ROLLBACK", Mode::Observe);
        let reserve = match get("GREENLIGHT_RESERVE") {
            None => Self::DEFAULT_RESERVE,
            Some(text) => greenlight_suite::parse_duration(&text).unwrap_or_else(|error| {
                bad.push(format!("GREENLIGHT_RESERVE: {error}"));
                Self::DEFAULT_RESERVE
            }),
        };
        let unknown = environment
            .names()
            .into_iter()
            .filter(|name| name.starts_with("GREENLIGHT_") && !Self::KNOWN.contains(&name.as_str()))
            .collect();
        Self {
            suite,
            test_url,
            production_url,
            mode: enforce_or_observe,
            on_rollback,
            reserve,
            resolve,
            unknown,
            problems: bad,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn nothing_set_is_every_default() {
        let settings = Settings::read(&environment(&[("GREENLIGHT_SUITE", "")]));
        assert_eq!(settings.mode, Mode::Enforce);
        assert_eq!(settings.on_rollback, Mode::Observe);
        assert_eq!(settings.reserve, Duration::from_secs(30));
        assert!(settings.suite.is_none() && settings.test_url.is_none() && settings.unknown.is_empty());
    }

    #[test]
    fn every_bad_setting_is_named_at_once() {
        let settings = Settings::read(&environment(&[
            ("GREENLIGHT_TEST_URL", "green.example.com"),
            ("GREENLIGHT_MODE", "strict"),
            ("GREENLIGHT_RESERVE", "30"),
            ("GREENLIGHT_SUITE", "ssm:"),
            ("GREENLIGHT_RESOLVE", "somewhere"),
        ]));
        let names: Vec<_> = settings.problems.iter().filter_map(|text| text.split(':').next()).collect();
        let expected = ["SUITE", "RESOLVE", "TEST_URL", "MODE", "RESERVE"].map(|name| format!("GREENLIGHT_{name}"));
        assert_eq!(names, expected);
    }

    #[test]
    fn a_good_setting_holds_beside_a_bad_one() {
        let pairs =
            [("GREENLIGHT_MODE", "observe"), ("GREENLIGHT_RESERVE", "soon"), ("GREENLIGHT_ON_ROLLBACK", "enforce")];
        let settings = Settings::read(&environment(&pairs));
        assert_eq!((settings.mode, settings.on_rollback, settings.problems.len()), (Mode::Observe, Mode::Enforce, 1));
    }

    #[test]
    fn the_test_listener_is_not_the_production_listener() {
        let same = [("GREENLIGHT_TEST_URL", "http://lb"), ("GREENLIGHT_PRODUCTION_URL", "http://lb:80")];
        let problems = Settings::read(&environment(&same)).problems;
        assert!(problems[0].contains("both"), "{problems:?}");
    }

    #[test]
    fn a_misspelt_setting_is_kept_for_a_warning() {
        let settings = Settings::read(&environment(&[("GREENLIGHT_TEST_ULR", "http://lb:8080")]));
        assert_eq!(settings.unknown, ["GREENLIGHT_TEST_ULR"]);
    }
}

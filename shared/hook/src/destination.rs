//! Where requests go at a hook: the listener that serves green then, and production while blue serves it.
//!
//! Found from the deployment group's listeners and their load balancer, unless a setting says otherwise.

use greenlight_deployment::{Facts, Known, Listener as FoundListener};
use greenlight_engine::BaseUrl;
use greenlight_suite::Hook;

use crate::plan::Listener;
use crate::settings::Settings;

/// Where one hook asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) listener: Listener,
    pub(crate) base: BaseUrl,
    /// Production, while blue serves it.
    pub(crate) blue: Option<BaseUrl>,
}

impl Destination {
    /// # Errors
    ///
    /// Why it is not known, and what to do.
    pub(crate) fn find(hook: Hook, settings: &Settings, facts: &Facts) -> Result<Self, String> {
        let listener = Listener::at(hook).unwrap_or(Listener::Test);
        let base = of(listener, settings, facts)?;
        if listener == Listener::Production {
            return Ok(Self { listener, base, blue: None });
        }
        let production = of(Listener::Production, settings, facts).ok();
        if let Some(told) = &settings.test_url {
            refuse_production(told, production.as_ref(), facts)?;
        }
        Ok(Self { listener, blue: production.filter(|production| *production != base), base })
    }
}

/// Why what AWS says about the listener may not be about the place that is asked: a setting named the place, and it is
/// not known to be that listener.
pub(crate) async fn elsewhere(destination: &Destination, settings: &Settings, facts: &Facts) -> Option<String> {
    let Destination { listener, base, .. } = destination;
    let (told, found) = match listener {
        Listener::Test => (&settings.test_url, &facts.test),
        Listener::Production => (&settings.production_url, &facts.production),
    };
    let (Some(_), Ok(Some(found))) = (told, found) else { return None };
    let (name, setting) = (listener.name(), listener.setting());
    if found.port != base.port() {
        return Some(format!("{setting} is on port {}, and {name} on port {}", base.port(), found.port));
    }
    let place = match &facts.load_balancer {
        Ok(balancer) => found.base_url(&balancer.dns_name),
        Err(error) => Err(error.unknown()),
    };
    let place = match place {
        Ok(place) => place,
        Err(problem) => return Some(format!("whether {setting} is {name} is not known: {problem}")),
    };
    if place == *base {
        return None;
    }
    let (of_listener, asked) = tokio::join!(settings.resolve.addresses(&place), settings.resolve.addresses(base));
    let is_same = asked.iter().any(|address| of_listener.contains(address));
    (!is_same).then(|| format!("{setting} is {base}, which has no address of {name} at {place}"))
}

fn of(listener: Listener, settings: &Settings, facts: &Facts) -> Result<BaseUrl, String> {
    let (told, found) = match listener {
        Listener::Test => (&settings.test_url, &facts.test),
        Listener::Production => (&settings.production_url, &facts.production),
    };
    if let Some(told) = told {
        return Ok(told.clone());
    }
    let (name, setting) = (listener.name(), listener.setting());
    let unknown = |error: &greenlight_deployment::CallError| {
        format!("where {name} is, is {}: allow that, or set {setting}", error.unknown())
    };
    match found {
        Ok(Some(found)) => {
            let balancer = facts.load_balancer.as_ref().map_err(unknown)?;
            if balancer.arn != found.load_balancer {
                return Err(format!("{name} is on a load balancer of its own, {}: set {setting}", found.load_balancer));
            }
            found.base_url(&balancer.dns_name).map_err(|problem| format!("{name}: {problem}; set {setting}"))
        }
        Ok(None) if listener == Listener::Test => Err(format!(
            "the deployment group has no test listener, so green cannot be asked before customers are: give it one (`testTrafficRoute`), or set {setting}"
        )),
        Ok(None) => Err(format!("the deployment group has no production listener; set {setting}")),
        Err(error) => Err(unknown(error)),
    }
}

/// Customers, and blue until AllowTraffic, are behind the production listener: judging it would judge blue.
fn refuse_production(told: &BaseUrl, production: Option<&BaseUrl>, facts: &Facts) -> Result<(), String> {
    let port = |known: &Known<Option<FoundListener>>| Some(known.as_ref().ok()?.as_ref()?.port);
    let (test, live) = (port(&facts.test), port(&facts.production));
    let is_production = production == Some(told) || (live == Some(told.port()) && test != live && test.is_some());
    if !is_production {
        return Ok(());
    }
    let meant = test.map_or_else(String::new, |port| format!("; the test listener is on port {port}"));
    Err(format!("GREENLIGHT_TEST_URL is {told}, which is the production listener, and that serves blue{meant}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use greenlight_deployment::{CallError, CallErrorKind};

    use super::*;
    use crate::controller::scripted::facts;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let pairs: BTreeMap<String, String> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::read(&pairs)
    }

    fn found(hook: Hook, pairs: &[(&str, &str)], facts: &Facts) -> Result<(String, Option<String>), String> {
        let Destination { base, blue, .. } = Destination::find(hook, &settings(pairs), facts)?;
        Ok((base.to_string(), blue.map(|blue| blue.to_string())))
    }

    #[test]
    fn each_hook_asks_the_listener_that_serves_green() {
        let (test, live) = ("http://orders.elb.test:8080".to_owned(), "https://orders.elb.test".to_owned());
        for (hook, expected) in [
            (Hook::AfterAllowTestTraffic, (test.clone(), Some(live.clone()))),
            (Hook::BeforeAllowTraffic, (test.clone(), Some(live.clone()))),
            (Hook::AfterInstall, (test, Some(live.clone()))),
            (Hook::AfterAllowTraffic, (live, None)),
        ] {
            assert_eq!(found(hook, &[], &facts()), Ok(expected), "{hook}");
        }
    }

    #[test]
    fn a_setting_comes_before_what_is_found() {
        let told = [("GREENLIGHT_TEST_URL", "http://10.0.0.1:8080")];
        let expected = ("http://10.0.0.1:8080".to_owned(), Some("https://orders.elb.test".to_owned()));
        assert_eq!(found(Hook::AfterAllowTestTraffic, &told, &facts()), Ok(expected));
    }

    #[test]
    fn the_production_listener_is_never_tested_in_place_of_the_test_listener() {
        for told in ["https://orders.elb.test", "https://orders.example.com", "http://10.0.0.1:443"] {
            let problem = found(Hook::AfterAllowTestTraffic, &[("GREENLIGHT_TEST_URL", told)], &facts()).unwrap_err();
            assert!(problem.contains("production listener") && problem.contains("port 8080"), "{told}: {problem}");
        }
    }

    #[tokio::test]
    async fn a_place_that_was_told_is_the_listener_only_if_it_has_its_port_and_an_address_of_it() {
        let facts = std::thread::spawn(facts).join().unwrap();
        let names = "orders.elb.test=10.0.0.1,10.0.0.2;alias.test=10.0.0.2;other.test=10.0.9.9";
        for (told, part) in [
            ("", None),
            ("http://orders.elb.test:8080", None),
            ("http://alias.test:8080", None),
            ("http://10.0.0.1:8080", None),
            ("http://other.test:8080", Some("has no address of the test listener")),
            ("http://alias.test:9000", Some("is on port 9000, and the test listener on port 8080")),
        ] {
            let settings = settings(&[("GREENLIGHT_TEST_URL", told), ("GREENLIGHT_RESOLVE", names)]);
            let destination = Destination::find(Hook::AfterAllowTestTraffic, &settings, &facts).unwrap();
            let why = elsewhere(&destination, &settings, &facts).await;
            assert_eq!(why.is_some(), part.is_some(), "{told}: {why:?}");
            assert!(why.unwrap_or_default().contains(part.unwrap_or_default()), "{told}");
        }
    }

    #[test]
    fn a_listener_that_is_not_known_says_why_and_what_to_do() {
        let denied = CallError {
            action: "elasticloadbalancing:DescribeListeners",
            resource: "arn:test".into(),
            kind: CallErrorKind::AccessDenied,
            detail: "no".into(),
        };
        for (case, facts, part) in [
            ("none is configured", Facts { test: Ok(None), ..facts() }, "no test listener"),
            (
                "denied",
                Facts { test: Err(denied.clone()), ..facts() },
                "AccessDenied: elasticloadbalancing:DescribeListeners",
            ),
            (
                "on another load balancer",
                Facts {
                    test: facts()
                        .test
                        .map(|test| test.map(|it| FoundListener { load_balancer: "arn:other".into(), ..it })),
                    ..facts()
                },
                "a load balancer of its own, arn:other",
            ),
            ("the address is denied", Facts { load_balancer: Err(denied), ..facts() }, "set GREENLIGHT_TEST_URL"),
        ] {
            let problem = found(Hook::AfterAllowTestTraffic, &[], &facts).unwrap_err();
            assert!(problem.contains(part), "{case}: {problem}");
        }
    }
}

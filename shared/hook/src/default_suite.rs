//! The suite of a service that has none: its target group's own health check, asked through the listener.
//!
//! A health check that cannot be asked through a listener (on a port of its own, over gRPC, or unknown) leaves `GET /`,
//! which anything below 500 answers well: less, and said.

use greenlight_deployment::{CallError, HealthCheck, Known, TargetGroup};
use greenlight_suite::{
    Bound, Check, Expect, Expectation, Matcher, Ready, Redirects, Repeat, Request, Step, Suite, Template, ValueTemplate,
};
use indexmap::IndexMap;

/// The name of its one check.
const NAME: &str = "health check";

/// A suite made of a health check, and why it is less than that.
pub(crate) struct DefaultSuite {
    pub(crate) suite: Suite,
    pub(crate) warning: Option<String>,
}

/// How a target group asks its targets.
pub(crate) struct Question {
    pub(crate) request: Request,
    pub(crate) expect: Expect,
}

impl DefaultSuite {
    pub(crate) fn of(group: &Known<TargetGroup>) -> Self {
        let (question, warning) = match group.as_ref().map_err(CallError::unknown).and_then(question) {
            Ok(question) => (question, None),
            Err(why) => (
                Question { request: get("/"), expect: below_500() },
                Some(format!(
                    "without a suite the target group's health check is asked, but {why}; `GET /` was asked instead"
                )),
            ),
        };
        let Question { request, expect } = question;
        let ready = ready(Question { request: request.clone(), expect: expect.clone() });
        let step = Step { line: 0, request, expect, capture: IndexMap::new(), repeat: Repeat::Once, timeout: None };
        let check = Check {
            name: NAME.to_owned(),
            line: 0,
            required: true,
            side_effects: false,
            direct: false,
            within: None,
            steps: vec![step],
            finally: Vec::new(),
        };
        Self { suite: Suite { ready: Some(ready), checks: vec![check], ..Suite::default() }, warning }
    }
}

/// What a target group's health check asks, where a listener can be asked the same.
pub(crate) fn question(group: &TargetGroup) -> Result<Question, String> {
    let HealthCheck { enabled, protocol, port, path, http_codes, .. } = &group.health_check;
    let (name, protocol) = (&group.name, protocol.as_str());
    if !enabled {
        return Err(format!("`{name}` has none"));
    }
    if !matches!(protocol, "HTTP" | "HTTPS") {
        return Err(format!("that of `{name}` is over {protocol}"));
    }
    let own_port = group.port.map(|port| port.to_string());
    if port != "traffic-port" && Some(port) != own_port.as_ref() {
        return Err(format!("that of `{name}` is on port {port}, which the listener does not serve"));
    }
    let codes = http_codes.as_deref().ok_or_else(|| format!("that of `{name}` expects no HTTP status"))?;
    let status = Expectation::of_http_codes(codes).map_err(|problem| format!("that of `{name}`: {problem}"))?;
    let expect = Expect { status: Some(status), ..Expect::default() };
    Ok(Question { request: get(path.as_deref().unwrap_or("/")), expect })
}

/// Readiness by this question, with every default.
pub(crate) fn ready(Question { request, expect }: Question) -> Ready {
    Ready {
        request,
        expect,
        consecutive: Ready::DEFAULT_CONSECUTIVE,
        within: Ready::DEFAULT_WITHIN,
        every: Ready::DEFAULT_EVERY,
        timeout: None,
    }
}

pub(crate) fn get(path: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        path: Template::literal(path),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        // A health check does not follow redirects: the first answer counts.
        redirects: Redirects::None,
    }
}

fn below_500() -> Expect {
    let below = Matcher::Below(Bound::Number(ValueTemplate::Number(500.into())));
    Expect { status: Some(Expectation(vec![below])), ..Expect::default() }
}

#[cfg(test)]
mod tests {
    use greenlight_deployment::CallErrorKind;

    use super::*;

    fn group(change: impl FnOnce(&mut TargetGroup)) -> TargetGroup {
        let mut group = TargetGroup {
            arn: "arn".into(),
            name: "orders-green".into(),
            protocol: "HTTP".into(),
            port: Some(3000),
            target_type: "ip".into(),
            health_check: HealthCheck {
                enabled: true,
                protocol: "HTTP".into(),
                port: "traffic-port".into(),
                path: Some("/health".into()),
                http_codes: Some("200-299".into()),
                grpc_codes: None,
                interval: None,
                timeout: None,
            },
        };
        change(&mut group);
        group
    }

    fn path(suite: &Suite) -> String {
        suite.checks[0].steps[0].request.path.source()
    }

    #[test]
    fn the_target_groups_health_check_is_the_plan() {
        for (case, group) in [
            ("on the traffic port", group(|_| {})),
            ("on the same port by its number", group(|group| group.health_check.port = "3000".into())),
        ] {
            let DefaultSuite { suite, warning } = DefaultSuite::of(&Ok(group));
            assert_eq!((path(&suite).as_str(), warning), ("/health", None), "{case}");
            assert!(suite.checks[0].required, "{case}");
        }
    }

    #[test]
    fn what_cannot_be_asked_through_a_listener_leaves_less_and_says_so() {
        let denied = CallError {
            action: "elasticloadbalancing:DescribeTargetGroups",
            resource: "orders-green".into(),
            kind: CallErrorKind::AccessDenied,
            detail: "no".into(),
        };
        for (known, part) in [
            (Ok(group(|group| group.health_check.port = "9000".into())), "on port 9000"),
            (Ok(group(|group| group.health_check.protocol = "TCP".into())), "over TCP"),
            (Ok(group(|group| group.health_check.enabled = false)), "has none"),
            (Ok(group(|group| group.health_check.http_codes = None)), "expects no HTTP status"),
            (Err(denied), "AccessDenied: elasticloadbalancing:DescribeTargetGroups"),
        ] {
            let DefaultSuite { suite, warning } = DefaultSuite::of(&known);
            assert_eq!(path(&suite), "/");
            assert!(warning.as_ref().is_some_and(|warning| warning.contains(part)), "{part}: {warning:?}");
        }
    }
}

//! Tells answers that the load balancer made by itself from the application's.
//!
//! An Application Load Balancer answers for its targets when it has none to ask, or gets no good answer out of one.
//! Such an answer proves nothing about green, so it never passes a check, whatever the check expects. What it answers on
//! purpose (a redirect, a fixed response, the refusal of a firewall) a check may want to see; that green answers, or
//! which revision does, is not to be learned from it.

use http::header::SERVER;
use http::{HeaderMap, StatusCode};

use crate::record::{Failure, FailureKind};

/// Whether the load balancer made this answer because it got none out of a target.
pub(crate) fn made(status: StatusCode, headers: &HeaderMap) -> bool {
    matches!(status.as_u16(), 502..=504) && speaks(headers)
}

/// Whether the load balancer made this answer, for whatever reason.
/// Source: ALB user guide, "Troubleshoot your Application Load Balancers"; its own pages carry this `Server` header.
pub(crate) fn speaks(headers: &HeaderMap) -> bool {
    headers.get(SERVER).is_some_and(|server| server.as_bytes().starts_with(b"awselb/"))
}

/// What it means that it answered with this status where green's own answer is asked for.
pub(crate) fn failure_to_pass_on(status: StatusCode) -> Failure {
    if matches!(status.as_u16(), 502..=504) {
        return failure(status);
    }
    let remedy = "the request did not reach green: does a listener rule (a redirect, a fixed response, a login), a firewall \
                  (WAF) or the protocol stop it? Ask for a path that is forwarded";
    Failure {
        kind: FailureKind::LoadBalancer,
        subject: "status".into(),
        observed: format!("{} made by the load balancer itself", status.as_u16()),
        expected: Some("an answer from green".into()),
        remedy: Some(remedy.into()),
    }
}

/// What the load balancer is saying by this status.
pub(crate) fn failure(status: StatusCode) -> Failure {
    let (meaning, remedy) = match status.as_u16() {
        503 => (
            "no healthy target is registered yet",
            "look at the target group's health: are green's tasks running, registered, and passing the health check?",
        ),
        502 => (
            "a target closed the connection, or its answer was not valid HTTP",
            "look at the task's log at this time: did it crash, or close kept connections before the load balancer does?",
        ),
        _ => (
            "a target did not answer in time",
            "look at what the task was waiting for, and at the security group between load balancer and task",
        ),
    };
    Failure {
        kind: FailureKind::LoadBalancer,
        subject: "status".into(),
        observed: format!("{} from the load balancer itself ({meaning})", status.as_u16()),
        expected: Some("an answer from green".into()),
        remedy: Some(remedy.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_statuses_with_its_own_name_are_the_load_balancers() {
        for (status, server, made_by_it) in [
            (503, Some("awselb/2.0"), true),
            (502, Some("awselb/2.0"), true),
            (504, Some("awselb/2.0"), true),
            (503, Some("nginx"), false),
            (503, None, false),
            (200, Some("awselb/2.0"), false),
            (500, Some("awselb/2.0"), false),
        ] {
            let headers = server.map(|server| (SERVER, server.parse().unwrap())).into_iter().collect();
            assert_eq!(made(StatusCode::from_u16(status).unwrap(), &headers), made_by_it, "{status} {server:?}");
        }
    }
}

//! Why a call to AWS failed, in words for whoever is on call, and whether trying again can help.
//!
//! How the SDK's errors become these is `answered`'s.

mod answered;

use std::error::Error;
use std::fmt;

/// A value, or the call that would have told it.
pub type Known<T> = Result<T, CallError>;

/// A call to AWS that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The IAM action, for example `codedeploy:GetDeployment`.
    pub action: &'static str,
    /// What kind of failure.
    pub kind: CallErrorKind,
    /// What was asked about, for example `deployment d-A1B2C3D4E`, `service prod/orders` or a listener's ARN.
    pub resource: String,
    /// What was answered, in AWS's own words where there are some.
    pub detail: String,
}

/// What kind of failure a call to AWS met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallErrorKind {
    /// The function's role does not allow the action.
    AccessDenied,
    /// Too many calls.
    Throttled,
    /// The other side answered, and had an error of its own (5xx) or said less than it should.
    Server,
    /// Nobody answered: no connection, or no answer in time.
    Unreachable,
    /// AWS, or something in between, refused the call; the detail says which. Trying again changes nothing.
    Refused,
    /// The call could not be made: no region, no credentials.
    NotConfigured,
    /// The call was not made: no earlier answer names what to ask about. That is no failure of a call.
    Absent,
}

impl CallErrorKind {
    /// Whether the same call may succeed a moment later.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Server | Self::Unreachable)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, kind, detail, .. } = self;
        match kind {
            CallErrorKind::AccessDenied => {
                write!(f, "access denied: {action}; allow it in the function's role ({detail})")
            }
            CallErrorKind::Throttled => write!(f, "{action} was throttled ({detail})"),
            CallErrorKind::Server => write!(f, "{action} failed on the server's side ({detail})"),
            CallErrorKind::Unreachable => write!(
                f,
                "cannot reach AWS for {action} ({detail}); a function in a VPC needs a NAT gateway or an interface endpoint"
            ),
            CallErrorKind::Refused => write!(f, "{action} was refused ({detail})"),
            CallErrorKind::NotConfigured => write!(f, "{action} could not be called ({detail})"),
            CallErrorKind::Absent => write!(f, "{action} was not asked ({detail})"),
        }
    }
}

impl Error for CallError {}

impl CallError {
    /// What is not known for it, for example
    /// `unknown (AccessDenied: ecs:DescribeServices, service prod/orders)`. Where the kind alone says little, the detail
    /// follows.
    #[must_use]
    pub fn unknown(&self) -> String {
        let Self { action, kind, resource, detail } = self;
        let (word, says_all) = match kind {
            CallErrorKind::AccessDenied => ("AccessDenied", true),
            CallErrorKind::Throttled => ("throttled", true),
            CallErrorKind::Server => ("server error", false),
            CallErrorKind::Unreachable => ("unreachable", false),
            CallErrorKind::Refused => ("refused", false),
            CallErrorKind::NotConfigured => ("not configured", false),
            CallErrorKind::Absent => ("not asked", false),
        };
        let detail = if says_all { String::new() } else { format!("; {detail}") };
        format!("unknown ({word}: {action}, {resource}{detail})")
    }

    /// An answer that lacks what was asked for.
    pub(crate) fn lacking(action: &'static str, resource: impl Into<String>, what: &str) -> Self {
        let detail = format!("the answer held no {what}");
        Self { action, kind: CallErrorKind::Server, resource: resource.into(), detail }
    }

    /// A call that was not made.
    pub(crate) fn absent(action: &'static str, resource: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { action, kind: CallErrorKind::Absent, resource: resource.into(), detail: detail.into() }
    }

    /// A call that was given up.
    pub(crate) fn no_answer_in_time(action: &'static str, resource: impl Into<String>) -> Self {
        let detail = "no answer in time".to_owned();
        Self { action, kind: CallErrorKind::Unreachable, resource: resource.into(), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_says_why_and_where_that_is_not_enough_in_which_words() {
        let unknown = |kind| {
            let resource = "service prod/orders".to_owned();
            CallError { action: "ecs:DescribeServices", kind, resource, detail: "the detail".into() }.unknown()
        };
        for (kind, sentence) in [
            (CallErrorKind::AccessDenied, "unknown (AccessDenied: ecs:DescribeServices, service prod/orders)"),
            (CallErrorKind::Throttled, "unknown (throttled: ecs:DescribeServices, service prod/orders)"),
            (CallErrorKind::Server, "unknown (server error: ecs:DescribeServices, service prod/orders; the detail)"),
            (
                CallErrorKind::Unreachable,
                "unknown (unreachable: ecs:DescribeServices, service prod/orders; the detail)",
            ),
            (CallErrorKind::Refused, "unknown (refused: ecs:DescribeServices, service prod/orders; the detail)"),
            (
                CallErrorKind::NotConfigured,
                "unknown (not configured: ecs:DescribeServices, service prod/orders; the detail)",
            ),
            (CallErrorKind::Absent, "unknown (not asked: ecs:DescribeServices, service prod/orders; the detail)"),
        ] {
            assert_eq!(unknown(kind), sentence);
        }
    }
}

//! Why a call to AWS failed, in words for whoever is on call, and whether trying again can help.

use std::error::Error;
use std::fmt;

use aws_sdk_codedeploy::error::{ProvideErrorMetadata, SdkError};

/// A call to AWS that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The IAM action, for example `codedeploy:GetDeployment`.
    pub action: &'static str,
    /// What kind of failure.
    pub kind: CallErrorKind,
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
    /// AWS answered with an error of its own (5xx).
    Server,
    /// Nobody answered: no connection, or no answer in time.
    Unreachable,
    /// AWS refused the call; the error's code is in the detail. Trying again changes nothing.
    Refused,
    /// The call could not be made: no region, no credentials.
    NotConfigured,
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
        let Self { action, kind, detail } = self;
        match kind {
            CallErrorKind::AccessDenied => {
                write!(f, "access denied: {action}; allow it in the function's role ({detail})")
            }
            CallErrorKind::Throttled => write!(f, "{action} was throttled ({detail})"),
            CallErrorKind::Server => write!(f, "{action} failed at AWS ({detail})"),
            CallErrorKind::Unreachable => write!(
                f,
                "cannot reach AWS for {action} ({detail}); a function in a VPC needs a NAT gateway or an interface endpoint"
            ),
            CallErrorKind::Refused => write!(f, "{action} was refused ({detail})"),
            CallErrorKind::NotConfigured => write!(f, "{action} could not be called ({detail})"),
        }
    }
}

impl Error for CallError {}

impl CallError {
    /// Makes words of the SDK's error. `place` says where the call went: region, for errors about what does not exist.
    pub(crate) fn new<E, R>(action: &'static str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: fmt::Debug,
        SdkError<E, R>: Error,
    {
        let (kind, detail) = match error {
            SdkError::ServiceError(context) => {
                let code = context.err().code().unwrap_or("no error code");
                let message = context.err().message().unwrap_or("no message");
                (kind_of_code(code), format!("{code}: {message}"))
            }
            SdkError::TimeoutError(_) => (CallErrorKind::Unreachable, "no answer in time".to_owned()),
            SdkError::DispatchFailure(failure) if !failure.is_user() && !failure.is_other() => {
                (CallErrorKind::Unreachable, root_cause(error))
            }
            SdkError::ResponseError(_) => (CallErrorKind::Server, root_cause(error)),
            _ => (CallErrorKind::NotConfigured, root_cause(error)),
        };
        Self { action, kind, detail }
    }
}

fn kind_of_code(code: &str) -> CallErrorKind {
    match code {
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => CallErrorKind::AccessDenied,
        "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" => {
            CallErrorKind::Throttled
        }
        "InternalFailure"
        | "InternalServerError"
        | "InternalServerException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "no error code" => CallErrorKind::Server,
        _ => CallErrorKind::Refused,
    }
}

/// The innermost error: the SDK's and reqwest's own sentences only repeat that something failed.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

//! Why a call to AWS failed, in words for whoever is on call, and whether trying again can help.

use std::error::Error;
use std::fmt;

use aws_sdk_codedeploy::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

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
    /// The other side answered, and had an error of its own (5xx) or said less than it should.
    Server,
    /// Nobody answered: no connection, or no answer in time.
    Unreachable,
    /// AWS, or something in between, refused the call; the detail says which. Trying again changes nothing.
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
            CallErrorKind::Server => write!(f, "{action} failed on the server's side ({detail})"),
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
    /// Makes words of the SDK's error.
    pub(crate) fn new<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (kind, detail) = match error {
            SdkError::ServiceError(context) => answered(context.raw(), Some(context.err().meta()), error),
            SdkError::ResponseError(context) => answered(context.raw(), None, error),
            SdkError::TimeoutError(_) => (CallErrorKind::Unreachable, "no answer in time".to_owned()),
            SdkError::DispatchFailure(failure) if !failure.is_user() && !failure.is_other() => {
                (CallErrorKind::Unreachable, root_cause(error))
            }
            _ => (CallErrorKind::NotConfigured, causes(error)),
        };
        Self { action, kind, detail }
    }
}

/// What an answer with an error says. Its status tells more than its code: codes are many, and a proxy has none.
fn answered(raw: &HttpResponse, said: Option<&ErrorMetadata>, error: &dyn Error) -> (CallErrorKind, String) {
    let status = raw.status().as_u16();
    let kind_of_status = match status {
        429 => Some(CallErrorKind::Throttled),
        500.. => Some(CallErrorKind::Server),
        _ => None,
    };
    if let Some((code, message)) = said.and_then(|said| Some((said.code()?, said.message()))) {
        let mut detail = format!("HTTP {status} {code}: {}", message.unwrap_or("no message"));
        if let Some(remedy) = remedy(code) {
            detail = format!("{detail}; {remedy}");
        }
        return (kind_of_status.unwrap_or_else(|| kind_of_code(code)), detail);
    }
    let media = raw.headers().get("content-type").and_then(|value| value.split(';').next()).unwrap_or("").trim();
    let is_json = media.contains("json");
    match (kind_of_status, status) {
        (Some(CallErrorKind::Server), _) if is_json => {
            (CallErrorKind::Server, format!("HTTP {status} without an error code"))
        }
        (None, 200..300) if is_json => {
            (CallErrorKind::Server, format!("HTTP {status}, an answer that cannot be read: {}", root_cause(error)))
        }
        _ => {
            let media = if media.is_empty() { "without a content type" } else { media };
            let detail = format!(
                "HTTP {status} {media}, not an answer of CodeDeploy: is a proxy or an endpoint policy in between?"
            );
            (kind_of_status.unwrap_or(CallErrorKind::Refused), detail)
        }
    }
}

fn kind_of_code(code: &str) -> CallErrorKind {
    match code {
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => CallErrorKind::AccessDenied,
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown" => CallErrorKind::Throttled,
        "InternalFailure"
        | "InternalServerError"
        | "InternalServerException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => CallErrorKind::Server,
        _ => CallErrorKind::Refused,
    }
}

/// What to look at when AWS does not know who asks.
fn remedy(code: &str) -> Option<&'static str> {
    match code {
        "InvalidSignatureException" | "SignatureDoesNotMatch" | "RequestExpired" => Some(
            "look at this machine's clock, and at the credentials in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and \
             AWS_SESSION_TOKEN, which belong together",
        ),
        "ExpiredTokenException" | "ExpiredToken" => Some(
            "the credentials in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN have expired: get new \
             ones",
        ),
        "UnrecognizedClientException" | "InvalidClientTokenId" => Some(
            "AWS does not know the credentials in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN: are \
             they of this account, and complete?",
        ),
        _ => None,
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

/// Every sentence below the SDK's own: what could not be configured is often said above the root.
fn causes(error: &dyn Error) -> String {
    let mut sentences = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        sentences.push(error.to_string());
        cause = error.source();
    }
    sentences.dedup();
    if sentences.is_empty() { error.to_string() } else { sentences.join(": ") }
}

//! Why a call to AWS failed, in words for whoever is on call, and whether trying again can help.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::transport::TooLong;

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

    /// Makes words of the SDK's error.
    pub(crate) fn new<E>(action: &'static str, resource: impl Into<String>, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (kind, detail) = match error {
            SdkError::ServiceError(context) => answered(action, context.raw(), Some(context.err().meta()), error),
            SdkError::ResponseError(context) => answered(action, context.raw(), None, error),
            SdkError::TimeoutError(_) => (CallErrorKind::Unreachable, "no answer in time".to_owned()),
            SdkError::DispatchFailure(failure) if !failure.is_user() && !failure.is_other() => {
                (CallErrorKind::Unreachable, root_cause(error))
            }
            _ => match too_long(error) {
                Some(too_long) => (CallErrorKind::Refused, too_long.to_string()),
                None => (CallErrorKind::NotConfigured, causes(error)),
            },
        };
        Self { action, kind, resource: resource.into(), detail }
    }
}

/// What an answer with an error says. A code of too many calls is that whatever the status; otherwise the status tells
/// more than the code: codes are many, and a proxy has none.
fn answered(
    action: &str,
    raw: &HttpResponse,
    said: Option<&ErrorMetadata>,
    error: &dyn Error,
) -> (CallErrorKind, String) {
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
        let kind = match kind_of_code(code) {
            CallErrorKind::Throttled => CallErrorKind::Throttled,
            kind => kind_of_status.unwrap_or(kind),
        };
        return (kind, detail);
    }
    let media = raw.headers().get("content-type").and_then(|value| value.split(';').next()).unwrap_or("").trim();
    let service = Service::of(action);
    let is_its_own = service.answers_in(media);
    match (kind_of_status, status) {
        (Some(CallErrorKind::Server), _) if is_its_own => {
            (CallErrorKind::Server, format!("HTTP {status} without an error code"))
        }
        (None, 200..300) if is_its_own => {
            (CallErrorKind::Server, format!("HTTP {status}, an answer that cannot be read: {}", root_cause(error)))
        }
        _ => {
            let media = if media.is_empty() { "without a content type" } else { media };
            let detail = format!(
                "HTTP {status} {media}, not an answer of {}: is a proxy or an endpoint policy in between?",
                service.name
            );
            (kind_of_status.unwrap_or(CallErrorKind::Refused), detail)
        }
    }
}

/// Who was called.
struct Service<'a> {
    name: &'a str,
    is_xml: bool,
}

impl<'a> Service<'a> {
    fn of(action: &'a str) -> Self {
        let (name, is_xml) = match action.split(':').next().unwrap_or(action) {
            "codedeploy" => ("CodeDeploy", false),
            "ecs" => ("ECS", false),
            "elasticloadbalancing" => ("Elastic Load Balancing", true),
            "ssm" => ("Systems Manager", false),
            "s3" => ("S3", true),
            other => (other, false),
        };
        Self { name, is_xml }
    }

    fn answers_in(&self, media: &str) -> bool {
        if self.is_xml { matches!(media, "text/xml" | "application/xml") } else { media.contains("json") }
    }
}

/// The transport's own refusal, where it is the reason.
fn too_long<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e TooLong> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<TooLong>() {
            return Some(found);
        }
        cause = error.source();
    }
    None
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
        | "SlowDown"
        | "Throttled" => CallErrorKind::Throttled,
        "InternalFailure"
        | "InternalServerError"
        | "InternalServerException"
        | "InternalError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => CallErrorKind::Server,
        _ => CallErrorKind::Refused,
    }
}

/// What to look at when AWS does not know who asks, or is asked at the wrong place.
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
        "PermanentRedirect" | "AuthorizationHeaderMalformed" => {
            Some("is the bucket in another region? It must be in the function's")
        }
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

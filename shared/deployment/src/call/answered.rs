//! Makes words of the SDK's errors: what was answered, by whom, and what to look at.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{CallError, CallErrorKind};
use crate::transport::TooLong;

impl CallError {
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

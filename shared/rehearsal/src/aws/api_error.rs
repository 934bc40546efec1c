//! The API's errors: a code that programs read and a sentence that people read, in the words of each protocol.

use serde_json::json;

use super::service::{Protocol, Service};
use super::xml;

/// What the rehearsal calls itself where a service names who asked.
const CALLER: &str = "assumed-role/rehearsal/function";
/// The namespace of the query protocol's answers. Source: Elastic Load Balancing API reference, version 2015-12-01.
pub(super) const ELB_NAMESPACE: &str = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";

/// An answer that is an error. The code is that of the JSON services, which end many of theirs with `Exception`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl ApiError {
    /// An error of the caller's: every documented error of CodeDeploy, ECS and SSM is one, with status 400.
    /// Source: CodeDeploy API reference, `PutLifecycleEventHookExecutionStatus`, "Errors".
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into() }
    }

    /// An error of the caller's that XML services answer with 403, and JSON services with 400.
    pub(super) fn forbidden(code: &str, message: impl Into<String>) -> Self {
        Self { status: 403, ..Self::new(code, message) }
    }

    pub(super) fn throttled() -> Self {
        Self::new("ThrottlingException", "Rate exceeded")
    }

    /// The error that a service would give for a code of the rehearsal's settings. Server errors keep their status.
    pub(super) fn of_code(code: &str, action: &str, account: &str, resource: &str) -> Self {
        match code.strip_suffix("Exception").unwrap_or(code) {
            "AccessDenied" => Self::forbidden(
                "AccessDeniedException",
                format!(
                    "User: arn:aws:sts::{account}:{CALLER} is not authorized to perform: {action} on resource: \
                     {resource} because no identity-based policy allows the {action} action"
                ),
            ),
            "Throttling" => Self::throttled(),
            "InternalFailure" | "InternalServerError" | "ServiceUnavailable" => {
                let status = if code == "ServiceUnavailable" { 503 } else { 500 };
                Self { status, ..Self::new(code, "We encountered an internal error. Please try again.") }
            }
            _ => Self::new(code, format!("{action} is refused in this rehearsal")),
        }
    }

    /// The code as it goes over the wire.
    pub(super) fn wire_code(&self, service: Service) -> &str {
        let bare = || self.code.strip_suffix("Exception").unwrap_or(&self.code);
        match (service.protocol(), self.code.as_str()) {
            (Protocol::Json, code) => code,
            (Protocol::Query, "InvalidSignatureException") => "SignatureDoesNotMatch",
            (Protocol::Rest, "ThrottlingException") => "SlowDown",
            (Protocol::Rest, "InternalFailure" | "InternalServerError") => "InternalError",
            (Protocol::Rest, "InvalidSignatureException") => "AuthorizationHeaderMalformed",
            (Protocol::Rest, "MissingAuthenticationTokenException") => "AccessDenied",
            (Protocol::Query | Protocol::Rest, _) => bare(),
        }
    }

    pub(super) fn wire_status(&self, service: Service) -> u16 {
        match (service.protocol(), self.code.as_str()) {
            (Protocol::Json, _) if self.status == 403 => 400,
            (Protocol::Rest, "ThrottlingException") => 503,
            _ => self.status,
        }
    }

    /// The error as the service's protocol has it.
    pub(super) fn body(&self, service: Service, request_id: &str) -> String {
        let (code, message) = (self.wire_code(service), &self.message);
        match service.protocol() {
            // Older services write the shape's full name, others the bare one; SDKs take both.
            Protocol::Json => {
                json!({ "__type": format!("{}#{code}", service.namespace()), "message": message }).to_string()
            }
            Protocol::Query => {
                let kind = if self.status < 500 { "Sender" } else { "Receiver" };
                let error =
                    json!({ "Error": { "Type": kind, "Code": code, "Message": message }, "RequestId": request_id });
                xml::document("ErrorResponse", Some(ELB_NAMESPACE), &error)
            }
            Protocol::Rest => {
                let error = json!({ "Code": code, "Message": message, "RequestId": request_id });
                xml::document("Error", None, &error)
            }
        }
    }
}

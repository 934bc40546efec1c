//! The API's errors: a code that programs read and a sentence that people read.

use serde_json::{Value, json};

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl ApiError {
    /// An error of the caller's: every documented error of CodeDeploy is one, with status 400.
    /// Source: CodeDeploy API reference, `PutLifecycleEventHookExecutionStatus`, "Errors".
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into() }
    }

    pub(super) fn throttled() -> Self {
        Self::new("ThrottlingException", "Rate exceeded")
    }

    /// The error that the service would give for a code of the rehearsal's settings. Server errors keep their status.
    pub(super) fn of_code(code: &str, operation: &str, group_arn: &str) -> Self {
        match code {
            "AccessDeniedException" => Self::new(
                code,
                format!(
                    "User: arn:aws:sts::123456789012:assumed-role/rehearsal/function is not authorized to perform: \
                     codedeploy:{operation} on resource: {group_arn} because no identity-based policy allows the \
                     codedeploy:{operation} action"
                ),
            ),
            "ThrottlingException" => Self::throttled(),
            "InternalFailure" | "InternalServerError" | "ServiceUnavailable" => {
                let status = if code == "ServiceUnavailable" { 503 } else { 500 };
                Self { status, ..Self::new(code, "We encountered an internal error. Please try again.") }
            }
            code => Self::new(code, format!("{operation} is refused in this rehearsal")),
        }
    }

    pub(super) fn body(&self) -> Value {
        // Older services write the shape's full name, others the bare one; SDKs take both.
        json!({ "__type": format!("com.amazonaws.codedeploy#{}", self.code), "message": self.message })
    }
}

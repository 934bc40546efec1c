//! The API on the wire: JSON 1.1 over HTTP, signed. What an operation does is in `operations`.
//!
//! Whatever is not understood is refused loudly and recorded: a rehearsal that guessed would prove nothing.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::Value;

use super::Shared;
use super::api_error::ApiError;
use super::operations;
use super::state::State;
use crate::record::Call;
use crate::server::Answer;

const TARGET_PREFIX: &str = "CodeDeploy_20141006.";
const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

pub(super) async fn answer(shared: Shared, request: Request<Bytes>) -> Answer {
    let latency = shared.state().misbehaviour.latency;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let operation = operation(&request);
    let mut state = shared.state();
    let result = perform(&mut state, &operation, &request);
    let status = serde_json::from_slice::<Value>(request.body())
        .ok()
        .and_then(|input| input.get("status").and_then(Value::as_str).map(str::to_owned))
        .filter(|_| operation == operations::PUT_STATUS);
    let outcome = result.as_ref().map_or_else(|error| error.code.clone(), |_| "ok".to_owned());
    let at = state.began.elapsed();
    state.calls.push(Call { at, operation, outcome, status });
    drop(state);
    match result {
        Ok(body) => json(StatusCode::OK, &body),
        Err(error) => {
            json(StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &error.body())
        }
    }
}

/// The operation's name; for what is no JSON 1.1 call to CodeDeploy, whatever tells best what it was.
fn operation(request: &Request<Bytes>) -> String {
    match request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()) {
        Some(target) => target.strip_prefix(TARGET_PREFIX).unwrap_or(target).to_owned(),
        None => format!("{} {}", request.method(), request.uri().path()),
    }
}

fn perform(state: &mut State, operation: &str, request: &Request<Bytes>) -> Result<Value, ApiError> {
    if request.uri().path().starts_with("/service/") {
        let message = "this is a CBOR call (smithy-rpc-v2-cbor), and the rehearsal speaks JSON 1.1 alone";
        return Err(ApiError::new("UnknownOperationException", message));
    }
    let is_target = request
        .headers()
        .get("x-amz-target")
        .is_some_and(|target| target.to_str().is_ok_and(|target| target.starts_with(TARGET_PREFIX)));
    if request.method() != Method::POST || request.uri().path() != "/" || !is_target {
        let message = format!("`{operation}` is no call to CodeDeploy");
        return Err(ApiError::new("UnknownOperationException", message));
    }
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type != "application/x-amz-json-1.1" {
        let message = format!("the content type is `{content_type}`, expected `application/x-amz-json-1.1`");
        return Err(ApiError::new("SerializationException", message));
    }
    signature(state, request)?;
    let input = serde_json::from_slice(request.body())
        .map_err(|error| ApiError::new("SerializationException", error.to_string()))?;
    operations::perform(state, operation, &input)
}

/// The signature's presence and shape. Whether it was made with the right key is not the rehearsal's subject.
fn signature(state: &State, request: &Request<Bytes>) -> Result<(), ApiError> {
    let Some(header) = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
        return Err(ApiError::new("MissingAuthenticationTokenException", "Missing Authentication Token"));
    };
    let incomplete = |why: String| ApiError::new("IncompleteSignatureException", why);
    let Some(fields) = header.strip_prefix("AWS4-HMAC-SHA256 ") else {
        return Err(incomplete("the signature is not of version 4".to_owned()));
    };
    let field = |name: &str| {
        let found = fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
        found.ok_or_else(|| incomplete(format!("Authorization header requires '{name}' parameter.")))
    };
    let signature = field("Signature")?;
    if signature.len() != 64 || !signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(incomplete("the signature is not a SHA-256 in hexadecimal".to_owned()));
    }
    let signed = field("SignedHeaders")?;
    if !signed.split(';').any(|name| name == "host") {
        return Err(incomplete("'Host' must be a signed header".to_owned()));
    }
    let scope: Vec<_> = field("Credential")?.split('/').collect();
    match scope[..] {
        [_, _, region, "codedeploy", "aws4_request"] if region == state.identity.region => Ok(()),
        [_, _, _, "codedeploy", "aws4_request"] => Err(ApiError::new(
            "InvalidSignatureException",
            format!("Credential should be scoped to a valid region, '{}'.", state.identity.region),
        )),
        _ => Err(ApiError::new(
            "InvalidSignatureException",
            "Credential should be scoped to correct service: 'codedeploy'.",
        )),
    }
}

fn json(status: StatusCode, body: &Value) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    answer
}

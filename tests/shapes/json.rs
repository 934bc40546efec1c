//! The AWS JSON 1.1 protocol: CodeDeploy, ECS and SSM.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>.

use serde_json::Value;

use crate::exchange::{Exchange, Mismatches, header, is_documented, mismatch};
use crate::model::{Model, Operation};
use crate::value::{Checker, Scalars, Way};

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// What every operation may answer. Source: "Common Errors" of the services' API references, and what their front ends
/// answer to a request that they cannot read.
const COMMON: [(&str, u16); 12] = [
    ("AccessDeniedException", 400),
    ("IncompleteSignatureException", 400),
    ("InternalFailure", 500),
    ("InternalServerError", 500),
    ("InvalidSignatureException", 400),
    ("MissingAuthenticationTokenException", 400),
    ("SerializationException", 400),
    ("ServiceUnavailable", 503),
    ("ThrottlingException", 400),
    ("UnknownOperationException", 400),
    ("UnrecognizedClientException", 400),
    ("ValidationException", 400),
];

pub(crate) fn request(exchange: &Exchange, model: &Model, operation: &Operation) -> Mismatches {
    let prefix = model.metadata.target_prefix.as_deref().unwrap_or_default();
    let target = format!("{prefix}.{}", operation.name);
    let mut found = header(&exchange.request_headers, "request", "content-type", CONTENT_TYPE);
    found.extend(header(&exchange.request_headers, "request", "x-amz-target", &target));
    if exchange.uri != operation.http.request_uri {
        let expected = &operation.http.request_uri;
        found.push(mismatch(&operation.name, format_args!("it is sent to {}, expected {expected}", exchange.uri)));
    }
    match serde_json::from_slice::<Value>(&exchange.request_body) {
        Ok(value) => {
            let mut checker = Checker::new(model, Scalars::Json, Way::Request);
            checker.value(&operation.input.shape, &operation.input, &value);
            found.extend(checker.mismatches);
        }
        Err(error) => found.push(mismatch(&operation.input.shape, format_args!("no JSON: {error}"))),
    }
    found
}

pub(crate) fn response(exchange: &Exchange, model: &Model, operation: &Operation) -> Mismatches {
    let mut found = header(&exchange.response_headers, "response", "content-type", CONTENT_TYPE);
    if exchange.status != 200 {
        found.push(mismatch(&operation.name, format_args!("the status is {}, expected 200", exchange.status)));
    }
    match serde_json::from_slice::<Value>(&exchange.response_body) {
        Ok(value) => {
            let mut checker = Checker::new(model, Scalars::Json, Way::Response);
            checker.value(&operation.output.shape, &operation.output, &value);
            found.extend(checker.mismatches);
        }
        Err(error) => found.push(mismatch(&operation.output.shape, format_args!("no JSON: {error}"))),
    }
    found
}

pub(crate) fn error(exchange: &Exchange, model: &Model, operation: &Operation) -> Mismatches {
    let mut found = header(&exchange.response_headers, "response", "content-type", CONTENT_TYPE);
    let path = format!("error of {}", operation.name);
    let body = match serde_json::from_slice::<Value>(&exchange.response_body) {
        Ok(body) => body,
        Err(error) => return vec![mismatch(&path, format_args!("no JSON: {error}"))],
    };
    // `com.amazonaws.codedeploy#ThrottlingException` and the bare name are both in use.
    match body.get("__type").and_then(Value::as_str).and_then(|name| name.rsplit('#').next()) {
        Some(code) => found.extend(is_documented(exchange, model, operation, code, &COMMON)),
        None => found.push(mismatch(&format!("{path}.__type"), "it is required, and not there")),
    }
    for (name, value) in body.as_object().into_iter().flatten() {
        // The services write either, and clients read both.
        let is_known = ["__type", "message", "Message"].contains(&name.as_str());
        if !is_known || !value.is_string() {
            found.push(mismatch(&format!("{path}.{name}"), format_args!("`{value}` is not part of an error")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Headers, mismatches};

    fn good() -> Exchange {
        Exchange {
            service: "ssm".into(),
            operation: "GetParameters".into(),
            method: "POST".into(),
            uri: "/".into(),
            request_headers: headers(&[
                ("content-type", CONTENT_TYPE),
                ("x-amz-target", "AmazonSSM.GetParameters"),
                (
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=AKID/20260301/eu-central-1/ssm/aws4_request, SignedHeaders=host, Signature=0",
                ),
            ]),
            request_body: br#"{"Names":["/orders/key"],"WithDecryption":true}"#.to_vec(),
            status: 200,
            response_headers: headers(&[("content-type", CONTENT_TYPE)]),
            response_body: br#"{"Parameters":[{"Name":"/orders/key","Type":"SecureString"}],"InvalidParameters":[]}"#
                .to_vec(),
        }
    }

    fn headers(fields: &[(&str, &str)]) -> Headers {
        Headers(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn wrong(exchange: &Exchange) -> Vec<String> {
        mismatches(exchange).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_call_that_is_as_documented_has_no_mismatch() {
        assert_eq!(wrong(&good()), Vec::<String>::new());
        for (status, code) in
            [(400, "com.amazonaws.ssm#InvalidKeyId"), (400, "ThrottlingException"), (500, "InternalServerError")]
        {
            let body = format!(r#"{{"__type":"{code}","message":"why"}}"#).into_bytes();
            let refused = Exchange { status, response_body: body, ..good() };
            assert_eq!(wrong(&refused), Vec::<String>::new(), "{code}");
        }
    }

    #[test]
    fn whatever_differs_in_a_call_is_named() {
        let with = |change: fn(&mut Exchange)| {
            let mut exchange = good();
            change(&mut exchange);
            wrong(&exchange).join("; ")
        };
        for (change, expected) in [
            ((|e| e.service = "sns".into()) as fn(&mut Exchange), "sns: "),
            (
                |e| e.operation = "GetParameter".into(),
                "ssm GetParameter: shared/rehearsal/models has no such operation",
            ),
            (|e| e.method = "GET".into(), "GetParameters: the method is GET, expected POST"),
            (|e| e.uri = "/service/x".into(), "GetParameters: it is sent to /service/x, expected /"),
            (|e| e.request_headers = headers(&[]), "request: authorization: the request is not signed"),
            (|e| e.request_headers = headers(&[]), "request: x-amz-target: None, expected `AmazonSSM.GetParameters`"),
            (
                |e| e.request_headers.0[2].1 = "Credential=AKID/20260301/eu-central-1/ecs/aws4_request".into(),
                "the scope is `20260301/eu-central-1/ecs/aws4_request`, expected `…/ssm/aws4_request`",
            ),
            (|e| e.request_headers.0[0].1 = "text/json".into(), "request: content-type: Some(\"text/json\")"),
            (|e| e.request_body = b"{}".to_vec(), "GetParametersRequest.Names: it is required, and not there"),
            (|e| e.request_body = b"Names".to_vec(), "GetParametersRequest: no JSON: "),
            (|e| e.status = 202, "GetParameters: the status is 202, expected 200"),
            (|e| e.response_headers = headers(&[]), "response: content-type: None"),
            (|e| e.response_body = b"".to_vec(), "GetParametersResult: no JSON: "),
            (
                |e| e.response_body = br#"{"parameters":[]}"#.to_vec(),
                "GetParametersResult.parameters: the documentation knows",
            ),
        ] {
            let found = with(change);
            assert!(found.contains(expected), "{found}\nis not about\n{expected}");
        }
    }

    #[test]
    fn errors_are_documented_ones_with_their_status() {
        for (status, body, expected) in [
            (400, r#"{"__type":"ParameterNotFound","message":""}"#, "`ParameterNotFound` is none of its errors"),
            (500, r#"{"__type":"InvalidKeyId","message":""}"#, "`InvalidKeyId` comes with HTTP 500, expected 400"),
            (403, r#"{"__type":"AccessDeniedException"}"#, "`AccessDeniedException` comes with HTTP 403, expected 400"),
            (400, r#"{"message":"why"}"#, "error of GetParameters.__type: it is required"),
            (
                400,
                r#"{"__type":"InvalidKeyId","code":"x"}"#,
                "error of GetParameters.code: `\"x\"` is not part of an error",
            ),
            (400, "InvalidKeyId", "error of GetParameters: no JSON"),
        ] {
            let found = wrong(&Exchange { status, response_body: body.into(), ..good() });
            assert!(found.len() == 1 && found[0].contains(expected), "{found:?}\nis not about\n{expected}");
        }
    }
}

//! The REST-XML protocol: S3. Members travel in the path, the query and headers; an error is XML.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html>, and for paths "Path-style requests" in the
//! Amazon S3 user guide.

use percent_encoding::percent_decode_str;
use roxmltree::Document;
use serde_json::{Map, Value};

use crate::exchange::{Exchange, Headers, Mismatches, is_documented, mismatch};
use crate::model::{Model, Operation};
use crate::value::{Checker, Scalars, Timestamps, Way};

const TEXT: Scalars = Scalars::Text(Timestamps::HttpDate);

/// Headers of requests that belong to HTTP, to the signature or to the SDK.
const OF_REQUESTS: [&str; 13] = [
    "accept",
    "accept-encoding",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "authorization",
    "connection",
    "host",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-user-agent",
    "x-amzn-trace-id",
];

/// Headers of responses that belong to HTTP or come with every answer. Source: Amazon S3 API reference, "Common
/// response headers".
const OF_RESPONSES: [&str; 5] = ["connection", "date", "server", "x-amz-id-2", "x-amz-request-id"];

/// What every operation may answer. Source: Amazon S3 API reference, "List of error codes".
const COMMON: [(&str, u16); 10] = [
    ("AccessDenied", 403),
    ("AuthorizationHeaderMalformed", 400),
    ("InternalError", 500),
    ("InvalidRange", 416),
    ("InvalidRequest", 400),
    ("MethodNotAllowed", 405),
    ("NoSuchBucket", 404),
    ("ServiceUnavailable", 503),
    ("SignatureDoesNotMatch", 403),
    ("SlowDown", 503),
];

pub(crate) fn request(exchange: &Exchange, model: &Model, operation: &Operation) -> Mismatches {
    let mut checker = Checker::new(model, TEXT, Way::Request);
    let path = &operation.input.shape;
    let (place, query) = exchange.uri.split_once('?').unwrap_or((&exchange.uri, ""));
    let mut members = Map::new();
    // GetObject's template is `/{Bucket}/{Key+}`: the key goes on over slashes.
    if let Some((bucket, key)) = place.strip_prefix('/').and_then(|place| place.split_once('/')) {
        members.insert("Bucket".to_owned(), decoded(bucket));
        members.insert("Key".to_owned(), decoded(key));
    }
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = Value::String(value.into_owned());
        match member(model, operation, Way::Request, "querystring", &name) {
            Some(member) => drop(members.insert(member, value)),
            // The SDKs say the operation's name like this where the path alone does not.
            None if name == "x-id" && value == operation.name.as_str() => {}
            None => checker.wrong(path, format_args!("the query has `{name}`, which the documentation does not know")),
        }
    }
    headers(&exchange.request_headers, operation, &OF_REQUESTS, &mut members, &mut checker);
    if !exchange.request_body.is_empty() {
        checker.wrong(path, "the request has a body");
    }
    checker.value(path, &operation.input, &Value::Object(members));
    checker.mismatches
}

pub(crate) fn response(exchange: &Exchange, model: &Model, operation: &Operation) -> Mismatches {
    let mut checker = Checker::new(model, TEXT, Way::Response);
    let path = &operation.output.shape;
    let mut members = Map::new();
    headers(&exchange.response_headers, operation, &OF_RESPONSES, &mut members, &mut checker);
    let expected = if members.contains_key("ContentRange") { 206 } else { 200 };
    if exchange.status != expected {
        checker.wrong(path, format_args!("the status is {}, expected {expected}", exchange.status));
    }
    let length = exchange.response_body.len();
    if exchange.response_headers.get("content-length") != Some(&length.to_string()) {
        let said = exchange.response_headers.get("content-length");
        checker.wrong(path, format_args!("the body has {length} bytes, Content-Length says {said:?}"));
    }
    // Its body is bytes of any kind; everything else is held against the shape.
    checker.value(path, &operation.output, &Value::Object(members));
    checker.mismatches
}

pub(crate) fn error(exchange: &Exchange, model: &Model, operation: &Operation) -> Mismatches {
    let path = "Error";
    let mut found = crate::exchange::header(&exchange.response_headers, "response", "content-type", "application/xml");
    let body = String::from_utf8_lossy(&exchange.response_body);
    let document = match Document::parse(&body) {
        Ok(document) => document,
        Err(error) => return vec![mismatch(path, format_args!("no XML: {error}"))],
    };
    let root = document.root_element();
    if (root.tag_name().name(), root.tag_name().namespace()) != ("Error", None) {
        return vec![mismatch(path, format_args!("the root is `{}`", root.tag_name().name()))];
    }
    let text = |name: &str| {
        root.children().find(|child| child.has_tag_name(name)).map(|child| child.text().unwrap_or_default())
    };
    for name in ["Message", "RequestId"] {
        if text(name).is_none() {
            found.push(mismatch(&format!("{path}.{name}"), "it is required, and not there"));
        }
    }
    match text("Code") {
        Some(code) => found.extend(is_documented(exchange, model, operation, code, &COMMON)),
        None => found.push(mismatch("Error.Code", "it is required, and not there")),
    }
    found
}

/// Takes the members that travel in headers. A header that is neither a member nor in the list is a mismatch.
fn headers(
    headers: &Headers,
    operation: &Operation,
    known: &[&str],
    members: &mut Map<String, Value>,
    checker: &mut Checker<'_>,
) {
    for (name, value) in &headers.0 {
        match member(checker.model, operation, checker.way, "header", name) {
            Some(member) => drop(members.insert(member, Value::String(value.clone()))),
            None if known.contains(&name.as_str()) => {}
            None => checker.wrong(name, "the documentation knows no such header"),
        }
    }
}

/// The member that travels at this place under this name.
fn member(model: &Model, operation: &Operation, way: Way, location: &str, name: &str) -> Option<String> {
    let reference = if way == Way::Request { &operation.input } else { &operation.output };
    let mut members = model.shape(reference).members.iter();
    let found = members.find(|(_, member)| {
        member.location.as_deref() == Some(location)
            && member.location_name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name))
    });
    found.map(|(member, _)| member.clone())
}

fn decoded(segment: &str) -> Value {
    Value::String(percent_decode_str(segment).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::mismatches;

    fn fields(fields: &[(&str, &str)]) -> Headers {
        Headers(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn good() -> Exchange {
        Exchange {
            service: "s3".into(),
            operation: "GetObject".into(),
            method: "GET".into(),
            uri: "/suites/orders/green%20light.yml?x-id=GetObject".into(),
            request_headers: fields(&[
                ("host", "127.0.0.1"),
                ("authorization", "Credential=AKID/20260301/eu-central-1/s3/aws4_request"),
                ("range", "bytes=0-9"),
                ("x-amz-checksum-mode", "ENABLED"),
            ]),
            request_body: Vec::new(),
            status: 200,
            response_headers: fields(&[
                ("content-length", "5"),
                ("etag", "\"1\""),
                ("last-modified", "Sun, 01 Mar 2026 09:30:00 GMT"),
                ("x-amz-request-id", "1"),
            ]),
            response_body: b"suite".to_vec(),
        }
    }

    fn wrong(exchange: &Exchange) -> String {
        mismatches(exchange).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_call_that_is_as_documented_has_no_mismatch() {
        assert_eq!(wrong(&good()), "");
        let mut part = Exchange { status: 206, ..good() };
        part.response_headers.0.push(("content-range".into(), "bytes 0-4/9".into()));
        assert_eq!(wrong(&part), "");
        for (status, code) in [(404, "NoSuchKey"), (404, "NoSuchBucket"), (403, "AccessDenied")] {
            let body = format!("<Error><Code>{code}</Code><Message>why</Message><RequestId>1</RequestId></Error>");
            let headers = fields(&[("content-type", "application/xml")]);
            let refused = Exchange { status, response_headers: headers, response_body: body.into(), ..good() };
            assert_eq!(wrong(&refused), "", "{code}");
        }
    }

    #[test]
    fn whatever_differs_in_a_call_is_named() {
        for (change, expected) in [
            (
                (|e| e.uri = "/suites".into()) as fn(&mut Exchange),
                "GetObjectRequest.Bucket: it is required, and not there",
            ),
            (|e| e.uri = "/suites/".into(), "GetObjectRequest.Key: 0 characters, documented are 1 to"),
            (|e| e.uri = "/a/b?versions=1".into(), "the query has `versions`"),
            (|e| e.uri = "/a/b?x-id=PutObject".into(), "the query has `x-id`"),
            (|e| e.uri = "/a/b?partNumber=one".into(), "GetObjectRequest.PartNumber: `\"one\"` is no integer"),
            (|e| e.method = "HEAD".into(), "the method is HEAD, expected GET"),
            (|e| e.request_headers.0[2].0 = "x-amz-part".into(), "x-amz-part: the documentation knows no such header"),
            (|e| e.request_headers.0[3].1 = "on".into(), "GetObjectRequest.ChecksumMode: `on` is none of ENABLED"),
            (|e| e.request_body = b"x".to_vec(), "GetObjectRequest: the request has a body"),
            (|e| e.status = 206, "GetObjectOutput: the status is 206, expected 200"),
            (|e| e.response_body = b"s".to_vec(), "the body has 1 bytes, Content-Length says Some(\"5\")"),
            (|e| e.response_headers.0[1].0 = "e-tag".into(), "e-tag: the documentation knows no such header"),
            (|e| e.response_headers.0[2].1 = "2026-03-01T09:30:00Z".into(), "GetObjectOutput.LastModified: "),
        ] {
            let mut exchange = good();
            change(&mut exchange);
            let found = wrong(&exchange);
            assert!(found.contains(expected), "{found}\nis not about\n{expected}");
        }
    }

    #[test]
    fn errors_are_documented_ones_with_their_status() {
        for (status, body, expected) in [
            (400, "<Error><Code>NoSuchKey</Code><Message/><RequestId/></Error>", "comes with HTTP 400, expected 404"),
            (404, "<Error><Code>NotFound</Code><Message/><RequestId/></Error>", "`NotFound` is none of its errors"),
            (404, "<Error><Message/><RequestId/></Error>", "Error.Code: it is required, and not there"),
            (404, "<Error><Code>NoSuchKey</Code><RequestId/></Error>", "Error.Message: it is required"),
            (404, "<Fault/>", "the root is `Fault`"),
            (404, "NoSuchKey", "Error: no XML"),
        ] {
            let headers = fields(&[("content-type", "application/xml")]);
            let found = wrong(&Exchange { status, response_headers: headers, response_body: body.into(), ..good() });
            assert!(found.contains(expected), "{found}\nis not about\n{expected}");
        }
    }
}

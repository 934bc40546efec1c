//! S3 as the functions meet it: objects by bucket and key, whole or in part.
//!
//! Source: Amazon S3 API reference, `GetObject` and "Error responses". What a role may read is the wire's to refuse;
//! what is asked for beside this (conditions, parts, other headers in the answer) is refused as not implemented.

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LAST_MODIFIED, RANGE,
};
use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::xml;
use crate::server::Answer;

const REQUEST_ID: &str = "4442587FB7D0A2F9";
const HOST_ID: &str = "vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5NeC6qMa0emYBDXOo6QBU0Wo=";
/// When everything was put there.
const PUT_AT: &str = "Sun, 01 Mar 2026 09:30:00 GMT";
/// Query parameters that change nothing here: the SDKs' name of the operation, and the version, which is looked at.
const QUERY: [&str; 2] = ["x-id", "versionId"];

/// The objects of the account.
pub(super) struct Objects(Vec<(String, Vec<u8>)>);

impl Objects {
    /// Objects by `s3://bucket/key` and content. A place that comes again has its last content.
    pub(super) fn new(objects: Vec<(String, Vec<u8>)>) -> Self {
        Self(objects)
    }

    fn get(&self, bucket: &str, key: &str) -> Option<&[u8]> {
        let place = format!("s3://{bucket}/{key}");
        self.0.iter().rev().find(|(name, _)| *name == place).map(|(_, content)| content.as_slice())
    }

    fn has_bucket(&self, bucket: &str) -> bool {
        let begins = format!("s3://{bucket}/");
        self.0.iter().any(|(name, _)| name.starts_with(&begins))
    }
}

/// An error as S3 has it.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    /// What else is in the error: the name of its element, and its text.
    about: Option<(&'static str, String)>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, about: None }
    }

    fn about(self, element: &'static str, text: impl fmt::Display) -> Self {
        Self { about: Some((element, text.to_string())), ..self }
    }
}

/// Answers `GET /bucket/key`.
pub(super) fn get(store: &Objects, request: &Request<Bytes>) -> Answer {
    object(store, request).unwrap_or_else(|refusal| refused(&refusal))
}

fn object(store: &Objects, request: &Request<Bytes>) -> Result<Answer, Refusal> {
    let path = decoded(request.uri().path());
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.as_str(), ""));
    let content = store.get(bucket, key).ok_or_else(|| {
        if store.has_bucket(bucket) {
            Refusal::new(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.").about("Key", key)
        } else {
            let message = "The specified bucket does not exist";
            Refusal::new(StatusCode::NOT_FOUND, "NoSuchBucket", message).about("BucketName", bucket)
        }
    })?;
    let (entity_tag, version) = (entity_tag(content), version(content));
    not_implemented(request)?;
    if let Some(asked) = query(request).find_map(|(name, value)| (name == "versionId").then_some(value))
        && decoded(asked) != version
    {
        let message = "The specified version does not exist.";
        return Err(Refusal::new(StatusCode::NOT_FOUND, "NoSuchVersion", message).about("VersionId", asked));
    }
    let part = match request.headers().get(RANGE).and_then(|range| range.to_str().ok()) {
        Some(range) => part(range, content.len())?,
        None => None,
    };
    let mut answer =
        answer_of(StatusCode::OK, "binary/octet-stream", content[part.clone().unwrap_or(0..content.len())].to_vec());
    if let Some(part) = part {
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {}-{}/{}", part.start, part.end - 1, content.len());
        set(&mut answer, CONTENT_RANGE, &range);
    }
    set(&mut answer, ACCEPT_RANGES, "bytes");
    set(&mut answer, ETAG, &entity_tag);
    set(&mut answer, LAST_MODIFIED, PUT_AT);
    set(&mut answer, HeaderName::from_static("x-amz-server-side-encryption"), "AES256");
    set(&mut answer, HeaderName::from_static("x-amz-version-id"), &version);
    Ok(answer)
}

/// What is not played must not be passed over.
fn not_implemented(request: &Request<Bytes>) -> Result<(), Refusal> {
    let header = request.headers().keys().map(HeaderName::as_str).find(|name| name.starts_with("if-"));
    let parameter = query(request).map(|(name, _)| name).find(|name| !QUERY.contains(name));
    match header.or(parameter) {
        None => Ok(()),
        Some(name) => {
            let message = "A header or a parameter you provided implies functionality that is not implemented";
            Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message).about("Header", name))
        }
    }
}

/// The part that a `Range` header asks for; `None` for a range that is not understood, which HTTP passes over.
/// Source: RFC 9110, section 14.
fn part(range: &str, length: usize) -> Result<Option<Range<usize>>, Refusal> {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let asked = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.is_empty() => first..length,
        (Err(_), Ok(count)) if first.is_empty() => length.saturating_sub(count)..length,
        _ => return Ok(None),
    };
    if asked.is_empty() {
        let message = "The requested range is not satisfiable";
        let refusal = Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange", message);
        return Err(refusal.about("ActualObjectSize", length));
    }
    Ok(Some(asked))
}

/// Opaque to those who read it. S3's is an MD5 for many objects, and something else for others.
fn entity_tag(content: &[u8]) -> String {
    format!("\"{}\"", &digest(content)[..32])
}

/// The bucket keeps versions, and has one of each object.
fn version(content: &[u8]) -> String {
    digest(content)[32..].to_owned()
}

fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The query's parameters, as they were sent.
fn query(request: &Request<Bytes>) -> impl Iterator<Item = (&str, &str)> {
    let parameters = request.uri().query().unwrap_or_default().split('&').filter(|parameter| !parameter.is_empty());
    parameters.map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
}

/// A path without percent signs. What is no UTF-8 then is no key that anybody put.
fn decoded(path: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), path.as_bytes());
    while let [first, others @ ..] = rest {
        let hexadecimal = others.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match hexadecimal.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &others[2..]),
            None => (bytes.push(*first), rest = others),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn refused(refusal: &Refusal) -> Answer {
    let mut error = json!({ "Code": refusal.code, "Message": refusal.message });
    if let Some((element, text)) = &refusal.about {
        error[*element] = Value::from(text.as_str());
    }
    error["RequestId"] = REQUEST_ID.into();
    error["HostId"] = HOST_ID.into();
    answer_of(refusal.status, "application/xml", xml::document("Error", None, &error))
}

fn answer_of(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let body = body.into();
    let length = body.len();
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    answer.headers_mut().insert(HeaderName::from_static("x-amz-request-id"), HeaderValue::from_static(REQUEST_ID));
    answer.headers_mut().insert(HeaderName::from_static("x-amz-id-2"), HeaderValue::from_static(HOST_ID));
    answer
}

/// Sets a header whose text is ours, and without what headers cannot hold.
fn set(answer: &mut Answer, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        answer.headers_mut().insert(name, value);
    }
}

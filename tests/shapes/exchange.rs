//! One request with its response, against the model of the service that it was sent to.
//!
//! What all protocols share is here: which operation it is, the signature, which errors there are. How a message is
//! written is its protocol's module.

use std::fmt;

use crate::model::{Model, Operation, Protocol};
use crate::value::Mismatch;
use crate::{json, query, rest_xml};

/// What went over the wire, both ways.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exchange {
    /// The service's name as requests to it are signed.
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) method: String,
    /// The path and the query, as they were sent.
    pub(crate) uri: String,
    pub(crate) request_headers: Headers,
    pub(crate) request_body: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) response_headers: Headers,
    pub(crate) response_body: Vec<u8>,
}

/// Header fields, names in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers(pub(crate) Vec<(String, String)>);

impl Headers {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What the modules of the protocols find, one line each.
pub(crate) type Mismatches = Vec<Mismatch>;

/// Everything about an exchange that is not as documented; nothing, when all is.
pub(crate) fn mismatches(exchange: &Exchange) -> Mismatches {
    let model = match Model::of(&exchange.service) {
        Ok(model) => model,
        Err(error) => return vec![mismatch(&exchange.service, error)],
    };
    let Some(operation) = model.operations.get(&exchange.operation) else {
        let what = "shared/rehearsal/models has no such operation; extract.py lists them";
        return vec![mismatch(&format!("{} {}", exchange.service, exchange.operation), what)];
    };
    let (request, response, error): (Part, Part, Part) = match model.protocol() {
        Protocol::Json => (json::request, json::response, json::error),
        Protocol::Query => (query::request, query::response, query::error),
        Protocol::RestXml => (rest_xml::request, rest_xml::response, rest_xml::error),
    };
    let mut found = line(exchange, operation);
    found.extend(signature(exchange, &model));
    found.extend(request(exchange, &model, operation));
    let answer = if exchange.status < 300 { response } else { error };
    found.extend(answer(exchange, &model, operation));
    found
}

type Part = fn(&Exchange, &Model, &Operation) -> Mismatches;

pub(crate) fn mismatch(path: &str, what: impl fmt::Display) -> Mismatch {
    Mismatch { path: path.to_owned(), what: what.to_string() }
}

/// A mismatch where a header is not as expected.
pub(crate) fn header(headers: &Headers, which: &str, name: &str, expected: &str) -> Mismatches {
    match headers.get(name) {
        Some(value) if value == expected => Vec::new(),
        other => vec![mismatch(&format!("{which}: {name}"), format_args!("{other:?}, expected `{expected}`"))],
    }
}

fn line(exchange: &Exchange, operation: &Operation) -> Mismatches {
    let expected = &operation.http.method;
    if &exchange.method == expected {
        return Vec::new();
    }
    vec![mismatch(&operation.name, format_args!("the method is {}, expected {expected}", exchange.method))]
}

/// The scope of the signature names the service; whether the signature is right is the rehearsal's to say.
fn signature(exchange: &Exchange, model: &Model) -> Mismatches {
    let expected = format!("/{}/aws4_request", model.signing_name());
    let authorization = exchange.request_headers.get("authorization").unwrap_or_default();
    let credential = authorization.split([' ', ',']).find_map(|field| field.strip_prefix("Credential="));
    match credential {
        Some(credential) if credential.ends_with(&expected) => Vec::new(),
        Some(credential) => {
            let scope = credential.split_once('/').map_or(credential, |(_, scope)| scope);
            vec![mismatch("request: authorization", format_args!("the scope is `{scope}`, expected `…{expected}`"))]
        }
        None => vec![mismatch("request: authorization", "the request is not signed")],
    }
}

/// Whether an error is one that the operation documents, or one that every operation of the protocol can answer.
pub(crate) fn is_documented(
    exchange: &Exchange,
    model: &Model,
    operation: &Operation,
    code: &str,
    common: &[(&str, u16)],
) -> Mismatches {
    let documented = model.errors(operation);
    let own = documented.iter().map(|error| (error.code.as_str(), error.status));
    let statuses: Vec<_> = own.chain(common.iter().copied()).filter(|(known, _)| *known == code).collect();
    match statuses[..] {
        [] => vec![mismatch(&operation.name, format_args!("`{code}` is none of its errors"))],
        _ if statuses.iter().any(|(_, status)| *status == exchange.status) => Vec::new(),
        [(_, expected), ..] => {
            let status = exchange.status;
            vec![mismatch(&operation.name, format_args!("`{code}` comes with HTTP {status}, expected {expected}"))]
        }
    }
}

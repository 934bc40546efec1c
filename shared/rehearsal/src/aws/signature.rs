//! The signature's presence and shape. Whether it was made with the right key is not the rehearsal's subject.
//!
//! Source: AWS General Reference, "Signature Version 4 signing process".

use hyper::Request;
use hyper::body::Bytes;
use hyper::header::AUTHORIZATION;

use super::api_error::ApiError;
use super::service::Service;

/// Looks at a call's signature: it must be there, whole, and made for this service in this region.
pub(super) fn check(service: Service, region: &str, request: &Request<Bytes>) -> Result<(), ApiError> {
    let Some(header) = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
        return Err(ApiError::forbidden("MissingAuthenticationTokenException", "Missing Authentication Token"));
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
    let name = service.name();
    match scope[..] {
        [_, _, scoped, to, "aws4_request"] if to == name && scoped == region => Ok(()),
        [_, _, _, to, "aws4_request"] if to == name => Err(ApiError::forbidden(
            "InvalidSignatureException",
            format!("Credential should be scoped to a valid region, '{region}'."),
        )),
        _ => Err(ApiError::forbidden(
            "InvalidSignatureException",
            format!("Credential should be scoped to correct service: '{name}'."),
        )),
    }
}

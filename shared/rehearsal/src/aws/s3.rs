//! S3 as the functions meet it: objects by bucket and key.

use hyper::body::Bytes;
use hyper::{Request, StatusCode};

use crate::server::{self, Answer};

/// The objects of the account.
pub(super) struct Objects(Vec<(String, Vec<u8>)>);

impl Objects {
    /// Objects by `s3://bucket/key` and content.
    pub(super) fn new(objects: Vec<(String, Vec<u8>)>) -> Self {
        Self(objects)
    }
}

/// Answers `GET /bucket/key`.
pub(super) fn get(store: &Objects, request: &Request<Bytes>) -> Answer {
    let place = format!("s3:/{}", request.uri().path());
    match store.0.iter().find(|(name, _)| *name == place) {
        Some((_, content)) => server::text(StatusCode::OK, content.clone()),
        None => server::text(StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>"),
    }
}

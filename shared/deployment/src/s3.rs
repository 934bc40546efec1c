//! S3: one object, up to a limit. Reads alone.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;

use crate::aws::Aws;
use crate::call::{CallError, CallErrorKind, Known};

const GET_OBJECT: &str = "s3:GetObject";

/// What an object holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Never more than the limit; nothing when it is too large.
    pub bytes: Vec<u8>,
    /// The id of its version, where the bucket keeps versions.
    pub version: Option<String>,
    /// Whether it is larger than the limit.
    pub too_large: bool,
}

/// An object of at most `limit` bytes. No more than one byte beyond is asked for, which tells whether there is more.
pub(crate) async fn object(aws: &Aws, bucket: &str, key: &str, limit: u64) -> Known<Object> {
    let config = aws_sdk_s3::config::Builder::from(aws.config()).force_path_style(aws.has_own_s3_endpoint());
    let call = Client::from_conf(config.build()).get_object().bucket(bucket).key(key);
    let resource = format!("s3://{bucket}/{key}");
    let output = match call.range(format!("bytes=0-{limit}")).send().await {
        Ok(output) => output,
        // An object without a single byte has no first one.
        Err(error) if error.code() == Some("InvalidRange") => {
            return Ok(Object { bytes: Vec::new(), version: None, too_large: false });
        }
        Err(error) => return Err(explained(aws.call_error(GET_OBJECT, resource, &error))),
    };
    let version = output.version_id;
    let body = output.body.collect().await.map_err(|error| CallError {
        action: GET_OBJECT,
        kind: CallErrorKind::Server,
        resource,
        detail: format!("the object cannot be read: {error}"),
    })?;
    let bytes = body.to_vec();
    let too_large = u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit;
    Ok(Object { bytes: if too_large { Vec::new() } else { bytes }, version, too_large })
}

/// S3 denies access to what does not exist, as long as one may not list the bucket.
fn explained(mut error: CallError) -> CallError {
    if error.kind == CallErrorKind::AccessDenied {
        error.detail = format!(
            "{}; without s3:ListBucket, S3 says the same of an object that does not exist: is the key right?",
            error.detail
        );
    }
    error
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{Answer, StandIn};

    const LIMIT: u64 = 8;

    async fn read(answer: Answer) -> (Known<Object>, String) {
        let server = StandIn::serving(move |_| answer.clone());
        let object = object(&server.aws().await, "suites", "teams/orders.yml", LIMIT).await;
        (object, server.asked().remove(0))
    }

    fn content(status: &'static str, body: &str) -> Answer {
        Answer::new("binary/octet-stream", status, body)
    }

    #[tokio::test]
    async fn an_object_is_read_with_its_version_and_no_further_than_one_byte_too_many() {
        let answer = content("206 Partial Content", "checks:")
            .with_header("x-amz-version-id: v-1")
            .with_header("content-range: bytes 0-6/7");
        let (object, request) = read(answer).await;
        let expected = Object { bytes: b"checks:".to_vec(), version: Some("v-1".into()), too_large: false };
        assert_eq!(object, Ok(expected));
        assert!(request.starts_with("GET /suites/teams/orders.yml?x-id=GetObject HTTP/1.1\r\n"), "{request}");
        assert!(request.to_lowercase().contains("\r\nrange: bytes=0-8\r\n"), "{request}");
    }

    #[tokio::test]
    async fn the_limit_is_the_last_length_that_is_taken() {
        for (case, status, body, bytes, too_large) in [
            ("as long as the limit", "206 Partial Content", "12345678", "12345678", false),
            ("one byte more", "206 Partial Content", "123456789", "", true),
            ("a server that overlooks the range", "200 OK", "123456789012345678901234567890", "", true),
            ("nothing in it", "200 OK", "", "", false),
        ] {
            let object = read(content(status, body)).await.0.unwrap();
            assert_eq!((object.bytes.as_slice(), object.too_large), (bytes.as_bytes(), too_large), "{case}");
        }
    }

    fn refusal(status: &'static str, code: &str) -> Answer {
        Answer::new("application/xml", status, format!("<Error><Code>{code}</Code><Message>it said</Message></Error>"))
    }

    #[tokio::test]
    async fn an_empty_object_has_no_first_byte_and_is_read_all_the_same() {
        let (object, _) = read(refusal("416 Requested Range Not Satisfiable", "InvalidRange")).await;
        assert_eq!(object, Ok(Object { bytes: Vec::new(), version: None, too_large: false }));
    }

    #[tokio::test]
    async fn what_s3_refuses_says_what_to_look_at() {
        use CallErrorKind::{AccessDenied, Refused};
        for (status, code, kind, words) in [
            ("404 Not Found", "NoSuchKey", Refused, "HTTP 404 NoSuchKey: it said"),
            ("404 Not Found", "NoSuchBucket", Refused, "HTTP 404 NoSuchBucket: it said"),
            (
                "403 Forbidden",
                "AccessDenied",
                AccessDenied,
                "HTTP 403 AccessDenied: it said; without s3:ListBucket, S3 says the same of an object that does not exist: \
                 is the key right?",
            ),
            (
                "301 Moved Permanently",
                "PermanentRedirect",
                Refused,
                "HTTP 301 PermanentRedirect: it said; is the bucket in another region? It must be in the function's",
            ),
        ] {
            let error = read(refusal(status, code)).await.0.unwrap_err();
            assert_eq!((error.kind, error.detail.as_str()), (kind, words));
            assert_eq!(error.resource, "s3://suites/teams/orders.yml");
        }
    }
}

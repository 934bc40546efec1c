//! What GetObject answers to whom.

use http_body_util::BodyExt;

use super::*;

const SUITE: &[u8] = b"checks: { home: { request: GET / } }\n";

/// The status, the headers and the body of an answer.
fn asked(uri: &str, headers: &[(&str, &str)]) -> (u16, Vec<(String, String)>, String) {
    let objects = [
        ("s3://suites/orders/greenlight.yml", SUITE),
        ("s3://suites/a key & more.yml", b"old"),
        ("s3://suites/a key & more.yml", b"new"),
        ("s3://suites/empty", b""),
    ];
    let store = Objects::new(objects.map(|(place, content)| (place.to_owned(), content.to_vec())).to_vec());
    let mut request = Request::get(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, body) = get(&store, &request.body(Bytes::new()).unwrap()).into_parts();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let body = runtime.block_on(body.collect()).unwrap().to_bytes();
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    (parts.status.as_u16(), headers, String::from_utf8(body.to_vec()).unwrap())
}

fn header(headers: &[(String, String)], name: &str) -> Option<String> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// The code of an error, with its status.
fn refusal(uri: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let (status, _, body) = asked(uri, headers);
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    (status, code.unwrap_or_else(|| panic!("no code in {body}")).0.to_owned())
}

#[test]
fn an_object_comes_with_its_tag_its_version_and_its_length() {
    let (status, headers, body) = asked("/suites/orders/greenlight.yml?x-id=GetObject", &[]);
    assert_eq!((status, body.as_bytes()), (200, SUITE));
    assert_eq!(header(&headers, "content-length"), Some(SUITE.len().to_string()));
    assert_eq!(header(&headers, "last-modified").as_deref(), Some("Sun, 01 Mar 2026 09:30:00 GMT"));
    let tag = header(&headers, "etag").unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() == 34, "{tag}");
    let version = header(&headers, "x-amz-version-id").unwrap();
    let (same, ..) = asked(&format!("/suites/orders/greenlight.yml?versionId={version}"), &[]);
    assert_eq!(same, 200);
    let (_, others, _) = asked("/suites/empty", &[]);
    assert_ne!(header(&others, "etag"), Some(tag));
    assert_ne!(header(&others, "x-amz-version-id"), Some(version));
}

#[test]
fn keys_are_read_as_they_were_encoded_and_the_last_content_counts() {
    for uri in ["/suites/a%20key%20%26%20more.yml", "/suites/a%20key%20&%20more.yml"] {
        assert_eq!(asked(uri, &[]).2, "new", "{uri}");
    }
    assert_eq!(refusal("/suites/a+key+&+more.yml", &[]).1, "NoSuchKey", "a plus is a plus in a path");
    assert_eq!(refusal("/suites/a%2", &[]).1, "NoSuchKey");
}

#[test]
fn a_range_is_a_part_that_says_where_it_is_from() {
    let length = SUITE.len();
    for (range, expected) in [
        ("bytes=0-5", Some((0, 5))),
        ("bytes=8-8", Some((8, 8))),
        ("bytes=3-", Some((3, length - 1))),
        ("bytes=-5", Some((length - 5, length - 1))),
        ("bytes=0-262144", Some((0, length - 1))),
        ("bytes=-262144", Some((0, length - 1))),
        ("bytes=5-3", None),
        ("bytes=x-3", None),
        ("items=0-5", None),
    ] {
        let (status, headers, body) = asked("/suites/orders/greenlight.yml", &[("range", range)]);
        let (code, part) = expected.map_or((200, SUITE), |(first, last)| (206, &SUITE[first..=last]));
        assert_eq!((status, body.as_bytes()), (code, part), "{range}");
        let said = expected.map(|(first, last)| format!("bytes {first}-{last}/{length}"));
        assert_eq!(header(&headers, "content-range"), said, "{range}");
    }
    for (uri, range) in
        [("/suites/orders/greenlight.yml", "bytes=37-"), ("/suites/empty", "bytes=0-9"), ("/suites/empty", "bytes=-1")]
    {
        assert_eq!(refusal(uri, &[("range", range)]), (416, "InvalidRange".to_owned()), "{uri} {range}");
    }
}

#[test]
fn what_is_not_there_is_refused_in_s3s_own_words() {
    for (uri, status, code) in [
        ("/suites/orders", 404, "NoSuchKey"),
        ("/suites/orders/greenlight.yml/", 404, "NoSuchKey"),
        ("/suite/orders/greenlight.yml", 404, "NoSuchBucket"),
        ("/suites/empty?versionId=null", 404, "NoSuchVersion"),
        ("/suites/empty?partNumber=1", 501, "NotImplemented"),
        ("/suites/empty?response-content-type=a", 501, "NotImplemented"),
    ] {
        assert_eq!(refusal(uri, &[]), (status, code.to_owned()), "{uri}");
    }
    assert_eq!(refusal("/suites/empty", &[("if-none-match", "\"1\"")]), (501, "NotImplemented".to_owned()));
    let (_, headers, body) = asked("/suites/a&b%3Cc%3E", &[]);
    let expected = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not \
         exist.</Message><Key>a&amp;b&lt;c&gt;</Key><RequestId>{REQUEST_ID}</RequestId><HostId>{HOST_ID}</HostId></Error>"
    );
    assert_eq!(body, expected);
    assert_eq!(header(&headers, "content-type").as_deref(), Some("application/xml"));
}

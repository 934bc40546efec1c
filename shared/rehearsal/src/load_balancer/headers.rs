//! Headers as the load balancer passes them on: what belongs to one connection is taken out, what tells the target
//! about the client is put in.

use std::{
    collections::hash_map::RandomState,
    fmt::Write as _,
    hash::BuildHasher,
    net::IpAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use hyper::{
    HeaderMap,
    header::{
        CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
        TRAILER, TRANSFER_ENCODING, UPGRADE,
    },
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Headers that are about one connection, by RFC 9110, section 7.6.1, and by old habit.
const OF_ONE_CONNECTION: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Takes out what is about the connection it came by, whatever the `Connection` header names included.
pub(super) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = tokens(headers, &CONNECTION)
        .filter_map(|name| name.parse().ok())
        // Without these the message would mean something else, whoever lists them.
        .filter(|name| *name != HOST && *name != CONTENT_LENGTH)
        .collect();
    for name in named.iter().chain(&OF_ONE_CONNECTION) {
        headers.remove(name);
    }
}

/// True when the client asks to go on as a `WebSocket`, the only upgrade that the load balancer knows.
pub(super) fn wants_websocket(headers: &HeaderMap) -> bool {
    tokens(headers, &CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade"))
        && tokens(headers, &UPGRADE).any(|token| token.eq_ignore_ascii_case("websocket"))
}

/// Asks the other side of the connection to go on as a `WebSocket`, or agrees to it.
pub(super) fn put_websocket(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

/// Makes a client's headers those of the request to the target. `port` is the listener's.
pub(super) fn for_target(headers: &mut HeaderMap, client: IpAddr, port: u16) {
    strip(headers);
    // The load balancer answers 100 by itself. Source: Elastic Load Balancing user guide, "How it works".
    headers.remove(EXPECT);

    let mut chain = joined(headers, &X_FORWARDED_FOR).unwrap_or_default();
    if !chain.is_empty() {
        chain.extend_from_slice(b", ");
    }
    chain.extend_from_slice(client.to_canonical().to_string().as_bytes());
    put(headers, X_FORWARDED_FOR, &chain);
    put(headers, X_FORWARDED_PROTO, b"http");
    put(headers, X_FORWARDED_PORT, port.to_string().as_bytes());

    let trace = joined(headers, &X_AMZN_TRACE_ID).and_then(|value| String::from_utf8(value).ok());
    put(headers, X_AMZN_TRACE_ID, traced(trace.as_deref(), &fresh_id()).as_bytes());
}

/// The trace header as the load balancer sends it on: a `Root` where there is none, a `Self` before what there is.
/// Source: Elastic Load Balancing user guide, "Request tracing".
fn traced(received: Option<&str>, id: &str) -> String {
    let fields: Vec<&str> = received
        .unwrap_or_default()
        .split(';')
        .map(str::trim)
        .filter(|field| !field.is_empty() && !field.starts_with("Self="))
        .collect();
    let own = if fields.iter().any(|field| field.starts_with("Root=")) { "Self" } else { "Root" };
    let mut value = format!("{own}={id}");
    for field in fields {
        // Writing to a string cannot fail.
        let _ = write!(value, ";{field}");
    }
    value
}

/// `version-time-id`: 1, the time as 8 hexadecimal digits, and 24 that nobody else has.
fn fresh_id() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (high, low) = (RandomState::new().hash_one(seconds), RandomState::new().hash_one(0));
    format!("1-{seconds:08x}-{high:016x}{:08x}", low & 0xffff_ffff)
}

/// All values of a header as the one list that they are.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    (!values.is_empty()).then(|| values.join(&b", "[..]))
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &[u8]) {
    // Made of digits, addresses and other header values: always legal.
    if let Ok(value) = HeaderValue::from_bytes(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_is_about_one_connection_is_taken_out() {
        let mut headers = map(&[
            ("connection", "close, X-Private, host, content-length"),
            ("x-private", "1"),
            ("host", "a"),
            ("content-length", "3"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("trailer", "x-sum"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "Basic x"),
            ("proxy-connection", "keep-alive"),
            ("authorization", "Bearer x"),
        ]);
        strip(&mut headers);
        assert_eq!(headers, map(&[("host", "a"), ("content-length", "3"), ("authorization", "Bearer x")]));
    }

    #[test]
    fn trace_ids_are_made_or_continued() {
        let cases = [
            (None, "Root=NEW"),
            (Some(""), "Root=NEW"),
            (Some("Root=1-a-b"), "Self=NEW;Root=1-a-b"),
            (Some("Self=old;Root=1-a-b;CalledFrom=app"), "Self=NEW;Root=1-a-b;CalledFrom=app"),
            (Some("CalledFrom=app"), "Root=NEW;CalledFrom=app"),
        ];
        for (received, expected) in cases {
            assert_eq!(traced(received, "NEW"), expected, "{received:?}");
        }
        let id = fresh_id();
        let parts: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [1, 8, 24], "{id}");
        assert_ne!(id, fresh_id());
    }

    #[test]
    fn the_client_is_appended_to_those_before_it() {
        let mut headers = map(&[("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "https")]);
        for_target(&mut headers, "::ffff:10.0.0.9".parse().unwrap(), 8080);
        assert_eq!(headers["x-forwarded-for"], "203.0.113.7, 10.0.0.9");
        assert_eq!(headers["x-forwarded-proto"], "http");
        assert_eq!(headers["x-forwarded-port"], "8080");
    }

    #[test]
    fn only_a_complete_websocket_request_is_one() {
        let cases = [
            (map(&[("connection", "keep-alive, Upgrade"), ("upgrade", "WebSocket")]), true),
            (map(&[("connection", "Upgrade"), ("upgrade", "h2c")]), false),
            (map(&[("upgrade", "websocket")]), false),
            (map(&[]), false),
        ];
        for (headers, expected) in cases {
            assert_eq!(wants_websocket(&headers), expected, "{headers:?}");
        }
    }
}

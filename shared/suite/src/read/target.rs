//! `target`: how requests reach the service.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::header::{HeaderMap, HeaderValue, SENT_HEADERS};
use super::size::Size;
use super::template::refuse_variables;
use crate::diagnostics::{Problem, quote};
use crate::grammar::{Definitions, Field, Fields, Key, Reader, Shape, Word};
use crate::model::{CertificateAuthority, Target as Meaning};

static HOST: Key<Host> = Key::optional(
    "host",
    Host,
    "The DNS name that requests are for: Host header, TLS server name and certificate name. Connections still go to the \
     listener's own address.",
);
static HEADERS: Key<HeaderMap<HeaderValue>> = Key::optional(
    "headers",
    SENT_HEADERS,
    "Sent with every request; a request's own headers of the same name take their place.",
);
static CA: Key<Authority> = Key::optional(
    "ca",
    Authority,
    "A certificate authority trusted beside the public ones: a PEM file, relative to the suite, or the PEM text itself.",
);
static BODY_LIMIT: Key<BodyLimit> = Key::optional(
    "body_limit",
    BodyLimit,
    "The most of one response body that is read, also after decompression. Default 1MiB.",
);

static SHAPE: Shape = Shape { title: "`target`", keys: &[&HOST, &HEADERS, &CA, &BODY_LIMIT] };

/// All of `target`.
pub(super) struct Target;

impl Word for Target {
    type Meaning = Meaning;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Meaning> {
        let fields = Fields::open(&SHAPE, field, reader)?;
        let host = fields.read_optional(&HOST, reader);
        let headers = fields.read_or(&HEADERS, Vec::new(), reader);
        let ca = fields.read_optional(&CA, reader);
        let body_limit = fields.read_or(&BODY_LIMIT, Meaning::DEFAULT_BODY_LIMIT, reader);
        fields.finish();
        Some(Meaning { host: host?, headers: headers?, ca: ca?, body_limit: body_limit? })
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        SHAPE.schema(definitions).into()
    }
}

/// A DNS name, optionally with a port.
struct Host;

impl Word for Host {
    type Meaning = String;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<String> {
        let Some(text) = field.node.as_text() else {
            reader.report(reader.expected("a DNS name such as `orders.example.com`", field));
            return None;
        };
        if refuse_variables("`host`", field, reader) {
            return None;
        }
        match check_host(text) {
            Ok(()) => Some(text.to_ascii_lowercase()),
            Err((label, remedy)) => {
                let problem = Problem::at(field.span(), format!("{} is not a host", quote(text)));
                reader.report(problem.label(label).remedy(remedy));
                None
            }
        }
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        json!({
            "type": "string",
            "pattern": "^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?(:[0-9]{1,5})?$",
            "examples": ["orders.example.com"],
        })
    }
}

/// Why a text is no host: what it holds, and the remedy.
fn check_host(text: &str) -> Result<(), (&'static str, &'static str)> {
    const NAME: &str = "write the name that users call, such as `orders.example.com`";
    if text.contains("://") {
        return Err(("has a scheme", "write the name alone: the scheme is that of the listener"));
    }
    if text.contains(['/', '?', '#']) {
        return Err(("has a path", "write the name alone: paths belong to the requests"));
    }
    if text.contains('@') {
        return Err(("has a user name", NAME));
    }
    if text.starts_with('[') || text.matches(':').count() > 1 {
        return Err((
            "is an IP address",
            "write a DNS name: an address has no certificate; where to connect is found by itself",
        ));
    }
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    if port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()) || port.parse::<u16>().unwrap_or(0) == 0)
    {
        return Err(("has a port that is not one", "a port is a number from 1 to 65535"));
    }
    if !name.is_ascii() {
        return Err(("has letters that DNS does not have", "write it in its ASCII form, `xn--…`"));
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if name.len() > 253 || !name.split('.').all(is_label) {
        return Err(("is not a DNS name", NAME));
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err((
            "is an IP address",
            "write a DNS name: an address has no certificate; where to connect is found by itself",
        ));
    }
    Ok(())
}

/// A PEM file or PEM text.
struct Authority;

impl Word for Authority {
    type Meaning = CertificateAuthority;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<CertificateAuthority> {
        let Some(text) = field.node.as_text().filter(|text| !text.trim().is_empty()) else {
            reader.report(reader.expected("a PEM file or PEM text", field));
            return None;
        };
        if refuse_variables("`ca`", field, reader) {
            return None;
        }
        if text.contains("PRIVATE KEY-----") {
            let problem = Problem::at(reader.first_line(field.span()), "`ca` holds a private key");
            reader.report(
                problem
                    .redact()
                    .label("expected a certificate")
                    .remedy("remove it, and replace the key: it is known now"),
            );
            return None;
        }
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return Some(CertificateAuthority::Pem(text.to_owned()));
        }
        if text.contains(['\n', '\r', '\0']) {
            let problem = reader.expected("a PEM file or PEM text", field);
            reader.report(problem.remedy("PEM text holds `-----BEGIN CERTIFICATE-----`"));
            return None;
        }
        Some(CertificateAuthority::File(PathBuf::from(text)))
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// A size above zero that fits into a function.
struct BodyLimit;

impl BodyLimit {
    const MOST: u64 = 64 * 1024 * 1024;
}

impl Word for BodyLimit {
    type Meaning = u64;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<u64> {
        let size = Size.read(field, reader)?;
        if (1..=Self::MOST).contains(&size) {
            return Some(size);
        }
        let problem = Problem::at(field.span(), "`body_limit` is out of range");
        reader.report(problem.label("from 1B to 64MiB").remedy("bodies are held in the function's memory"));
        None
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        Size.schema(definitions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_dns_name_with_at_most_a_port() {
        for host in ["orders.example.com", "localhost", "a_b.example.com:8443", "xn--bcher-kva.example", "1.example"] {
            assert_eq!(check_host(host), Ok(()), "{host}");
        }
        for host in [
            "",
            "https://a.b",
            "a.b/c",
            "10.0.0.1",
            "10.0.0.1:80",
            "[::1]",
            "::1",
            "a..b",
            "-a.b",
            "a.b:",
            "a.b:0",
            "a.b:99999",
            "a.b:+1",
            "bücher.example",
            "u@a.b",
            "a b",
            "a.b.",
            "0x7f.1",
        ] {
            assert!(check_host(host).is_err(), "{host}");
        }
    }
}

//! Makes a request of the suite ready to be sent: every `${name}` replaced, the URL whole.
//!
//! Values are data. Where one stands in a path, it is percent-encoded so far that it cannot end the path; in a query,
//! so far that it cannot end its parameter. Only a variable that a path begins with is taken as it is: it is a path, or
//! a URL of the target, for example one that an earlier answer's `Location` named.

use greenlight_suite::{Body, Part, Request, Template, Undefined};
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use crate::origin::Origin;
use crate::record::{Failure, FailureKind};
use crate::scope::{Layered, request_fits};
use crate::session::Session;

/// What would end a path, or change how it is read.
pub(crate) const IN_PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'%').add(b'\\');
/// All that a query's parameter must not hold as it is. Source: RFC 3986, section 2.3, "unreserved characters".
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request with nothing left to fill in. Not `Debug`: it holds secrets in the clear.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<Header>,
    pub(crate) body: Vec<u8>,
    /// Whether the body was made with a secret or a captured value.
    pub(crate) private_body: bool,
}

/// One header, and whether it may be sent to nobody but the target.
#[derive(Clone)]
pub(crate) struct Header {
    pub(crate) name: HeaderName,
    pub(crate) value: HeaderValue,
    pub(crate) private: bool,
}

impl Session {
    /// The request line as it is written in the suite.
    pub(crate) fn written(&self, request: &Request) -> String {
        self.scope.redactor().text(&format!("{} {}", request.method, request.path.source()))
    }
}

/// Fills in a request. `common` are `target.headers`, which a request's own headers of the same name replace.
pub(crate) fn prepare(
    request: &Request,
    common: &[(String, Template)],
    origin: &Origin,
    values: Layered<'_>,
) -> Result<Prepared, Failure> {
    let undefined = |undefined: Undefined| values.scope.undefined(undefined);
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| unsendable("method", &request.method, "a method of HTTP"))?;
    if !request_fits(request, &values) {
        return Err(Failure {
            kind: FailureKind::Undefined,
            subject: format!("`{} {}`", request.method, request.path.source()),
            observed: "is too long with its values filled in".to_owned(),
            expected: Some("at most 16 MiB".to_owned()),
            remedy: None,
        });
    }
    let url = url_of(request, origin, values)?;
    let mut headers = Vec::new();
    for (name, template) in common.iter().filter(|(name, _)| !request.headers.iter().any(|(own, _)| own == name)) {
        headers.push(Header { private: true, ..header(name, template, values)? });
    }
    for (name, template) in &request.headers {
        headers.push(header(name, template, values)?);
    }
    let (body, content_type, private_body) = match &request.body {
        None => (Vec::new(), None, false),
        Some(Body::Text(text)) => {
            (text.render(&values).map_err(undefined)?.into_bytes(), None, values.are_private(text.variables()))
        }
        Some(Body::Json(template)) => {
            let json = template.render(&values).map_err(undefined)?.to_string();
            (json.into_bytes(), Some("application/json"), values.are_private(template.variables()))
        }
        Some(Body::Form(fields)) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (name, template) in fields {
                form.append_pair(name, &template.render(&values).map_err(undefined)?);
            }
            let private = values.are_private(fields.iter().flat_map(|(_, template)| template.variables()));
            (form.finish().into_bytes(), Some("application/x-www-form-urlencoded"), private)
        }
    };
    if let Some(content_type) = content_type
        && !headers.iter().any(|header| header.name == CONTENT_TYPE)
    {
        let value = HeaderValue::from_static(content_type);
        headers.push(Header { name: CONTENT_TYPE, value, private: false });
    }
    Ok(Prepared { method, url, headers, body, private_body })
}

fn header(name: &str, template: &Template, values: Layered<'_>) -> Result<Header, Failure> {
    let subject = || format!("header `{name}`");
    let text = template.render(&values).map_err(|undefined| values.scope.undefined(undefined))?;
    let allowed = "characters that a header may hold: no line break (is there one at the end of a secret?)";
    let value = HeaderValue::from_str(&text)
        .or_else(|_| HeaderValue::from_bytes(text.as_bytes()))
        .map_err(|_| unsendable(&subject(), &values.redactor().text(&text), allowed))?;
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable(&subject(), name, "a header's name"))?;
    let private = name == HOST || values.are_private(template.variables());
    Ok(Header { name, value, private })
}

fn url_of(request: &Request, origin: &Origin, values: Layered<'_>) -> Result<Url, Failure> {
    let mut text = String::new();
    let render = |part: &Part| Template::new(vec![part.clone()]).render(&values);
    for (index, part) in request.path.parts().iter().enumerate() {
        let value = render(part).map_err(|undefined| values.scope.undefined(undefined))?;
        match part {
            Part::Variable(_) if index > 0 => {
                let set = if text.contains('?') { IN_QUERY } else { IN_PATH };
                text.extend(utf8_percent_encode(&value, set));
            }
            Part::Variable(_) | Part::Text(_) => text.push_str(&value),
        }
    }
    let shown = || values.redactor().text(&text);
    let expected = "a path that begins with `/`, or a URL of the target itself";
    let mut url = if text.starts_with('/') {
        origin.url(&text).map_err(|_| unsendable("path", &shown(), expected))?
    } else {
        let url = Url::parse(&text).ok();
        url.and_then(|url| origin.own(&url)).ok_or_else(|| unsendable("path", &shown(), expected))?
    };
    url.set_fragment(None);
    for (name, template) in &request.query {
        let value = template.render(&values).map_err(|undefined| values.scope.undefined(undefined))?;
        let pair = format!("{}={}", utf8_percent_encode(name, IN_QUERY), utf8_percent_encode(&value, IN_QUERY));
        let query = match url.query() {
            Some(query) if !query.is_empty() => format!("{query}&{pair}"),
            _ => pair,
        };
        url.set_query(Some(&query));
    }
    Ok(url)
}

/// A request that cannot be put into words of HTTP. Nothing was sent.
fn unsendable(subject: &str, observed: &str, expected: &str) -> Failure {
    Failure {
        kind: FailureKind::Undefined,
        subject: subject.to_owned(),
        observed: Value::from(observed).to_string(),
        expected: Some(expected.to_owned()),
        remedy: None,
    }
}

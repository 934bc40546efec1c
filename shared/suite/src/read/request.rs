//! What is asked: `request: GET /path`, and the keys beside it that belong to the question.

use serde_json::{Value, json};

use super::choice::Choice;
use super::collection::MapOf;
use super::header::{HeaderMap, HeaderValue, SENT_HEADERS};
use super::name::Literal;
use super::scope::Methods;
use super::template::{Json, Secrets, Text, template};
use crate::diagnostics::{Problem, did_you_mean, quote};
use crate::grammar::{Definitions, Field, Fields, Key, Reader, Word};
use crate::model::{Body, Expect, Matcher, Redirects, Request, StatusSet, Template, ValueTemplate};
use crate::yaml::Value as Yaml;

pub(super) static REQUEST: Key<Line> =
    Key::required("request", Line, "The method and the path, such as `GET /health`. The path may hold variables.");
pub(super) static HEADERS: Key<HeaderMap<HeaderValue>> =
    Key::optional("headers", SENT_HEADERS, "Headers of the request.");
pub(super) static QUERY: Key<MapOf<Literal, QueryValue>> = Key::optional(
    "query",
    MapOf { names: Literal, values: QueryValue },
    "Parameters added to the path's query string; a list repeats the parameter.",
);
pub(super) static REDIRECTS: Key<Choice<Redirects>> = Key::optional(
    "redirects",
    Choice(&[("none", Redirects::None), ("same_origin", Redirects::SameOrigin), ("any", Redirects::Any)]),
    "How far redirects are followed. Default same_origin; none when a 3xx status is expected.",
);
pub(super) static JSON: Key<Json> = Key::optional("json", Json(Secrets::Allowed), "A body, sent as application/json.");
pub(super) static BODY: Key<Text> = Key::optional("body", Text(Secrets::Allowed), "A body, sent as it is.");
pub(super) static FORM: Key<MapOf<Literal, Text>> = Key::optional(
    "form",
    MapOf { names: Literal, values: Text(Secrets::Allowed) },
    "A body, sent as application/x-www-form-urlencoded.",
);

/// Reads the question without a body. `expect` decides how redirects are taken when nothing is said about them.
pub(super) fn read_question(fields: &Fields<'_>, expect: Option<&Expect>, reader: &mut Reader<'_>) -> Option<Request> {
    let line = fields.read(&REQUEST, reader);
    let headers = fields.read_or(&HEADERS, Vec::new(), reader);
    let query = fields.read_or(&QUERY, Vec::new(), reader);
    let default = if expect.is_some_and(expects_redirect) { Redirects::None } else { Redirects::SameOrigin };
    let redirects = fields.read_or(&REDIRECTS, default, reader);
    let (method, path) = line?;
    let query =
        query?.into_iter().flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)));
    Some(Request { method, path, query: query.collect(), headers: headers?, body: None, redirects: redirects? })
}

/// Reads the question with its body, if it has one.
pub(super) fn read_request(fields: &Fields<'_>, expect: Option<&Expect>, reader: &mut Reader<'_>) -> Option<Request> {
    let request = read_question(fields, expect, reader);
    let json = fields.read_optional(&JSON, reader);
    let text = fields.read_optional(&BODY, reader);
    let form = fields.read_optional(&FORM, reader);
    let written: Vec<_> = [
        (fields.has(&JSON), fields.key_span(&JSON), JSON.name),
        (fields.has(&BODY), fields.key_span(&BODY), BODY.name),
        (fields.has(&FORM), fields.key_span(&FORM), FORM.name),
    ]
    .into_iter()
    .filter(|(there, ..)| *there)
    .collect();
    if let [(_, _, first), rest @ ..] = written.as_slice() {
        for (_, span, name) in rest {
            let problem = Problem::at(*span, format!("`{name}` cannot stand beside `{first}`"));
            reader.report(problem.label("a request has one body at most").remedy("keep one of them"));
        }
    }
    let body = json?.map(Body::Json).or(text?.map(Body::Text)).or(form?.map(Body::Form));
    request.map(|request| Request { body, ..request })
}

/// Whether nothing but a redirect can be what is expected.
fn expects_redirect(expect: &Expect) -> bool {
    let is_redirect = |value: &ValueTemplate| match value {
        ValueTemplate::Number(status) => status.as_u64().is_some_and(|status| (300..400).contains(&status)),
        _ => false,
    };
    expect.status.as_ref().is_some_and(|status| {
        status.0.iter().any(|matcher| match matcher {
            Matcher::Equals(value) => is_redirect(value),
            Matcher::OneOf(values) => values.iter().all(is_redirect),
            Matcher::StatusIn(sets) => sets.iter().all(|set| match set {
                StatusSet::Code(code) => (300..400).contains(code),
                StatusSet::Class(digit) => *digit == 3,
                StatusSet::Range { first, last } => *first >= 300 && *last < 400,
            }),
            _ => false,
        })
    })
}

/// A method, a space, a path.
pub(super) struct Line;

const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

impl Word for Line {
    type Meaning = (String, Template);

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Self::Meaning> {
        let Some(text) = field.node.as_text() else {
            reader.report(reader.expected("a method and a path, such as `GET /health`", field));
            return None;
        };
        let Some((method, path)) = text.split_once(' ') else {
            let remedy = if text.starts_with('/') {
                format!("write {}", quote(&format!("GET {text}")))
            } else {
                "write for example `GET /health`".into()
            };
            let problem = Problem::at(field.span(), format!("{} is not a request", quote(text)));
            reader.report(problem.label("expected a method and a path").remedy(remedy));
            return None;
        };
        let method = check_method(field, method, reader);
        let path = check_path(field, text.len() - path.len(), path, reader);
        method.zip(path)
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        definitions.refer("request_line", |_| {
            json!({
                "type": "string",
                "pattern": "^[A-Z][A-Z0-9_-]* (/|\\$\\{)[^ ]*$",
                "examples": ["GET /health"],
            })
        })
    }
}

fn check_method(field: Field<'_>, method: &str, reader: &mut Reader<'_>) -> Option<String> {
    let span = reader.part(field, 0..method.len());
    if !method.starts_with(|first: char| first.is_ascii_alphabetic())
        || !method.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    {
        let problem = Problem::at(span, format!("{} is not a method", quote(method)));
        let label = if method.contains("${") { "variables cannot stand here" } else { "expected for example `GET`" };
        reader.report(problem.label(label));
        return None;
    }
    let upper = method.to_ascii_uppercase();
    if method != upper {
        let problem = Problem::at(span, format!("the method {} is not in capitals", quote(method)));
        reader.report(problem.label("methods are case-sensitive").remedy(format!("write {}", quote(&upper))));
        return None;
    }
    if !METHODS.contains(&method)
        && let Some(meant) = did_you_mean(method, METHODS)
    {
        let problem = Problem::at(span, format!("{} is not a method", quote(method)));
        reader.report(problem.label(format!("did you mean `{meant}`?")));
        return None;
    }
    let safe = matches!(method, "GET" | "HEAD" | "OPTIONS");
    let problem = Problem::at(span, format!("{} may change something", quote(method)));
    match reader.scope.methods {
        _ if safe => {}
        Methods::Any => {}
        Methods::SafeUnlessAllowed => reader.report(
            problem
                .label("green shares its database with production")
                .remedy("if that is meant, write `side_effects: allowed` in this check"),
        ),
        Methods::Safe => reader
            .report(problem.label("asked over and over here, so only GET, HEAD and OPTIONS").remedy("make it a check")),
    }
    Some(upper)
}

fn check_path(field: Field<'_>, start: usize, path: &str, reader: &mut Reader<'_>) -> Option<Template> {
    let end = start + path.len();
    let span = reader.part(field, start..end);
    let problem = Problem::at(span, format!("{} is not a path", quote(path)));
    let problem = if path.contains("://") && !path.starts_with('/') {
        problem.label("a whole URL").remedy("write the path alone: where it goes is decided by the deployment")
    } else if !path.starts_with('/') && !path.starts_with("${") {
        problem
            .label("begins with `/`")
            .remedy(format!("write {}", quote(&format!("/{}", path.trim_start().trim_start_matches('/')))))
    } else if outside_variables(path).any(|part| part.contains(char::is_whitespace) || part.contains(char::is_control))
    {
        problem.label("holds white space").remedy("write `%20` for a space, or use `query`")
    } else if outside_variables(path).any(|part| part.contains('#')) {
        problem.label("holds `#`, which is never sent").remedy("write `%23` if it belongs to the path, or remove it")
    } else {
        return template(field, start..end, Secrets::Allowed, reader);
    };
    reader.report(problem);
    None
}

/// The literal parts of a text, as far as that can be said before its templates are read.
fn outside_variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").enumerate().map(|(at, part)| match (at, part.find('}')) {
        (1.., Some(end)) => &part[end + 1..],
        _ => part,
    })
}

/// The value of a query parameter, or a list of them.
pub(super) struct QueryValue;

impl Word for QueryValue {
    type Meaning = Vec<Template>;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Vec<Template>> {
        let text = Text(Secrets::Allowed);
        let Yaml::Sequence(items) = &field.node.value else {
            return text.read(field, reader).map(|value| vec![value]);
        };
        let read: Vec<_> = items.iter().map(|node| text.read(Field { name: field.name, node }, reader)).collect();
        read.into_iter().collect()
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        let text = Text(Secrets::Allowed).schema(definitions);
        json!({ "anyOf": [text, { "type": "array", "items": text }] })
    }
}

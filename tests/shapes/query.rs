//! The query protocol: Elastic Load Balancing. A form is sent, XML is answered.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>.

use roxmltree::{Document, Node};

use crate::exchange::{Exchange, Mismatches, header, is_documented, mismatch};
use crate::form::Form;
use crate::model::{Model, Operation};
use crate::value::{Checker, Scalars, Timestamps, Way};
use crate::xml;

const TEXT: Scalars = Scalars::Text(Timestamps::Iso8601);

/// What every operation may answer. Source: Elastic Load Balancing API reference, "Common Errors".
const COMMON: [(&str, u16); 10] = [
    ("AccessDenied", 403),
    ("IncompleteSignature", 400),
    ("InternalFailure", 500),
    ("InvalidAction", 400),
    ("InvalidClientTokenId", 403),
    ("MissingAuthenticationToken", 403),
    ("ServiceUnavailable", 503),
    ("SignatureDoesNotMatch", 403),
    ("Throttling", 400),
    ("ValidationError", 400),
];

pub(crate) fn request(exchange: &Exchange, model: &Model, operation: &Operation) -> Mismatches {
    let mut found = header(&exchange.request_headers, "request", "content-type", "application/x-www-form-urlencoded");
    if exchange.uri != operation.http.request_uri {
        let expected = &operation.http.request_uri;
        found.push(mismatch(&operation.name, format_args!("it is sent to {}, expected {expected}", exchange.uri)));
    }
    let form = match Form::read(&exchange.request_body) {
        Ok(form) => form,
        Err(error) => return vec![mismatch(&operation.name, error)],
    };
    let expected = (&operation.name, &model.metadata.api_version);
    if (&form.action, &form.version) != expected {
        let observed = (&form.action, &form.version);
        let what = format_args!("action and version are {observed:?}, expected {expected:?}").to_string();
        found.push(mismatch(&operation.name, what));
    }
    let mut checker = Checker::new(model, TEXT, Way::Request);
    let value = form.value(&operation.input.shape, &operation.input, &mut checker);
    checker.value(&operation.input.shape, &operation.input, &value);
    found.extend(checker.mismatches);
    found
}

pub(crate) fn response(exchange: &Exchange, model: &Model, operation: &Operation) -> Mismatches {
    let mut found = header(&exchange.response_headers, "response", "content-type", "text/xml");
    if exchange.status != 200 {
        found.push(mismatch(&operation.name, format_args!("the status is {}, expected 200", exchange.status)));
    }
    let mut checker = Checker::new(model, TEXT, Way::Response);
    with_root(exchange, &format!("{}Response", operation.name), &mut checker, |root, checker| {
        let wrapper = operation.output.result_wrapper.as_deref().unwrap_or_default();
        let path = format!("{}Response", operation.name);
        let [result, metadata] = elements(&path, root, [wrapper, "ResponseMetadata"], checker);
        if let Some(result) = result {
            let value = xml::value(&operation.output.shape, &operation.output, result, checker);
            checker.value(&operation.output.shape, &operation.output, &value);
        }
        if let Some(metadata) = metadata {
            elements(&path, metadata, ["RequestId"], checker);
        }
    });
    found.extend(checker.mismatches);
    found
}

pub(crate) fn error(exchange: &Exchange, model: &Model, operation: &Operation) -> Mismatches {
    let mut found = header(&exchange.response_headers, "response", "content-type", "text/xml");
    let mut checker = Checker::new(model, TEXT, Way::Response);
    with_root(exchange, "ErrorResponse", &mut checker, |root, checker| {
        let [error, _] = elements("ErrorResponse", root, ["Error", "RequestId"], checker);
        let Some(error) = error else { return };
        let [kind, code, _] = elements("Error", error, ["Type", "Code", "Message"], checker);
        let expected = if exchange.status < 500 { "Sender" } else { "Receiver" };
        if text_of(kind) != expected {
            checker.wrong("Error.Type", format_args!("`{}`, expected `{expected}`", text_of(kind)));
        }
        checker.mismatches.extend(is_documented(exchange, model, operation, text_of(code), &COMMON));
    });
    found.extend(checker.mismatches);
    found
}

fn text_of<'a>(element: Option<Node<'a, '_>>) -> &'a str {
    element.and_then(|element| element.text()).unwrap_or_default()
}

/// Reads the body, whose root has this name and, like all that is in it, the service's namespace.
fn with_root(
    exchange: &Exchange,
    name: &str,
    checker: &mut Checker<'_>,
    read: impl FnOnce(Node<'_, '_>, &mut Checker<'_>),
) {
    let body = String::from_utf8_lossy(&exchange.response_body);
    let document = match Document::parse(&body) {
        Ok(document) => document,
        Err(error) => return checker.wrong(name, format_args!("no XML: {error}")),
    };
    let root = document.root_element();
    if root.tag_name().name() != name {
        return checker.wrong(name, format_args!("the root is `{}`", root.tag_name().name()));
    }
    let expected = checker.model.metadata.xml_namespace.as_deref();
    for element in root.descendants().filter(|node| node.is_element() && node.tag_name().namespace() != expected) {
        let (name, observed) = (element.tag_name().name(), element.tag_name().namespace());
        checker.wrong(name, format_args!("the namespace is {observed:?}, expected {expected:?}"));
    }
    read(root, checker);
}

/// The elements of these names: each of them once, and nothing beside them.
fn elements<'a, 'd, const N: usize>(
    path: &str,
    parent: Node<'a, 'd>,
    names: [&str; N],
    checker: &mut Checker<'_>,
) -> [Option<Node<'a, 'd>>; N] {
    let children = xml::children(path, parent, checker);
    let observed: Vec<_> = children.iter().map(|child| child.tag_name().name()).collect();
    if observed.iter().collect::<std::collections::BTreeSet<_>>() != names.iter().collect() || observed.len() != N {
        checker.wrong(path, format_args!("it holds {observed:?}, expected {names:?}"));
    }
    names.map(|name| children.iter().copied().find(|child| child.tag_name().name() == name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Headers, mismatches};

    const NAMESPACE: &str = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";

    fn answered(status: u16, body: &str) -> Exchange {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let signed = "Credential=AKID/20260301/eu-central-1/elasticloadbalancing/aws4_request";
        Exchange {
            service: "elasticloadbalancing".into(),
            operation: "DescribeListeners".into(),
            method: "POST".into(),
            uri: "/".into(),
            request_headers: Headers(vec![
                field("content-type", "application/x-www-form-urlencoded"),
                field("authorization", signed),
            ]),
            request_body: b"Action=DescribeListeners&Version=2015-12-01&ListenerArns.member.1=a".to_vec(),
            status,
            response_headers: Headers(vec![field("content-type", "text/xml")]),
            response_body: body.replace("NS", &format!("xmlns=\"{NAMESPACE}\"")).into_bytes(),
        }
    }

    fn wrong(exchange: &Exchange) -> String {
        mismatches(exchange).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    const GOOD: &str = "<DescribeListenersResponse NS><DescribeListenersResult><Listeners><member><Port>80</Port>\
        </member></Listeners></DescribeListenersResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\
        </DescribeListenersResponse>";

    #[test]
    fn a_call_that_is_as_documented_has_no_mismatch() {
        assert_eq!(wrong(&answered(200, GOOD)), "");
        for (status, kind, code) in
            [(400, "Sender", "ListenerNotFound"), (403, "Sender", "AccessDenied"), (500, "Receiver", "InternalFailure")]
        {
            let body = format!(
                "<ErrorResponse NS><Error><Type>{kind}</Type><Code>{code}</Code><Message>why</Message></Error>\
                 <RequestId>1</RequestId></ErrorResponse>"
            );
            assert_eq!(wrong(&answered(status, &body)), "", "{code}");
        }
    }

    #[test]
    fn whatever_differs_in_an_answer_is_named() {
        for (status, body, expected) in [
            (200, GOOD.replace("Port", "Ports"), "Listeners[0].Ports: the documentation knows no such member"),
            (200, GOOD.replace(" NS", ""), "Port: the namespace is None, expected Some"),
            (200, GOOD.replace("DescribeListenersResponse", "Response"), "the root is `Response`"),
            (200, GOOD.replace("DescribeListenersResult", "Result"), "it holds [\"Result\", \"ResponseMetadata\"]"),
            (200, GOOD.replace("RequestId", "RequestID"), "it holds [\"RequestID\"], expected [\"RequestId\"]"),
            (200, GOOD.replace("</Port>", ""), "no XML"),
            (201, GOOD.to_owned(), "the status is 201, expected 200"),
            (400, GOOD.to_owned(), "ErrorResponse: the root is `DescribeListenersResponse`"),
            (400, "<ErrorResponse NS/>".to_owned(), "it holds [], expected [\"Error\", \"RequestId\"]"),
        ] {
            let found = wrong(&answered(status, &body));
            assert!(found.contains(expected), "{found}\nis not about\n{expected}");
        }
        let error = |status, kind: &str, code: &str| {
            let error = format!("<Error><Type>{kind}</Type><Code>{code}</Code><Message/></Error><RequestId/>");
            wrong(&answered(status, &format!("<ErrorResponse NS>{error}</ErrorResponse>")))
        };
        assert_eq!(error(400, "Receiver", "ListenerNotFound"), "Error.Type: `Receiver`, expected `Sender`");
        assert_eq!(
            error(404, "Sender", "ListenerNotFound"),
            "DescribeListeners: `ListenerNotFound` comes with HTTP 404, expected 400"
        );
        assert_eq!(error(400, "Sender", "RuleNotFound"), "DescribeListeners: `RuleNotFound` is none of its errors");
    }

    #[test]
    fn whatever_differs_in_a_request_is_named() {
        let with = |body: &str| wrong(&Exchange { request_body: body.into(), ..answered(200, GOOD) });
        let version = with("Action=DescribeListeners&Version=2012-06-01&ListenerArns.member.1=a");
        assert!(version.contains("expected (\"DescribeListeners\", \"2015-12-01\")"), "{version}");
        assert!(with("Action=DescribeRules&Version=2015-12-01").contains("DescribeRules"));
        assert_eq!(with("Version=2015-12-01"), "DescribeListeners: the parameter `Action` is missing");
        assert_eq!(
            with("Action=DescribeListeners&Version=2015-12-01&Listeners.member.1=a"),
            "DescribeListenersInput.Listeners: the documentation knows no such member"
        );
        let mut elsewhere = answered(200, GOOD);
        elsewhere.uri = "/elb".into();
        elsewhere.request_headers.0[0].1 = "text/plain".into();
        let found = wrong(&elsewhere);
        assert!(found.contains("it is sent to /elb") && found.contains("request: content-type"), "{found}");
    }
}

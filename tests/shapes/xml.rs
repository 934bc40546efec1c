//! XML that a service answers with, read into the value that it means.
//!
//! Source: the query protocol of Smithy (<https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>): a structure's
//! members are elements of their names, a list's entries are elements named `member`, a map's are `entry`.

use roxmltree::Node;
use serde_json::{Map, Value};

use crate::model::{Kind, Reference};
use crate::value::Checker;

/// The value that an element means for a shape. What cannot be read is a mismatch.
pub(crate) fn value(path: &str, reference: &Reference, element: Node<'_, '_>, checker: &mut Checker<'_>) -> Value {
    let shape = checker.model.shape(reference);
    if element.attributes().len() > 0 {
        checker.wrong(path, "the element has attributes");
    }
    match shape.kind {
        Kind::Structure => {
            let mut members = Map::new();
            for child in children(path, element, checker) {
                let name = child.tag_name().name();
                let inner = format!("{path}.{name}");
                // A member that the model does not know is kept for the checker to name.
                let read = match shape.members.get(name) {
                    Some(member) => value(&inner, member, child, checker),
                    None => Value::String(String::new()),
                };
                if members.insert(name.to_owned(), read).is_some() {
                    checker.wrong(&inner, "the element comes twice");
                }
            }
            Value::Object(members)
        }
        Kind::List => {
            let of = shape.member.as_ref().expect("a list has a member");
            let mut entries = Vec::new();
            for child in children(path, element, checker) {
                if child.tag_name().name() == "member" {
                    entries.push(value(&format!("{path}[{}]", entries.len()), of, child, checker));
                } else {
                    let name = child.tag_name().name();
                    checker.wrong(path, format_args!("`{name}` is in a list, expected `member`"));
                }
            }
            Value::Array(entries)
        }
        Kind::Map => {
            checker.wrong(path, "no operation that is used answers with a map");
            Value::Null
        }
        _ => Value::String(text(path, element, checker)),
    }
}

/// The elements in an element, which holds no text beside them.
pub(crate) fn children<'a, 'd>(path: &str, element: Node<'a, 'd>, checker: &mut Checker<'_>) -> Vec<Node<'a, 'd>> {
    for child in element.children().filter(Node::is_text) {
        if let Some(text) = child.text().map(str::trim).filter(|text| !text.is_empty()) {
            checker.wrong(path, format_args!("the text `{text}` is beside the elements"));
        }
    }
    element.children().filter(Node::is_element).collect()
}

/// The text of an element, which holds no elements.
pub(crate) fn text(path: &str, element: Node<'_, '_>, checker: &mut Checker<'_>) -> String {
    if let Some(child) = element.children().find(Node::is_element) {
        checker.wrong(path, format_args!("`{}` is in an element that is one value", child.tag_name().name()));
    }
    element.text().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::value::{Mismatch, Scalars, Timestamps, Way};

    /// The mismatches of what DescribeTargetHealth answers, as one text.
    fn wrong(content: &str) -> String {
        let model = Model::of("elasticloadbalancing").unwrap();
        let output = &model.operations["DescribeTargetHealth"].output;
        let mut checker = Checker::new(&model, Scalars::Text(Timestamps::Iso8601), Way::Response);
        let content = format!("<R>{content}</R>");
        let document = roxmltree::Document::parse(&content).unwrap();
        let read = value("R", output, document.root_element(), &mut checker);
        checker.value("R", output, &read);
        checker.mismatches.iter().map(Mismatch::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn elements_are_read_into_lists_and_structures() {
        for good in [
            "",
            "<TargetHealthDescriptions/>",
            "<TargetHealthDescriptions>\n  <member>\n    <Target><Id>127.0.0.1</Id><Port>80</Port></Target>\n    \
             <TargetHealth><State>initial</State><Reason>Elb.InitialHealthChecking</Reason></TargetHealth></member>\
             <member><Target><Id>a &amp; b</Id></Target></member></TargetHealthDescriptions>",
        ] {
            assert_eq!(wrong(good), "", "{good}");
        }
    }

    #[test]
    fn each_wrong_element_is_named() {
        let target =
            |inner: &str| format!("<TargetHealthDescriptions><member>{inner}</member></TargetHealthDescriptions>");
        let first = "R.TargetHealthDescriptions[0]";
        for (content, expected) in [
            ("<Targets/>".to_owned(), "R.Targets: the documentation knows no such member".to_owned()),
            (
                "<targetHealthDescriptions/>".into(),
                "R.targetHealthDescriptions: the documentation knows no such member".into(),
            ),
            ("ok".into(), "R: the text `ok` is beside the elements".into()),
            (
                "<TargetHealthDescriptions><item/></TargetHealthDescriptions>".into(),
                "R.TargetHealthDescriptions: `item` is in a list, expected `member`".into(),
            ),
            (
                "<TargetHealthDescriptions/><TargetHealthDescriptions/>".into(),
                "R.TargetHealthDescriptions: the element comes twice".into(),
            ),
            (target("<Target/>"), format!("{first}.Target.Id: it is required, and not there")),
            (
                target("<Target><Id>a</Id><Port>http</Port></Target>"),
                format!("{first}.Target.Port: `\"http\"` is no integer"),
            ),
            (
                target("<Target><Id><b/></Id></Target>"),
                format!("{first}.Target.Id: `b` is in an element that is one value"),
            ),
            (target("<Target id='a'><Id>a</Id></Target>"), format!("{first}.Target: the element has attributes")),
        ] {
            assert_eq!(wrong(&content), expected, "{content}");
        }
        let state = wrong(&target("<TargetHealth><State>fine</State></TargetHealth>"));
        assert!(
            state.starts_with(&format!("{first}.TargetHealth.State: `fine` is none of initial, healthy")),
            "{state}"
        );
    }
}

//! The query protocol's form of dotted names, read into the value that it means.
//!
//! Source: the query protocol of Smithy (<https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>): a list's
//! entries are `Name.member.1` and up, a structure's members `Name.Member`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{Kind, Reference};
use crate::value::Checker;

/// The parameters of a form, `Action` and `Version` apart.
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) version: String,
    parameters: BTreeMap<String, String>,
}

impl Form {
    /// Reads a body. A name that comes twice would mean nothing, and is an error.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        let mut parameters = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            if parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(format!("the parameter `{name}` comes twice"));
            }
        }
        let mut take = |name: &str| parameters.remove(name).ok_or_else(|| format!("the parameter `{name}` is missing"));
        let (action, version) = (take("Action")?, take("Version")?);
        Ok(Self { action, version, parameters })
    }

    /// The value that the parameters mean for a shape. What they say that cannot be read is a mismatch.
    pub(crate) fn value(&self, path: &str, reference: &Reference, checker: &mut Checker<'_>) -> Value {
        let parameters = self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        decode(path, reference, &parameters, checker)
    }
}

/// The parameters below one name; the name itself is cut off, and empty for a scalar.
type Parameters<'p> = BTreeMap<&'p str, &'p str>;

fn decode(path: &str, reference: &Reference, parameters: &Parameters<'_>, checker: &mut Checker<'_>) -> Value {
    match checker.model.shape(reference).kind {
        Kind::Structure => structure(path, reference, parameters, checker),
        Kind::List => list(path, reference, parameters, checker),
        _ => match parameters.iter().next() {
            Some((&"", value)) if parameters.len() == 1 => Value::String((*value).to_owned()),
            _ => {
                let names: Vec<_> = parameters.keys().collect();
                checker.wrong(path, format_args!("it is one value, and has the names {names:?} below it"));
                Value::Null
            }
        },
    }
}

fn structure(path: &str, reference: &Reference, parameters: &Parameters<'_>, checker: &mut Checker<'_>) -> Value {
    let mut members = Map::new();
    for (name, below) in by_first_segment(parameters) {
        let inner = format!("{path}.{name}");
        // A member that the model does not know is kept for the checker to name.
        let value = match checker.model.shape(reference).members.get(name) {
            Some(member) => decode(&inner, member, &below, checker),
            None => Value::String(String::new()),
        };
        members.insert(name.to_owned(), value);
    }
    Value::Object(members)
}

fn list(path: &str, reference: &Reference, parameters: &Parameters<'_>, checker: &mut Checker<'_>) -> Value {
    let of = checker.model.shape(reference).member.as_ref().expect("a list has a member");
    let mut entries = BTreeMap::new();
    for (name, below) in by_first_segment(parameters) {
        if name != "member" {
            checker.wrong(path, format_args!("`{name}` is below a list, expected `member`"));
            continue;
        }
        for (number, below) in by_first_segment(&below) {
            match number.parse::<usize>() {
                Ok(index) if index.to_string() == number => {
                    let value = decode(&format!("{path}[{number}]"), of, &below, checker);
                    entries.insert(index, value);
                }
                _ => checker.wrong(path, format_args!("`member.{number}` is no numbered entry")),
            }
        }
    }
    if !entries.keys().copied().eq(1..=entries.len()) {
        let numbers: Vec<_> = entries.keys().collect();
        checker.wrong(path, format_args!("the entries are numbered {numbers:?}, expected 1 and up without gaps"));
    }
    Value::Array(entries.into_values().collect())
}

fn by_first_segment<'p>(parameters: &Parameters<'p>) -> BTreeMap<&'p str, Parameters<'p>> {
    let mut groups: BTreeMap<_, Parameters<'p>> = BTreeMap::new();
    for (name, value) in parameters {
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        groups.entry(first).or_default().insert(rest, value);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::value::{Mismatch, Scalars, Timestamps, Way};

    /// The mismatches of a body of DescribeTargetGroups or another operation, as one text.
    fn wrong(operation: &str, body: &str) -> String {
        let model = Model::of("elasticloadbalancing").unwrap();
        let input = &model.operations[operation].input;
        let mut checker = Checker::new(&model, Scalars::Text(Timestamps::Iso8601), Way::Request);
        let form = match Form::read(format!("Action={operation}&Version=2015-12-01&{body}").as_bytes()) {
            Ok(form) => form,
            Err(error) => return error,
        };
        let value = form.value("Input", input, &mut checker);
        checker.value("Input", input, &value);
        checker.mismatches.iter().map(Mismatch::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_form_is_read_into_lists_and_structures() {
        let targets =
            "TargetGroupArn=arn%3Aaws&Targets.member.1.Id=10.0.0.1&Targets.member.1.Port=80&Targets.member.2.Id=b";
        for (operation, good) in [
            ("DescribeListeners", "ListenerArns.member.1=a&ListenerArns.member.2=b&PageSize=400"),
            ("DescribeTargetHealth", targets),
            ("DescribeLoadBalancers", ""),
        ] {
            assert_eq!(wrong(operation, good), "", "{good}");
        }
        let model = Model::of("elasticloadbalancing").unwrap();
        let mut checker = Checker::new(&model, Scalars::Text(Timestamps::Iso8601), Way::Request);
        let form = Form::read(format!("Action=DescribeTargetHealth&Version=1&{targets}").as_bytes()).unwrap();
        let value = form.value("", &model.operations["DescribeTargetHealth"].input, &mut checker);
        let expected = serde_json::json!({
            "TargetGroupArn": "arn:aws", "Targets": [{ "Id": "10.0.0.1", "Port": "80" }, { "Id": "b" }],
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn each_wrong_form_is_named() {
        for (operation, body, expected) in [
            ("DescribeListeners", "ListenerArn=a", "Input.ListenerArn: the documentation knows no such member"),
            ("DescribeListeners", "PageSize=0", "Input.PageSize: 0 as a number, documented are 1 to 400"),
            ("DescribeListeners", "PageSize=all", "Input.PageSize: `\"all\"` is no integer"),
            ("DescribeListeners", "ListenerArns.1=a", "Input.ListenerArns: `1` is below a list, expected `member`"),
            (
                "DescribeListeners",
                "ListenerArns.member.first=a",
                "Input.ListenerArns: `member.first` is no numbered entry",
            ),
            ("DescribeListeners", "ListenerArns.member.01=a", "Input.ListenerArns: `member.01` is no numbered entry"),
            (
                "DescribeListeners",
                "ListenerArns.member.0=a&ListenerArns.member.1=b",
                "Input.ListenerArns: the entries are numbered [0, 1], expected 1 and up without gaps",
            ),
            ("DescribeListeners", "PageSize=1&PageSize=2", "the parameter `PageSize` comes twice"),
            ("DescribeTargetHealth", "", "Input.TargetGroupArn: it is required, and not there"),
            (
                "DescribeTargetHealth",
                "TargetGroupArn=a&Targets.member.1.Port=80",
                "Input.Targets[0].Id: it is required, and not there",
            ),
            (
                "DescribeTargetHealth",
                "TargetGroupArn.member.1=a",
                "Input.TargetGroupArn: it is one value, and has the names [\"member.1\"] below it; \
                 Input.TargetGroupArn: it is required, and not there",
            ),
        ] {
            assert_eq!(wrong(operation, body), expected, "{body}");
        }
        assert_eq!(Form::read(b"Version=2015-12-01").err().unwrap(), "the parameter `Action` is missing");
        assert_eq!(Form::read(b"Action=DescribeListeners").err().unwrap(), "the parameter `Version` is missing");
    }
}

//! What GetParameters answers to whom.

use super::*;

fn store() -> Parameters {
    let values = [
        ("/orders/key", "first"),
        ("/orders/key:stable", "second"),
        ("/orders/key", "third"),
        ("String:/orders/suite", "checks: {}"),
        ("StringList:hosts", "a,b"),
        ("/aws/reference/secretsmanager/orders/token:blue", "old token"),
        ("/aws/reference/secretsmanager/orders/token", "new token"),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Parameters::new(values.to_vec(), "eu-central-1", "123456789012")
}

fn get(names: &[&str], with_decryption: bool) -> Result<Value, ApiError> {
    perform(&store(), "GetParameters", &json!({ "Names": names, "WithDecryption": with_decryption }))
}

/// The value that one name is answered with.
fn value(name: &str) -> Option<String> {
    let answer = get(&[name], true).unwrap();
    let value = answer.pointer("/Parameters/0/Value").map(|value| value.as_str().unwrap().to_owned());
    let invalid = answer["InvalidParameters"].as_array().unwrap();
    assert_eq!(invalid.len(), usize::from(value.is_none()), "{name} is found or invalid: {answer}");
    value
}

#[test]
fn a_parameter_has_every_member_that_the_api_documents() {
    let answer = get(&["/orders/key:stable"], true).unwrap();
    let expected = json!({
        "Parameters": [{
            "ARN": "arn:aws:ssm:eu-central-1:123456789012:parameter/orders/key",
            "DataType": "text",
            "LastModifiedDate": 1_772_357_400.0,
            "Name": "/orders/key",
            "Type": "SecureString",
            "Value": "second",
            "Version": 2,
            "Selector": ":stable",
        }],
        "InvalidParameters": [],
    });
    assert_eq!(answer, expected);
}

#[test]
fn a_name_is_found_with_its_version_its_label_or_its_arn() {
    let arn = "arn:aws:ssm:eu-central-1:123456789012:parameter";
    for (name, expected) in [
        ("/orders/key", Some("third")),
        ("/orders/key:1", Some("first")),
        ("/orders/key:stable", Some("second")),
        ("/orders/key:4", None),
        ("/orders/key:0", None),
        ("/orders/key:", None),
        ("/orders/key:newest", None),
        ("/orders/key:1:2", None),
        ("orders/key", None),
        ("/orders", None),
        ("/orders/suite", Some("checks: {}")),
        ("  /orders/suite ", Some("checks: {}")),
        ("hosts", Some("a,b")),
        ("/hosts", None),
        (&format!("{arn}/orders/key"), Some("third")),
        (&format!("{arn}/orders/key:1"), Some("first")),
        (&format!("{arn}/hosts"), Some("a,b")),
        ("arn:aws:ssm:eu-west-1:123456789012:parameter/orders/key", None),
    ] {
        assert_eq!(value(name).as_deref(), expected, "{name}");
    }
}

#[test]
fn a_reference_is_a_secret_by_its_stage() {
    let reference = "/aws/reference/secretsmanager/orders/token";
    for (selector, expected) in [
        ("", Some("new token")),
        (":AWSCURRENT", Some("new token")),
        (":AWSPREVIOUS", Some("old token")),
        (":blue", Some("old token")),
        (":AWSPENDING", None),
        (":1", None),
        (":", None),
    ] {
        assert_eq!(value(&format!("{reference}{selector}")).as_deref(), expected, "{selector}");
    }
    assert_eq!(value("/aws/reference/secretsmanager/orders"), None);
    assert_eq!(value("/orders/key:AWSCURRENT"), None, "stages are Secrets Manager's");

    let answer = get(&[reference], true).unwrap();
    let secret = &answer["Parameters"][0];
    assert_eq!((&secret["Type"], &secret["Version"]), (&json!("SecureString"), &json!(0)));
    assert_eq!(secret.get("DataType"), None);
    let source: Value = serde_json::from_str(secret["SourceResult"].as_str().unwrap()).unwrap();
    assert_eq!((&source["name"], &source["secretString"]), (&json!("orders/token"), &json!("new token")));
    assert_eq!((&source["ARN"], &source["versionStages"]), (&secret["ARN"], &json!(["AWSCURRENT"])));
    let old = get(&[&format!("{reference}:blue")], true).unwrap();
    let source: Value = serde_json::from_str(old["Parameters"][0]["SourceResult"].as_str().unwrap()).unwrap();
    assert_eq!(source["versionStages"], json!(["AWSPREVIOUS", "blue"]));
}

#[test]
fn without_decryption_a_secret_is_not_told() {
    let answer = get(&["/orders/key", "/orders/suite", "hosts", "/aws/reference/secretsmanager/orders/token"], false);
    let answer = answer.unwrap();
    assert_eq!(answer["InvalidParameters"], json!(["/aws/reference/secretsmanager/orders/token"]));
    let values: Vec<_> = answer["Parameters"].as_array().unwrap().iter().map(|found| found["Value"].clone()).collect();
    let [hidden, suite, hosts] = values.as_slice() else { panic!("{values:?}") };
    assert!(hidden.as_str().unwrap().starts_with("AQICAH") && hidden != "third", "{hidden}");
    assert_eq!((suite, hosts), (&json!("checks: {}"), &json!("a,b")));
    let absent = perform(&store(), "GetParameters", &json!({ "Names": ["/orders/key"] })).unwrap();
    assert_eq!(absent["Parameters"][0]["Value"], *hidden, "without the member it is as with false");
}

#[test]
fn answers_are_alphabetical_and_each_name_is_answered_once() {
    let answer = get(&["hosts", "/orders/suite", "hosts", "/zebra", "/orders/key", "/apple"], true).unwrap();
    let names: Vec<_> = answer["Parameters"].as_array().unwrap().iter().map(|found| found["Name"].clone()).collect();
    assert_eq!(names, ["/orders/key", "/orders/suite", "hosts"]);
    assert_eq!(answer["InvalidParameters"], json!(["/apple", "/zebra"]));
}

#[test]
fn wrong_requests_are_refused_as_the_service_does() {
    let eleven: Vec<_> = (1..=11).map(|number| format!("/p{number}")).collect();
    for (operation, input, code, part) in [
        ("GetParameters", json!({ "Names": eleven }), "ValidationException", "[/p1, /p2"),
        ("GetParameters", json!({ "Names": eleven }), "ValidationException", "length less than or equal to 10"),
        ("GetParameters", json!({ "Names": [] }), "ValidationException", "greater than or equal to 1"),
        ("GetParameters", json!({}), "ValidationException", "must not be null"),
        ("GetParameters", json!({ "Names": ["/a b"] }), "ValidationException", "`/a b` contains spaces"),
        ("GetParameters", json!({ "Names": "/a" }), "SerializationException", "no list of strings"),
        ("GetParameters", json!({ "Names": [1] }), "SerializationException", "no list of strings"),
        ("GetParameters", json!({ "Names": ["/a"], "WithDecryption": "yes" }), "SerializationException", "no boolean"),
        ("GetParameter", json!({ "Name": "/a" }), "UnknownOperationException", "`GetParameter` is not played"),
    ] {
        let refused = perform(&store(), operation, &input).unwrap_err();
        assert_eq!((refused.code.as_str(), refused.status), (code, 400), "{input}");
        assert!(refused.message.contains(part), "{input}: {}", refused.message);
    }
    assert!(get(&["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"], true).is_ok(), "ten are not too many");
}

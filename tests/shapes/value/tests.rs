//! A model of a shop, and orders that fit it and do not.

use serde_json::json;

use super::*;

const MODEL: &str = r#"{
    "metadata": { "apiVersion": "1", "endpointPrefix": "shop", "protocols": ["json"] },
    "operations": {},
    "shapes": {
        "Order": {
            "type": "structure", "required": ["id"], "members": {
                "id": { "shape": "Id" }, "count": { "shape": "Count" }, "total": { "shape": "Long" },
                "price": { "shape": "Double" }, "paid": { "shape": "Boolean" }, "at": { "shape": "Time" },
                "state": { "shape": "State" }, "lines": { "shape": "Lines" }, "tags": { "shape": "Tags" },
                "payment": { "shape": "Payment" }, "anything": { "shape": "Anything" }
            }
        },
        "Id": { "type": "string", "min": 2, "max": 4 },
        "Count": { "type": "integer", "min": 1, "max": 9 },
        "Long": { "type": "long" },
        "Double": { "type": "double" },
        "Boolean": { "type": "boolean" },
        "Time": { "type": "timestamp" },
        "State": { "type": "string", "enum": ["OPEN", "SENT"] },
        "Lines": { "type": "list", "member": { "shape": "Line" }, "max": 2 },
        "Line": { "type": "structure", "required": ["sku"], "members": { "sku": { "shape": "Id" } } },
        "Tags": { "type": "map", "key": { "shape": "State" }, "value": { "shape": "Count" } },
        "Payment": { "type": "structure", "union": true, "members": {
            "card": { "shape": "Id" }, "cash": { "shape": "Boolean" }
        } },
        "Anything": { "type": "structure", "document": true, "members": {} }
    }
}"#;

/// The mismatches of a value, as one text.
fn wrong(scalars: Scalars, way: Way, value: &Value) -> String {
    let model = Model::from_json(MODEL);
    let order = Reference { shape: "Order".into(), result_wrapper: None, location: None, location_name: None };
    let mut checker = Checker::new(&model, scalars, way);
    checker.value("Order", &order, value);
    checker.mismatches.iter().map(Mismatch::to_string).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_value_with_every_member_right_has_no_mismatch() {
    let json = json!({
        "id": "A-1", "count": 3, "total": 4_000_000_000_i64, "price": 1.5, "paid": true, "at": 1_772_000_000.25,
        "state": "SENT", "lines": [{ "sku": "TEA" }], "tags": { "OPEN": 1 }, "payment": { "cash": true },
        "anything": { "at": { "all": null } },
    });
    assert_eq!(wrong(Scalars::Json, Way::Request, &json), "");
    assert_eq!(wrong(Scalars::Json, Way::Request, &json!({ "id": "A-1", "count": null })), "");
}

#[test]
fn each_wrong_value_is_named_with_its_place() {
    for (value, expected) in [
        (json!([]), "Order: `[]` is no structure"),
        (json!({}), "Order.id: it is required, and not there"),
        (json!({ "id": null }), "Order.id: it is required, and not there"),
        (json!({ "id": "A-1", "Count": 3 }), "Order.Count: the documentation knows no such member"),
        (json!({ "id": 12 }), "Order.id: `12` is no string"),
        (json!({ "id": "A-1", "count": "3" }), "Order.count: `\"3\"` is no integer"),
        (json!({ "id": "A-1", "count": 3.0 }), "Order.count: `3.0` is no integer"),
        (json!({ "id": "A-1", "count": 3_000_000_000_u32 }), "Order.count: `3000000000` is no integer"),
        (json!({ "id": "A-1", "total": 1.5 }), "Order.total: `1.5` is no long"),
        (json!({ "id": "A-1", "price": "1" }), "Order.price: `\"1\"` is no double"),
        (json!({ "id": "A-1", "paid": 1 }), "Order.paid: `1` is no boolean"),
        (json!({ "id": "A-1", "at": "2026-03-01T09:30:00Z" }), "Order.at: `\"2026-03-01T09:30:00Z\"` is no timestamp"),
        (json!({ "id": "A-1", "at": 1_772_000_000_250_i64 }), "Order.at: `1772000000250` is no timestamp"),
        (json!({ "id": "A-1", "state": "sent" }), "Order.state: `sent` is none of OPEN, SENT"),
        (json!({ "id": "A-1", "lines": { "sku": "TEA" } }), "Order.lines: `{\"sku\":\"TEA\"}` is no list"),
        (json!({ "id": "A-1", "lines": [{ "sku": "TEA" }, {}] }), "Order.lines[1].sku: it is required, and not there"),
        (json!({ "id": "A-1", "lines": [null] }), "Order.lines[0]: `null` is no structure"),
        (json!({ "id": "A-1", "tags": { "SENT": "y" } }), "Order.tags[\"SENT\"]: `\"y\"` is no integer"),
        (json!({ "id": "A-1", "tags": { "x": 1 } }), "Order.tags[\"x\"]: `x` is none of OPEN, SENT"),
        (json!({ "id": "A-1", "tags": [] }), "Order.tags: `[]` is no map"),
        (json!({ "id": "A-1", "payment": {} }), "Order.payment: it is a union, and has 0 members instead of one"),
        (
            json!({ "id": "A-1", "payment": { "card": "visa", "cash": true } }),
            "Order.payment: it is a union, and has 2 members instead of one",
        ),
    ] {
        assert_eq!(wrong(Scalars::Json, Way::Response, &value), expected);
    }
}

#[test]
fn lengths_and_ranges_bind_requests_alone() {
    for (value, expected) in [
        (json!({ "id": "A" }), "Order.id: 1 characters, documented are 2 to 4"),
        (json!({ "id": "A-123" }), "Order.id: 5 characters, documented are 2 to 4"),
        (json!({ "id": "A-1", "count": 10 }), "Order.count: 10 as a number, documented are 1 to 9"),
        (
            json!({ "id": "A-1", "lines": [{ "sku": "TEA" }, { "sku": "TEA" }, { "sku": "TEA" }] }),
            "Order.lines: 3 entries, documented are any to 2",
        ),
    ] {
        assert_eq!(wrong(Scalars::Json, Way::Request, &value), expected);
        assert_eq!(wrong(Scalars::Json, Way::Response, &value), "", "{value}");
    }
}

#[test]
fn as_text_every_scalar_is_a_string_that_reads_as_its_type() {
    let text = |value| wrong(Scalars::Text(Timestamps::Iso8601), Way::Request, &value);
    let good = json!({
        "id": "A-1", "count": "3", "total": "4000000000", "price": "1.5", "paid": "false", "state": "OPEN",
        "at": "2026-03-01T09:30:00.250Z", "lines": [{ "sku": "TEA" }], "tags": { "OPEN": "1" },
    });
    assert_eq!(text(good), "");
    for (value, expected) in [
        (json!({ "id": "A-1", "count": 3 }), "Order.count: `3` is no integer"),
        (json!({ "id": "A-1", "count": "three" }), "Order.count: `\"three\"` is no integer"),
        (json!({ "id": "A-1", "count": "10" }), "Order.count: 10 as a number, documented are 1 to 9"),
        (json!({ "id": "A-1", "total": "1.5" }), "Order.total: `\"1.5\"` is no long"),
        (json!({ "id": "A-1", "price": "" }), "Order.price: `\"\"` is no double"),
        (json!({ "id": "A-1", "paid": "True" }), "Order.paid: `\"True\"` is no boolean"),
        (json!({ "id": "A-1", "at": "1772000000" }), "Order.at: `\"1772000000\"` is no timestamp"),
        (
            json!({ "id": "A-1", "at": "Sun, 01 Mar 2026 09:30:00 GMT" }),
            "Order.at: `\"Sun, 01 Mar 2026 09:30:00 GMT\"` is no timestamp",
        ),
    ] {
        assert_eq!(text(value), expected);
    }
    let header =
        |time: &str| wrong(Scalars::Text(Timestamps::HttpDate), Way::Response, &json!({ "id": "A-1", "at": time }));
    assert_eq!(header("Sun, 01 Mar 2026 09:30:00 GMT"), "");
    assert_eq!(header("2026-03-01T09:30:00Z"), "Order.at: `\"2026-03-01T09:30:00Z\"` is no timestamp");
}

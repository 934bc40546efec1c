//! XML as the query protocol writes it, made from the same values that JSON is made from.
//!
//! A member is an element, a list an element with one `member` for each item, a member that is null is left out.
//! Source: Smithy specification, "AWS query protocol".

use std::fmt::Write;

use serde_json::Value;

/// A whole document with one root element.
pub(super) fn document(root: &str, namespace: Option<&str>, content: &Value) -> String {
    let namespace = namespace.map(|uri| format!(" xmlns=\"{uri}\"")).unwrap_or_default();
    let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root}{namespace}>");
    write_content(&mut text, content);
    // Writing to a string cannot fail.
    let _ = write!(text, "</{root}>");
    text
}

fn write_content(text: &mut String, content: &Value) {
    match content {
        Value::Null => {}
        Value::Object(members) => {
            for (name, member) in members {
                write_element(text, name, member);
            }
        }
        Value::Array(items) => {
            for item in items {
                write_element(text, "member", item);
            }
        }
        Value::String(words) => text.push_str(&escaped(words)),
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn write_element(text: &mut String, name: &str, content: &Value) {
    if content.is_null() {
        return;
    }
    let _ = write!(text, "<{name}>");
    write_content(text, content);
    let _ = write!(text, "</{name}>");
}

fn escaped(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_lists_and_what_must_be_escaped() {
        let value = json!({ "A": [{ "Port": 80, "On": true }, {}], "B": null, "C": [], "D": "a < b & \"c\" > d" });
        assert_eq!(
            document("Root", Some("http://x/"), &value),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Root xmlns=\"http://x/\"><A><member><Port>80</Port>\
             <On>true</On></member><member></member></A><C></C><D>a &lt; b &amp; &quot;c&quot; &gt; d</D></Root>"
        );
    }
}

//! A body as JSON, and what a path selects in it, within bounds.
//!
//! A path with two descents (`$..a..b`) can select a node as often as it lies deep, and one with three as often as the
//! square of that: a megabyte of brackets becomes gigabytes of nodes. The suite writes the path, but the answer is
//! somebody else's, so what a path could cost at most is reckoned before it is followed.

use greenlight_suite::JsonPath;
use serde_json::Value;

/// The most nodes that a path may have to visit.
const MOST_VISITS: usize = 1_000_000;

/// A JSON value that came in an answer.
#[derive(Debug)]
pub(crate) struct Document {
    value: Value,
    nodes: usize,
    depth: usize,
}

impl Document {
    /// Reads a body, strictly, to serde's depth of 128.
    ///
    /// # Errors
    ///
    /// serde's sentence about why it is not JSON.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        let value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let (nodes, depth) = measure(&value);
        Ok(Self { value, nodes, depth })
    }

    /// The whole of it.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// The nodes that a path selects, in order.
    ///
    /// # Errors
    ///
    /// Why they cannot be looked for.
    pub(crate) fn select(&self, path: &JsonPath) -> Result<Vec<&Value>, String> {
        if self.visits(path.text()) > MOST_VISITS {
            return Err(format!("beyond what is searched ({} nodes, {} deep)", self.nodes, self.depth));
        }
        Ok(path.select(&self.value))
    }

    /// At most so many nodes are visited: the first descent comes by each node once, each further one by each of its
    /// descendants, and one that begins at the root inside of a filter by all of them for each node.
    fn visits(&self, path: &str) -> usize {
        let descents = path.matches("..").count();
        let inner = path.get(1..).unwrap_or_default().matches("$..").count();
        let outer = descents.saturating_sub(inner);
        let times = |factor: usize, count: usize| {
            (0..count).try_fold(1_usize, |product, _| product.checked_mul(factor)).unwrap_or(usize::MAX)
        };
        match descents {
            0 => 0,
            _ => self
                .nodes
                .saturating_mul(times(self.depth, outer.saturating_sub(1)))
                .saturating_mul(times(self.nodes, inner)),
        }
    }
}

/// How many nodes a value has, and how deep they lie.
fn measure(value: &Value) -> (usize, usize) {
    let of = |children: &mut dyn Iterator<Item = &Value>| {
        children.map(measure).fold((1, 1), |(nodes, depth), (more, deep)| (nodes + more, depth.max(deep + 1)))
    };
    match value {
        Value::Array(items) => of(&mut items.iter()),
        Value::Object(entries) => of(&mut entries.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(document: &Document, path: &str) -> Result<usize, String> {
        document.select(&JsonPath::parse(path).unwrap()).map(|nodes| nodes.len())
    }

    #[test]
    fn nodes_and_depth_are_measured() {
        let document = Document::read(br#"{"a": [1, {"b": 2}], "c": null}"#).unwrap();
        assert_eq!((document.nodes, document.depth), (6, 4));
        assert_eq!(select(&document, "$..b"), Ok(1));
    }

    #[test]
    fn a_path_that_could_select_without_end_is_not_followed() {
        let deep = format!("{}{}1{}", "[".repeat(100), "1,".repeat(50_000), "]".repeat(100));
        let document = Document::read(deep.as_bytes()).unwrap();
        assert_eq!(select(&document, "$..*"), Ok(50_100));
        for path in ["$..*..*", "$..[*]..[*]..[*]", "$[?count($..*) > 1]", "$..[?@..a]"] {
            let refused = select(&document, path).unwrap_err();
            assert_eq!(refused, "beyond what is searched (50101 nodes, 101 deep)", "{path}");
        }
        let flat = Document::read(format!("[{}1]", "1,".repeat(50_000)).as_bytes()).unwrap();
        assert_eq!(select(&flat, "$..*..*"), Ok(0));
    }
}

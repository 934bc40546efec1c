//! The JSON Schema of a grammar, in draft 2020-12.

use serde_json::{Map, Value, json};

use super::{Shape, Word};

/// Schemas that are referred to by name, because they are used often or hold themselves.
#[derive(Default)]
pub(crate) struct Definitions(Map<String, Value>);

impl Definitions {
    /// A reference to the schema `name`, which is described on its first use.
    pub(crate) fn refer(&mut self, name: &str, describe: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.0.contains_key(name) {
            // Stands in while it is described, for those that hold themselves.
            self.0.insert(name.to_owned(), Value::Bool(true));
            let schema = describe(self);
            self.0.insert(name.to_owned(), schema);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }
}

impl Shape {
    /// A mapping with these keys and no others.
    pub(crate) fn schema(&self, definitions: &mut Definitions) -> Map<String, Value> {
        let properties: Map<_, _> =
            self.keys.iter().map(|key| (key.name().to_owned(), key.schema(definitions))).collect();
        let required: Vec<_> = self.keys.iter().filter(|key| key.is_required()).map(|key| key.name()).collect();
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        schema.insert("properties".into(), properties.into());
        schema.insert("additionalProperties".into(), false.into());
        if !required.is_empty() {
            schema.insert("required".into(), required.into());
        }
        schema
    }
}

/// A schema with a sentence for editors. Beside a `$ref` it takes precedence over the sentence of what is referred to.
pub(crate) fn described(schema: Value, doc: &str) -> Value {
    let Value::Object(schema) = schema else { return json!({ "description": doc, "allOf": [schema] }) };
    let mut described = Map::new();
    described.insert("description".into(), doc.into());
    described.extend(schema.into_iter().filter(|(key, _)| key != "description"));
    described.into()
}

/// The whole schema of a language, given the word for a file of it.
pub(crate) fn schema_of(word: &impl Word, title: &str, doc: &str) -> Value {
    let mut definitions = Definitions::default();
    let root = word.schema(&mut definitions);
    let mut schema = Map::new();
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".into(), title.into());
    schema.insert("description".into(), doc.into());
    if let Value::Object(root) = root {
        schema.extend(root);
    }
    schema.insert("$defs".into(), Value::Object(definitions.0));
    schema.into()
}

//! `variables`: named values for templates.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::collection::{Name, entries, value_of};
use super::name::Identifier;
use super::scope::Defined;
use super::template::{Json, Secrets};
use crate::diagnostics::{Problem, quote};
use crate::grammar::{Definitions, Field, Reader, Word};
use crate::model::ValueTemplate;
use crate::yaml::Core;

/// All variables of a suite. Reading declares them for templates one after the other, also those with a mistake.
pub(super) struct Variables;

impl Word for Variables {
    type Meaning = IndexMap<String, ValueTemplate>;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Self::Meaning> {
        let entries = entries(field, reader)?;
        reader.scope.variables_to_come =
            entries.iter().map(|entry| (entry.key.name.clone(), reader.line(entry.key.span))).collect();
        let mut read = Vec::new();
        for entry in entries {
            let name = Identifier.read(&entry.key, reader);
            let value = value_of(entry, reader).and_then(|field| {
                let exact = !refuse_rewritten_number(field, reader);
                Json(Secrets::Allowed).read(field, reader).filter(|_| exact)
            });
            let secret = value
                .as_ref()
                .is_some_and(|value| value.variables().iter().any(|variable| reader.scope.is_secret(&variable.name)));
            let line = reader.line(entry.key.span);
            reader.scope.variables.insert(entry.key.name.clone(), Defined { line, secret });
            read.push(name.zip(value));
        }
        read.into_iter().collect()
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": Identifier.schema(),
            "additionalProperties": Json(Secrets::Allowed).schema(definitions),
        })
    }
}

/// Reports a number that would come out of a template other than it was written: `1.10` as 1.1, `007` as 7. Where only
/// its value counts (a JSON body, an expected number) that does not matter; in a version or an identifier it does.
pub(super) fn refuse_rewritten_number(field: Field<'_>, reader: &mut Reader<'_>) -> bool {
    let Some(scalar) = field.node.as_scalar() else { return false };
    let Core::Number(number) = &scalar.core else { return false };
    let rewritten = number.to_string();
    if rewritten == scalar.text {
        return false;
    }
    let remedy = format!("write `\"{}\"` to keep the text, or {rewritten} for the number", scalar.text);
    reader.report(
        Problem::at(field.span(), format!("{} is a number, and would be shown as {rewritten}", quote(&scalar.text)))
            .label("text or a number?")
            .remedy(remedy),
    );
    true
}

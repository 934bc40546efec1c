//! `secrets`: names of values that are never shown, and where they come from.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::collection::{Name, entries, value_of};
use super::name::{Identifier, is_identifier};
use crate::diagnostics::{Problem, quote};
use crate::grammar::{Definitions, Field, Reader, Word};
use crate::model::{CREDENTIALS, SecretSource};

/// All secrets of a suite. Reading declares them for templates, also those with a mistake in their source.
pub(super) struct Secrets;

impl Word for Secrets {
    type Meaning = IndexMap<String, SecretSource>;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Self::Meaning> {
        let mut read = Vec::new();
        for entry in entries(field, reader)? {
            let name = Identifier.read(&entry.key, reader);
            reader.scope.secrets.insert(entry.key.name.clone());
            let source = value_of(entry, reader).and_then(|field| source(field, reader));
            read.push(name.zip(source));
        }
        read.into_iter().collect()
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": Identifier.schema(),
            "additionalProperties": {
                "type": "string",
                "pattern": "^env:[A-Za-z_][A-Za-z0-9_]*$",
                "description": "env:NAME: the environment variable NAME of the process that runs the suite.",
                "examples": ["env:EDGE_KEY"],
            },
        })
    }
}

fn source(field: Field<'_>, reader: &mut Reader<'_>) -> Option<SecretSource> {
    let text = field.node.as_written().unwrap_or_default();
    if let Some(name) = text.strip_prefix("env:").filter(|name| is_identifier(name)) {
        if !CREDENTIALS.contains(&name) {
            return Some(SecretSource::Environment(name.to_owned()));
        }
        let problem = Problem::at(field.span(), format!("{} is not for suites", quote(text)));
        reader.report(
            problem
                .label("the function's own credentials")
                .remedy("give the function a variable of its own for what the service needs"),
        );
        return None;
    }
    let place = reader.first_line(field.span());
    // The value itself is not repeated in the message: it may be the secret.
    let problem = Problem::at(place, format!("the source of the secret {} is not known", quote(field.name)))
        .label("expected `env:NAME`");
    reader.report(if ["ssm:", "secretsmanager:", "arn:", "s3:"].iter().any(|store| text.starts_with(store)) {
        problem.remedy("have the function's environment take it from there, and name that variable here")
    } else {
        problem.redact().remedy("name an environment variable here, and keep the secret itself out of the file")
    });
    None
}

//! `secrets`: names of values that are never shown, and where they come from.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::collection::{Name, entries, value_of};
use super::name::{Identifier, is_identifier};
use super::parameter;
use super::template::refuse_variables;
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
                "pattern": format!("^(env:[A-Za-z_][A-Za-z0-9_]*|ssm:{PARAMETER}(:{SELECTOR})?)$"),
                "description": "env:NAME: the environment variable NAME of the process that runs the suite. \
                    ssm:NAME: a parameter of AWS Systems Manager, or a secret of Secrets Manager as \
                    ssm:/aws/reference/secretsmanager/NAME.",
                "examples": ["env:EDGE_KEY", "ssm:/orders/smoke/edge-key", "ssm:/aws/reference/secretsmanager/orders"],
            },
        })
    }
}

/// Names of parameters, for the schema; how long they may be is left to reading.
const PARAMETER: &str = "(/aws/reference/secretsmanager/[A-Za-z0-9/_+=.@-]+|/[A-Za-z0-9_./-]+|[A-Za-z0-9_.-]+)";

/// What may follow a name behind a colon, for the schema.
const SELECTOR: &str = "[A-Za-z0-9_.-]{1,100}";

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
    if let Some(name) = text.strip_prefix("ssm:") {
        if refuse_variables("the source of a secret", field, reader) {
            return None;
        }
        let found = parameter::read(name);
        if let Err(mistake) = &found {
            let place = reader.first_line(field.span());
            let problem = Problem::at(place, format!("the secret {} names no parameter", quote(field.name)));
            reader.report(problem.label(mistake.label.clone()).remedy(mistake.remedy.clone()));
        }
        return found.ok().map(SecretSource::Parameter);
    }
    let place = reader.first_line(field.span());
    // The value itself is not repeated in the message: it may be the secret.
    let problem = Problem::at(place, format!("the source of the secret {} is not known", quote(field.name)))
        .label("expected `env:NAME` or `ssm:NAME`");
    reader.report(match text.split_once(':').map(|(store, _)| store) {
        Some("secretsmanager") => problem.remedy(format!("write {}", quote(parameter::SECRETS_MANAGER_EXAMPLE))),
        Some("arn") => problem.remedy(parameter::of_arn(text)),
        Some("s3") => problem.remedy("keep it in a SecureString parameter, and name that: `ssm:/NAME`"),
        _ => problem
            .redact()
            .remedy("name a parameter or an environment variable here, and keep the secret itself out of the file"),
    });
    None
}

//! SSM as the functions meet it: parameters by name, and secrets of Secrets Manager by reference.
//!
//! Source: Systems Manager API reference, `GetParameters`; for references the user guide, "Referencing AWS Secrets
//! Manager secrets from Parameter Store parameters". What a role may read is the wire's to refuse.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::api_error::ApiError;

/// Most names in one call.
const MAX_NAMES: usize = 10;
/// What the names of references to Secrets Manager begin with.
const REFERENCE: &str = "/aws/reference/secretsmanager/";
/// When everything was put there: 1 March 2026, 09:30 UTC, in seconds since 1970.
const LAST_MODIFIED: f64 = 1_772_357_400.0;

/// The parameters of the account.
pub(super) struct Parameters {
    /// The versions of each, the oldest first; there is at least one.
    values: BTreeMap<String, Vec<Version>>,
    region: String,
    account: String,
}

struct Version {
    kind: Kind,
    value: String,
    label: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    String,
    StringList,
    SecureString,
}

impl Kind {
    const ALL: [(Self, &'static str); 3] =
        [(Self::String, "String"), (Self::StringList, "StringList"), (Self::SecureString, "SecureString")];
}

impl Parameters {
    /// Parameters by name and value, in a region of an account.
    ///
    /// A name may begin with its type (`String:/orders/suite`; `SecureString` when it does not) and end with a label
    /// (`/orders/key:stable`). A name that comes again is the parameter's next version.
    pub(super) fn new(values: Vec<(String, String)>, region: &str, account: &str) -> Self {
        let mut parameters = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in values {
            let typed = Kind::ALL.iter().find_map(|(kind, word)| {
                let name = name.strip_prefix(word)?.strip_prefix(':')?;
                Some((*kind, name))
            });
            let (kind, name) = typed.unwrap_or((Kind::SecureString, &name));
            let (name, label) = cut(name);
            let version = Version { kind, value, label: label.map(str::to_owned) };
            parameters.entry(name.to_owned()).or_default().push(version);
        }
        Self { values: parameters, region: region.to_owned(), account: account.to_owned() }
    }

    /// The parameter that a name, with its selector, asks for.
    fn find(&self, asked: &str, with_decryption: bool) -> Option<Value> {
        let local = asked.strip_prefix(&self.arn("ssm", "parameter"));
        let (place, selector) = cut(local.unwrap_or(asked));
        let (name, versions) = self.values.get_key_value(place).or_else(|| {
            // An ARN does not tell `/key` from `key`.
            local.and_then(|_| self.values.get_key_value(place.strip_prefix('/')?))
        })?;
        let number = number(versions, selector, name.starts_with(REFERENCE))?;
        let version = versions.get(number - 1)?;
        let mut parameter = match name.strip_prefix(REFERENCE) {
            Some(secret) if with_decryption => self.secret(name, secret, version, versions.len() - number),
            // A reference is not answered without decryption.
            Some(_) => return None,
            None => self.parameter(name, number, version, with_decryption),
        };
        if let Some(selector) = selector {
            parameter.insert("Selector".to_owned(), format!(":{selector}").into());
        }
        Some(parameter.into())
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    fn parameter(&self, name: &str, number: usize, version: &Version, with_decryption: bool) -> Map<String, Value> {
        let is_hidden = version.kind == Kind::SecureString && !with_decryption;
        let value = if is_hidden { ciphertext(name, number) } else { version.value.clone() };
        let kind = Kind::ALL.iter().find(|(kind, _)| *kind == version.kind).map(|(_, word)| *word);
        members(json!({
            "ARN": self.arn("ssm", &format!("parameter/{}", name.trim_start_matches('/'))),
            "DataType": "text",
            "LastModifiedDate": LAST_MODIFIED,
            "Name": name,
            "Type": kind,
            "Value": value,
            "Version": number,
        }))
    }

    /// What Secrets Manager answered is passed on: version 0, no data type, and the whole answer beside the value.
    fn secret(&self, name: &str, secret: &str, version: &Version, age: usize) -> Map<String, Value> {
        // Secrets Manager puts six letters of its own behind the name.
        let arn = self.arn("secretsmanager", &format!("secret:{secret}-a1B2c3"));
        let stage = ["AWSCURRENT", "AWSPREVIOUS"].get(age).copied();
        let stages: Vec<_> = stage.into_iter().chain(version.label.as_deref()).collect();
        let source = json!({
            "ARN": arn,
            "name": secret,
            "secretString": version.value,
            "versionStages": stages,
        });
        members(json!({
            "ARN": arn,
            "LastModifiedDate": LAST_MODIFIED,
            "Name": name,
            "SourceResult": source.to_string(),
            "Type": "SecureString",
            "Value": version.value,
            "Version": 0,
        }))
    }
}

/// A name and what stands behind its colon.
fn cut(name: &str) -> (&str, Option<&str>) {
    name.split_once(':').map_or((name, None), |(name, rest)| (name, Some(rest)))
}

/// Which version a selector asks for, counted from 1: a number or a label of a parameter, a stage of a secret.
fn number(versions: &[Version], selector: Option<&str>, is_secret: bool) -> Option<usize> {
    let current = versions.len();
    let Some(selector) = selector else { return Some(current) };
    let labelled = || versions.iter().rposition(|version| version.label.as_deref() == Some(selector));
    match selector {
        "AWSCURRENT" if is_secret => Some(current),
        "AWSPREVIOUS" if is_secret => current.checked_sub(1).filter(|number| *number > 0),
        _ => match selector.parse::<usize>() {
            Ok(number) if !is_secret => (1..=current).contains(&number).then_some(number),
            _ => labelled().map(|index| index + 1),
        },
    }
}

/// What KMS would have made of a value: base64 that says nothing about it.
fn ciphertext(name: &str, number: usize) -> String {
    let digest = Sha256::digest(format!("{name}:{number}"));
    digest.iter().fold("AQICAHh".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Answers one call.
pub(super) fn perform(store: &Parameters, operation: &str, input: &Value) -> Result<Value, ApiError> {
    if operation != "GetParameters" {
        let message = format!("`{operation}` is not played by the rehearsal's ssm");
        return Err(ApiError::new("UnknownOperationException", message));
    }
    let names = names(input)?;
    let with_decryption = match input.get("WithDecryption") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(with)) => *with,
        Some(other) => return Err(ApiError::new("SerializationException", format!("`{other}` is no boolean"))),
    };
    // Alphabetical, and each once, whatever the order they were asked in.
    let (mut found, mut invalid) = (Vec::new(), Vec::new());
    for name in names {
        match store.find(name, with_decryption) {
            Some(parameter) => found.push(parameter),
            None => invalid.push(name),
        }
    }
    Ok(json!({ "Parameters": found, "InvalidParameters": invalid }))
}

fn names(input: &Value) -> Result<BTreeSet<&str>, ApiError> {
    let listed = match input.get("Names") {
        None | Some(Value::Null) => {
            let what = "1 validation error detected: Value null at 'names' failed to satisfy constraint: Member must \
                        not be null";
            return Err(ApiError::new("ValidationException", what));
        }
        Some(Value::Array(names)) => names.iter().map(Value::as_str).collect::<Option<Vec<_>>>(),
        Some(_) => None,
    };
    let listed = listed.ok_or_else(|| ApiError::new("SerializationException", "`Names` is no list of strings"))?;
    let bound = match listed.len() {
        0 => Some("greater than or equal to 1".to_owned()),
        count if count > MAX_NAMES => Some(format!("less than or equal to {MAX_NAMES}")),
        _ => None,
    };
    if let Some(bound) = bound {
        let what = format!(
            "1 validation error detected: Value '[{}]' at 'names' failed to satisfy constraint: Member must have \
             length {bound}",
            listed.join(", ")
        );
        return Err(ApiError::new("ValidationException", what));
    }
    let names: BTreeSet<_> = listed.into_iter().map(str::trim).collect();
    match names.iter().find(|name| name.contains(char::is_whitespace)) {
        Some(name) => Err(ApiError::new("ValidationException", format!("Parameter name `{name}` contains spaces"))),
        None => Ok(names),
    }
}

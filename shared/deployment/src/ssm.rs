//! Systems Manager's parameters, and through them the secrets of Secrets Manager. Reads alone.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types as sdk;
use futures_util::future::try_join_all;

use crate::aws::Aws;
use crate::call::Known;

const GET_PARAMETERS: &str = "ssm:GetParameters";

/// Most names in one call. Source: Systems Manager API reference, `GetParameters`.
const MAX_NAMES: usize = 10;

/// What was found for the names that were asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// By the name as it was asked, with its version or label.
    pub found: BTreeMap<String, Parameter>,
    /// The names that do not exist, or not with that version or label, as they were asked.
    pub missing: Vec<String>,
}

/// A parameter's value, which is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Decrypted. Never shown.
    pub value: String,
    /// Counts up from 1; 0 for a secret of Secrets Manager.
    pub version: i64,
    /// Whether it is a `SecureString`.
    pub secure: bool,
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, secure, .. } = self;
        f.debug_struct("Parameter")
            .field("value", &"(redacted)")
            .field("version", version)
            .field("secure", secure)
            .finish()
    }
}

/// The parameters with these names, decrypted. A name may end with `:VERSION` or `:LABEL`.
pub(crate) async fn parameters(aws: &Aws, names: &[String]) -> Known<Parameters> {
    let client = Client::new(aws.config());
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    let calls = names.chunks(MAX_NAMES).map(|names| async {
        let call = client.get_parameters().set_names(Some(names.to_vec())).with_decryption(true);
        let resource = || format!("parameter {}", names.join(", "));
        let output = call.send().await.map_err(|error| aws.call_error(GET_PARAMETERS, resource(), &error))?;
        Ok(output.parameters.unwrap_or_default())
    });
    let answered: Vec<_> = try_join_all(calls).await?.concat();
    let mut parameters = Parameters::default();
    for name in names {
        match answered.iter().find(|answer| is_asked(&name, answer)) {
            Some(answer) => {
                parameters.found.insert(name, Parameter::from(answer));
            }
            None => parameters.missing.push(name),
        }
    }
    Ok(parameters)
}

/// Whether this is the answer to that name. The version or label that was asked for is told apart from the name, as
/// `Selector`, and what was asked for by ARN may be answered by name.
fn is_asked(asked: &str, answer: &sdk::Parameter) -> bool {
    let selector = answer.selector().unwrap_or_default();
    [answer.name(), answer.arn()].into_iter().flatten().any(|name| {
        let rest = asked.strip_prefix(name);
        rest.is_some_and(|rest| rest.trim_start_matches(':') == selector.trim_start_matches(':'))
    })
}

impl From<&sdk::Parameter> for Parameter {
    fn from(parameter: &sdk::Parameter) -> Self {
        Self {
            value: parameter.value().unwrap_or_default().to_owned(),
            version: parameter.version(),
            secure: parameter.r#type() == Some(&sdk::ParameterType::SecureString),
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{Answer, StandIn};

    async fn asking(server: &StandIn, names: &[&str]) -> Parameters {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        parameters(&server.aws().await, &names).await.unwrap()
    }

    #[tokio::test]
    async fn parameters_are_read_decrypted_and_under_the_names_that_were_asked() {
        let server = StandIn::answering(
            "200 OK",
            r#"{"InvalidParameters":["/orders/gone","/orders/key:9"],"Parameters":[
                {"Name":"/orders/key","Type":"SecureString","Value":"newest","Version":3,"ARN":"arn:aws:ssm:eu-central-1:1:parameter/orders/key"},
                {"Name":"/orders/key","Type":"SecureString","Value":"second","Version":2,"Selector":":2"},
                {"Name":"/orders/url","Type":"String","Value":"https://x","Version":1,"Selector":":live"},
                {"Name":"/aws/reference/secretsmanager/orders","Type":"SecureString","Value":"from there","Version":0,
                 "SourceResult":"{}","ARN":"arn:aws:secretsmanager:eu-central-1:1:secret:orders"},
                {"Name":"/shared/key","Type":"String","Value":"shared","Version":1,"ARN":"arn:aws:ssm:eu-central-1:2:parameter/shared/key"}]}"#,
        );
        let asked = [
            "/orders/key",
            "/orders/key:2",
            "/orders/key:9",
            "/orders/url:live",
            "/orders/gone",
            "/aws/reference/secretsmanager/orders",
            "arn:aws:ssm:eu-central-1:2:parameter/shared/key",
        ];
        let told = asking(&server, &asked).await;
        let found: Vec<_> =
            told.found.iter().map(|(name, it)| (name.as_str(), it.value.as_str(), it.version, it.secure)).collect();
        assert_eq!(
            found,
            [
                ("/aws/reference/secretsmanager/orders", "from there", 0, true),
                ("/orders/key", "newest", 3, true),
                ("/orders/key:2", "second", 2, true),
                ("/orders/url:live", "https://x", 1, false),
                ("arn:aws:ssm:eu-central-1:2:parameter/shared/key", "shared", 1, false),
            ]
        );
        assert_eq!(told.missing, ["/orders/gone", "/orders/key:9"]);
        let request = &server.asked()[0];
        assert!(request.contains("x-amz-target: AmazonSSM.GetParameters"), "{request}");
        assert!(request.contains(r#""WithDecryption":true"#), "{request}");
        assert!(!format!("{told:?}").contains("newest"), "a value is never shown");
    }

    #[tokio::test]
    async fn a_secret_of_secrets_manager_is_found_with_its_version() {
        let server = StandIn::answering(
            "200 OK",
            r#"{"Parameters":[{"Name":"/aws/reference/secretsmanager/orders","Selector":":AWSPREVIOUS","Value":"before","Version":0}]}"#,
        );
        let told = asking(&server, &["/aws/reference/secretsmanager/orders:AWSPREVIOUS"]).await;
        assert_eq!(told.missing, [""; 0]);
        assert_eq!(told.found["/aws/reference/secretsmanager/orders:AWSPREVIOUS"].value, "before");
    }

    #[tokio::test]
    async fn a_name_that_is_the_beginning_of_another_is_not_taken_for_it() {
        let server = StandIn::answering("200 OK", r#"{"Parameters":[{"Name":"/orders/key","Value":"x","Version":1}]}"#);
        let told = asking(&server, &["/orders/key2", "/orders/key:1"]).await;
        assert_eq!((told.found.len(), told.missing.len()), (0, 2), "{told:?}");
    }

    #[tokio::test]
    async fn many_names_are_asked_for_ten_at_a_time_and_each_once() {
        let server = StandIn::serving(|request| {
            let (_, body) = request.split_once("\r\n\r\n").unwrap();
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            let names = body["Names"].as_array().unwrap().iter();
            let told: Vec<_> = names.map(|name| serde_json::json!({"Name": name, "Value": name})).collect();
            assert!((1..=10).contains(&told.len()), "{body}");
            Answer::json("200 OK", serde_json::json!({"Parameters": told}).to_string())
        });
        let names: Vec<_> = (0..21).map(|number| format!("/n/{number}")).collect();
        let twice: Vec<_> = names.iter().chain(&names).map(String::as_str).collect();
        let told = asking(&server, &twice).await;
        assert_eq!((told.found.len(), told.missing.len()), (21, 0));
        assert!(told.found.iter().all(|(name, parameter)| *name == parameter.value));
        assert_eq!(server.asked().len(), 3);
        let nothing = asking(&server, &[]).await;
        assert_eq!((nothing, server.asked().len()), (Parameters::default(), 3), "no names, no call");
    }
}

//! What all clients of AWS share: region, credentials, HTTP client, time limits, retries, and words for their errors.
//!
//! Nothing is connected here, and what is missing shows at the first call.

use std::error::Error;
use std::time::Duration;

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::call::{CallError, CallErrorKind};
use crate::transport::Transport;

/// Longest time until a connection to AWS stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest time of one attempt of one call.
pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time of one read with the SDK's retries.
const READ_TIMEOUT: Duration = Duration::from_secs(15);
/// How often a read is tried, while its time lasts: a fact that is missed may cost a release, and a fit green with it.
const READ_ATTEMPTS: u32 = 8;
/// Longest pause before the second try; it doubles. The SDK takes a random part of it.
const FIRST_BACKOFF: Duration = Duration::from_millis(300);
/// Longest pause between two tries. Throttles let a call through every second or two at the least.
const LONGEST_BACKOFF: Duration = Duration::from_secs(3);

/// AWS as the environment says: what every client is made of. Belongs to the async runtime on which it is first used.
#[derive(Debug, Clone)]
pub struct Aws {
    config: SdkConfig,
    region: String,
    /// What is needed in the environment, and is not there.
    unset: Vec<&'static str>,
    /// Whether something other than AWS may stand in for S3, so that buckets have no host names of their own.
    has_own_s3_endpoint: bool,
}

impl Aws {
    /// Configured from Lambda's environment variables: region, credentials and the SDK's own endpoint variables.
    pub async fn from_environment() -> Self {
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(EnvironmentVariableRegionProvider::new())
            .credentials_provider(EnvironmentVariableCredentialsProvider::new());
        Self::load(loader, |name| std::env::var(name).ok()).await
    }

    /// The region's name, or `no region`.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    pub(crate) async fn load(loader: ConfigLoader, variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut loader = loader
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(READ_TIMEOUT)
                    .build(),
            )
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(READ_ATTEMPTS)
                    .with_initial_backoff(FIRST_BACKOFF)
                    .with_max_backoff(LONGEST_BACKOFF),
            );
        // Without a client of its own the SDK fails each call with a sentence, which is then the reported reason.
        // Signatures and checksums are of what was sent, so nothing is unpacked on the way.
        if let Ok(client) = greenlight_engine::http_client().connect_timeout(CONNECT_TIMEOUT).no_gzip().build() {
            loader = loader.http_client(Transport::new(client));
        }
        let config = loader.load().await;
        let region = config.region().map_or_else(|| "no region".to_owned(), ToString::to_string);
        let is_set = |name| variable(name).is_some_and(|value| !value.trim().is_empty());
        let has_own_s3_endpoint = config.endpoint_url().is_some() || is_set("AWS_ENDPOINT_URL_S3");
        Self { config, region, unset: unset(variable), has_own_s3_endpoint }
    }

    pub(crate) fn config(&self) -> &SdkConfig {
        &self.config
    }

    pub(crate) fn has_own_s3_endpoint(&self) -> bool {
        self.has_own_s3_endpoint
    }

    /// Tries again at once, so that tests need not wait.
    #[cfg(test)]
    pub(crate) fn without_backoff(self) -> Self {
        let at_once = RetryConfig::standard().with_max_attempts(READ_ATTEMPTS).with_initial_backoff(Duration::ZERO);
        Self { config: self.config.into_builder().retry_config(at_once).build(), ..self }
    }

    /// Gives each attempt no longer than `limit`.
    #[cfg(test)]
    pub(crate) fn with_attempt_limit(self, limit: Duration) -> Self {
        let limits = TimeoutConfig::builder().operation_attempt_timeout(limit).build();
        Self { config: self.config.into_builder().timeout_config(limits).build(), ..self }
    }

    /// Makes words of the SDK's error, and adds what it does not say. The region to errors about what does not exist: it
    /// is the usual reason. And to calls that could not be made, the name of what is missing.
    pub(crate) fn call_error<E>(
        &self,
        action: &'static str,
        resource: impl Into<String>,
        error: &SdkError<E, HttpResponse>,
    ) -> CallError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let mut error = CallError::new(action, resource, error);
        if DOES_NOT_EXIST.iter().any(|code| error.detail.contains(code)) {
            error.detail = format!("{}; looked for it in region {}", error.detail, self.region);
        }
        if error.kind == CallErrorKind::NotConfigured
            && let Some((last, others)) = self.unset.split_last()
        {
            error.detail = if others.is_empty() {
                format!("{last} is not set: Lambda sets it; elsewhere set it")
            } else {
                format!("{} and {last} are not set: Lambda sets them; elsewhere set them", others.join(", "))
            };
        }
        error
    }
}

/// The codes of what another region may well have.
const DOES_NOT_EXIST: [&str; 6] = [
    " DeploymentDoesNotExist",
    " ClusterNotFound",
    " ServiceNotFound",
    " ListenerNotFound",
    " LoadBalancerNotFound",
    " TargetGroupNotFound",
];

/// The environment variables that are needed and that `variable` does not have. Those that the SDK falls back to count.
fn unset(variable: impl Fn(&str) -> Option<String>) -> Vec<&'static str> {
    let is_set = |name: &&str| variable(name).is_some_and(|value| !value.trim().is_empty());
    [&["AWS_REGION", "AWS_DEFAULT_REGION"][..], &["AWS_ACCESS_KEY_ID"], &["AWS_SECRET_ACCESS_KEY", "SECRET_ACCESS_KEY"]]
        .into_iter()
        .filter(|names| !names.iter().any(is_set))
        .map(|names| names[0])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codedeploy::CodeDeploy;
    use crate::stand_in::StandIn;
    use aws_config::Region;

    #[tokio::test]
    async fn what_is_not_set_is_named_with_what_to_do() {
        let server = StandIn::answering("200 OK", "{}");
        for (case, set, sentence) in [
            (
                "nothing is set",
                &[][..],
                "AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: Lambda sets them; elsewhere set them",
            ),
            (
                "no region",
                &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
                "AWS_REGION is not set: Lambda sets it; elsewhere set it",
            ),
            (
                "no credentials",
                &["AWS_DEFAULT_REGION"],
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: Lambda sets them; elsewhere set them",
            ),
            (
                "half of the credentials",
                &["AWS_REGION", "AWS_ACCESS_KEY_ID"],
                "AWS_SECRET_ACCESS_KEY is not set: Lambda sets it; elsewhere set it",
            ),
        ] {
            let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
                .region(Region::new("eu-central-1"))
                .no_credentials()
                .endpoint_url(&server.url);
            let aws = Aws::load(loader, |name| set.contains(&name).then(|| "something".to_owned())).await;
            let error = CodeDeploy::new(&aws).deployment("d-1").await.unwrap_err();
            assert_eq!(error.kind, CallErrorKind::NotConfigured, "{case}: {error}");
            assert_eq!(error.detail, sentence, "{case}");
        }
        assert_eq!(unset(|name| (name != "AWS_SESSION_TOKEN").then(|| "something".to_owned())), [""; 0]);
        assert_eq!(
            unset(|name| Some(if name == "AWS_ACCESS_KEY_ID" { " " } else { "x" }.to_owned())),
            ["AWS_ACCESS_KEY_ID"]
        );
    }

    #[tokio::test]
    async fn the_region_is_that_of_the_environment() {
        let server = StandIn::answering("200 OK", "{}");
        assert_eq!(server.aws().await.region(), "eu-central-1");
        let nowhere = Aws::load(aws_config::defaults(BehaviorVersion::v2026_01_12()).region(None::<Region>), |_| None);
        assert_eq!(nowhere.await.region(), "no region");
    }

    #[tokio::test]
    async fn buckets_have_no_host_names_of_their_own_at_a_stand_in_for_s3() {
        for (case, endpoint, variable, own) in [
            ("AWS itself", None, None, false),
            ("one endpoint for all services", Some("http://localhost:1"), None, true),
            ("one for S3", None, Some("http://localhost:1"), true),
            ("one for S3, left empty", None, Some(""), false),
        ] {
            let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).region(None::<Region>);
            if let Some(endpoint) = endpoint {
                loader = loader.endpoint_url(endpoint);
            }
            let of_s3 = |name: &str| variable.filter(|_| name == "AWS_ENDPOINT_URL_S3").map(str::to_owned);
            assert_eq!(Aws::load(loader, of_s3).await.has_own_s3_endpoint(), own, "{case}");
        }
    }

    #[tokio::test]
    async fn aws_is_not_asked_to_pack_its_answers() {
        let server = StandIn::answering("200 OK", "{}");
        let _ = CodeDeploy::new(&server.aws().await).target_id("d-1").await;
        let asked = server.asked().concat().to_lowercase();
        assert!(asked.contains("listdeploymenttargets") && !asked.contains("gzip"), "{asked}");
    }
}

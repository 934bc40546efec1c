//! Clients of the API: the AWS SDK on a small HTTP stack, and calls written by hand.

use std::net::SocketAddr;

use aws_sdk_codedeploy::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_codedeploy::{Client, Config};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// An SDK client with its own defaults, but one attempt.
pub(super) fn sdk(address: SocketAddr) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("ASIATEST", "secret", Some("token".into()), None, "test"))
        .endpoint_url(format!("http://{address}"))
        .retry_config(RetryConfig::disabled())
        .http_client(Plain);
    Client::from_conf(config.build())
}

#[derive(Debug, Clone)]
struct Plain;

impl HttpClient for Plain {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self)
    }
}

impl HttpConnector for Plain {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().unwrap();
            let request = request.map(|body| Full::new(Bytes::copy_from_slice(body.bytes().unwrap())));
            let answer = Hyper::builder(TokioExecutor::new()).build_http().request(request).await;
            let answer = answer.map_err(|error| ConnectorError::io(error.into()))?;
            let (parts, body) = answer.into_parts();
            let body = SdkBody::from(body.collect().await.unwrap().to_bytes().to_vec());
            HttpResponse::try_from(hyper::Response::from_parts(parts, body))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// A call as it goes over the wire.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub(super) address: SocketAddr,
    pub(super) path: &'static str,
    pub(super) target: Option<&'static str>,
    pub(super) content_type: &'static str,
    pub(super) authorization: Option<String>,
    pub(super) body: &'static str,
}

impl Raw {
    /// A call that is right in everything but its input, which is empty.
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            path: "/",
            target: Some("CodeDeploy_20141006.GetDeployment"),
            content_type: "application/x-amz-json-1.1",
            authorization: Some(authorization("eu-central-1", "codedeploy")),
            body: "{}",
        }
    }

    pub(super) async fn send(&self) -> (StatusCode, String) {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://{}{}", self.address, self.path))
            .header("content-type", self.content_type);
        if let Some(target) = self.target {
            request = request.header("x-amz-target", target);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        send(request.body(Full::new(Bytes::from(self.body))).unwrap()).await
    }
}

/// A signature of the right shape for a region and a service.
pub(super) fn authorization(region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=ASIATEST/20260101/{region}/{service}/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={}",
        "0".repeat(64)
    )
}

/// A call to a JSON service: status and body of the answer.
pub(super) async fn json(address: SocketAddr, service: &str, target: &str, input: &Value) -> (StatusCode, String) {
    let request = Request::post(format!("http://{address}/"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", target)
        .header("authorization", authorization("eu-central-1", service));
    send(request.body(Full::new(Bytes::from(input.to_string()))).unwrap()).await
}

/// A call of the query protocol: status and body of the answer.
pub(super) async fn form(address: SocketAddr, form: &str) -> (StatusCode, String) {
    let request = Request::post(format!("http://{address}/"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", authorization("eu-central-1", "elasticloadbalancing"));
    send(request.body(Full::new(Bytes::copy_from_slice(form.as_bytes()))).unwrap()).await
}

/// An object of S3: status and body of the answer.
pub(super) async fn get(address: SocketAddr, path: &str) -> (StatusCode, String) {
    let request =
        Request::get(format!("http://{address}{path}")).header("authorization", authorization("eu-central-1", "s3"));
    send(request.body(Full::default()).unwrap()).await
}

async fn send(request: Request<Full<Bytes>>) -> (StatusCode, String) {
    let client: Hyper<_, Full<Bytes>> = Hyper::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

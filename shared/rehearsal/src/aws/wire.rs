//! Calls on the wire: told apart, held against signature and settings, answered by their service, recorded.
//!
//! What an operation does is in its service's module. Whatever is not understood is refused loudly and recorded.

use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::service::{Called, Protocol, Service};
use super::world::World;
use super::{Shared, codedeploy, ecs, elb, query, s3, signature, ssm};
use crate::record::{Call, Exchange};
use crate::server::Answer;

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
const TEXT_XML: HeaderValue = HeaderValue::from_static("text/xml");
const XML: HeaderValue = HeaderValue::from_static("application/xml");
/// Every answer of AWS has one; nothing here is looked up by it.
const REQUEST_ID: &str = "5f7f9c6e-6b5a-4938-8271-605f4e3d2c1b";

pub(super) async fn answer(shared: Shared, request: Request<Bytes>) -> Answer {
    let called = Called::by(&request);
    let (latency, is_silent) = {
        let world = shared.world();
        let action = action(&called);
        (world.misbehaviour.latency, world.misbehaviour.silent.contains(&action))
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if is_silent {
        record(&mut shared.world(), &called, &request, "no answer");
        pending::<()>().await;
    }
    let answer = {
        let mut world = shared.world();
        let answered = perform(&mut world, &called, &request);
        let outcome = match &answered {
            Ok(answer) => outcome(answer),
            Err(error) => called.service.map_or(error.code.as_str(), |service| error.wire_code(service)).to_owned(),
        };
        record(&mut world, &called, &request, &outcome);
        answered.unwrap_or_else(|error| refusal(called.service, &error))
    };
    keep(&shared, called, &request, answer).await
}

fn perform(world: &mut World, called: &Called, request: &Request<Bytes>) -> Result<Answer, ApiError> {
    let Some(service) = called.service else {
        let message = if request.uri().path().starts_with("/service/") {
            "this is a CBOR call (smithy-rpc-v2-cbor), and the rehearsal speaks JSON 1.1 alone".to_owned()
        } else {
            format!("`{}` is no call that the rehearsal knows", called.operation)
        };
        return Err(ApiError::new("UnknownOperationException", message));
    };
    signature::check(service, &world.identity().region, request)?;
    misbehave(world, called, request)?;
    let operation = called.operation.as_str();
    match service {
        Service::S3 => Ok(s3::get(&world.objects, request)),
        Service::ElasticLoadBalancing => {
            let content = elb::perform(world, operation, &query::Input::of(request.body()))?;
            Ok(answer_of(StatusCode::OK, TEXT_XML, elb::document(operation, &content, REQUEST_ID)))
        }
        Service::CodeDeploy => {
            codedeploy::perform(&mut world.codedeploy, operation, &input(request)?).map(|body| ok(&body))
        }
        Service::Ecs => ecs::perform(world, operation, &input(request)?).map(|body| ok(&body)),
        Service::Ssm => ssm::perform(&world.parameters, operation, &input(request)?).map(|body| ok(&body)),
    }
}

/// What the rehearsal was told to make go wrong comes before what the call asks.
fn misbehave(world: &World, called: &Called, request: &Request<Bytes>) -> Result<(), ApiError> {
    let action = action(called);
    if let Some(refusal) = world.misbehaviour.refusals.iter().find(|refusal| refusal.action == action) {
        let resource = resource(world, called, request);
        return Err(ApiError::of_code(&refusal.code, &action, &world.identity().account, &resource));
    }
    if world.misbehaviour.throttle_every_second && world.calls.len() % 2 == 1 {
        return Err(ApiError::throttled());
    }
    Ok(())
}

/// The IAM action of a call. All of those that are played have the operation's name.
fn action(called: &Called) -> String {
    format!("{}:{}", called.service.map_or("unknown", Service::name), called.operation)
}

/// What a role would have to allow the action on.
/// Source: Service Authorization Reference, the tables of each service.
fn resource(world: &World, called: &Called, request: &Request<Bytes>) -> String {
    let identity = world.identity();
    let first_name = || {
        let input: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        input.pointer("/Names/0").and_then(Value::as_str).unwrap_or("*").trim_start_matches('/').to_owned()
    };
    match (called.service, called.operation.as_str()) {
        (Some(Service::CodeDeploy), _) => {
            identity.arn("codedeploy", &format!("deploymentgroup:{}/{}", identity.application, identity.group))
        }
        (Some(Service::Ecs), "DescribeServices") => identity.service_arn(),
        (Some(Service::Ssm), _) => identity.arn("ssm", &format!("parameter/{}", first_name())),
        (Some(Service::S3), _) => format!("\"arn:aws:s3::{}\"", request.uri().path().replacen('/', ":", 1)),
        _ => "*".to_owned(),
    }
}

fn input(request: &Request<Bytes>) -> Result<Value, ApiError> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type != "application/x-amz-json-1.1" {
        let message = format!("the content type is `{content_type}`, expected `application/x-amz-json-1.1`");
        return Err(ApiError::new("SerializationException", message));
    }
    serde_json::from_slice(request.body()).map_err(|error| ApiError::new("SerializationException", error.to_string()))
}

fn ok(body: &Value) -> Answer {
    answer_of(StatusCode::OK, JSON, body.to_string())
}

fn refusal(service: Option<Service>, error: &ApiError) -> Answer {
    let Some(service) = service else {
        let body = json!({ "__type": error.code, "message": error.message }).to_string();
        return answer_of(StatusCode::BAD_REQUEST, JSON, body);
    };
    let content_type = match service.protocol() {
        Protocol::Json => JSON,
        Protocol::Query => TEXT_XML,
        Protocol::Rest => XML,
    };
    let status = StatusCode::from_u16(error.wire_status(service)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer_of(status, content_type, error.body(service, REQUEST_ID))
}

fn answer_of(status: StatusCode, content_type: HeaderValue, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer.headers_mut().insert(HeaderName::from_static("x-amzn-requestid"), HeaderValue::from_static(REQUEST_ID));
    answer
}

/// An answer that a service has made whole by itself is recorded by the code that is in it, else by its status.
fn outcome(answer: &Answer) -> String {
    if answer.status().is_success() {
        return "ok".to_owned();
    }
    let mut body = answer.body().clone();
    let frame = match Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        _ => Bytes::new(),
    };
    let text = String::from_utf8_lossy(&frame);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    code.map_or_else(|| answer.status().as_u16().to_string(), |(code, _)| code.to_owned())
}

fn record(world: &mut World, called: &Called, request: &Request<Bytes>, outcome: &str) {
    let status = serde_json::from_slice::<Value>(request.body())
        .ok()
        .and_then(|input| input.get("status").and_then(Value::as_str).map(str::to_owned))
        .filter(|_| called.operation == codedeploy::PUT_STATUS);
    world.calls.push(Call {
        at: world.began.elapsed(),
        service: called.service.map_or("unknown", Service::name).to_owned(),
        operation: called.operation.clone(),
        outcome: outcome.to_owned(),
        status,
    });
}

/// Keeps the exchange as it is on the wire, when that is wanted.
async fn keep(shared: &Shared, called: Called, request: &Request<Bytes>, answer: Answer) -> Answer {
    if !shared.world().keep_exchanges {
        return answer;
    }
    let (parts, body) = answer.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(never) => match never {},
    };
    shared.world().exchanges.push(Exchange {
        service: called.service.map_or("unknown", Service::name).to_owned(),
        operation: called.operation,
        method: request.method().to_string(),
        uri: request.uri().to_string(),
        request_headers: headers(request.headers()),
        request_body: request.body().to_vec(),
        status: parts.status.as_u16(),
        response_headers: headers(&parts.headers),
        response_body: body.to_vec(),
    });
    Response::from_parts(parts, Full::new(body))
}

fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    map.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

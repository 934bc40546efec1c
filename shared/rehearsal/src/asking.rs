//! What customers see: asked over HTTP through a listener, as a customer would, not concluded from its weights.

use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::load_balancer::Listener;
use crate::record::Answer;

/// Longest wait for an answer.
const LIMIT: Duration = Duration::from_secs(3);
/// How much of a body is shown, in characters.
const SHOWN: usize = 60;
/// How much of a body is read.
const MAX_BODY: usize = 64 * 1024;

/// Asks `GET /` once.
pub(crate) async fn ask(listener: &Listener) -> Answer {
    let before = listener.hits();
    let asked = tokio::time::timeout(LIMIT, get(listener)).await;
    let (status, text) = match asked {
        Ok(Ok((status, text))) => (Some(status), text),
        Ok(Err(why)) => (None, why),
        Err(_) => (None, format!("no answer within {} s", LIMIT.as_secs())),
    };
    let after = listener.hits();
    let target_group = after.iter().find(|(group, hits)| before.get(*group).unwrap_or(&0) < hits);
    let target_group = target_group.map(|(group, _)| group.clone());
    Answer { listener: listener.addr(), status, text, target_group, requests: before.into_iter().collect() }
}

async fn get(listener: &Listener) -> Result<(u16, String), String> {
    let uri: Uri = format!("http://{}/", listener.addr()).parse().map_err(|error| format!("{error}"))?;
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let response = client.get(uri).await.map_err(|error| error.to_string())?;
    let (parts, body) = Response::into_parts(response);
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|error| error.to_string())?;
    let body = body.to_bytes();
    let text = String::from_utf8_lossy(&body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    Ok((parts.status.as_u16(), shortened(line)))
}

fn shortened(line: &str) -> String {
    let shown: String = line.chars().filter(|character| !character.is_control()).take(SHOWN).collect();
    if line.chars().count() > SHOWN { format!("{shown}…") } else { shown }
}

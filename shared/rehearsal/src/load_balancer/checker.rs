//! Health checks: every target of a group is asked, again and again, as long as a listener's action names the group.
//!
//! What the answers make of a target is in [`health`](super::health).

use std::time::{Duration, Instant};

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::{Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::health::{Checked, HealthCheck};
use super::{Target, TargetGroup};

/// How often it is looked whether a check is due: well below the shortest interval.
const TICK: Duration = Duration::from_millis(10);

/// Checks the targets of a group until it is dropped. A group without a health check is left alone.
pub(super) async fn run(group: TargetGroup, is_used: impl Fn(&TargetGroup) -> bool) {
    let Some(check) = group.health_check().cloned() else { return };
    let mut asked = JoinSet::new();
    loop {
        for target in group.due(is_used(&group), Instant::now()) {
            let check = check.clone();
            asked.spawn(async move {
                let outcome = ask(&target, &check).await;
                (target, outcome)
            });
        }
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            Some(Ok((target, outcome))) = asked.join_next() => group.checked(&target, outcome),
        }
    }
}

async fn ask(target: &Target, check: &HealthCheck) -> Checked {
    match tokio::time::timeout(check.timeout, status(target, check)).await {
        Ok(Some(status)) => Checked::Answered(status),
        Ok(None) => Checked::Failed,
        Err(_) => Checked::TimedOut,
    }
}

async fn status(target: &Target, check: &HealthCheck) -> Option<u16> {
    let address = target.address();
    let stream = TcpStream::connect(&address).await.ok()?;
    let (mut sender, driver) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let request = Request::get(format!("{}{}", target.base(), check.path))
        .header(HOST, &address)
        .header(USER_AGENT, "ELB-HealthChecker/2.0")
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .ok()?;
    let mut answer = std::pin::pin!(sender.send_request(request));
    let mut driver = std::pin::pin!(driver);
    // The connection has to be driven for the answer to come; it may end before the answer is looked at.
    let answer = tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = &mut driver => answer.await,
    };
    answer.ok().map(|answer| answer.status().as_u16())
}

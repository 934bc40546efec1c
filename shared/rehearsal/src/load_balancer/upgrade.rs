//! A `WebSocket` through the load balancer: after 101, bytes go both ways until either side is done.

use std::{pin::Pin, time::Duration};

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;

/// The bytes of one upgraded connection, to be driven by the task of the client's connection.
pub(super) type Tunnel = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Joins the two sides once both have switched. A side that does not within `limit` ends it.
pub(super) fn tunnel(client: OnUpgrade, target: OnUpgrade, limit: Duration) -> Tunnel {
    Box::pin(async move {
        let switched = tokio::time::timeout(limit, async { tokio::try_join!(client, target) }).await;
        let Ok(Ok((client, target))) = switched else {
            tracing::debug!("an upgraded connection ended before both sides had switched");
            return;
        };
        join(client, target).await;
    })
}

async fn join(client: Upgraded, target: Upgraded) {
    let (mut client, mut target) = (TokioIo::new(client), TokioIo::new(target));
    if let Err(error) = tokio::io::copy_bidirectional(&mut client, &mut target).await {
        tracing::debug!(%error, "an upgraded connection was broken off");
    }
}

//! Turns host names into addresses: the target's own name stands for the base URL's host, whatever the world's name
//! servers say about it.
//!
//! One look-up serves all requests of the same moment, since each takes a thread. Each request begins with the
//! next of the addresses, so that fresh connections in a row reach every node of a load balancer.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Host;

use crate::stopwatch::Stopwatch;

/// How long a look-up's result is used, also when it was a failure.
const FRESH: Duration = Duration::from_secs(1);

/// A host name that has no address.
#[derive(Debug, Clone, Error)]
#[error("`{host}` was not resolved: {problem}")]
pub(crate) struct LookupError {
    pub(crate) host: String,
    pub(crate) problem: String,
}

/// Resolves for one session.
#[derive(Debug)]
pub(crate) struct TargetResolver {
    /// The name that stands for `base`.
    target: Option<String>,
    base: Host<String>,
    turn: Arc<AtomicUsize>,
    known: Arc<Mutex<BTreeMap<String, Known>>>,
}

type Known = (Instant, Result<Vec<IpAddr>, LookupError>);

impl TargetResolver {
    pub(crate) fn new(target: Option<String>, base: Host<String>) -> Self {
        Self { target, base, turn: Arc::default(), known: Arc::default() }
    }

    /// The host to look up in place of this name.
    fn stands_for(&self, name: &str) -> Host<String> {
        match &self.target {
            Some(target) if target.eq_ignore_ascii_case(name) => self.base.clone(),
            _ => Host::Domain(name.to_owned()),
        }
    }
}

impl Resolve for TargetResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let stopwatch = Stopwatch::current().unwrap_or_default();
        stopwatch.resolving();
        let host = self.stands_for(name.as_str());
        let known = Arc::clone(&self.known);
        let turn = Arc::clone(&self.turn);
        Box::pin(async move {
            let addresses = match host {
                Host::Ipv4(address) => vec![IpAddr::V4(address)],
                Host::Ipv6(address) => vec![IpAddr::V6(address)],
                Host::Domain(name) => look_up(&known, name).await?,
            };
            let mut addresses: Vec<SocketAddr> =
                addresses.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
            let first = turn.fetch_add(1, Ordering::Relaxed) % addresses.len().max(1);
            addresses.rotate_left(first);
            stopwatch.resolved(&addresses);
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Holds the lock while it looks up, so that everybody else waits for this one answer.
async fn look_up(known: &Mutex<BTreeMap<String, Known>>, name: String) -> Result<Vec<IpAddr>, LookupError> {
    let mut known = known.lock().await;
    if let Some((at, result)) = known.get(&name)
        && at.elapsed() < FRESH
    {
        return result.clone();
    }
    let result = match tokio::net::lookup_host((name.as_str(), 0)).await {
        Ok(found) => {
            let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            addresses.sort_unstable();
            addresses.dedup();
            Ok(addresses)
        }
        Err(problem) => Err(LookupError { host: name.clone(), problem: plain(&problem) }),
    };
    known.retain(|_, (at, _)| at.elapsed() < FRESH);
    known.insert(name, (Instant::now(), result.clone()));
    result
}

/// Without the frame that the standard library puts around the system's words.
fn plain(problem: &io::Error) -> String {
    let text = problem.to_string();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn addresses(resolver: &TargetResolver, name: &str) -> Result<Vec<SocketAddr>, String> {
        resolver.resolve(name.parse().unwrap()).await.map(Iterator::collect).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn the_targets_name_stands_for_the_base_host() {
        let base = Host::Ipv4([127, 0, 0, 7].into());
        let resolver = TargetResolver::new(Some("orders.example.com".into()), base);
        let expected = Ok(vec!["127.0.0.7:0".parse().unwrap()]);
        assert_eq!(addresses(&resolver, "Orders.Example.com").await, expected);
        let error = addresses(&resolver, "nowhere.invalid").await.unwrap_err();
        assert!(error.starts_with("`nowhere.invalid` was not resolved: "), "{error}");
    }

    #[tokio::test]
    async fn requests_begin_with_each_address_in_turn() {
        let resolver = TargetResolver::new(None, Host::Domain("unused".into()));
        let two = vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2])];
        resolver.known.lock().await.insert("alb.test".into(), (Instant::now(), Ok(two)));
        let mut first = Vec::new();
        for _ in 0..3 {
            first.push(addresses(&resolver, "alb.test").await.unwrap()[0].ip().to_string());
        }
        assert_eq!(first, ["127.0.0.1", "127.0.0.2", "127.0.0.1"]);
    }
}

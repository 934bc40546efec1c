//! Turns host names into addresses: the target's own name stands for the base URL's host, whatever the world's name
//! servers say about it.
//!
//! One look-up serves all requests of the same moment, since each takes a thread. Each fresh connection begins with the
//! next of the addresses, so that several in a row reach every node of a load balancer; [`Steady`] ones begin with the
//! same. Names that are not looked up at all are [`crate::resolve`]'s.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve as ByName, Resolving};
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Host;

use crate::resolve::Resolve;
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
    resolve: Resolve,
    turn: AtomicUsize,
    known: Mutex<BTreeMap<String, Known>>,
    /// What `base` was resolved to last.
    addresses: RwLock<Vec<IpAddr>>,
}

type Known = (Instant, Result<Vec<IpAddr>, LookupError>);

impl TargetResolver {
    pub(crate) fn new(target: Option<String>, base: Host<String>, resolve: Resolve) -> Self {
        let addresses = match &base {
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
            Host::Domain(_) => Vec::new(),
        };
        let addresses = RwLock::new(addresses);
        Self { target, base, resolve, turn: AtomicUsize::default(), known: Mutex::default(), addresses }
    }

    /// The addresses that the target's host stands for, as far as it is known: every connection to it makes it anew.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        self.addresses.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whose turn it is: the place among the addresses that a connection begins with.
    pub(crate) fn next_turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    /// The host to look up in place of this name.
    fn stands_for(&self, name: &str) -> Host<String> {
        match &self.target {
            Some(target) if target.eq_ignore_ascii_case(name) => self.base.clone(),
            _ => Host::Domain(name.to_owned()),
        }
    }

    /// The addresses of a name, those of this turn's place first.
    async fn in_turn(&self, name: &str, turn: usize) -> Result<Vec<SocketAddr>, LookupError> {
        let host = self.stands_for(name);
        let addresses = match &host {
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
            Host::Domain(name) => match self.resolve.of(name) {
                Some(given) => given.to_vec(),
                None => look_up(&self.known, name.clone()).await?,
            },
        };
        if is_same(&host, &self.base) {
            self.addresses.write().unwrap_or_else(PoisonError::into_inner).clone_from(&addresses);
        }
        let mut addresses: Vec<SocketAddr> = addresses.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
        let first = turn % addresses.len().max(1);
        addresses.rotate_left(first);
        Ok(addresses)
    }
}

fn is_same(one: &Host<String>, other: &Host<String>) -> bool {
    match (one, other) {
        (Host::Domain(one), Host::Domain(other)) => one.eq_ignore_ascii_case(other),
        _ => one == other,
    }
}

/// Each connection begins with the next address.
#[derive(Debug, Clone)]
pub(crate) struct InTurn(pub(crate) Arc<TargetResolver>);

impl ByName for InTurn {
    fn resolve(&self, name: Name) -> Resolving {
        let turn = self.0.next_turn();
        resolving(Arc::clone(&self.0), name, turn)
    }
}

/// Every connection begins with the same address, as long as the name stands for the same ones.
#[derive(Debug, Clone)]
pub(crate) struct Steady {
    pub(crate) resolver: Arc<TargetResolver>,
    pub(crate) turn: usize,
}

impl ByName for Steady {
    fn resolve(&self, name: Name) -> Resolving {
        resolving(Arc::clone(&self.resolver), name, self.turn)
    }
}

fn resolving(resolver: Arc<TargetResolver>, name: Name, turn: usize) -> Resolving {
    let stopwatch = Stopwatch::current().unwrap_or_default();
    stopwatch.resolving();
    Box::pin(async move {
        let addresses = resolver.in_turn(name.as_str(), turn).await?;
        stopwatch.resolved(&addresses);
        Ok(Box::new(addresses.into_iter()) as Addrs)
    })
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

    async fn addresses(resolver: &impl ByName, name: &str) -> Result<Vec<SocketAddr>, String> {
        resolver.resolve(name.parse().unwrap()).await.map(Iterator::collect).map_err(|error| error.to_string())
    }

    /// The first address of each of three connections.
    async fn firsts(resolver: &impl ByName, name: &str) -> Vec<String> {
        let mut first = Vec::new();
        for _ in 0..3 {
            first.push(addresses(resolver, name).await.unwrap()[0].ip().to_string());
        }
        first
    }

    fn resolver(target: Option<&str>, base: Host<String>) -> Arc<TargetResolver> {
        let resolve = Resolve::parse("alb.test=127.0.0.1,127.0.0.2").unwrap();
        Arc::new(TargetResolver::new(target.map(str::to_owned), base, resolve))
    }

    #[tokio::test]
    async fn the_targets_name_stands_for_the_base_host() {
        let resolver = InTurn(resolver(Some("orders.example.com"), Host::Ipv4([127, 0, 0, 7].into())));
        let expected = Ok(vec!["127.0.0.7:0".parse().unwrap()]);
        assert_eq!(addresses(&resolver, "Orders.Example.com").await, expected);
        let error = addresses(&resolver, "nowhere.invalid").await.unwrap_err();
        assert!(error.starts_with("`nowhere.invalid` was not resolved: "), "{error}");
        assert_eq!(resolver.0.addresses(), [IpAddr::from([127, 0, 0, 7])]);
    }

    #[tokio::test]
    async fn connections_begin_with_each_address_in_turn_unless_they_belong_together() {
        let resolver = resolver(Some("orders.example.com"), Host::Domain("ALB.test".into()));
        assert!(resolver.addresses().is_empty(), "nothing was looked up");
        let in_turn = InTurn(Arc::clone(&resolver));
        assert_eq!(firsts(&in_turn, "orders.example.com").await, ["127.0.0.1", "127.0.0.2", "127.0.0.1"]);
        let steady = Steady { turn: resolver.next_turn(), resolver: Arc::clone(&resolver) };
        assert_eq!(firsts(&steady, "alb.test").await, ["127.0.0.2"; 3]);
        assert_eq!(firsts(&in_turn, "alb.test").await[0], "127.0.0.1");
        assert_eq!(resolver.addresses().len(), 2);
    }

    #[tokio::test]
    async fn another_names_addresses_are_not_the_targets() {
        let resolver = InTurn(resolver(None, Host::Ipv4([127, 0, 0, 7].into())));
        addresses(&resolver, "alb.test").await.unwrap();
        assert_eq!(resolver.0.addresses(), [IpAddr::from([127, 0, 0, 7])]);
    }
}

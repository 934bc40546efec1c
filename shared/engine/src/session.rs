//! One execution's clients, scope and target, and the questions that can be asked with them.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use greenlight_suite::{Check, Ready, Suite, Version};
use thiserror::Error;

use crate::base_url::BaseUrl;
use crate::client::Clients;
use crate::deadline::Deadline;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::record::{CheckRecord, ReadinessRecord, VersionRecord};
use crate::resolve::TargetResolver;
use crate::scope::Scope;
use crate::tls;

/// Why nothing can be asked with this suite.
#[derive(Debug, Error)]
pub enum SessionError {
    /// `target.host` is not a name that a listener can be asked by.
    #[error("`target.host: {host}` {problem}: write a DNS name, optionally with a port")]
    Host {
        /// As it was written.
        host: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file of `target.ca` cannot be read.
    #[error("`target.ca`: cannot read `{}`: {problem}", .path.display())]
    UnreadableCa {
        /// The file, with the suite's folder before it.
        path: PathBuf,
        /// What the system says.
        #[source]
        problem: std::io::Error,
    },
    /// `target.ca` does not hold certificates.
    #[error("`target.ca`: {origin} is not a certificate authority in PEM: {problem}")]
    Ca {
        /// The file, or the text in the suite.
        origin: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made: {0}")]
    Client(#[source] reqwest::Error),
}

/// One execution: what is known (a [`Scope`]), where requests go, and the clients that carry them.
///
/// Futures of a session may be dropped at any time: connections are closed and nothing else is left behind.
#[derive(Debug)]
pub struct Session {
    clients: Clients,
    scope: Scope,
}

impl Session {
    /// Makes ready to ask `base` what `suite` wants to know. Nothing is sent yet, and no name is looked up.
    ///
    /// # Errors
    ///
    /// What in `target` makes it impossible: a host that is no name, a certificate authority that cannot be read.
    pub fn open(suite: &Suite, base: &BaseUrl, scope: Scope, suite_dir: Option<&Path>) -> Result<Self, SessionError> {
        let roots = match &suite.target.ca {
            Some(authority) => tls::roots_with(authority, suite_dir)?,
            None => tls::public_roots(),
        };
        let resolver = Arc::new(TargetResolver::new(suite.target.host.clone(), base.host().clone()));
        Ok(Self { clients: Clients::new(&roots, &resolver)?, scope })
    }

    /// Waits until green answers steadily.
    pub async fn ready(
        &self,
        _ready: Option<&Ready>,
        version: Option<&Version>,
        deadline: Deadline,
        _progress: &dyn Progress,
    ) -> (ReadinessRecord, Option<VersionRecord>) {
        let record = ReadinessRecord {
            outcome: Outcome::Error,
            reason: Some("not yet built".into()),
            requests: Vec::new(),
            consecutive: 0,
            good: 0,
            polls: 0,
            not_yet: Vec::new(),
            duration: Duration::ZERO,
            last: None,
        };
        match version {
            Some(version) => (record, Some(self.version(version, deadline).await)),
            None => (record, None),
        }
    }

    /// Asks for the version marker once, on a fresh connection.
    pub async fn version(&self, _version: &Version, _deadline: Deadline) -> VersionRecord {
        std::future::ready(()).await;
        VersionRecord {
            outcome: Outcome::Error,
            reason: Some("not yet built".into()),
            request: String::new(),
            expected: String::new(),
            observed: None,
            samples: 0,
        }
    }

    /// Runs checks side by side, at most `parallel` at a time. The records are in the order of the checks.
    pub async fn run(
        &self,
        _checks: &[&Check],
        _parallel: NonZeroUsize,
        _deadline: Deadline,
        _progress: &dyn Progress,
    ) -> Vec<CheckRecord> {
        std::future::ready(()).await;
        Vec::new()
    }
}

//! What one execution asks with: its clients, its scope and its target.
//!
//! The questions themselves are methods of [`Session`] that have modules of their own: [`crate::ready`],
//! [`crate::version`], [`crate::run`], and the rarer ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use greenlight_suite::{Suite, Target, Template};
use thiserror::Error;

use crate::base_url::BaseUrl;
use crate::beside::Beside;
use crate::client::Clients;
use crate::counting::Counting;
use crate::exchange::Wire;
use crate::origin::Origin;
use crate::resolve::Resolve;
use crate::resolver::TargetResolver;
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
    /// `target.ca` names a file, and the suite lies in no folder.
    #[error("`target.ca`: a suite that is no file cannot name files beside it: put the PEM itself in `target.ca`")]
    CaBesideNothing,
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
    pub(crate) wire: Wire,
    pub(crate) scope: Scope,
    /// Sent with every request.
    pub(crate) headers: Vec<(String, Template)>,
    /// Longest time of one attempt, unless it says otherwise.
    pub(crate) timeout: Duration,
    /// What the target is called in sentences.
    pub(crate) place: String,
    /// Who is asked what this target answers wrongly.
    pub(crate) beside: Option<Box<Beside>>,
    /// How green's answers are told from others, where only they are judged.
    pub(crate) counting: Option<Counting>,
}

impl Session {
    /// Makes ready to ask `base` what `suite` wants to know. Nothing is sent yet, and no name is looked up; those of
    /// `resolve` never are.
    ///
    /// # Errors
    ///
    /// What in `target` makes it impossible: a host that is no name, a certificate authority that cannot be read.
    pub fn open(
        suite: &Suite,
        base: &BaseUrl,
        scope: Scope,
        suite_dir: Option<&Path>,
        resolve: &Resolve,
    ) -> Result<Self, SessionError> {
        let Target { host, headers, ca, body_limit } = &suite.target;
        let roots = match ca {
            Some(authority) => tls::roots_with(authority, suite_dir)?,
            None => tls::public_roots(),
        };
        let origin = Origin::new(base, host.as_deref())?;
        let resolver =
            Arc::new(TargetResolver::new(origin.name().map(str::to_owned), base.host().clone(), resolve.clone()));
        Ok(Self {
            wire: Wire { clients: Clients::new(&roots, &resolver)?, origin, body_limit: *body_limit },
            scope,
            headers: headers.clone(),
            timeout: suite.timeout,
            place: "the listener".to_owned(),
            beside: None,
            counting: None,
        })
    }

    /// Says what the target is called in sentences: `the test listener`. Otherwise it is `the listener`.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self { place: name.to_owned(), ..self }
    }
}

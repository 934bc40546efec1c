//! Why a rehearsal could not be played: whose mistake it is, and what to do about it.
//!
//! A deployment that is rolled back is not an error; that is [`crate::Rehearsal::succeeded`].

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use greenlight_suite::Diagnostics;
use thiserror::Error;

use crate::load_balancer::TargetError;

/// Why a rehearsal could not be played to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RehearsalError {
    /// A file could not be read.
    #[error("cannot read {kind} `{}`: {source}", path.display())]
    Unreadable {
        /// `appspec`, `suite` or `task definition`.
        kind: &'static str,
        /// As it was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The appspec is wrong.
    #[error("{0}")]
    Appspec(Diagnostics),
    /// The file beside the appspec is none.
    #[error("`{}` is not a task definition: {why}", path.display())]
    TaskDefinition {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A `Hooks` entry names a function that none of ours is.
    #[error(
        "`{function}`, bound to {event}, is none of the functions that are here: {}\n\
         hint: a function is recognised by the name of its binary in its own, as in `CodeDeployHook_greenlight-{}`",
        known.join(", "), meant
    )]
    UnknownFunction {
        /// The lifecycle event.
        event: &'static str,
        /// As the appspec names it.
        function: String,
        /// What could be named.
        known: Vec<&'static str>,
        /// What was probably meant, since it is for this event.
        meant: &'static str,
    },
    /// A function's program is not there.
    #[error("no function `{name}` in {}: neither `{name}` nor `{name}/bootstrap` is a program there\n{hint}", directory.display())]
    MissingFunction {
        /// The binary's name.
        name: &'static str,
        /// Where it was looked for.
        directory: PathBuf,
        /// What to do.
        hint: String,
    },
    /// A listener's address cannot be used.
    #[error("the {listener} listener cannot use {address}: {source}{}", port_hint(source))]
    Listener {
        /// `production` or `test`.
        listener: &'static str,
        /// As it was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A server that was to play blue or green is not described by a usable URL.
    #[error("cannot play {side}: {source}")]
    Server {
        /// `blue` or `green`.
        side: &'static str,
        /// What is wrong with it.
        source: TargetError,
    },
    /// Faults that cannot happen together, or here.
    #[error("{why}")]
    Faults {
        /// Which ones, and why not.
        why: String,
    },
    /// Settings that mean nothing, or not together.
    #[error("{why}")]
    Settings {
        /// Which ones, and why not.
        why: String,
    },
    /// Something that the rehearsal itself needs failed.
    #[error("{what}: {source}")]
    Io {
        /// What was attempted.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// Ctrl-C, or a request to terminate.
    #[error("interrupted; every process of the rehearsal is stopped")]
    Interrupted,
}

impl RehearsalError {
    /// Whether the command line or a file of the user's is wrong, rather than this machine or Greenlight.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Io { .. } | Self::Interrupted)
    }

    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> Self {
        Self::Io { what: what.into(), source }
    }
}

fn port_hint(error: &io::Error) -> &'static str {
    if error.kind() == io::ErrorKind::AddrInUse {
        "\nhint: another program has that port; port 0 takes a free one"
    } else {
        ""
    }
}

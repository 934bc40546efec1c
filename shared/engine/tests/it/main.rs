//! The engine against real sockets on this machine, one file per subject.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod checks;
mod failures;
mod limits;
mod ready;
mod redirects;
mod server;
mod suite;
mod target;
mod tls;

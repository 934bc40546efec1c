//! The engine against real sockets on this machine, one file per subject.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod addresses;
mod beside;
mod checks;
mod failures;
mod limits;
mod markers;
mod reach;
mod ready;
mod redirects;
mod server;
mod share;
mod suite;
mod target;
mod tls;

//! The engine against real sockets on this machine, one file per subject.

mod checks;
mod failures;
mod limits;
mod ready;
mod redirects;
mod server;
mod suite;
mod target;
mod tls;

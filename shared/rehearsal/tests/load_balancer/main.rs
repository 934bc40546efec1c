//! The load balancer over real sockets, as clients and targets see it.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails by panicking, like the test itself")]

mod connections;
mod headers;
mod health;
mod own_answers;
mod routing;
mod streaming;
mod wire;

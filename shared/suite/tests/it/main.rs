//! The crate as others use it: whole files in, meaning or diagnostics out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod hostile;
mod meaning;
mod schema;
mod suites;
mod support;
mod syntax;
mod yaml;

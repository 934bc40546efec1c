//! What the functions send and what the rehearsal serves has the documented shapes, field by field.
//!
//! The shapes are those of botocore's service models (`shared/rehearsal/models`). The other modules hold one exchange
//! against them, and each shows on wrong ones that it can fail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod exchange;
mod form;
mod json;
mod model;
mod query;
mod rest_xml;
mod value;
mod xml;

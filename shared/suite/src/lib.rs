//! The suite language: what a team writes in `greenlight.yml`.
//!
//! [`parse`] turns a file into a [`Suite`] or into [`Diagnostics`] that show every mistake with its place and its
//! remedy. This crate knows neither HTTP nor AWS: asking and judging are the engine's.

pub mod diagnostics;
mod grammar;
mod model;
mod read;
mod source;
pub mod yaml;

pub use diagnostics::{Diagnostic, Diagnostics};
pub use model::*;
pub use read::{DurationError, parse, parse_duration, schema};
pub use source::{Source, Span};

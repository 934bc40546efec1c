//! The suite language: what a team writes in `greenlight.yml`.
//!
//! [`parse`] turns a file into a [`Suite`] or into [`Diagnostics`] that show every mistake with its place and its
//! remedy. This crate knows neither HTTP nor AWS: asking and judging are the engine's.
//!
//! - `model`: what a suite means, apart from the notation it was written in.
//! - [`yaml`]: any YAML or JSON file as a tree with places, within bounds; appspecs are read from it too.
//! - [`diagnostics`]: what is wrong with a file, as values, and how they are shown.
//! - `grammar`, `read`: the words of the language. Each is read and described in one place, and [`schema`] is the
//!   description of all of them.
//!
//! ```
//! use greenlight_suite::{Source, parse};
//!
//! let source = Source::new("greenlight.yml", "checks:\n  home:\n    request: GET /\n    timeout: 5\n");
//! let diagnostics = parse(&source).unwrap_err();
//! assert_eq!(diagnostics.summary(), "greenlight.yml:4:14: `timeout: 5` has no unit");
//! ```

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

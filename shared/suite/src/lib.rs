//! The suite language: what a team writes in `greenlight.yml`.
//!
//! [`parse`] turns a file into a [`Suite`] or into [`Diagnostics`] that show every mistake with its place and its
//! remedy. This crate knows neither HTTP nor AWS: asking and judging are the engine's.

mod model;

pub use model::*;

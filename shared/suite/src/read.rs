//! The words of the suite language, one file each: how a word is read into the model, beside its JSON Schema.
//!
//! To add a key, declare it in the shape it belongs to and read it there; to add a matcher, add a line to the table in
//! `read/matcher.rs`. Unknown keys, "did you mean" and the schema follow by themselves (see [`crate::grammar`]).

mod amount;
mod check;
mod choice;
mod collection;
mod duration;
mod expect;
mod expression;
mod extraction;
mod header;
mod hooks;
mod matcher;
mod name;
mod parameter;
mod ready;
mod request;
mod scope;
mod secret;
mod size;
mod step;
mod suite;
mod target;
mod template;
mod variable;
mod version;

use serde_json::Value;

pub(crate) use scope::Scope;

pub use duration::{DurationError, parse_duration};

use crate::diagnostics::Diagnostics;
use crate::grammar::{Field, Reader, Word, schema_of};
use crate::model::Suite;
use crate::source::Source;
use crate::yaml;

/// Reads a suite.
///
/// # Errors
///
/// [`Diagnostics`] with everything that is wrong with the file, in file order.
pub fn parse(source: &Source) -> Result<Suite, Diagnostics> {
    let mut reader = Reader::new(source);
    let suite = yaml::load(source, &mut reader.problems)
        .and_then(|node| suite::File.read(Field { name: "a suite", node: &node }, &mut reader));
    reader.problems.finish(suite, source)
}

/// The JSON Schema (draft 2020-12) of a suite, for editors and other checkers. It knows every key and the form of every
/// value; what depends on other parts of the file (defined variables, names of checks) only [`parse`] knows.
#[must_use]
pub fn schema() -> Value {
    schema_of(&suite::File, "Greenlight suite", "What to check of a green task set before it gets traffic.")
}

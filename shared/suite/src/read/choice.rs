//! Values that are one word out of a few: flags and choices.

use serde_json::{Value, json};

use crate::diagnostics::{Problem, did_you_mean, quote};
use crate::grammar::{Definitions, Field, Reader, Word};
use crate::yaml::Core;

/// `true` or `false`.
pub(super) struct Flag;

impl Word for Flag {
    type Meaning = bool;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<bool> {
        let scalar = field.node.as_scalar();
        if let Some(Core::Bool(flag)) = scalar.map(|scalar| &scalar.core) {
            return Some(*flag);
        }
        let problem = reader.expected("true or false", field);
        let meant = match scalar.map(|scalar| scalar.text.to_lowercase()).as_deref() {
            Some("yes" | "on" | "y" | "true") => Some(true),
            Some("no" | "off" | "n" | "false") => Some(false),
            _ => None,
        };
        reader.report(match meant {
            Some(flag) => problem.remedy(format!("write `{}: {flag}`", field.name)),
            None => problem,
        });
        None
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        json!({ "type": "boolean" })
    }
}

/// One of these words.
pub(super) struct Choice<T: 'static>(pub(super) &'static [(&'static str, T)]);

impl<T: Copy + Sync> Word for Choice<T> {
    type Meaning = T;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<T> {
        let names = || self.0.iter().map(|(name, _)| *name);
        let Some(scalar) = field.node.as_scalar() else {
            let wanted = names().collect::<Vec<_>>().join(" or ");
            reader.report(reader.expected(&wanted, field));
            return None;
        };
        let chosen = self.0.iter().find(|(name, _)| *name == scalar.text).map(|(_, chosen)| *chosen);
        if chosen.is_none() {
            let written = quote(&format!("{}: {}", field.name, scalar.text));
            let problem = Problem::at(field.span(), format!("{written} is not possible"))
                .meant(did_you_mean(&scalar.text, names()), "not known here");
            reader.report(match self.0 {
                [(only, _)] => problem.remedy(format!("write `{}: {only}`, or leave it out", field.name)),
                _ => problem.remedy(format!("possible: {}", names().collect::<Vec<_>>().join(", "))),
            });
        }
        chosen
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        let mut words: Vec<Value> = self.0.iter().map(|(name, _)| (*name).into()).collect();
        if words.contains(&"null".into()) {
            // Unquoted, this word is no text to YAML.
            words.push(Value::Null);
        }
        json!({ "enum": words })
    }
}

//! Whole numbers from 1.

use std::num::NonZeroU32;

use serde_json::{Value, json};

use super::template::refuse_variables;
use crate::diagnostics::{Problem, quote};
use crate::grammar::{Definitions, Field, Reader, Word};
use crate::yaml::Core;

/// A whole number from 1 to `most`.
pub(super) struct Amount {
    pub(super) most: u32,
}

impl Word for Amount {
    type Meaning = NonZeroU32;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<NonZeroU32> {
        if refuse_variables("this number", field, reader) {
            return None;
        }
        let Some(Core::Number(number)) = field.node.as_scalar().map(|scalar| &scalar.core) else {
            reader.report(reader.expected("a whole number", field));
            return None;
        };
        let amount = number
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .and_then(NonZeroU32::new)
            .filter(|amount| amount.get() <= self.most);
        if amount.is_none() {
            reader.report(
                Problem::at(field.span(), format!("{} is out of range", quote(&format!("{}: {number}", field.name))))
                    .label(format!("a whole number from 1 to {}", self.most)),
            );
        }
        amount
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": self.most })
    }
}

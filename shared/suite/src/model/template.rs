//! Text and values with `${name}` in them.
//!
//! A template knows the names that it needs, not their values: whoever renders it brings a [`Lookup`]. A text that is
//! nothing but one `${name}` takes on the value with its type; anywhere else a value is rendered as text.

use serde_json::{Map, Number, Value};

/// Where the values of variables come from.
pub trait Lookup {
    /// The value of `name` (for example `order`, `secret.edge_key`, `green.env.app.VERSION`), where there is one.
    fn look_up(&self, name: &str) -> Option<Value>;
}

/// A `${name}` in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// What stands between the braces.
    pub name: String,
    /// Line of the suite file, counted from 1.
    pub line: u32,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Stands for itself; `$${` has become `${`.
    Text(String),
    /// Is replaced.
    Variable(Variable),
}

/// Text with variables in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    parts: Vec<Part>,
}

/// A variable that has no value here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`${{{name}}}` (line {line}) has no value here")]
pub struct Undefined {
    /// What stands between the braces.
    pub name: String,
    /// Line of the suite file, counted from 1.
    pub line: u32,
}

impl Template {
    /// A template of these parts.
    #[must_use]
    pub fn new(parts: Vec<Part>) -> Self {
        Self { parts }
    }

    /// A template without variables.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        Self::new(vec![Part::Text(text.into())])
    }

    /// Its pieces, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The variables that it names, in order.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(variable) => Some(variable),
            Part::Text(_) => None,
        })
    }

    /// The text with every variable replaced.
    ///
    /// # Errors
    ///
    /// [`Undefined`] for the first variable without a value.
    pub fn render(&self, values: &dyn Lookup) -> Result<String, Undefined> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Variable(variable) => match find(variable, values)? {
                    Value::String(found) => text.push_str(&found),
                    found => text.push_str(&found.to_string()),
                },
            }
        }
        Ok(text)
    }

    /// The same as [`render`](Self::render), but a template that is one variable alone keeps the type of its value.
    ///
    /// # Errors
    ///
    /// [`Undefined`] for the first variable without a value.
    pub fn render_value(&self, values: &dyn Lookup) -> Result<Value, Undefined> {
        match self.parts.as_slice() {
            [Part::Variable(variable)] => find(variable, values),
            _ => self.render(values).map(Value::String),
        }
    }

    /// The template as it was written, with its variables unreplaced: safe to show, whatever they stand for.
    #[must_use]
    pub fn source(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(literal) => literal.replace("${", "$${"),
                Part::Variable(variable) => format!("${{{}}}", variable.name),
            })
            .collect()
    }
}

fn find(variable: &Variable, values: &dyn Lookup) -> Result<Value, Undefined> {
    values.look_up(&variable.name).ok_or_else(|| Undefined { name: variable.name.clone(), line: variable.line })
}

/// A JSON value with variables in its texts.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueTemplate {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as precise as it was written.
    Number(Number),
    /// Text, or one variable alone that keeps its type.
    Text(Template),
    /// A list.
    List(Vec<ValueTemplate>),
    /// A mapping; keys are literal.
    Map(Vec<(String, ValueTemplate)>),
}

impl ValueTemplate {
    /// The value with every variable replaced.
    ///
    /// # Errors
    ///
    /// [`Undefined`] for the first variable without a value.
    pub fn render(&self, values: &dyn Lookup) -> Result<Value, Undefined> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(template) => template.render_value(values)?,
            Self::List(items) => Value::Array(items.iter().map(|item| item.render(values)).collect::<Result<_, _>>()?),
            Self::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), value.render(values)?)))
                    .collect::<Result<Map<_, _>, _>>()?,
            ),
        })
    }

    /// The variables that it names, in order.
    #[must_use]
    pub fn variables(&self) -> Vec<&Variable> {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => Vec::new(),
            Self::Text(template) => template.variables().collect(),
            Self::List(items) => items.iter().flat_map(Self::variables).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(_, value)| value.variables()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Values;

    impl Lookup for Values {
        fn look_up(&self, name: &str) -> Option<Value> {
            match name {
                "id" => Some(json!(7)),
                "name" => Some(json!("tea")),
                _ => None,
            }
        }
    }

    fn variable(name: &str) -> Part {
        Part::Variable(Variable { name: name.into(), line: 3 })
    }

    #[test]
    fn a_variable_alone_keeps_its_type_and_inside_text_becomes_text() {
        let alone = Template::new(vec![variable("id")]);
        let inside = Template::new(vec![Part::Text("/orders/".into()), variable("id")]);
        assert_eq!(alone.render_value(&Values), Ok(json!(7)));
        assert_eq!(inside.render_value(&Values), Ok(json!("/orders/7")));
        assert_eq!(inside.source(), "/orders/${id}");
    }

    #[test]
    fn a_variable_without_a_value_is_named_with_its_line() {
        let value = ValueTemplate::List(vec![ValueTemplate::Text(Template::new(vec![variable("order")]))]);
        let error = value.render(&Values).unwrap_err();
        assert_eq!(error.to_string(), "`${order}` (line 3) has no value here");
    }
}

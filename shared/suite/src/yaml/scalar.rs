//! What a plain word is: text, a number, a flag or null.
//!
//! Source: YAML 1.2.2, section 10.3.2, "Core schema, tag resolution". So `no`, `on` and `1_000` are text, `010` is ten,
//! and the text as it was written stays beside the meaning, for those who want `1.10` rather than 1.1.

use serde_json::Number;

/// A scalar: the text that was written and what YAML takes it for.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text, with quotes removed and escapes replaced.
    pub text: String,
    /// How it was written.
    pub style: Style,
    /// What it is.
    pub core: Core,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// After `|` or `>`.
    Block,
}

/// The types of YAML's core schema.
#[derive(Debug, Clone, PartialEq)]
pub enum Core {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `3`, `-1.5`, `1e3`, `0x1f`, `0o17`
    Number(Number),
    /// `.inf`, `.nan`, and what is too large for a number: no JSON value.
    NotFinite,
    /// Everything else, and whatever is quoted.
    Text,
}

impl Core {
    /// For a sentence such as "found a number".
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a flag",
            Self::Number(_) | Self::NotFinite => "a number",
            Self::Text => "text",
        }
    }
}

impl Scalar {
    pub(super) fn new(text: String, style: Style) -> Self {
        let core = if style == Style::Plain { resolve(&text) } else { Core::Text };
        Self { text, style, core }
    }
}

fn resolve(text: &str) -> Core {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Core::Null,
        "true" | "True" | "TRUE" => return Core::Bool(true),
        "false" | "False" | "FALSE" => return Core::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Core::NotFinite,
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Core::NotFinite;
    }
    let based = |digits: &str, base| match u64::from_str_radix(digits, base) {
        Ok(number) => Core::Number(number.into()),
        Err(_) => Core::NotFinite,
    };
    if let Some(digits) = text.strip_prefix("0x").filter(|digits| all(digits, u8::is_ascii_hexdigit)) {
        return based(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o").filter(|digits| all(digits, |digit| matches!(digit, b'0'..=b'7'))) {
        return based(digits, 8);
    }
    if all(unsigned, u8::is_ascii_digit) {
        if let Ok(number) = text.parse::<i64>() {
            return Core::Number(number.into());
        }
        if let Ok(number) = text.parse::<u64>() {
            return Core::Number(number.into());
        }
    }
    if is_decimal(unsigned) {
        return text.parse().ok().and_then(Number::from_f64).map_or(Core::NotFinite, Core::Number);
    }
    Core::Text
}

fn all(text: &str, wanted: impl Fn(&u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(|byte| wanted(&byte))
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let some_digits = if whole.is_empty() { !fraction.is_empty() } else { true };
    some_digits && digits(whole) && digits(fraction) && exponent.is_none_or(|digits| all(digits, u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_words_are_what_yaml_1_2_takes_them_for() {
        for word in
            ["no", "yes", "on", "off", "y", "1_000", "0b1", "1:30", "-", ".", "e5", "1e", "inf", "0x", "0o8", "1.2.3"]
        {
            assert_eq!(resolve(word), Core::Text, "{word}");
        }
        for (word, number) in [
            ("010", json!(10)),
            ("+7", json!(7)),
            ("-7", json!(-7)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("18446744073709551615", json!(u64::MAX)),
            ("1.10", json!(1.1)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            ("1e3", json!(1000.0)),
        ] {
            assert_eq!(resolve(word), Core::Number(number.as_number().unwrap().clone()), "{word}");
        }
        for word in [".inf", "-.Inf", ".nan", "1e999", "0xfffffffffffffffff"] {
            assert_eq!(resolve(word), Core::NotFinite, "{word}");
        }
        for word in ["", "~", "null", "NULL"] {
            assert_eq!(resolve(word), Core::Null, "{word}");
        }
        assert_eq!(Scalar::new("true".into(), Style::Quoted).core, Core::Text);
    }
}

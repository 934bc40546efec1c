//! The forms in which a secret can turn up in what is sent and answered.
//!
//! Base64 is the odd one: inside a longer text (`user:secret`, a JSON document) a value's encoding depends on where it
//! begins, modulo three. Each of the three encodings is therefore looked for, without the characters at its edges
//! that its neighbours have a part in. That finds Basic credentials, whoever the user is.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// One text that gives a secret away.
#[derive(Clone)]
pub(super) struct Form {
    pub(super) text: String,
    /// Hexadecimal digits and the like may be of either case.
    any_case: bool,
    /// The characters after it, as far as they are base64, belong to it.
    base64: bool,
}

/// The shortest piece of base64 that is looked for: shorter ones turn up in words.
const SHORTEST_BASE64: usize = 4;

// Encoders differ in what they leave as it is. These are the usual choices, from the most to the least careful; the
// first is `NON_ALPHANUMERIC`.

/// What JavaScript's `encodeURIComponent` and the engine's own requests encode.
const URL_COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What would end a part of a URL.
const URL_DELIMITERS: &AsciiSet = &URL_UNSAFE.add(b'/').add(b'=').add(b':').add(b'&').add(b'+');
/// What can stand in no URL, as browsers and the `url` crate see it.
const URL_UNSAFE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'%').add(b'\'');

impl Form {
    fn exact(text: impl Into<String>) -> Self {
        Self { text: text.into(), any_case: false, base64: false }
    }

    fn encoded(text: impl Into<String>) -> Self {
        Self { any_case: true, ..Self::exact(text) }
    }

    /// How many bytes at the start of `rest` are this form.
    pub(super) fn at_start_of(&self, rest: &str) -> Option<usize> {
        let length = self.text.len();
        let head = rest.as_bytes().get(..length)?;
        let same =
            if self.any_case { head.eq_ignore_ascii_case(self.text.as_bytes()) } else { head == self.text.as_bytes() };
        if !same || !rest.is_char_boundary(length) {
            return None;
        }
        if !self.base64 {
            return Some(length);
        }
        let tail = rest.as_bytes()[length..].iter();
        Some(length + tail.take_while(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte)).count())
    }
}

/// Every form of one secret; none of an empty one.
pub(super) fn forms_of(secret: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    // A secret that was pasted with a line break at its end is also used without it.
    for value in [secret, secret.trim()] {
        if value.is_empty() {
            continue;
        }
        forms.push(Form::exact(value));
        for unsafe_in_urls in [NON_ALPHANUMERIC, URL_COMPONENT, URL_UNSAFE, URL_DELIMITERS] {
            forms.push(Form::encoded(utf8_percent_encode(value, unsafe_in_urls).to_string()));
        }
        forms.push(Form::encoded(url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>()));
        for ascii in [false, true] {
            let json = json_escaped(value, ascii);
            forms.push(Form::encoded(json.replace('/', "\\/")));
            forms.push(Form::encoded(json));
        }
        forms.push(Form::encoded(html_escaped(value)));
        forms.extend(base64_pieces(value.as_bytes()));
    }
    // Where only the escapes may be of either case, a form that equals the value itself must stay exact.
    forms.iter_mut().filter(|form| form.text == secret || form.text == secret.trim()).for_each(|form| {
        form.any_case = false;
    });
    forms
}

/// As in a JSON document, without the quotes around it.
pub(super) fn json_escaped(value: &str, ascii: bool) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    let mut escaped = String::new();
    for character in quoted[1..quoted.len() - 1].chars() {
        if character.is_ascii() || !ascii {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a `String` cannot fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
}

fn html_escaped(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// The parts of a value's base64 that are the same whatever stands before and after it.
fn base64_pieces(value: &[u8]) -> Vec<Form> {
    let mut pieces = Vec::new();
    for before in 0..3_usize {
        let shifted: Vec<u8> = std::iter::repeat_n(0, before).chain(value.iter().copied()).collect();
        let first = (before * 8).div_ceil(6);
        let last = shifted.len() * 8 / 6;
        for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            let piece = &encoded[first.min(last)..last];
            if piece.len() >= SHORTEST_BASE64 {
                pieces.push(Form { base64: true, ..Form::exact(piece) });
            }
        }
    }
    pieces
}

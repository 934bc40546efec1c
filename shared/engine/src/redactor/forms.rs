//! The forms in which a secret can turn up in what is sent and answered.
//!
//! Encoders differ in what they leave as it is, so a secret is not encoded in so many ways and looked for: each of its
//! characters may be spelled in any way that URLs, forms, JSON and HTML know, one like this and the next like that.
//!
//! Base64 is the odd one: inside a longer text (`user:secret`, a JSON document) a value's encoding depends on where it
//! begins, modulo three. Each of the three encodings is therefore looked for, without the characters at its edges
//! that its neighbours have a part in. That finds Basic credentials, whoever the user is.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The shortest piece of base64 that is looked for: shorter ones turn up in words.
const SHORTEST_BASE64: usize = 4;

/// One text that gives a secret away.
#[derive(Clone)]
pub(super) struct Form {
    characters: Vec<char>,
    /// The characters after it, as far as they are base64, belong to it.
    base64: bool,
}

impl Form {
    fn new(text: &str, base64: bool) -> Self {
        Self { characters: text.chars().collect(), base64 }
    }

    /// How many bytes at the start of `rest` are this form, at most.
    pub(super) fn at_start_of(&self, rest: &str) -> Option<usize> {
        let (first, others) = self.characters.split_first()?;
        // A `%25` is a `%`, or three characters of a secret that holds them: both are followed.
        let mut ends: Vec<usize> = spelled(*first, rest).collect();
        for character in others {
            let mut further = Vec::new();
            for end in ends {
                for length in spelled(*character, &rest[end..]) {
                    if !further.contains(&(end + length)) {
                        further.push(end + length);
                    }
                }
            }
            ends = further;
        }
        let end = ends.into_iter().max()?;
        if !self.base64 {
            return Some(end);
        }
        let tail = rest.as_bytes()[end..].iter();
        Some(end + tail.take_while(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte)).count())
    }
}

/// Every form of one secret; none of an empty one.
pub(super) fn forms_of(secret: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    // A secret that was pasted with a line break at its end is also used without it.
    let trimmed = secret.trim();
    for value in [secret, trimmed].into_iter().take(if secret == trimmed { 1 } else { 2 }) {
        if !value.is_empty() {
            forms.push(Form::new(value, false));
            forms.extend(base64_pieces(value.as_bytes()));
        }
    }
    forms
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
                pieces.push(Form::new(piece, true));
            }
        }
    }
    pieces
}

/// The lengths of all spellings of a character that `rest` begins with.
fn spelled(character: char, rest: &str) -> impl Iterator<Item = usize> {
    let first = rest.as_bytes().first();
    let as_it_is = rest.starts_with(character).then_some(character.len_utf8());
    let escaped = match first {
        Some(b'%') => percent_encoded(character, rest),
        Some(b'+') if character == ' ' => Some(1),
        Some(b'\\') => json_escaped(character, rest),
        Some(b'&') => html_escaped(character, rest),
        _ => None,
    };
    as_it_is.into_iter().chain(escaped)
}

/// `%C3%BC`, its digits in either case.
fn percent_encoded(character: char, rest: &str) -> Option<usize> {
    let mut length = 0;
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        let digits = rest.get(length..)?.strip_prefix('%')?.get(..2)?;
        if u8::from_str_radix(digits, 16) != Ok(byte) {
            return None;
        }
        length += 3;
    }
    Some(length)
}

/// `\n`, `\"`, `\/`, `\u00fc`, `\ud83d\ude00`.
fn json_escaped(character: char, rest: &str) -> Option<usize> {
    let short = match character {
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        '"' | '\\' | '/' => character,
        _ => '\0',
    };
    if rest[1..].starts_with(short) {
        return Some(2);
    }
    let mut length = 0;
    for unit in character.encode_utf16(&mut [0; 2]) {
        let digits = rest.get(length..)?.strip_prefix("\\u")?.get(..4)?;
        if u16::from_str_radix(digits, 16) != Ok(*unit) {
            return None;
        }
        length += 6;
    }
    Some(length)
}

/// `&amp;`, `&#39;`, `&#x27;`.
fn html_escaped(character: char, rest: &str) -> Option<usize> {
    let (entity, _) = rest.get(1..)?.split_once(';')?;
    let number = entity.strip_prefix('#');
    let same = match (number.and_then(|number| number.strip_prefix(['x', 'X'])), number) {
        (Some(hexadecimal), _) => u32::from_str_radix(hexadecimal, 16) == Ok(character.into()),
        (None, Some(decimal)) => decimal.parse() == Ok(u32::from(character)),
        (None, None) => {
            matches!((entity, character), ("amp", '&') | ("lt", '<') | ("gt", '>') | ("quot", '"') | ("apos", '\''))
        }
    };
    same.then_some(entity.len() + 2)
}

//! Makes text fit to be shown: no secret in any form, no control characters, no endless lines.
//!
//! Every text in a record goes through here, and nothing else in the engine decides what may be shown. Which forms a
//! secret can take is [`forms`]'.

mod forms;

use std::fmt;

use forms::{Form, forms_of};

/// Replaces secret values by `(redacted)`, in whichever form they appear.
#[derive(Clone, Default)]
pub struct Redactor {
    forms: Vec<Form>,
}

impl fmt::Debug for Redactor {
    /// Says nothing of what it hides.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// What stands in a secret's place.
    pub const MARK: &'static str = "(redacted)";
    /// Characters of a text that are shown, unless its place asks for fewer.
    pub const LIMIT: usize = 200;

    /// A redactor of these values. Empty ones are overlooked: they would be found everywhere.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        Self { forms: secrets.into_iter().flat_map(|secret| forms_of(secret.as_ref())).collect() }
    }

    /// The text as it may be shown, at most [`Self::LIMIT`] characters of it.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.cut(text, Self::LIMIT)
    }

    /// The text as it may be shown, at most `limit` characters of it, the last of which is then `…`.
    ///
    /// Only as much of the text is looked at as is shown, however long it is, and no secret is ever cut in two.
    #[must_use]
    pub fn cut(&self, text: &str, limit: usize) -> String {
        let mut shown = String::new();
        let mut length = 0;
        let mut rest = 0;
        while rest < text.len() {
            let piece = match self.secret_at(text, rest) {
                Some(end) => {
                    rest = end;
                    Self::MARK.to_owned()
                }
                None => match text[rest..].chars().next() {
                    Some(character) => {
                        rest += character.len_utf8();
                        visible(character)
                    }
                    None => break,
                },
            };
            let size = piece.chars().count();
            if length + size > limit || (length + size == limit && rest < text.len()) {
                shown.push('…');
                break;
            }
            length += size;
            shown.push_str(&piece);
        }
        shown
    }

    /// Where the secret that begins at `start` ends, with every other secret that begins inside of it.
    fn secret_at(&self, text: &str, start: usize) -> Option<usize> {
        let mut end = self.longest_at(text, start)?;
        let mut inside = start + 1;
        while inside < end {
            if let Some(further) = self.longest_at(text, inside) {
                end = end.max(further);
            }
            inside += 1;
        }
        Some(end)
    }

    fn longest_at(&self, text: &str, start: usize) -> Option<usize> {
        let rest = text.get(start..)?;
        self.forms.iter().filter_map(|form| form.at_start_of(rest)).max().map(|length| start + length)
    }
}

/// The character itself, or its escape when it could move a cursor, end a log line or turn the text around.
fn visible(character: char) -> String {
    let hidden = character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if hidden { character.escape_default().to_string() } else { character.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use crate::request::IN_PATH;

    #[test]
    fn a_secret_is_replaced_in_every_form() {
        let secret = "s3cr&t/\"key\"+ü";
        let redactor = Redactor::new([secret]);
        for (form, text) in [
            ("as it is", secret.to_owned()),
            ("percent-encoded", "s3cr%26t%2F%22key%22%2B%C3%BC".to_owned()),
            ("percent-encoded in lower case", "s3cr%26t%2f%22key%22%2b%c3%bc".to_owned()),
            ("as in a form", url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()),
            ("escaped for JSON", r#"s3cr&t/\"key\"+ü"#.to_owned()),
            ("escaped for JSON in ASCII", r#"s3cr&t/\"key\"+\u00fc"#.to_owned()),
            ("escaped for HTML", "s3cr&amp;t/&quot;key&quot;+ü".to_owned()),
            ("base64", STANDARD.encode(secret)),
            ("base64 for URLs", URL_SAFE.encode(secret)),
        ] {
            let shown = redactor.text(&format!("x={text}!"));
            assert_eq!(shown, "x=(redacted)!", "{form}: {text}");
        }
    }

    #[test]
    fn a_secret_is_found_in_basic_credentials_whoever_the_user_is() {
        let redactor = Redactor::new(["hunter2-hunter2"]);
        for user in ["", "a", "ab", "abc", "abcd"] {
            let header = format!("Basic {}", STANDARD.encode(format!("{user}:hunter2-hunter2")));
            let shown = redactor.text(&header);
            assert!(shown.ends_with(Redactor::MARK) && shown.len() < header.len(), "{user}: {shown}");
        }
    }

    #[test]
    fn text_is_cut_and_control_characters_are_shown_as_escapes() {
        let redactor = Redactor::new(["token"]);
        assert_eq!(redactor.text("a\nb\u{1b}[31mc\u{202e}d"), "a\\nb\\u{1b}[31mc\\u{202e}d");
        assert_eq!(redactor.cut("abcdef", 6), "abcdef");
        assert_eq!(redactor.cut("abcdefg", 6), "abcde…");
        assert_eq!(redactor.cut("ab token", 6), "ab …");
        assert_eq!(redactor.text(&"x".repeat(10_000)).chars().count(), Redactor::LIMIT);
    }

    #[test]
    fn secrets_that_overlap_leave_nothing_of_each_other() {
        let redactor = Redactor::new(["abcdef", "defghi"]);
        assert_eq!(redactor.text("<abcdefghi>"), "<(redacted)>");
        assert_eq!(Redactor::new([""]).text("nothing to hide"), "nothing to hide");
    }

    /// As an encoder writes it that escapes all that it can.
    fn json_in_ascii(text: &str) -> String {
        text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect::<Vec<_>>().concat()
    }

    proptest! {
        #[test]
        fn no_form_of_a_secret_is_left(
            secret in "[ -~äß€😀\n\t]{4,40}",
            before in "[ -~]{0,20}",
            after in "[ -~]{0,20}",
        ) {
            prop_assume!(!secret.contains("/x."), "it could not be told from what is put before a dot below");
            let redactor = Redactor::new([&secret]);
            // As the engine sends it, behind a letter: a URL would take `..` for the way up.
            let path = format!("http://a.test/x{}", utf8_percent_encode(&secret, IN_PATH));
            let mut url = url::Url::parse(&path.replace("/.", "/x.")).unwrap();
            url.query_pairs_mut().append_pair("key", &secret);
            let path = url.path()[2..].replace("/x.", "/.");
            let query = url.query().unwrap()[4..].to_owned();
            let quoted = serde_json::to_string(&secret).unwrap();
            for form in [
                secret.clone(),
                utf8_percent_encode(&secret, NON_ALPHANUMERIC).to_string(),
                path,
                query,
                quoted[1..quoted.len() - 1].to_owned(),
                json_in_ascii(&secret),
                STANDARD.encode(&secret),
                STANDARD_NO_PAD.encode(&secret),
                URL_SAFE_NO_PAD.encode(&secret),
                url::form_urlencoded::byte_serialize(STANDARD.encode(&secret).as_bytes()).collect(),
            ] {
                let shown = redactor.cut(&format!("{before}{form}{after}"), 1000);
                prop_assert!(shown.contains(Redactor::MARK), "{shown}");
                prop_assert!(!shown.contains(&form), "{shown}");
            }
            let credentials = STANDARD.encode(format!("{before}:{secret}"));
            prop_assert!(redactor.cut(&credentials, 1000).contains(Redactor::MARK));
        }

        #[test]
        fn shown_text_is_bounded_and_on_one_line(text in "\\PC*|[\\x00-\\x7f]*", limit in 1_usize..300) {
            let shown = Redactor::new(["key", "%\\&+"]).cut(&text, limit);
            prop_assert!(shown.chars().count() <= limit);
            prop_assert!(!shown.chars().any(char::is_control));
        }
    }
}

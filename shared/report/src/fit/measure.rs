//! How many bytes something has as JSON, and how a text is made to have fewer.

use std::io;

use serde::Serialize;

/// Bytes of the JSON of `value`, written without line breaks. Nothing is kept of it.
pub(super) fn json_size<T: Serialize + ?Sized>(value: &T) -> usize {
    let mut count = Count(0);
    // What cannot be written as JSON has no size: whoever writes the report learns of it.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Cuts a text so that it has at most `limit` bytes between its quotes in JSON, `…` at its end included. How many bytes
/// that saves.
pub(super) fn cut(text: &mut String, limit: usize) -> usize {
    const ELLIPSIS: char = '…';
    let mut kept = 0;
    let mut size = 0;
    for (at, character) in text.char_indices() {
        size += width(character);
        if size + ELLIPSIS.len_utf8() <= limit {
            kept = at + character.len_utf8();
        }
    }
    if size <= limit {
        return 0;
    }
    text.truncate(kept);
    text.push(ELLIPSIS);
    size - text.chars().map(width).sum::<usize>()
}

/// Bytes of a character in a JSON text.
fn width(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => character.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_cut_to_a_number_of_bytes_in_json(text in r#"(?s:["\\\n\x01\x08\x1f\x7fa-zä€😀]{0,60})"#, limit in 3_usize..80) {
            let before = json_size(&text);
            let mut shorter = text.clone();
            let saved = cut(&mut shorter, limit);
            prop_assert_eq!(json_size(&shorter), before - saved);
            prop_assert!(json_size(&shorter) <= limit + 2);
            if saved > 0 {
                prop_assert!(shorter.strip_suffix('…').is_some_and(|beginning| text.starts_with(beginning)));
            } else {
                prop_assert_eq!(&shorter, &text);
            }
            prop_assert_eq!(saved == 0, before <= limit + 2);
            prop_assert_eq!(cut(&mut shorter, limit), 0);
        }
    }
}

//! The query protocol's input: a form, in which lists are numbered names (`ListenerArns.member.1`).
//!
//! Source: Smithy specification, "AWS query protocol".

/// The members of a call, in the order in which they were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Input(Vec<(String, String)>);

impl Input {
    /// Reads a form. Escapes that are none stand for themselves.
    pub(super) fn of(form: &[u8]) -> Self {
        let pairs = form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let mut half = || unescaped(halves.next().unwrap_or_default());
            (half(), half())
        });
        Self(pairs.collect())
    }

    /// The value of a member; `None` when it was not sent.
    pub(super) fn text(&self, member: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == member).map(|(_, value)| value.as_str())
    }

    /// The values of a list, from `MEMBER.member.1` on.
    pub(super) fn list(&self, member: &str) -> Vec<&str> {
        (1..).map_while(|number| self.text(&format!("{member}.member.{number}"))).collect()
    }
}

fn unescaped(text: &[u8]) -> String {
    let digit = |place: usize| char::from(*text.get(place)?).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut place = 0;
    while let Some(&byte) = text.get(place) {
        place += 1;
        match (byte, digit(place), digit(place + 1)) {
            (b'%', Some(high), Some(low)) => {
                // Two hexadecimal digits are one byte.
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                place += 2;
            }
            (b'+', ..) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_escapes_and_lists() {
        let input = Input::of(
            b"Action=DescribeListeners&Version=2015-12-01&ListenerArns.member.1=arn%3Aaws%3A1&ListenerArns.member.2=b+c&ListenerArns.member.4=d&odd=100%&empty=&bare",
        );
        assert_eq!(input.text("Action"), Some("DescribeListeners"));
        assert_eq!(input.list("ListenerArns"), ["arn:aws:1", "b c"], "a list ends at its first gap");
        assert_eq!(input.text("odd"), Some("100%"));
        assert_eq!((input.text("empty"), input.text("bare"), input.text("other")), (Some(""), Some(""), None));
        assert!(input.list("Names").is_empty());
    }
}

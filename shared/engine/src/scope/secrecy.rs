//! Which facts are secret by their names: a task definition may hold a password as plain text.

use serde_json::Value;

/// What makes the name of an environment variable that of a secret, in capitals.
const WORDS: [&str; 4] = ["SECRET", "TOKEN", "PASSW", "CREDENTIAL"];
/// The same as a whole word, or at a word's end: `API_KEY`, `APIKEY`, and not `KEYBOARD`.
const LAST: &str = "KEY";
/// Characters below which a value is found in every other text.
const SHORTEST: usize = 3;

/// Whether a fact is an environment variable, green's or blue's, that is called like a secret.
pub(super) fn is_secret(fact: &str) -> bool {
    let environment = fact.strip_prefix("green.env.").or_else(|| fact.strip_prefix("blue.env."));
    let Some((_, name)) = environment.and_then(|rest| rest.split_once('.')) else { return false };
    let name = name.to_ascii_uppercase();
    WORDS.iter().any(|word| name.contains(word))
        || name.split(|character: char| !character.is_ascii_alphanumeric()).any(|word| word.ends_with(LAST))
}

/// The text that is not to be shown for such a fact. `TOKEN_SECONDS=60` and `USE_TOKENS=true` have none: without these in
/// it, no report could be read.
pub(super) fn hidden(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let says_nothing = text.trim().chars().count() < SHORTEST
        || ["true", "false"].iter().any(|word| text.trim().eq_ignore_ascii_case(word));
    (!says_nothing).then_some(text)
}

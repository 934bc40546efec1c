//! Names of parameters of AWS Systems Manager, as `GetParameters` takes them.
//!
//! Source: Systems Manager user guide, "About requirements and constraints for parameter names" and "Working with
//! parameter labels"; API reference, `GetParameters`. Whether there is such a parameter is known much later.

use crate::diagnostics::quote;

/// What is said where a secret of Secrets Manager was meant.
pub(super) const SECRETS_MANAGER_EXAMPLE: &str = "ssm:/aws/reference/secretsmanager/NAME";

/// The names of secrets of Secrets Manager begin so, and may hold a few characters more.
/// Source: Systems Manager user guide, "Referencing AWS Secrets Manager secrets from Parameter Store parameters".
const SECRETS_MANAGER: &str = "/aws/reference/secretsmanager/";

/// The most characters of a name, its path included.
const LONGEST: usize = 1011;

/// The most levels of a path.
const DEEPEST: usize = 15;

/// The most characters of a label.
const LONGEST_LABEL: usize = 100;

/// Why a text is no name of a parameter.
#[derive(Debug)]
pub(super) struct Mistake {
    /// What stands beside the caret.
    pub(super) label: String,
    /// What to do about it.
    pub(super) remedy: String,
}

/// The name in what follows `ssm:`, with its version or label.
pub(super) fn read(text: &str) -> Result<String, Mistake> {
    if text.starts_with("arn:") {
        return mistake("a parameter is named here, not its ARN", of_arn(text));
    }
    let (name, selector) = text.split_once(':').map_or((text, None), |(name, selector)| (name, Some(selector)));
    if name.trim_matches('/').is_empty() {
        return mistake("a name must follow `ssm:`", "write for example `ssm:/orders/smoke/edge-key`");
    }
    let is_secret = name.starts_with(SECRETS_MANAGER);
    let fits = |character: char| {
        character.is_ascii_alphanumeric() || "_.-/".contains(character) || is_secret && "+=@".contains(character)
    };
    if let Some(wrong) = name.chars().find(|character| !fits(*character)) {
        return mistake(
            format!("{} cannot stand in the name of a parameter", quote(&wrong.to_string())),
            "a name is made of letters, digits and `.-_/`",
        );
    }
    if name.contains('/') && !name.starts_with('/') {
        return mistake("a name with `/` in it begins with `/`", format!("write {}", quote(&format!("ssm:/{text}"))));
    }
    if name.len() > LONGEST {
        return mistake(format!("{} characters, at most {LONGEST}", name.len()), "name an existing parameter");
    }
    if !is_secret && name.matches('/').count() > DEEPEST {
        return mistake(format!("its path has more than {DEEPEST} levels"), "name an existing parameter");
    }
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.chars().all(|character| character.is_ascii_alphanumeric() || "_.-".contains(character))
    };
    if selector.is_some_and(|selector| !is_label(selector)) {
        return mistake(
            "behind the second colon stands a version or a label",
            format!("write for example {}", quote(&format!("ssm:{name}:3"))),
        );
    }
    Ok(text.to_owned())
}

/// What to write for an ARN.
pub(super) fn of_arn(arn: &str) -> String {
    let name = arn.split_once(":parameter").map(|(_, name)| name).filter(|name| read(name).is_ok());
    match name {
        // `key` and `/key` have the same ARN.
        Some(name) if name.matches('/').count() == 1 => {
            let bare = quote(&format!("ssm:{}", name.trim_start_matches('/')));
            format!("write {bare}, or {} if its name begins so", quote(&format!("ssm:{name}")))
        }
        Some(name) => format!("write {}", quote(&format!("ssm:{name}"))),
        None if arn.contains(":secretsmanager:") => format!("write {}", quote(SECRETS_MANAGER_EXAMPLE)),
        None => "write the name of the parameter: `ssm:/NAME`".into(),
    }
}

fn mistake<T>(label: impl Into<String>, remedy: impl Into<String>) -> Result<T, Mistake> {
    Err(Mistake { label: label.into(), remedy: remedy.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_have_a_path_and_a_version_or_a_label() {
        for name in [
            "edge-key",
            "/edge-key",
            "/orders/smoke/Edge_key.2",
            "/orders/edge-key:3",
            "/orders/edge-key:live",
            "/aws/reference/secretsmanager/orders+smoke=1@a",
            "/aws/reference/secretsmanager/orders:AWSPREVIOUS",
        ] {
            assert_eq!(read(name).unwrap(), name);
        }
        assert!(read(&format!("/{}", "a".repeat(LONGEST - 1))).is_ok());
        assert!(read(&"/a".repeat(DEEPEST)).is_ok());
    }

    #[test]
    fn what_is_no_name_is_explained() {
        let long = "a".repeat(LONGEST + 1);
        let deep = "/a".repeat(DEEPEST + 1);
        let label = format!("/a:{}", "b".repeat(LONGEST_LABEL + 1));
        for (text, label, remedy) in [
            ("", "must follow", "ssm:/orders/smoke/edge-key"),
            ("/", "must follow", "ssm:/orders/smoke/edge-key"),
            (":3", "must follow", "ssm:/orders/smoke/edge-key"),
            ("/a b", "` ` cannot", "letters, digits"),
            ("/a+b", "`+` cannot", "letters, digits"),
            ("/é", "`é` cannot", "letters, digits"),
            ("orders/key", "begins with", "`ssm:/orders/key`"),
            ("orders/key:3", "begins with", "`ssm:/orders/key:3`"),
            ("/a:", "version or a label", "`ssm:/a:3`"),
            ("/a:b:c", "version or a label", "`ssm:/a:3`"),
            (&label, "version or a label", "`ssm:/a:3`"),
            (&long, "at most 1011", "existing"),
            (&deep, "15 levels", "existing"),
            ("arn:aws:ssm:eu-central-1:123456789012:parameter/orders/key", "ARN", "`ssm:/orders/key`"),
            ("arn:aws:ssm:eu-central-1:123456789012:parameter/key", "ARN", "`ssm:key`, or `ssm:/key`"),
            ("arn:aws:secretsmanager:eu-central-1:123456789012:secret:a", "ARN", SECRETS_MANAGER_EXAMPLE),
            ("arn:aws:s3:::bucket", "ARN", "ssm:/NAME"),
        ] {
            let mistake = read(text).unwrap_err();
            assert!(mistake.label.contains(label), "{text}: {mistake:?}");
            assert!(mistake.remedy.contains(remedy), "{text}: {mistake:?}");
        }
    }
}

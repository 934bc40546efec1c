//! Finds green's marker for a service without a suite: what blue's answers say on production tells where to look.
//!
//! Both task definitions are known. If an answer of blue's holds, in a header of its own for example, exactly the value
//! that blue's task definition has where green's has another, then green's answers have to hold green's there.

use std::time::Duration;

use greenlight_deployment::{Difference, Facts};
use greenlight_engine::{Deadline, FoundMarker, Session};
use greenlight_suite::{Part, Request, Template, ValueTemplate, Variable, Version};

use crate::default_suite::get;

/// Longest time for looking: without a marker AWS's own word still decides.
const LIMIT: Duration = Duration::from_secs(5);
/// Words in the name of an environment variable that holds a version.
const WORDS: [&str; 9] = ["VERSION", "REVISION", "RELEASE", "COMMIT", "SHA", "BUILD", "TAG", "DIGEST", "IMAGE"];

/// Words in the name of one whose value is not to be shown.
const SECRETS: [&str; 5] = ["SECRET", "TOKEN", "PASSW", "CREDENTIAL", "KEY"];
/// Tags that are moved from image to image: no answer says them.
const MOVING: [&str; 5] = ["latest", "stable", "main", "master", "edge"];

/// A marker that nobody configured.
pub(crate) struct Found {
    pub(crate) version: Version,
    /// Where it is, in words.
    pub(crate) place: String,
}

/// Asks blue, on production, what the health check asks, and `GET /`; so many times, where others answer there too.
pub(crate) async fn find(
    blue: &Session,
    tries: u32,
    health: &Request,
    facts: &Facts,
    deadline: Deadline,
) -> Option<Found> {
    let candidates: Vec<(String, String)> = facts
        .differences()
        .into_iter()
        .filter(names_a_version)
        .map(|Difference { name, blue, .. }| (name, blue))
        .collect();
    if candidates.is_empty() {
        return None;
    }
    let requests = [health.clone(), get("/")];
    let limit = deadline.within(LIMIT);
    let mut found = None;
    for _ in 0..tries {
        found = blue.find_marker(&requests, &candidates, limit).await;
        if found.is_some() || limit.has_passed() {
            break;
        }
    }
    let FoundMarker { request, read, place, candidate } = found?;
    let variable = Part::Variable(Variable { name: format!("green.{candidate}"), line: 0 });
    let equals = ValueTemplate::Text(Template::new(vec![variable]));
    Some(Found {
        version: Version { request, read, equals, timeout: None },
        place: format!("{place}, `green.{candidate}`"),
    })
}

/// Whether two task definitions that differ here are two versions; a flag that is `on` in one of them is none.
fn names_a_version(Difference { name, green, blue }: &Difference) -> bool {
    if MOVING.iter().any(|tag| green == tag || blue == tag) {
        return false;
    }
    match name.split_once('.') {
        Some(("env", rest)) => {
            let variable = rest.split_once('.').map_or(rest, |(_, variable)| variable).to_ascii_uppercase();
            let words = || variable.split(|character: char| !character.is_ascii_alphanumeric());
            let names = |word: &str| {
                WORDS.iter().any(|wanted| if wanted.len() > 3 { word.ends_with(wanted) } else { word == *wanted })
            };
            words().any(names) && !words().any(|word| SECRETS.iter().any(|secret| word.contains(secret)))
        }
        Some(("image", _)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_names_a_version_can_be_a_marker() {
        for (name, is_one) in [
            ("env.app.VERSION", true),
            ("env.app.git_sha", true),
            ("image.app.tag", true),
            ("env.app.APPVERSION", true),
            ("env.app.SHARED_FLAG", false),
            ("env.app.STAGE", false),
            ("env.app.VERSION_TOKEN", false),
            ("env.app.NEW_CHECKOUT", false),
            ("env.VERSION.FLAG", false),
            ("task_definition.revision", false),
        ] {
            let difference = Difference { name: name.into(), green: "a".into(), blue: "b".into() };
            assert_eq!(names_a_version(&difference), is_one, "{name}");
        }
        let moved = Difference { name: "image.app.tag".into(), green: "latest".into(), blue: "1.4.2".into() };
        assert!(!names_a_version(&moved), "no answer says `latest`");
    }
}

//! What is written for users is true: examples are read as they stand, and every word and setting has its place.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use greenlight_tests::{TempFile, greenlight, repository, run};
use serde_json::Value;

/// Marks, in a block's info string, what is no complete file.
const FRAGMENT: &str = "fragment";

/// What stands before the hooks in an appspec. Pages show the hooks alone: nothing else in it is Greenlight's.
const BEFORE_HOOKS: &str = r"version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: arn:aws:ecs:eu-central-1:123456789012:task-definition/orders:42
        LoadBalancerInfo: { ContainerName: app, ContainerPort: 80 }
";

/// A fenced block of a Markdown file.
struct Block {
    /// `docs/suite.md:42`, where its fence is.
    place: String,
    /// What stands behind the fence, word by word.
    info: Vec<String>,
    text: String,
}

/// README.md and docs/*.md, by the names that people know them by.
fn pages() -> Vec<(String, String)> {
    let mut paths = vec![repository().join("README.md")];
    let docs = fs::read_dir(repository().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    paths.extend(docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    paths.sort();
    let page = |path: &std::path::PathBuf| {
        let name = path.strip_prefix(repository()).unwrap().display().to_string();
        (name, fs::read_to_string(path).unwrap())
    };
    paths.iter().map(page).collect()
}

fn page(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The fenced blocks of a page, without the indentation of their fences.
fn blocks(name: &str, page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    for (number, line) in (1..).zip(page.lines()) {
        let indent = line.len() - line.trim_start().len();
        match (open.take(), line.trim_start().strip_prefix("```")) {
            (None, None) => {}
            (None, Some(info)) => {
                let info = info.split_whitespace().map(str::to_owned).collect();
                open = Some((indent, Block { place: format!("{name}:{number}"), info, text: String::new() }));
            }
            (Some((_, block)), Some("")) => blocks.push(block),
            (Some((indent, mut block)), _) => {
                block.text.push_str(line.get(indent..).unwrap_or_default());
                block.text.push('\n');
                open = Some((indent, block));
            }
        }
    }
    assert!(open.is_none(), "{name}: a block is not closed");
    blocks
}

/// The names in a text that begin with `GREENLIGHT_`.
fn settings(text: &str) -> BTreeSet<&str> {
    let words = text.split(|character: char| !character.is_ascii_uppercase() && character != '_');
    words.filter(|word| word.strip_prefix("GREENLIGHT_").is_some_and(|rest| !rest.is_empty())).collect()
}

/// Every key that a JSON Schema knows by name.
fn keys<'s>(schema: &'s Value, found: &mut BTreeSet<&'s str>) {
    match schema {
        Value::Object(entries) => {
            for (name, value) in entries {
                if let ("properties", Value::Object(properties)) = (name.as_str(), value) {
                    found.extend(properties.keys().map(String::as_str));
                }
                keys(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[test]
fn every_yaml_example_is_a_file_that_is_read_without_a_mistake() {
    let mut wrong = String::new();
    let mut read = 0;
    for (name, page) in pages() {
        for block in blocks(&name, &page) {
            if block.info.first().is_none_or(|language| language != "yaml")
                || block.info.iter().any(|word| word == FRAGMENT)
            {
                continue;
            }
            let before = if block.text.starts_with("Hooks:") { BEFORE_HOOKS } else { "" };
            let file = TempFile::new("example.yml", &format!("{before}{}", block.text));
            let ended = run(greenlight().args(["lint", file.path()]));
            read += 1;
            if ended.code != 0 {
                writeln!(wrong, "{}:\n{}", block.place, ended.stderr.replace(file.path(), "example.yml")).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}An example that is no complete file begins with ```yaml {FRAGMENT}");
    assert!(read > 10, "only {read} examples were found");
}

#[test]
fn the_readme_has_every_setting_and_no_other() {
    let source = page("shared/hook/src/settings.rs");
    let program = source.split("#[cfg(test)]").next().unwrap_or_default();
    let readme = page("README.md");
    assert!(!settings(program).is_empty(), "no settings were found");
    assert_eq!(settings(&readme), settings(program));
}

#[test]
fn every_word_of_the_language_is_in_its_reference() {
    let schema: Value = serde_json::from_str(&page("greenlight.schema.json")).unwrap();
    let mut known = BTreeSet::new();
    keys(&schema, &mut known);
    assert!(known.contains("checks") && known.contains("starts_with"), "no words were found");
    let reference = page("docs/suite.md");
    let missing: Vec<_> = known.into_iter().filter(|word| !reference.contains(&format!("`{word}`"))).collect();
    assert!(missing.is_empty(), "docs/suite.md says nothing of {}", missing.join(", "));
}

#[test]
fn links_between_pages_lead_somewhere() {
    let anchor = |heading: &str| -> String {
        let kept = heading.trim().chars().filter(|character| character.is_alphanumeric() || " -_".contains(*character));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    let mut wrong = Vec::new();
    for (name, page) in pages() {
        let folder = repository().join(&name).parent().unwrap().to_owned();
        for target in page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target) {
            if target.contains("://") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let linked = if path.is_empty() { repository().join(&name) } else { folder.join(path) };
            let leads = match fs::read_to_string(&linked) {
                Ok(text) => {
                    let headings = text.lines().filter(|line| line.starts_with('#'));
                    heading.is_empty()
                        || headings.map(|line| anchor(line.trim_start_matches('#'))).any(|it| it == heading)
                }
                Err(_) => linked.is_dir() && heading.is_empty(),
            };
            if !leads {
                wrong.push(format!("{name}: {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere: {}", wrong.join(", "));
}

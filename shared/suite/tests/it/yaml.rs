//! The tree of a file, as other readers than that of suites use it.

use greenlight_suite::Source;
use greenlight_suite::diagnostics::Problems;
use greenlight_suite::yaml::{Value, load};

use crate::suites::suites;
use crate::support::{tree, walk};

#[test]
fn a_place_holds_what_was_written_there() {
    for (name, source) in suites("suites_ok") {
        walk(&tree(&source), &mut |node| {
            let written = source.slice(node.span);
            match &node.value {
                Value::Scalar(scalar) => assert!(written.contains(scalar.text.trim_end()), "{name}: {written}"),
                Value::Sequence(_) => assert!(written.starts_with(['[', '-']), "{name}: {written}"),
                Value::Mapping(mapping) => {
                    let inside = written.trim_start_matches(['{', ' ']).trim_start_matches('"');
                    assert!(inside.starts_with(&mapping.entries()[0].key.name), "{name}: {written}");
                }
            }
        });
    }
}

#[test]
fn a_value_that_is_not_written_stands_at_its_key() {
    let source = Source::new("appspec.yml", "Resources:\n\n# nothing yet\nHooks: []\n");
    let root = tree(&source);
    let resources = root.as_mapping().and_then(|mapping| mapping.get("Resources")).unwrap();
    assert!(resources.is_absent());
    assert_eq!((source.slice(resources.span), resources.kind()), ("Resources", "nothing"));
}

#[test]
fn unknown_keys_are_refused_for_any_reader() {
    let source = Source::new("appspec.yml", "{\n\t\"version\": 0.0,\n\t\"Resouces\": []\n}\n");
    let mut problems = Problems::default();
    let root = load(&source, &mut problems).unwrap();
    let meant =
        root.as_mapping().unwrap().refuse_unknown(&["version", "Resources", "Hooks"], "an appspec", &mut problems);
    assert_eq!(meant, ["Resources"]);
    insta::assert_snapshot!("an_unknown_key_of_an_appspec", problems.into_diagnostics(&source).render(false));
}

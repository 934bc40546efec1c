//! Whole files: those of `suites_ok` are read, those of `suites_invalid` are refused as the snapshots beside them show.

use std::fs;
use std::path::{Path, PathBuf};

use greenlight_suite::{Source, parse};

/// The suites of a folder beside this file, with their names.
pub(crate) fn suites(folder: &str) -> Vec<(String, Source)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        (name.trim_end_matches(".yml").to_owned(), Source::from_bytes(name, fs::read(&path).unwrap()).unwrap())
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn good_suites_are_read() {
    for (name, source) in suites("suites_ok") {
        if let Err(diagnostics) = parse(&source) {
            panic!("{name}:\n{diagnostics}");
        }
    }
}

#[test]
fn invalid_suites_are_refused_with_every_mistake() {
    for (name, source) in suites("suites_invalid") {
        let diagnostics = parse(&source).unwrap_err();
        insta::with_settings!({
            snapshot_path => "suites_invalid",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name, diagnostics.render(false));
        });
    }
}

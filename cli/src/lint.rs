//! `greenlight lint`: reads suites and appspecs, and shows every mistake.

use std::path::{Path, PathBuf};

use greenlight_deployment::appspec;
use greenlight_report::counted;
use greenlight_suite::{Diagnostics, Source};

use crate::exit::{Exit, Stop};
use crate::terminal;

/// Read suites and appspecs, and show every mistake with its place and its remedy.
///
/// A file is an appspec when its name holds `appspec` or it has `Resources` or `Hooks` at its top; anything else is a
/// suite.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  greenlight lint greenlight.yml
  greenlight lint appspec.yml suites/*.yml

Exit codes: 0 no mistakes, 2 mistakes.")]
pub(crate) struct Lint {
    /// The files.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

impl Lint {
    pub(crate) fn run(self) -> Result<Exit, Stop> {
        let coloured = terminal::colour(&std::io::stderr());
        let mut wrong = String::new();
        for path in &self.files {
            match lint(path) {
                Ok(said) => terminal::print(&format!("{}: {said}\n", path.display()))?,
                Err(diagnostics) => wrong.push_str(&diagnostics.render(coloured)),
            }
        }
        if wrong.is_empty() { Ok(Exit::Succeeded) } else { Err(Stop::Usage(wrong)) }
    }
}

/// What a good file holds, in a few words.
fn lint(path: &Path) -> Result<String, Diagnostics> {
    let source = Source::read(path)?;
    if is_appspec(path, source.text()) {
        let appspec = appspec::parse(&source)?;
        Ok(format!("an appspec with {}", counted(appspec.hooks.len(), "hook")))
    } else {
        let suite = greenlight_suite::parse(&source)?;
        Ok(format!("a suite with {}", counted(suite.checks.len(), "check")))
    }
}

fn is_appspec(path: &Path, text: &str) -> bool {
    let named = path.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase().contains("appspec"));
    let begins = |key: &str| text.lines().any(|line| line.starts_with(key));
    named
        || begins("Resources:")
        || begins("Hooks:")
        || (text.contains("\"Resources\"") && text.trim_start().starts_with('{'))
}

//! Finds and reads the suite file of a function.

use std::path::{Path, PathBuf};

use greenlight_suite::{Source, Suite};

use crate::settings::Environment;

/// The name of a suite file, where nothing else is said.
pub const DEFAULT_NAME: &str = "greenlight.yml";

/// A suite and the place it was read from.
#[derive(Debug, Clone)]
pub struct SuiteFile {
    /// What to ask and expect.
    pub suite: Suite,
    /// Where it was read.
    pub path: PathBuf,
}

impl SuiteFile {
    /// Reads one file.
    ///
    /// # Errors
    ///
    /// One line: the first mistake with its place, and how many more there are.
    pub fn read(path: &Path) -> Result<Self, String> {
        let source = Source::read(path).map_err(|diagnostics| diagnostics.summary())?;
        let suite = greenlight_suite::parse(&source).map_err(|diagnostics| diagnostics.summary())?;
        Ok(Self { suite, path: path.to_owned() })
    }

    /// Reads the suite that the settings name, or `greenlight.yml` beside the binary, or none.
    ///
    /// # Errors
    ///
    /// One line: a suite that was named is not there, or any suite is wrong.
    pub(crate) fn find(named: Option<&str>, environment: &dyn Environment) -> Result<Option<Self>, String> {
        let root = environment.get("LAMBDA_TASK_ROOT").map(PathBuf::from).or_else(folder_of_the_binary);
        match (named, root) {
            (Some(named), Some(root)) => Self::read(&root.join(named)).map(Some),
            (Some(named), None) => Self::read(Path::new(named)).map(Some),
            (None, Some(root)) => {
                let path = root.join(DEFAULT_NAME);
                if path.exists() { Self::read(&path).map(Some) } else { Ok(None) }
            }
            (None, None) => Ok(None),
        }
    }
}

fn folder_of_the_binary() -> Option<PathBuf> {
    std::env::current_exe().ok()?.parent().map(Path::to_owned)
}

//! The folder that the functions believe to be unpacked in. It is removed when this value is dropped.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

/// A new folder, which nobody else uses.
pub(crate) struct TaskRoot(PathBuf);

impl TaskRoot {
    /// # Errors
    ///
    /// The system's folder for temporary files cannot be written to.
    pub(crate) fn create() -> io::Result<Self> {
        let name = format!("greenlight-rehearsal-{}-{:08x}", std::process::id(), RandomState::new().hash_one(0) >> 32);
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TaskRoot {
    fn drop(&mut self) {
        // What is left of a temporary folder is the system's to clear away.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

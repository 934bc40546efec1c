//! One process of a function, with Lambda's environment and nothing of ours.
//!
//! It is killed when this value is dropped. What it writes is told line by line.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use crate::event::Event;
use crate::narrator::Narrator;
use crate::record::LogLine;

/// The longest line of a log that is kept, in bytes; the rest of it is left out.
const MAX_LINE: usize = 64 * 1024;

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) args: Vec<OsString>,
}

/// A running process.
pub(super) struct Process {
    child: Child,
}

impl Process {
    /// Starts it in `folder` with exactly these variables.
    ///
    /// # Errors
    ///
    /// Those of starting a program: it is not there, or may not be run.
    pub(super) fn start(
        program: &Program,
        folder: &std::path::Path,
        variables: impl IntoIterator<Item = (String, String)>,
        function: &str,
        narrator: &Narrator,
    ) -> io::Result<Self> {
        let mut child = Command::new(&program.path)
            .args(&program.args)
            .current_dir(folder)
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl-C on the terminal is the rehearsal's to handle: it ends its processes in its own order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        if let Some(output) = child.stdout.take() {
            tokio::spawn(listen(output, function.to_owned(), narrator.clone()));
        }
        if let Some(output) = child.stderr.take() {
            tokio::spawn(listen(output, function.to_owned(), narrator.clone()));
        }
        Ok(Self { child })
    }

    /// Whether it still runs.
    pub(super) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it has ended by itself.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Kills it (SIGKILL, as Lambda does) and waits until it is gone.
    pub(super) async fn kill(&mut self) {
        // It may have ended by itself in this moment, which is as good.
        let _ = self.child.kill().await;
    }
}

/// Tells every line, whatever bytes it holds, until the process closes its output.
async fn listen(output: impl AsyncRead + Unpin, function: String, narrator: Narrator) {
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line).await, Ok(1..)) {
        line.truncate(MAX_LINE);
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if !text.is_empty() {
            narrator.tell(Event::Logged(LogLine { at: narrator.now(), function: function.clone(), line: text }));
        }
        line.clear();
    }
}

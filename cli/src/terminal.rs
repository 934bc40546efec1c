//! Whether colour is written, and how text gets out.

use std::io::{IsTerminal, Write};
use std::path::Path;

use crate::exit::Stop;

/// Whether escape sequences are written to this stream: on a terminal, unless `NO_COLOR` is set (<https://no-color.org>)
/// or the terminal is a dumb one.
pub(crate) fn colour(stream: &impl IsTerminal) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Prints data. A reader that went away (`| head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Stop::broken(format_args!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints everything that is not data.
pub(crate) fn note(text: &str) {
    // Where standard error is gone, nobody can be told.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Writes JSON to a file, or to standard output when the path is `-`.
pub(crate) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), Stop> {
    let mut text = serde_json::to_string_pretty(value).map_err(Stop::broken)?;
    text.push('\n');
    if path == Path::new("-") {
        return print(&text);
    }
    std::fs::write(path, text).map_err(|error| Stop::broken(format_args!("cannot write {}: {error}", path.display())))
}

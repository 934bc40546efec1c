//! How the program ends: one list of exit codes, and errors that know theirs.

use std::fmt;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: the verdict is `Succeeded`, or there is none to give and all went well.
    Succeeded,
    /// 1: the verdict is `Failed`.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Succeeded => Self::SUCCESS,
            Exit::Failed => Self::from(1),
        }
    }
}

/// Why a command came to no verdict.
#[derive(Debug)]
pub(crate) enum Stop {
    /// 2: the command line, the suite or another file of the user's is wrong. The text is printed as it is.
    Usage(String),
    /// 3: Greenlight itself could not do its work.
    Broken(String),
}

impl Stop {
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::Usage(format!("error: {message}\n"))
    }

    pub(crate) fn broken(message: impl fmt::Display) -> Self {
        Self::Broken(format!("error: {message}\n"))
    }

    pub(crate) fn text(&self) -> &str {
        let (Self::Usage(text) | Self::Broken(text)) = self;
        text
    }

    pub(crate) fn code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Broken(_) => ExitCode::from(3),
        }
    }
}

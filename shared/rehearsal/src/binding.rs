//! From the names in an appspec to programs on this machine.
//!
//! In an account a name leads to a function. Here it leads to the binary whose name it holds: the default
//! `CodeDeployHook_greenlight-after-install` is `after-install`, and so is `CodeDeployHook_orders_AfterInstall`.

use std::path::{Path, PathBuf};

use greenlight_deployment::appspec::Binding;

use crate::error::RehearsalError;
use crate::lambda::Program;
use crate::settings::FunctionSource;

/// The functions that judge, by the names of their binaries.
const JUDGES: [&str; 4] = ["after-install", "after-allow-test-traffic", "before-allow-traffic", "after-allow-traffic"];
/// The function that reports for one that died.
pub(crate) const LAST_RESORT: &str = "last-resort";

/// The program of the function that an appspec binds.
///
/// # Errors
///
/// [`RehearsalError::UnknownFunction`] when its name holds no binary's; [`RehearsalError::MissingFunction`] when the
/// binary is not there.
pub(crate) fn program_of(binding: &Binding, source: &FunctionSource) -> Result<Program, RehearsalError> {
    let name = squeezed(binding.function_name());
    let Some(binary) = JUDGES.into_iter().find(|binary| name.contains(&squeezed(binary))) else {
        return Err(RehearsalError::UnknownFunction {
            event: binding.at.name(),
            function: binding.function.clone(),
            known: JUDGES.into(),
            meant: JUDGES.into_iter().find(|judge| squeezed(judge) == squeezed(binding.at.name())).unwrap_or(JUDGES[0]),
        });
    };
    program(binary, source)
}

/// The program of a function's binary.
///
/// # Errors
///
/// [`RehearsalError::MissingFunction`] when it is not there.
pub(crate) fn program(binary: &'static str, source: &FunctionSource) -> Result<Program, RehearsalError> {
    match source {
        FunctionSource::Command { program, args } => {
            let args = args.iter().cloned().chain([binary.into()]).collect();
            // A bare name is looked for in Lambda's PATH; anything else must not depend on the folder it is run in.
            let is_bare = program.components().count() == 1;
            let path = if is_bare { None } else { std::path::absolute(program).ok() };
            Ok(Program { path: path.unwrap_or_else(|| program.clone()), args })
        }
        FunctionSource::Directory(directory) => {
            let places = [directory.join(binary), directory.join(binary).join("bootstrap")];
            let found = places.into_iter().find(|place| place.is_file()).and_then(|place| absolute(&place));
            let path = found.ok_or_else(|| missing(binary, directory))?;
            Ok(Program { path, args: Vec::new() })
        }
    }
}

/// Functions run in a folder of their own, where a relative path would lead elsewhere.
fn absolute(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

fn missing(name: &'static str, directory: &Path) -> RehearsalError {
    let hint = if directory.is_dir() {
        "hint: `cargo build -p greenlight-functions` puts them into target/debug, `cargo lambda build --release` into \
         target/lambda"
    } else {
        "hint: there is no such directory"
    };
    RehearsalError::MissingFunction { name, directory: directory.to_owned(), hint: hint.to_owned() }
}

/// Without case and punctuation, in which names of the same thing differ.
fn squeezed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use greenlight_deployment::appspec::BindingPoint;

    use super::*;

    fn resolve(function: &str) -> Result<String, String> {
        let binding = Binding { at: BindingPoint::AfterInstall, function: function.to_owned() };
        let source = FunctionSource::Command { program: "greenlight".into(), args: vec!["function".into()] };
        let program = program_of(&binding, &source).map_err(|error| error.to_string())?;
        Ok(program.args.iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_function_is_recognised_by_its_binarys_name() {
        let cases = [
            ("CodeDeployHook_greenlight-after-install", "function after-install"),
            (
                "arn:aws:lambda:eu-central-1:123456789012:function:CodeDeployHook_after-allow-traffic:live",
                "function after-allow-traffic",
            ),
            ("CodeDeployHook_orders_AfterAllowTestTraffic", "function after-allow-test-traffic"),
            ("before_allow_traffic", "function before-allow-traffic"),
        ];
        for (name, expected) in cases {
            assert_eq!(resolve(name).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn an_unknown_function_is_refused_with_what_could_be_named() {
        insta::assert_snapshot!(resolve("CodeDeployHook_smoke").unwrap_err(), @r"
        `CodeDeployHook_smoke`, bound to AfterInstall, is none of the functions that are here: after-install, after-allow-test-traffic, before-allow-traffic, after-allow-traffic
        hint: a function is recognised by the name of its binary in its own, as in `CodeDeployHook_greenlight-after-install`
        ");
    }

    #[test]
    fn a_missing_binary_says_where_it_was_looked_for() {
        let source = FunctionSource::Directory("/nowhere".into());
        insta::assert_snapshot!(program(LAST_RESORT, &source).unwrap_err(), @r"
        no function `last-resort` in /nowhere: neither `last-resort` nor `last-resort/bootstrap` is a program there
        hint: there is no such directory
        ");
    }

    #[test]
    fn binaries_are_found_as_cargo_and_as_cargo_lambda_leave_them() {
        let folder = std::env::temp_dir().join("greenlight-rehearsal-test-binding");
        std::fs::create_dir_all(folder.join("before-allow-traffic")).unwrap();
        for file in ["after-install", "before-allow-traffic/bootstrap"] {
            std::fs::write(folder.join(file), "").unwrap();
        }
        let source = FunctionSource::Directory(folder.clone());
        let found = |binary| program(binary, &source).unwrap().path;
        let folder = folder.canonicalize().unwrap();
        assert_eq!(found("after-install"), folder.join("after-install"));
        assert_eq!(found("before-allow-traffic"), folder.join("before-allow-traffic/bootstrap"));
    }
}

//! The `greenlight` command: the same engine and verdict as the functions, on a laptop, in CI and in a rehearsal.
//!
//! Each command is one module. Standard output is data, standard error is everything else.

mod arguments;
mod check;
mod exit;
mod lint;
mod rehearse;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::exit::{Exit, Stop};

/// Gives a green task set its green light: checks of a CodeDeploy ECS blue/green deployment.
#[derive(Debug, Parser)]
#[command(name = "greenlight", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes: 0 Succeeded, 1 Failed, 2 the command line or a file is wrong, 3 Greenlight could not do its work.
Colour is written on a terminal alone, and never when NO_COLOR is set.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Lint(lint::Lint),
    /// Print the JSON Schema of suites, for editors.
    Schema,
    Rehearse(rehearse::Rehearse),
    /// Be one of the Lambda functions; the rehearsal starts them like this.
    #[command(hide = true)]
    Function {
        /// The name of its binary.
        name: String,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(exit) => exit.into(),
        Err(stop) => {
            terminal::note(stop.text());
            stop.code()
        }
    }
}

fn run(command: Command) -> Result<Exit, Stop> {
    match command {
        Command::Check(check) => check.run(),
        Command::Lint(lint) => lint.run(),
        Command::Schema => {
            let schema = serde_json::to_string_pretty(&greenlight_suite::schema()).map_err(Stop::broken)?;
            terminal::print(&format!("{schema}\n"))?;
            Ok(Exit::Succeeded)
        }
        Command::Rehearse(rehearse) => rehearse.run(),
        Command::Function { name } => {
            let function = greenlight_functions::Function::of_binary(&name)
                .ok_or_else(|| Stop::usage(format_args!("`{name}` is not a function")))?;
            greenlight_functions::serve(function).map_err(Stop::broken)?;
            Ok(Exit::Succeeded)
        }
    }
}

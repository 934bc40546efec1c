//! `greenlight rehearse`: plays a whole deployment on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use greenlight_rehearsal::{Fault, FunctionSource, Printer, RehearsalError, Settings};

use crate::exit::{Exit, Stop};
use crate::terminal;

/// Play a whole blue/green deployment on this machine, with the real functions.
///
/// A load balancer with a production and a test listener, two task sets, CodeDeploy's API and Lambda are stood in for;
/// the functions run as processes of their own. Without options a built-in service is deployed from version `initial`
/// to version `cf78ba1`. It needs no account and no network.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Faults:
{}
Examples:
  greenlight rehearse
  greenlight rehearse --fault status-500
  greenlight rehearse --fault late-switch --fault throttle --json record.json
  greenlight rehearse --appspec appspec.yml --suite greenlight.yml --green http://localhost:3000
  greenlight rehearse --functions target/lambda --hold 1m --production-port 8000 --test-port 8080

Exit codes: 0 green went live, 1 CodeDeploy rolled back, 2 the command line or a file is wrong, 3 the rehearsal could not be played.", faults()))]
pub(crate) struct Rehearse {
    /// The appspec whose `Hooks` name the functions [default: a built-in one with three hooks].
    #[arg(long, value_name = "FILE")]
    appspec: Option<PathBuf>,

    /// The suite that the functions run [default: a built-in one].
    #[arg(long, value_name = "FILE")]
    suite: Option<PathBuf>,

    /// A running server that plays blue, for example `http://localhost:3000` [default: a built-in one].
    #[arg(long, value_name = "URL")]
    blue: Option<String>,

    /// A running server that plays green [default: a built-in one].
    #[arg(long, value_name = "URL")]
    green: Option<String>,

    /// Where the function binaries are, as `cargo build` or `cargo lambda build` leaves them [default: this program].
    #[arg(long, value_name = "DIR")]
    functions: Option<PathBuf>,

    /// What goes wrong, by name (see below); may be given several times.
    #[arg(long = "fault", value_name = "NAME")]
    faults: Vec<Fault>,

    /// The functions' time limit: Lambda stops one that takes longer.
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration)]
    function_timeout: Duration,

    /// How many tasks blue and green have each.
    #[arg(long, value_name = "COUNT", default_value_t = Settings::DEFAULT_TASKS)]
    tasks: NonZeroU32,

    /// The production listener's port, 0 for a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    production_port: u16,

    /// The test listener's port, 0 for a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    test_port: u16,

    /// Wait this long before production traffic moves, and at the end, so that you can ask both listeners yourself.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    hold: Option<Duration>,

    /// An environment variable for the functions, for example `GREENLIGHT_MODE=observe`; may be given several times.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    environment: Vec<(String, String)>,

    /// Write the record of everything as JSON to this file, `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Show what the functions log.
    #[arg(long, short)]
    verbose: bool,
}

impl Rehearse {
    pub(crate) fn run(self) -> Result<Exit, Stop> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Stop::broken)?;
        let to_stdout = self.json.as_deref() == Some("-".as_ref());
        let coloured =
            if to_stdout { terminal::colour(&std::io::stderr()) } else { terminal::colour(&std::io::stdout()) };
        let mut printer = Printer::new(coloured, self.verbose);
        let mut unwritten = Ok(());
        let settings = self.settings()?;
        let rehearsal = runtime
            .block_on(greenlight_rehearsal::rehearse(settings, &mut |event| {
                let text = printer.print(event);
                if to_stdout {
                    terminal::note(&text);
                } else if unwritten.is_ok() {
                    unwritten = terminal::print(&text);
                }
            }))
            .map_err(|error| stop(&error))?;
        unwritten?;
        if let Some(path) = &self.json {
            terminal::write_json(path, &rehearsal)?;
        }
        Ok(if rehearsal.succeeded() { Exit::Succeeded } else { Exit::Failed })
    }

    fn settings(&self) -> Result<Settings, Stop> {
        let functions = match &self.functions {
            Some(folder) => FunctionSource::Directory(folder.clone()),
            None => FunctionSource::Command {
                program: std::env::current_exe().map_err(Stop::broken)?,
                args: vec!["function".into()],
            },
        };
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Settings {
            appspec: self.appspec.clone(),
            suite: self.suite.clone(),
            blue: self.blue.clone(),
            green: self.green.clone(),
            faults: self.faults.clone(),
            function_timeout: self.function_timeout,
            tasks: self.tasks,
            production: local(self.production_port),
            test: local(self.test_port),
            hold: self.hold,
            environment: self.environment.clone(),
            ..Settings::new(functions)
        })
    }
}

fn stop(error: &RehearsalError) -> Stop {
    match error {
        RehearsalError::Appspec(diagnostics) => Stop::Usage(diagnostics.render(terminal::colour(&std::io::stderr()))),
        error if error.is_usage() => Stop::usage(error),
        error => Stop::broken(error),
    }
}

fn faults() -> String {
    let width = Fault::ALL.iter().map(|fault| fault.name().len()).max().unwrap_or(0);
    let line = |fault: &Fault| format!("  {:<width$}  {}\n", fault.name(), fault.about());
    Fault::ALL.iter().map(line).collect()
}

fn duration(text: &str) -> Result<Duration, String> {
    greenlight_suite::parse_duration(text).map_err(|error| error.to_string())
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it is written NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

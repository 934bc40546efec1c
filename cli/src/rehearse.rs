//! `greenlight rehearse`: plays a whole deployment on this machine.

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use greenlight_rehearsal::{
    Fault, ForwardShape, FunctionSource, Printer, Question, RehearsalError, Settings, Shift, Unknowns,
};

use crate::arguments::{assignment, duration};
use crate::exit::{Exit, Stop};
use crate::terminal;

/// Play a whole blue/green deployment on this machine, with the real functions.
///
/// A load balancer with a production and a test listener, two task sets, Lambda, and the AWS APIs that functions ask
/// are stood in for; the functions run as processes of their own, and find everything by themselves. Without options a built-in service is deployed from version `initial`
/// to version `cf78ba1`. It needs no account and no network.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Faults:
{}
Open questions about AWS, each with its answers, the first being the default:
{}
Examples:
  greenlight rehearse
  greenlight rehearse --no-suite --fault blue-on-test-listener
  greenlight rehearse --fault late-switch --fault throttle --json record.json
  greenlight rehearse --appspec appspec.yml --suite greenlight.yml --green http://localhost:3000
  greenlight rehearse --suite greenlight.yml --parameter /orders/key=secret
  greenlight rehearse --no-suite --deny ecs:DescribeServices --assume ready-wait=after
  greenlight rehearse --env GREENLIGHT_SUITE=s3://suites/a.yml --object s3://suites/a.yml=greenlight.yml
  greenlight rehearse --functions target/lambda --hold 1m --production-port 8000 --test-port 8080

Exit codes: 0 green went live, 1 CodeDeploy rolled back, 2 the command line or a file is wrong, 3 the rehearsal could not be played.", faults(), questions()))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that a person types")]
pub(crate) struct Rehearse {
    /// The appspec whose `Hooks` name the functions [default: a built-in one with three hooks].
    #[arg(long, value_name = "FILE")]
    appspec: Option<PathBuf>,

    /// The suite that the functions run [default: a built-in one].
    #[arg(long, value_name = "FILE")]
    suite: Option<PathBuf>,

    /// Give the functions no suite at all: they check what the target group's health check says.
    #[arg(long, conflicts_with = "suite")]
    no_suite: bool,

    /// A parameter of Systems Manager, for a suite or its secrets; `@FILE` as its value reads a file; may be given
    /// several times.
    ///
    /// It is a SecureString, or what stands before its name, as in `String:/orders/suite=@greenlight.yml`. A name that
    /// comes again is a new version, `NAME:LABEL` a version with a label, and `/aws/reference/secretsmanager/NAME` a
    /// secret of Secrets Manager.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = assignment)]
    parameters: Vec<(String, String)>,

    /// An object of S3, with what this file holds; may be given several times.
    #[arg(long = "object", value_name = "s3://BUCKET/KEY=FILE", value_parser = object)]
    objects: Vec<(String, PathBuf)>,

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

    /// An IAM action that the functions' role does not allow, for example `ecs:DescribeServices`; may be given several
    /// times.
    #[arg(long = "deny", value_name = "ACTION")]
    denied: Vec<String>,

    /// Answer an open question about AWS (see below); may be given several times.
    #[arg(long = "assume", value_name = "KEY=ANSWER", value_parser = assumption)]
    assumptions: Vec<String>,

    /// Let the deployment that rolls back, if there is one, invoke the hooks too: short for `--assume
    /// hooks-on-rollback=yes`.
    #[arg(long)]
    rollback: bool,

    /// Move this part of production traffic before AfterAllowTraffic, 1 to 99, and the rest after it [default: all of it
    /// at once].
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=99))]
    canary: Option<u8>,

    /// Let the listeners name one target group alone, as before their first deployment: green's is not used until it
    /// gets test traffic [default: both groups, with weights].
    #[arg(long)]
    single_target_group: bool,

    /// How many nodes the load balancer has, each with an address of its own.
    #[arg(long, value_name = "COUNT", default_value_t = Settings::DEFAULT_NODES, value_parser = nodes)]
    nodes: usize,

    /// Page what AWS answers after this many items, where its API pages [default: as many as there are].
    #[arg(long, value_name = "COUNT")]
    page_size: Option<NonZeroUsize>,

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
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = assignment)]
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
        let mut unknowns = Unknowns::default();
        let rollback = self.rollback.then_some("hooks-on-rollback=yes");
        for assumption in self.assumptions.iter().map(String::as_str).chain(rollback) {
            unknowns.assume(assumption).map_err(Stop::usage)?;
        }
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Settings {
            appspec: self.appspec.clone(),
            suite: self.suite.clone(),
            no_suite: self.no_suite,
            parameters: self.parameters.iter().map(parameter).collect::<Result<_, _>>()?,
            objects: self.objects.iter().map(content).collect::<Result<_, _>>()?,
            blue: self.blue.clone(),
            green: self.green.clone(),
            faults: self.faults.clone(),
            denied: self.denied.clone(),
            unknowns,
            shift: self.canary.map_or(Shift::AllAtOnce, |percent| Shift::Canary { percent }),
            forward_shape: if self.single_target_group { ForwardShape::Single } else { ForwardShape::Weighted },
            nodes: self.nodes,
            page_size: self.page_size.map(NonZeroUsize::get),
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

fn questions() -> String {
    let line = |open: &Question| format!("  {}={}\n      {}\n", open.key, open.answers.join("|"), open.question);
    Unknowns::QUESTIONS.iter().map(line).collect()
}

/// A parameter, with the content of its file where its value names one.
fn parameter((name, value): &(String, String)) -> Result<(String, String), Stop> {
    let value = match value.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Stop::usage(format_args!("cannot read `{path}` for the parameter `{name}`: {error}")))?,
        None => value.clone(),
    };
    Ok((name.clone(), value))
}

/// An object, with the content of its file.
fn content((place, path): &(String, PathBuf)) -> Result<(String, Vec<u8>), Stop> {
    let content = std::fs::read(path)
        .map_err(|error| Stop::usage(format_args!("cannot read `{}` for {place}: {error}", path.display())))?;
    Ok((place.clone(), content))
}

/// The last equal sign is the one that counts: keys hold them more often than files do.
fn object(text: &str) -> Result<(String, PathBuf), String> {
    let (place, path) = text.rsplit_once('=').ok_or("it is written s3://BUCKET/KEY=FILE")?;
    let key = place.strip_prefix("s3://").and_then(|place| place.split_once('/'));
    match key {
        Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => Ok((place.to_owned(), path.into())),
        _ => Err(format!("`{place}` is no place in S3: it is written s3://BUCKET/KEY")),
    }
}

fn assumption(text: &str) -> Result<String, String> {
    Unknowns::default().assume(text).map(|()| text.to_owned())
}

fn nodes(text: &str) -> Result<usize, String> {
    let most = Settings::MAX_NODES;
    match text.parse() {
        Ok(count) if (1..=most).contains(&count) => Ok(count),
        _ => Err(format!("a load balancer has 1 to {most} nodes here")),
    }
}

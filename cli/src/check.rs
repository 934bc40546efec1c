//! `greenlight check`: runs a suite against an address, as the hooks do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use greenlight_deployment::Verdict;
use greenlight_engine::{BaseUrl, Deadline, Open, Resolve};
use greenlight_hook::{Board, Conclusion, DEFAULT_NAME, Listener, LoadedSuite, Plan, ProcessEnvironment, Target};
use greenlight_report::{Colour, Mode};
use greenlight_suite::{Hook, Source};
use serde_json::Value;

use crate::arguments::{assignment, duration};
use crate::exit::{Exit, Stop};
use crate::terminal;

/// Run a suite against an address, as the hooks do.
///
/// Waits until the target is ready, proves its version, runs the checks that the hook selects, and judges. Nothing is
/// reported to AWS.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  greenlight check greenlight.yml --url http://localhost:8080
  greenlight check --url https://test.example.com --only home --only login
  greenlight check --url http://localhost:8080 --set green.env.app.VERSION=cf78ba1
  greenlight check --url http://localhost:8080 --json - | jq .checks

Exit codes: 0 Succeeded, 1 Failed, 2 the command line or the suite is wrong, 3 Greenlight could not do its work.")]
pub(crate) struct Check {
    /// The suite.
    #[arg(value_name = "SUITE", default_value = DEFAULT_NAME)]
    suite: PathBuf,

    /// Where the test listener is, for example `http://localhost:8080`.
    #[arg(long, value_name = "URL", value_parser = base_url, required_unless_present = "production_url")]
    url: Option<BaseUrl>,

    /// Where the production listener is; asked at the hook AfterAllowTraffic.
    #[arg(long, value_name = "URL", value_parser = base_url)]
    production_url: Option<BaseUrl>,

    /// Run what this hook would run.
    #[arg(long, value_name = "HOOK", default_value = "AfterAllowTestTraffic")]
    hook: Hook,

    /// Run this check alone; may be given several times.
    #[arg(long, value_name = "CHECK")]
    only: Vec<String>,

    /// A fact of the deployment for the suite's templates, for example `green.env.app.VERSION=cf78ba1`.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = fact)]
    facts: Vec<(String, String)>,

    /// The environment variable that holds the value of a parameter which the suite takes from Systems Manager, for
    /// example `/orders/edge-key=EDGE_KEY`; may be given several times.
    #[arg(long = "parameter", value_name = "NAME=VARIABLE", value_parser = parameter)]
    parameters: Vec<(String, String)>,

    /// Addresses of a name that is not looked up, for example `orders.example.com=10.0.1.7,10.0.2.9`; may be given
    /// several times.
    #[arg(long, value_name = "NAME=ADDRESSES")]
    resolve: Vec<String>,

    /// Stop the whole run after this long, for example `90s`.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    deadline: Duration,

    /// Write the report as JSON to this file, `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Check {
    pub(crate) fn run(self) -> Result<Exit, Stop> {
        let started = Instant::now();
        let base = self.base()?;
        let file = self.read_suite()?;
        let plan = self.plan(&file)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Stop::broken)?;

        let board = Board::new(Mode::Enforce);
        board.update(|draft| draft.suite = Some(file.origin.clone()));
        let target = Target {
            base: &base,
            name: "the target",
            blue: None,
            facts: self.facts.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect(),
            unknown: ["green.", "blue.", "deployment."]
                .map(|prefix| (prefix, "only known to a deployment: give it with `--set NAME=VALUE`".to_owned()))
                .into(),
            parameters: self.parameters()?,
            resolve: &self.resolve()?,
            suite_folder: file.folder.as_deref(),
        };
        runtime.block_on(async {
            let deadline = Deadline::after(self.deadline);
            tokio::select! {
                () = greenlight_hook::ask(&plan, target, &Open, &ProcessEnvironment, deadline, &board) => {}
                () = tell(&board) => {}
            }
        });
        if plan.version.is_none() {
            board.update(|draft| {
                draft.unproven.push(
                    "that it was green that answered: the suite names no `version`, so a marker could not be compared"
                        .to_owned(),
                );
            });
        }
        let draft = board.snapshot().ok_or_else(|| Stop::broken("the record of the run is out of reach"))?;
        let conclusion = Conclusion::of(&draft);
        let report = greenlight_hook::assemble(Some(self.hook), draft, &conclusion, started.elapsed());

        let to_stdout = self.json.as_deref() == Some("-".as_ref());
        let coloured =
            if to_stdout { terminal::colour(&std::io::stderr()) } else { terminal::colour(&std::io::stdout()) };
        let text = greenlight_report::text(&report, if coloured { Colour::Always } else { Colour::Never });
        if to_stdout {
            terminal::note(&text);
        } else {
            terminal::print(&text)?;
        }
        if let Some(path) = &self.json {
            terminal::write_json(path, &report)?;
        }
        Ok(match report.verdict {
            Verdict::Succeeded => Exit::Succeeded,
            Verdict::Failed => Exit::Failed,
        })
    }

    fn base(&self) -> Result<BaseUrl, Stop> {
        let (url, option) = match Listener::at(self.hook) {
            Some(Listener::Test) => (&self.url, "--url"),
            Some(Listener::Production) => (&self.production_url, "--production-url"),
            None => {
                return Err(Stop::usage(format_args!(
                    "{} asks nothing over HTTP: the test listener still serves blue then",
                    self.hook
                )));
            }
        };
        url.clone().ok_or_else(|| Stop::usage(format_args!("{} needs {option} URL", self.hook)))
    }

    fn read_suite(&self) -> Result<LoadedSuite, Stop> {
        let coloured = terminal::colour(&std::io::stderr());
        let loaded = Source::read(&self.suite).and_then(|source| LoadedSuite::parse(&source));
        let loaded = loaded.map_err(|diagnostics| Stop::Usage(diagnostics.render(coloured)))?;
        Ok(LoadedSuite { folder: self.suite.parent().map(Path::to_owned), ..loaded })
    }

    /// Values of parameters, from the environment: on a command line, everybody could read them.
    fn parameters(&self) -> Result<BTreeMap<String, String>, Stop> {
        let value = |(name, variable): &(String, String)| match std::env::var(variable) {
            Ok(value) => Ok((name.clone(), value)),
            Err(_) => {
                Err(Stop::usage(format_args!("--parameter {name}: the environment variable `{variable}` is not set")))
            }
        };
        self.parameters.iter().map(value).collect()
    }

    fn resolve(&self) -> Result<Resolve, Stop> {
        Resolve::parse(&self.resolve.join(";")).map_err(|problem| Stop::usage(format_args!("--resolve: {problem}")))
    }

    fn plan<'s>(&self, file: &'s LoadedSuite) -> Result<Plan<'s>, Stop> {
        let plan = Plan::new(&file.suite, self.hook);
        if self.only.is_empty() {
            return Ok(plan);
        }
        let names: Vec<String> = plan.checks.iter().map(|check| check.name.clone()).collect();
        plan.only(&self.only).map_err(|unknown| {
            let advice = match greenlight_suite::diagnostics::did_you_mean(&unknown, names.iter().map(String::as_str)) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("they are: {}", names.join(", ")),
            };
            Stop::usage(format_args!("`{unknown}` is not a check that {} runs; {advice}", self.hook))
        })
    }
}

/// Says on a terminal what is waited for, when it takes more than a moment. Never ends.
async fn tell(board: &Board) {
    let mut said = String::new();
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let Some(draft) = board.snapshot().filter(|draft| draft.doing != said) else { continue };
        said = draft.doing;
        terminal::note(&format!("  … {said}\n"));
    }
}

fn base_url(text: &str) -> Result<BaseUrl, String> {
    BaseUrl::parse(text).map_err(|error| error.to_string())
}

fn fact(text: &str) -> Result<(String, String), String> {
    let (name, value) = assignment(text)?;
    if !["green.", "blue.", "deployment."].iter().any(|prefix| name.starts_with(prefix)) {
        return Err(format!("`{name}` is not a fact of a deployment: those begin with green., blue. or deployment."));
    }
    Ok((name, value))
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, variable) = text.split_once('=').ok_or("it is written NAME=VARIABLE")?;
    Ok((name.to_owned(), variable.to_owned()))
}

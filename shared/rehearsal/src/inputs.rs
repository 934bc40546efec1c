//! The files of a rehearsal, read and understood before anything is started.

use std::path::Path;

use greenlight_deployment::appspec::{self, Appspec};
use greenlight_suite::Source;

use crate::error::RehearsalError;
use crate::example;
use crate::settings::Settings;

/// What is deployed, and by which suite it is judged.
pub(crate) struct Inputs {
    pub(crate) appspec: Appspec,
    /// The appspec as it was written: CodeDeploy hands it out.
    pub(crate) appspec_text: String,
    /// The suite as it was written. Whether it can be understood is the functions' to say.
    pub(crate) suite: String,
    /// What the built-in green says it is.
    pub(crate) green_version: String,
    /// The service's name, from the task definition's family.
    pub(crate) service: String,
    pub(crate) region: String,
    pub(crate) account: String,
}

impl Inputs {
    /// # Errors
    ///
    /// [`RehearsalError::Unreadable`] and [`RehearsalError::Appspec`].
    pub(crate) fn read(settings: &Settings) -> Result<Self, RehearsalError> {
        let source = match &settings.appspec {
            Some(path) => Source::new(path.display().to_string(), read("appspec", path)?),
            None => Source::new("appspec.yml", example::APPSPEC),
        };
        let appspec = appspec::parse(&source).map_err(RehearsalError::Appspec)?;
        let suite = match &settings.suite {
            Some(path) => read("suite", path)?,
            None => example::SUITE.to_owned(),
        };
        let (service, region, account) = names(&appspec);
        Ok(Self {
            appspec_text: source.text().to_owned(),
            suite,
            green_version: green_version(settings.appspec.as_deref()),
            service,
            region,
            account,
            appspec,
        })
    }
}

fn read(kind: &'static str, path: &Path) -> Result<String, RehearsalError> {
    std::fs::read_to_string(path).map_err(|source| RehearsalError::Unreadable { kind, path: path.to_owned(), source })
}

/// The `VERSION` of the task definition beside the appspec, where there is one.
fn green_version(appspec: Option<&Path>) -> String {
    let beside = match appspec {
        None => Some(example::TASK_DEFINITION.to_owned()),
        Some(path) => std::fs::read_to_string(path.with_file_name("task-definition.json")).ok(),
    };
    beside.and_then(|text| example::version(&text)).unwrap_or_else(|| example::GREEN.to_owned())
}

/// Service, region and account as the task definition's ARN names them; a placeholder leaves only the container.
fn names(appspec: &Appspec) -> (String, String, String) {
    let service = &appspec.service;
    let parts: Vec<_> = service.task_definition.splitn(6, ':').collect();
    let (region, account, family) = match parts[..] {
        ["arn", _, "ecs", region, account, resource] => (region, account, resource.strip_prefix("task-definition/")),
        _ => ("eu-central-1", "123456789012", None),
    };
    let family = family.and_then(|family| family.split(':').next()).unwrap_or(&service.container_name);
    (family.to_owned(), region.to_owned(), account.to_owned())
}

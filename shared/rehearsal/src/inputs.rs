//! The files of a rehearsal, read and understood before anything is started.

use std::num::NonZeroU32;
use std::path::Path;

use greenlight_deployment::appspec::{self, Appspec};
use greenlight_suite::Source;

use crate::aws::Identity;
use crate::error::RehearsalError;
use crate::example;
use crate::settings::Settings;
use crate::task_definition::TaskDefinition;

/// What is deployed, and by which suite it is judged.
pub(crate) struct Inputs {
    pub(crate) appspec: Appspec,
    /// The appspec as it was written: CodeDeploy hands it out.
    pub(crate) appspec_text: String,
    /// The suite as it was written. Whether it can be understood is the functions' to say.
    pub(crate) suite: String,
    /// Green's task definition.
    pub(crate) green: TaskDefinition,
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
        let suite = match settings.suite.as_ref().filter(|_| !settings.no_suite) {
            Some(path) => read("suite", path)?,
            None => example::SUITE.to_owned(),
        };
        let (service, region, account) = names(&appspec);
        let green = task_definition(settings.appspec.as_deref(), &appspec)?;
        Ok(Self {
            appspec_text: source.text().to_owned(),
            suite,
            green_version: green.version().unwrap_or(example::GREEN).to_owned(),
            green,
            service,
            region,
            account,
            appspec,
        })
    }
}

impl Inputs {
    /// The names of the deployment.
    pub(crate) fn identity(&self, tasks: NonZeroU32) -> Identity {
        Identity {
            container_name: self.appspec.service.container_name.clone(),
            container_port: self.appspec.service.container_port,
            ..Identity::of(&self.service, &self.region, &self.account, &self.appspec_text, tasks)
        }
    }
}

fn read(kind: &'static str, path: &Path) -> Result<String, RehearsalError> {
    std::fs::read_to_string(path).map_err(|source| RehearsalError::Unreadable { kind, path: path.to_owned(), source })
}

/// The task definition beside the appspec, else the built-in one.
fn task_definition(beside: Option<&Path>, appspec: &Appspec) -> Result<TaskDefinition, RehearsalError> {
    let path = beside.map(|path| path.with_file_name("task-definition.json")).filter(|path| path.exists());
    let text = match &path {
        Some(path) => read("task definition", path)?,
        None => example::TASK_DEFINITION.to_owned(),
    };
    let path = path.unwrap_or_else(|| "task-definition.json".into());
    TaskDefinition::read(&text, &appspec.service).map_err(|why| RehearsalError::TaskDefinition { path, why })
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

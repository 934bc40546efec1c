//! A whole file: its top-level keys.

use std::num::NonZeroUsize;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::amount::Amount;
use super::check::Checks;
use super::choice::Choice;
use super::duration::Time;
use super::hooks::Hooks;
use super::ready::Ready;
use super::secret::Secrets;
use super::target::Target;
use super::template::refuse_variables;
use super::variable::Variables;
use super::version::Version;
use crate::diagnostics::Problem;
use crate::grammar::{Definitions, Field, Fields, Key, Reader, Shape, Word};
use crate::model::Suite;

static SERVICE: Key<Service> = Key::optional("service", Service, "Who is tested; shown in reports only.");
static TARGET: Key<Target> = Key::optional(
    "target",
    Target,
    "How requests reach the service, beyond the address that whoever runs the suite gives.",
);
static SECRETS: Key<Secrets> =
    Key::optional("secrets", Secrets, "Values that are never shown, by name: read as ${secret.name}.");
static VARIABLES: Key<Variables> =
    Key::optional("variables", Variables, "Named values, read as ${name}. A value may use those before it.");
static READY: Key<Ready> = Key::optional(
    "ready",
    Ready,
    "What green must answer steadily before anything is judged. Default: the version's request, and without one any answer to `GET /` below 500.",
);
static VERSION: Key<Version> =
    Key::optional("version", Version, "Which revision answers? The proof that it was green.");
static CHECKS: Key<Checks> = Key::optional("checks", Checks, "What to check, by name.");
static HOOKS: Key<Hooks> =
    Key::optional("hooks", Hooks, "Which checks run at which hook, where that is not the default.");
static FEWER_TASKS: Key<Choice<()>> = Key::optional(
    "fewer_tasks",
    Choice(&[("allowed", ())]),
    "`allowed` permits green to have fewer tasks than blue. Without it, fewer are a failure at AfterInstall.",
);
static PARALLEL: Key<Amount> =
    Key::optional("parallel", Amount { most: 1000 }, "How many checks run side by side at most. Default 8.");
static TIMEOUT: Key<Time> =
    Key::optional("timeout", Time, "The longest time one attempt of one request may take. Default 10s.");

static SHAPE: Shape = Shape {
    title: "a suite",
    keys: &[
        &SERVICE,
        &TARGET,
        &SECRETS,
        &VARIABLES,
        &READY,
        &VERSION,
        &CHECKS,
        &HOOKS,
        &FEWER_TASKS,
        &PARALLEL,
        &TIMEOUT,
    ],
};

/// A whole suite file.
pub(super) struct File;

impl Word for File {
    type Meaning = Suite;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Suite> {
        if field.node.is_absent() {
            reader.report(Problem::at(field.span(), "the file is empty").label("nothing is said here"));
            return None;
        }
        let fields = Fields::open(&SHAPE, field, reader)?;
        let service = fields.read_optional(&SERVICE, reader);
        // Names first, wherever they stand in the file: what follows may use them.
        let secrets = fields.read_or(&SECRETS, IndexMap::new(), reader);
        let variables = fields.read_or(&VARIABLES, IndexMap::new(), reader);
        let target = fields.read_or(&TARGET, crate::model::Target::default(), reader);
        let ready = fields.read_optional(&READY, reader);
        let version = fields.read_optional(&VERSION, reader);
        let checks = fields.read_or(&CHECKS, Vec::new(), reader);
        let hooks = fields.read_or(&HOOKS, IndexMap::new(), reader);
        let parallel = fields.read_optional(&PARALLEL, reader);
        let timeout = fields.read_or(&TIMEOUT, Suite::DEFAULT_TIMEOUT, reader);
        let fewer_tasks = fields.read_optional(&FEWER_TASKS, reader);
        fields.finish();
        let parallel = parallel?.and_then(|parallel| NonZeroUsize::try_from(parallel).ok());
        Some(Suite {
            service: service?,
            target: target?,
            secrets: secrets?,
            variables: variables?,
            ready: ready?,
            version: version?,
            checks: checks?,
            hooks: hooks?,
            parallel: parallel.unwrap_or(Suite::DEFAULT_PARALLEL),
            timeout: timeout?,
            fewer_tasks: fewer_tasks?.is_some(),
        })
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        SHAPE.schema(definitions).into()
    }
}

/// A name for reports.
struct Service;

impl Service {
    const LONGEST: usize = 100;
}

impl Word for Service {
    type Meaning = String;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<String> {
        if refuse_variables("`service`", field, reader) {
            return None;
        }
        let text = field.node.as_written().map(str::trim).filter(|text| {
            !text.is_empty() && text.chars().count() <= Self::LONGEST && !text.chars().any(char::is_control)
        });
        if text.is_none() {
            let problem = reader.expected("a short name on one line", field);
            reader.report(
                problem.remedy(format!("at most {} characters, none of them a control character", Self::LONGEST)),
            );
        }
        text.map(str::to_owned)
    }

    fn schema(&self, _: &mut Definitions) -> Value {
        json!({ "type": ["string", "number", "boolean"], "minLength": 1, "maxLength": Self::LONGEST })
    }
}

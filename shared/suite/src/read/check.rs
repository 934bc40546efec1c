//! A check: one request, or steps in order, and what is done afterwards.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::choice::{Choice, Flag};
use super::collection::{Name, entries, items, value_of};
use super::duration::Time;
use super::expect::EXPECT;
use super::name::CheckName;
use super::request::{BODY, FORM, HEADERS, JSON, Line, QUERY, REDIRECTS, REQUEST};
use super::scope::Methods;
use super::step::{CAPTURE, EVENTUALLY, RETRY, Step, TIMEOUT, read_step};
use crate::diagnostics::Problem;
use crate::grammar::{AnyKey, Definitions, Field, Fields, Key, Reader, Shape, Word};
use crate::model::{Check as Meaning, Step as StepMeaning};
use crate::yaml::{self, Entry, Node};

static REQUIRED: Key<Flag> = Key::optional("required", Flag, "Whether its outcome decides the verdict. Default true.");
static SIDE_EFFECTS: Key<Choice<()>> = Key::optional(
    "side_effects",
    Choice(&[("allowed", ())]),
    "`allowed` permits methods other than GET, HEAD and OPTIONS: green shares production's database.",
);
static DIRECT: Key<Flag> = Key::optional(
    "direct",
    Flag,
    "`true`: it is also sent to every task of green by its own address, at AfterInstall. Default false.",
);
static WITHIN: Key<Time> =
    Key::optional("within", Time, "The budget for all its steps with their retries; `finally` is not counted.");
static STEPS: Key<Steps> =
    Key::optional("steps", Steps, "Requests in order, until one fails; instead of a single `request`.");
static FINALLY: Key<Steps> =
    Key::optional("finally", Steps, "Requests afterwards, whatever happened; each one even if the one before failed.");
/// The same key as that of a step, but `steps` can stand in its place.
static SINGLE: Key<Line> =
    Key::optional("request", Line, "The method and the path, such as `GET /health`. The path may hold variables.");

static SHAPE: Shape = Shape {
    title: "a check",
    keys: &[
        &REQUIRED,
        &SIDE_EFFECTS,
        &DIRECT,
        &SINGLE,
        &HEADERS,
        &QUERY,
        &JSON,
        &BODY,
        &FORM,
        &REDIRECTS,
        &TIMEOUT,
        &EXPECT,
        &CAPTURE,
        &RETRY,
        &EVENTUALLY,
        &WITHIN,
        &STEPS,
        &FINALLY,
    ],
};

/// The keys that belong to one request.
static OF_REQUEST: [&dyn AnyKey; 10] =
    [&HEADERS, &QUERY, &JSON, &BODY, &FORM, &REDIRECTS, &EXPECT, &CAPTURE, &RETRY, &EVENTUALLY];

/// All checks of a suite, by name.
pub(super) struct Checks;

impl Word for Checks {
    type Meaning = Vec<Meaning>;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Vec<Meaning>> {
        let entries = entries(field, reader)?;
        reader.scope.checks = entries.iter().map(|entry| entry.key.name.clone()).collect();
        reader.scope.captures_of_file = entries
            .iter()
            .flat_map(|entry| captured(&entry.value).map(|key| (key.name.clone(), entry.key.name.clone())))
            .collect();
        let read: Vec<_> = entries.iter().map(|entry| read_check(entry, reader)).collect();
        read.into_iter().collect()
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": CheckName.schema(),
            "additionalProperties": definitions.refer("check", check_schema),
        })
    }
}

fn check_schema(definitions: &mut Definitions) -> Value {
    let mut schema = SHAPE.schema(definitions);
    let belongs_inside: Map<_, _> = OF_REQUEST.iter().map(|key| (key.name().to_owned(), Value::Bool(false))).collect();
    schema.insert("oneOf".into(), json!([{ "required": ["request"] }, { "required": ["steps"] }]));
    let once = json!({ "const": false, "description": "A check with side effects cannot be sent to every task." });
    let beside = json!({
        "steps": { "properties": belongs_inside },
        "side_effects": { "properties": { "direct": once } },
    });
    schema.insert("dependentSchemas".into(), beside);
    schema.into()
}

fn read_check(entry: &Entry, reader: &mut Reader<'_>) -> Option<Meaning> {
    let name = CheckName.read(&entry.key, reader);
    let field = value_of(entry, reader)?;
    reader.scope.captures.clear();
    reader.scope.captures_of_check =
        captured(&entry.value).map(|key| (key.name.clone(), reader.line(key.span))).collect();
    let fields = Fields::open(&SHAPE, field, reader)?;
    let required = fields.read_or(&REQUIRED, true, reader);
    let side_effects = fields.read_optional(&SIDE_EFFECTS, reader);
    let direct = fields.read_or(&DIRECT, false, reader);
    if direct == Some(false) {
        reader.scope.indirect.insert(entry.key.name.clone());
    }
    if direct == Some(true) && fields.has(&SIDE_EFFECTS) {
        reader.report(
            Problem::at(fields.key_span(&DIRECT), "a check with side effects cannot be sent to the tasks directly")
                .label("they would happen once for each task")
                .remedy("remove `direct`, and let it run once through the test listener"),
        );
    }
    let within = fields.read_optional(&WITHIN, reader);
    reader.scope.methods = if fields.has(&SIDE_EFFECTS) { Methods::Any } else { Methods::SafeUnlessAllowed };
    let steps = if fields.has(&STEPS) { several(&fields, reader) } else { single(&fields, reader) };
    let finally = fields.read_or(&FINALLY, Vec::new(), reader);
    reader.scope.methods = Methods::Safe;
    reader.scope.captures.clear();
    reader.scope.captures_of_check.clear();
    let line = reader.line(entry.key.span);
    fields.finish();
    let (steps, timeout) = steps?;
    let with_timeout = |steps: Vec<StepMeaning>| {
        steps.into_iter().map(|step| StepMeaning { timeout: step.timeout.or(timeout), ..step }).collect()
    };
    Some(Meaning {
        name: name?,
        line,
        required: required?,
        side_effects: side_effects?.is_some(),
        direct: direct?,
        within: within?,
        steps: with_timeout(steps),
        finally: with_timeout(finally?),
    })
}

/// `steps`, beside which nothing of a single request can stand.
fn several(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<(Vec<StepMeaning>, Option<Duration>)> {
    fields.refuse(&SINGLE, reader, |span| {
        Problem::at(span, "a check has either `request` or `steps`")
            .label("there are `steps` too")
            .remedy("make it the first of the steps")
    });
    for key in OF_REQUEST {
        fields.refuse(key, reader, |span| {
            Problem::at(span, format!("`{}` belongs to a request", key.name()))
                .label("this check has `steps`")
                .remedy("move it into the step that it is meant for")
        });
    }
    let timeout = fields.read_optional(&TIMEOUT, reader);
    let steps = fields.read(&STEPS, reader);
    steps.zip(timeout)
}

/// A single request, written into the check itself.
fn single(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<(Vec<StepMeaning>, Option<Duration>)> {
    if fields.lacks(&[REQUEST.name, STEPS.name]) {
        let problem = Problem::at(fields.span(), "the check asks nothing");
        reader.report(problem.label("needs `request` or `steps`").remedy("write for example `request: GET /health`"));
    }
    // Absent here; asked for, so that it counts as read.
    fields.field(&STEPS);
    let step = read_step(fields, reader)?;
    let timeout = step.timeout;
    Some((vec![step], timeout))
}

/// Steps in order. Never empty.
struct Steps;

impl Word for Steps {
    type Meaning = Vec<StepMeaning>;

    fn read(&self, field: Field<'_>, reader: &mut Reader<'_>) -> Option<Vec<StepMeaning>> {
        let items = items(field, reader)?;
        let read: Vec<_> = items.iter().map(|node| Step.read(Field { name: "step", node }, reader)).collect();
        read.into_iter().collect()
    }

    fn schema(&self, definitions: &mut Definitions) -> Value {
        json!({ "type": "array", "minItems": 1, "items": Step.schema(definitions) })
    }
}

/// The keys under every `capture` of a check, before it is read.
fn captured(check: &Node) -> impl Iterator<Item = &yaml::Key> {
    let requests = std::iter::once(check).chain(
        [STEPS.name, FINALLY.name]
            .into_iter()
            .filter_map(|name| check.as_mapping()?.get(name)?.as_sequence())
            .flatten(),
    );
    requests
        .filter_map(|request| request.as_mapping()?.get(CAPTURE.name)?.as_mapping())
        .flat_map(|capture| capture.entries().iter().map(|entry| &entry.key))
}

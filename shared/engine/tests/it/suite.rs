//! Suites as a team writes them, run against a server.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::Duration;

use greenlight_engine::{
    AttemptRecord, BaseUrl, CheckRecord, Deadline, Failure, Open, Progress, ReadinessRecord, Resolve, Scope, Session,
    Silent, VersionRecord,
};
use greenlight_suite::{Check, Source, Suite, parse};
use serde_json::Value;

/// The value of every secret and every environment variable.
pub(crate) const SECRET: &str = "s3cr3t-t0ken";

/// Far beyond what any test takes.
pub(crate) fn enough() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

pub(crate) fn read(yaml: &str) -> Suite {
    match parse(&Source::new("greenlight.yml", yaml)) {
        Ok(suite) => suite,
        Err(problems) => panic!("{yaml}\n{problems:?}"),
    }
}

pub(crate) fn open(suite: &Suite, url: &str) -> Session {
    open_with(suite, url, &[])
}

pub(crate) fn open_with(suite: &Suite, url: &str, facts: &[(&str, Value)]) -> Session {
    open_at(suite, url, facts, &Resolve::default())
}

/// The same, with names that are not looked up.
pub(crate) fn open_at(suite: &Suite, url: &str, facts: &[(&str, Value)], resolve: &Resolve) -> Session {
    let facts: BTreeMap<_, _> = facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let scope = Scope::build(suite, facts, &|_| Some(SECRET.into()), &BTreeMap::new()).unwrap();
    Session::open(suite, &BaseUrl::parse(url).unwrap(), scope, None, resolve).unwrap()
}

/// Runs all checks.
pub(crate) async fn run(yaml: &str, url: &str) -> Vec<CheckRecord> {
    run_until(yaml, url, enough()).await
}

pub(crate) async fn run_until(yaml: &str, url: &str, deadline: Deadline) -> Vec<CheckRecord> {
    let suite = read(yaml);
    let session = open(&suite, url);
    let checks: Vec<&Check> = suite.checks.iter().collect();
    session.run(&checks, suite.parallel, deadline, &Silent).await
}

/// Runs one check whose keys are in `yaml`, in YAML's flow style.
pub(crate) async fn check(yaml: &str, url: &str) -> CheckRecord {
    run(&format!("checks: {{ c: {{ {yaml} }} }}\n"), url).await.remove(0)
}

/// The last attempt of a check's last step.
pub(crate) fn last(record: &CheckRecord) -> &AttemptRecord {
    record.steps.last().unwrap().attempts.last().unwrap()
}

/// The one failure of a check's last attempt.
pub(crate) fn failure(record: &CheckRecord) -> &Failure {
    match last(record).failures.as_slice() {
        [failure] => failure,
        failures => panic!("one failure: {failures:?}"),
    }
}

pub(crate) async fn wait(yaml: &str, url: &str, facts: &[(&str, Value)]) -> (ReadinessRecord, Option<VersionRecord>) {
    let suite = read(yaml);
    let session = open_with(&suite, url, facts);
    session.ready(suite.ready.as_ref(), suite.version.as_ref(), &Open, enough(), &Silent).await
}

pub(crate) fn parallel(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

/// Remembers what it is told.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<String>>);

impl Told {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn add(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl Progress for Told {
    fn phase(&self, what: &str) {
        self.add(what.to_owned());
    }

    fn started(&self, check: &str) {
        self.add(format!("started {check}"));
    }

    fn finished(&self, record: &CheckRecord) {
        self.add(format!("finished {}: {}", record.name, record.outcome.word()));
    }
}

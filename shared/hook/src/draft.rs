//! What is known so far about an execution: filled in while it runs, readable at any moment.
//!
//! The engine writes from its own thread, the watchdog reads when the time is over. The lock is only ever held to copy
//! a value in or out, and the reader gives up on it rather than wait: a stuck writer must not silence the verdict.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use greenlight_deployment::Deployment;
use greenlight_engine::{CheckRecord, Progress, ReadinessRecord, VersionRecord};
use greenlight_report::{DirectRecord, GreenRecord, Mode, Phase, ReachRecord, SuiteOrigin, TaskSetRecord};

/// Everything found so far, and everything that has to be found for a `Succeeded`.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Whether the verdict follows the evidence.
    pub mode: Mode,
    /// What AWS said about the deployment.
    pub deployment: Option<Deployment>,
    /// Which suite is run.
    pub suite: Option<SuiteOrigin>,
    /// Where requests are sent.
    pub target: Option<String>,
    /// What has to be proven.
    pub demands: Demands,
    /// Green's task set, once judged.
    pub task_set: Option<TaskSetRecord>,
    /// Who green is, and what says that it answered.
    pub green: GreenRecord,
    /// Whether the test listener can be reached, once that was looked at.
    pub reach: Option<ReachRecord>,
    /// Green's tasks that were asked one by one.
    pub direct: Vec<DirectRecord>,
    /// How green became ready, once it did or did not.
    pub readiness: Option<ReadinessRecord>,
    /// Which revision answered, once known.
    pub version: Option<VersionRecord>,
    /// The checks that have ended.
    pub checks: Vec<CheckRecord>,
    /// What by itself forbids a `Succeeded`: the first is the reason.
    pub problems: Vec<String>,
    /// What could not be proven, and why.
    pub unproven: Vec<String>,
    /// What should be looked at.
    pub warnings: Vec<String>,
    /// The parts that have ended.
    pub phases: Vec<Phase>,
    /// What is being done now.
    pub doing: String,
    /// How much has been said about it.
    pub talk: Talk,
}

/// Bounds what is written about progress: whoever answers decides how often it changes.
#[derive(Debug, Clone, Default)]
pub struct Talk {
    lines: u32,
    last: Option<Instant>,
}

impl Talk {
    /// Lines that are written at once.
    const FIRST: u32 = 8;
    /// Pause between two lines after those.
    const PAUSE: Duration = Duration::from_secs(10);

    fn may_go_on(&mut self) -> bool {
        let may = self.lines < Self::FIRST || self.last.is_none_or(|last| last.elapsed() >= Self::PAUSE);
        if may {
            self.lines += 1;
            self.last = Some(Instant::now());
        }
        may
    }
}

/// What has to be proven for a `Succeeded`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each demand stands by itself, and a hook makes any of them")]
pub struct Demands {
    /// Green's task set is steady.
    pub task_set: bool,
    /// The test listener can be reached.
    pub reach: bool,
    /// Each of green's tasks answers.
    pub direct: bool,
    /// It is green that answers, by AWS's word or by a marker in the answers.
    pub green: bool,
    /// Green answers steadily.
    pub readiness: bool,
    /// The answers bear green's marker.
    pub version: bool,
    /// These checks, in the order of the suite.
    pub checks: Vec<PlannedCheck>,
}

/// A check of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCheck {
    /// Its name.
    pub name: String,
    /// Whether it decides the verdict.
    pub required: bool,
}

impl Draft {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            deployment: None,
            suite: None,
            target: None,
            demands: Demands::default(),
            task_set: None,
            green: GreenRecord::default(),
            reach: None,
            direct: Vec::new(),
            readiness: None,
            version: None,
            checks: Vec::new(),
            problems: Vec::new(),
            unproven: Vec::new(),
            warnings: Vec::new(),
            phases: Vec::new(),
            doing: "starting".to_owned(),
            talk: Talk::default(),
        }
    }

    /// Names of the planned checks that have not ended.
    #[must_use]
    pub fn unfinished(&self) -> Vec<String> {
        let ended = |name: &str| self.checks.iter().any(|record| record.name == name);
        self.demands.checks.iter().filter(|check| !ended(&check.name)).map(|check| check.name.clone()).collect()
    }
}

/// A draft that one thread writes and another may read.
#[derive(Debug, Clone)]
pub struct Board(Arc<Mutex<Draft>>);

impl Board {
    /// A board with nothing on it.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self(Arc::new(Mutex::new(Draft::new(mode))))
    }

    /// Writes. `change` must not block.
    pub fn update(&self, change: impl FnOnce(&mut Draft)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether something forbids a `Succeeded` already.
    #[must_use]
    pub fn has_problems(&self) -> bool {
        !self.0.lock().unwrap_or_else(PoisonError::into_inner).problems.is_empty()
    }

    /// Does one named part of the work and notes how long it took.
    pub async fn phase<T>(&self, name: &str, work: impl Future<Output = T>) -> T {
        let started = Instant::now();
        self.update(|draft| name.clone_into(&mut draft.doing));
        let result = work.await;
        self.update(|draft| draft.phases.push(Phase { name: name.to_owned(), duration: started.elapsed() }));
        result
    }

    /// A copy of what is there, or `None` when the writer does not let go.
    #[must_use]
    pub fn snapshot(&self) -> Option<Draft> {
        for _ in 0..20 {
            match self.0.try_lock() {
                Ok(draft) => return Some(draft.clone()),
                Err(std::sync::TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner().clone()),
                Err(std::sync::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        None
    }
}

impl Progress for Board {
    fn phase(&self, what: &str) {
        let mut told = true;
        self.update(|draft| {
            what.clone_into(&mut draft.doing);
            told = draft.talk.may_go_on();
        });
        if told {
            tracing::info!(what, "progress");
        }
    }

    fn started(&self, check: &str) {
        tracing::debug!(check, "check started");
        self.update(|draft| draft.doing = format!("running check `{check}`"));
    }

    fn finished(&self, record: &CheckRecord) {
        tracing::debug!(check = record.name, outcome = record.outcome.word(), "check finished");
        let record = record.clone();
        self.update(|draft| draft.checks.push(record));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_that_never_lets_go_does_not_hold_up_the_reader() {
        let board = Board::new(Mode::Enforce);
        let (held, release) = (board.clone(), std::sync::Arc::new(std::sync::Barrier::new(2)));
        let barrier = release.clone();
        let (sender, receiver) = std::sync::mpsc::channel();
        let writer = std::thread::spawn(move || {
            held.update(|_| {
                sender.send(()).unwrap();
                barrier.wait();
            });
        });
        receiver.recv().unwrap();
        assert!(board.snapshot().is_none());
        release.wait();
        writer.join().unwrap();
        assert!(board.snapshot().is_some());
    }

    #[test]
    fn an_application_that_answers_differently_every_time_does_not_flood_the_log() {
        let mut talk = Talk::default();
        assert_eq!((0..1_000).filter(|_| talk.may_go_on()).count(), 8);
    }

    #[test]
    fn a_writer_that_panicked_leaves_the_board_readable() {
        let board = Board::new(Mode::Enforce);
        let writer = board.clone();
        let _ = std::thread::spawn(move || writer.update(|_| panic!("in the middle"))).join();
        assert!(board.snapshot().is_some());
        board.update(|draft| draft.warnings.push("still writable".into()));
    }
}

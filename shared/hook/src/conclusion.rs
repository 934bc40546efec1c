//! The verdict: `Failed` from the start, raised to `Succeeded` in one place, by evidence.
//!
//! The only way to a conclusion that says `Succeeded` is [`Conclusion::raise`], which wants [`Evidence`]; the only way
//! to [`Evidence`] is [`Evidence::of`], which looks at everything that was demanded and everything that was found.

use greenlight_deployment::Verdict;
use greenlight_engine::{CheckRecord, FailureKind, Outcome};
use greenlight_report::{DirectRecord, Mode};

use crate::draft::Draft;

/// The judgement of one execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    judged: Verdict,
    mode: Mode,
    reason: String,
}

impl Conclusion {
    /// What holds until there is evidence.
    #[must_use]
    pub fn failed(mode: Mode, reason: impl Into<String>) -> Self {
        Self { judged: Verdict::Failed, mode, reason: bounded(reason.into()) }
    }

    /// Judges what was found by an execution that came to its end.
    #[must_use]
    pub fn of(draft: &Draft) -> Self {
        let conclusion = Self::failed(draft.mode, "did not finish");
        match Evidence::of(draft) {
            Ok(evidence) => conclusion.raise(evidence),
            Err(reason) => Self { reason: bounded(reason), ..conclusion },
        }
    }

    fn raise(self, evidence: Evidence) -> Self {
        Self { judged: Verdict::Succeeded, reason: bounded(evidence.summary), ..self }
    }

    /// What the evidence says.
    #[must_use]
    pub fn judged(&self) -> Verdict {
        self.judged
    }

    /// What is reported: in observe mode `Succeeded`, whatever was judged.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.mode {
            Mode::Enforce => self.judged,
            Mode::Observe => Verdict::Succeeded,
        }
    }

    /// Whether the verdict follows the evidence.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// Proof that green is fit: everything that was demanded was found, and it was not nothing.
#[derive(Debug)]
struct Evidence {
    summary: String,
}

impl Evidence {
    /// Looks for whatever speaks against `Succeeded`, the most telling first.
    fn of(draft: &Draft) -> Result<Self, String> {
        if let Some(problem) = draft.problems.first() {
            return Err(and_more(problem, draft.problems.len() - 1, "problem", ""));
        }
        let mut proven = Vec::new();
        if draft.demands.task_set {
            let record = draft.task_set.as_ref();
            demand(record.map(|record| (record.outcome, record.reason.as_deref())), "green's task set was not judged")?;
            let tasks = record.and_then(|record| record.green.as_ref()).map_or(0, |green| green.running);
            let targets = draft.green.targets.iter().filter(|target| target.state != "draining");
            let targets: Vec<&str> = targets.map(|target| target.state.as_str()).collect();
            let healthy = targets.iter().filter(|state| **state == "healthy").count();
            // None is healthy as long as nobody checks them: no listener uses the group yet.
            let health =
                if healthy == 0 { String::new() } else { format!(", {healthy} of {} targets healthy", targets.len()) };
            proven.push(format!("green's task set is steady with {tasks} tasks running{health}"));
        }
        if draft.demands.reach {
            let record = draft.reach.as_ref().map(|record| (record.outcome, record.reason.as_deref()));
            demand(record, "whether the test listener can be reached was not found out")?;
        }
        if draft.demands.direct {
            proven.push(Self::of_tasks(draft)?);
        }
        if draft.demands.readiness {
            let record = draft.readiness.as_ref().map(|record| (record.outcome, record.reason.as_deref()));
            demand(record, "readiness was not judged").map_err(|reason| with_unrun(&reason, draft))?;
        }
        let listener = if draft.demands.green { Self::of_listener(draft)? } else { None };
        if draft.demands.version {
            let record = draft.version.as_ref();
            demand(record.map(|record| (record.outcome, record.reason.as_deref())), "the version was not proven")?;
            proven.extend(record.map(|it| match draft.green.share {
                Some(share) => {
                    format!("version `{}` proven by {} of {} answers", it.expected, share.green, share.all())
                }
                None => format!("version `{}` proven by {} answers", it.expected, it.samples),
            }));
        }
        proven.extend(Self::of_checks(draft)?);
        if proven.is_empty() {
            // That green is asked proves nothing about what it answers.
            return Err("nothing was checked: the suite has no checks for this hook and no version to prove".to_owned());
        }
        proven.extend(listener);
        Ok(Self { summary: proven.join("; ") })
    }

    /// It was green that answered: by AWS's own word, or by the marker in the answers where AWS's word is not to be had.
    /// AWS's word against it stands against any marker.
    fn of_listener(draft: &Draft) -> Result<Option<String>, String> {
        let half = draft.green.control_plane.as_ref();
        match half.map(|half| (half.outcome, &half.said)) {
            Some((Outcome::Pass, said)) => Ok(Some(said.clone())),
            Some((Outcome::Inconclusive, said)) if draft.demands.version => {
                let same = draft.version.as_ref().filter(|record| record.is_blues_too());
                match same {
                    None => Ok(None),
                    Some(record) => Err(format!(
                        "it was not proven that green answered: {said}, and blue's marker is `{}` too",
                        record.expected
                    )),
                }
            }
            Some((Outcome::Inconclusive, said)) => Err(format!(
                "it was not proven that green answered: {said}, and marker: none configured (name a `version` in the suite, or allow what was denied)"
            )),
            Some((_, said)) => Err(said.clone()),
            None => Err("it was not proven that green answered: the listeners were not looked at".to_owned()),
        }
    }

    /// Every task answered every required check as expected, and there is a task and a required check.
    fn of_tasks(draft: &Draft) -> Result<String, String> {
        let tasks = &draft.direct;
        let required = |task: &DirectRecord| task.checks.iter().filter(|check| check.required).count();
        if tasks.is_empty() || tasks.iter().any(|task| required(task) == 0) {
            return Err("green's tasks were not asked: no required check is `direct`".to_owned());
        }
        let answered = tasks.iter().filter(|task| task.passed()).count();
        let count = format!("{answered} of {} tasks answered", tasks.len());
        let bad = tasks.iter().flat_map(|task| task.checks.iter().map(move |check| (task, check)));
        match bad
            .filter(|(_, check)| check.required && check.outcome != Outcome::Pass)
            .max_by_key(|(_, check)| check.outcome)
        {
            None => Ok(count),
            Some((task, check)) => {
                let reason = check.reason.as_deref().unwrap_or(check.outcome.word());
                Err(format!("task {}: check `{}`: {reason} ({count} as expected)", task.task, check.name))
            }
        }
    }

    /// Every planned check has a record, every required one passed, and there is a required one if there is any.
    fn of_checks(draft: &Draft) -> Result<Option<String>, String> {
        let planned = &draft.demands.checks;
        if planned.is_empty() {
            return Ok(None);
        }
        let required: Vec<_> = planned.iter().filter(|check| check.required).collect();
        if required.is_empty() {
            return Err(format!(
                "nothing required was checked: all {} checks are advisory (`required: false`)",
                planned.len()
            ));
        }
        let records: Vec<Option<&CheckRecord>> =
            required.iter().map(|check| draft.checks.iter().find(|record| record.name == check.name)).collect();
        let unfinished: Vec<&str> = required
            .iter()
            .zip(&records)
            .filter(|(_, record)| record.is_none_or(is_unfinished))
            .map(|(check, _)| check.name.as_str())
            .collect();
        let mut bad: Vec<&CheckRecord> =
            records.iter().flatten().copied().filter(|record| record.outcome != Outcome::Pass).collect();
        bad.sort_by_key(|record| (is_unfinished(record), std::cmp::Reverse(record.outcome)));
        if let Some(worst) = bad.first().filter(|record| !is_unfinished(record)) {
            let reason = worst.reason.as_deref().unwrap_or(worst.outcome.word());
            let sentence = format!("check `{}`: {reason}", worst.name);
            return Err(and_more(&sentence, bad.len() - 1, "check", " did not pass"));
        }
        if !unfinished.is_empty() {
            let last =
                records.iter().flatten().find(|record| is_unfinished(record) && record.outcome != Outcome::Skipped);
            let last = last.and_then(|record| Some(format!("; `{}`: {}", record.name, record.reason.as_deref()?)));
            return Err(format!(
                "the time was over with unfinished checks: {}{}",
                listed(&unfinished),
                last.unwrap_or_default()
            ));
        }
        let advisory = planned.len() - required.len();
        let beside = if advisory == 0 { String::new() } else { format!(" ({advisory} advisory beside)") };
        Ok(Some(format!("{} of {} checks passed{beside}", required.len(), required.len())))
    }
}

fn demand(record: Option<(Outcome, Option<&str>)>, missing: &str) -> Result<(), String> {
    match record {
        Some((Outcome::Pass, _)) => Ok(()),
        Some((outcome, reason)) => Err(reason.unwrap_or(outcome.word()).to_owned()),
        None => Err(missing.to_owned()),
    }
}

/// Whether the time, and not an answer, ended a check.
pub(crate) fn is_unfinished(record: &CheckRecord) -> bool {
    let by_deadline = |step: &greenlight_engine::StepRecord| {
        let last = step.attempts.last().into_iter().flat_map(|attempt| &attempt.failures);
        last.chain(&step.problem).any(|failure| failure.kind == FailureKind::Deadline)
    };
    record.outcome == Outcome::Skipped || record.steps.last().is_some_and(by_deadline)
}

fn and_more(sentence: &str, more: usize, what: &str, tail: &str) -> String {
    match more {
        0 => sentence.to_owned(),
        1 => format!("{sentence} (and 1 more {what}{tail})"),
        _ => format!("{sentence} (and {more} more {what}s{tail})"),
    }
}

fn with_unrun(reason: &str, draft: &Draft) -> String {
    let ran = |name: &str| draft.checks.iter().any(|record| record.name == name && record.outcome != Outcome::Skipped);
    let unrun: Vec<&str> =
        draft.demands.checks.iter().map(|check| check.name.as_str()).filter(|name| !ran(name)).collect();
    if unrun.is_empty() { reason.to_owned() } else { format!("{reason}; checks not run: {}", listed(&unrun)) }
}

/// Names in a sentence: the first ten, and how many more there are.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 10;
    let shown = names.iter().take(SHOWN).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A reason is read in one line of a log.
fn bounded(reason: String) -> String {
    const LONGEST: usize = 2_000;
    match reason.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason,
    }
}

#[cfg(test)]
mod tests;

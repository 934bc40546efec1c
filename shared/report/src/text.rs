//! The report as lines for a terminal or a log viewer.
//!
//! One line for each thing that was judged, the reason below what did not pass, the verdict last.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use greenlight_deployment::Verdict;
use greenlight_engine::{CheckRecord, Outcome, duration};

use crate::green::{DirectRecord, GreenRecord};
use crate::report::{Mode, Report};

/// Whether escape sequences for colour are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// They are.
    Always,
    /// They are not.
    Never,
}

impl Colour {
    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Always => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Never => text.to_owned(),
        }
    }

    fn outcome(self, outcome: Outcome, width: usize) -> String {
        let word = format!("{:<width$}", outcome.word().to_uppercase());
        match outcome {
            Outcome::Pass => self.paint("32", &word),
            Outcome::Skipped | Outcome::Inconclusive => self.paint("33", &word),
            Outcome::Error | Outcome::Fail => self.paint("31", &word),
        }
    }
}

/// The whole report.
#[must_use]
pub fn text(report: &Report, colour: Colour) -> String {
    let mut rows = Vec::new();
    if let Some(record) = &report.task_set {
        let tasks = record.green.as_ref().map_or_else(
            || "green's task set was not seen".to_owned(),
            |set| format!("{} of {} tasks running", set.running, set.desired),
        );
        rows.push(Row::new(record.outcome, None, "task set", tasks, record.reason.as_deref()));
    }
    if let Some(record) = &report.reach {
        rows.push(Row::new(record.outcome, None, "reach", record.target.clone(), record.reason.as_deref()));
    }
    rows.extend(direct(&report.direct));
    if let Some(half) = report.green.as_ref().and_then(|green| green.control_plane.as_ref()) {
        rows.push(Row::new(half.outcome, None, "listener", half.said.clone(), None));
    }
    if let Some(record) = &report.readiness {
        let what = format!(
            "{}  {} of {} good answers in a row, {}",
            record.requests.join(", "),
            record.good,
            record.consecutive,
            counted(record.polls as usize, "poll")
        );
        rows.push(Row::new(record.outcome, Some(record.duration), "ready", what, record.reason.as_deref()));
    }
    if let Some(record) = &report.version {
        let what = match &record.observed {
            Some(observed) => {
                format!("{}  answered `{observed}`, {}", record.request, counted(record.samples as usize, "sample"))
            }
            None => record.request.clone(),
        };
        rows.push(Row::new(record.outcome, None, "version", what, record.reason.as_deref()));
    }
    for check in &report.checks {
        rows.push(Row::new(check.outcome, Some(check.duration), &check.name, summary(check), check.reason.as_deref()));
    }

    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).min(40);
    let mut out = String::new();
    let heads = report.green.as_ref().map(about).into_iter().flatten().chain(report.target.clone());
    let heads: Vec<String> = heads.collect();
    if !heads.is_empty() {
        let _ = writeln!(out, "{}\n", heads.join("\n"));
    }
    for row in rows {
        row.write(&mut out, width, colour);
    }
    let shown: BTreeSet<&str> = report.checks.iter().map(|check| check.name.as_str()).collect();
    let unfinished = report.unfinished.iter().map(String::as_str).filter(|name| !shown.contains(name));
    let unfinished: Vec<&str> = unfinished.collect();
    if !unfinished.is_empty() {
        let _ = writeln!(out, "  {} {}", colour.paint("31", "unfinished:"), unfinished.join(", "));
    }
    for text in &report.unproven {
        let _ = writeln!(out, "  {} {text}", colour.paint("33", "not proven:"));
    }
    for text in &report.warnings {
        let _ = writeln!(out, "  {} {text}", colour.paint("33", "warning:"));
    }
    if let Some(text) = &report.left_out {
        let _ = writeln!(out, "  {} {text}", colour.paint("33", "left out:"));
    }
    let _ = writeln!(out, "{}", verdict_line(report, colour));
    out
}

/// Who green is, and how its targets stand.
fn about(green: &GreenRecord) -> Option<String> {
    let short = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
    let mut parts: Vec<String> = green.task_definition.as_deref().map(short).into_iter().collect();
    parts.extend(green.images.iter().cloned());
    let targets: Vec<&str> = green.targets.iter().map(|target| target.state.as_str()).collect();
    let (healthy, leaving) =
        ["healthy", "draining"].map(|wanted| targets.iter().filter(|state| **state == wanted).count()).into();
    if targets.len() > leaving {
        parts.push(format!("{healthy} of {} healthy", counted(targets.len() - leaving, "target")));
    }
    parts.extend(green.marker.as_ref().map(|marker| format!("marker: {marker}")));
    (!parts.is_empty()).then(|| format!("green: {}", parts.join(", ")))
}

/// One row for all tasks, with what was wrong at each that did not answer as expected.
fn direct(tasks: &[DirectRecord]) -> Option<Row<'static>> {
    let required = tasks.iter().flat_map(|task| &task.checks).filter(|check| check.required);
    let worst = Outcome::worst(required.map(|check| check.outcome))?;
    let answered = tasks.iter().filter(|task| task.passed()).count();
    let what = format!("{answered} of {} answered", counted(tasks.len(), "task"));
    Some(Row::new(worst, None, "direct", what, None))
}

fn verdict_line(report: &Report, colour: Colour) -> String {
    let code = match report.verdict {
        Verdict::Succeeded => "1;32",
        Verdict::Failed => "1;31",
    };
    let verdict = colour.paint(code, &format!("verdict {}", report.verdict));
    let observed = match report.mode {
        Mode::Observe if report.judged != report.verdict => {
            format!(" (observe mode; the evidence says {})", report.judged)
        }
        _ => String::new(),
    };
    format!("{verdict}{observed} after {}: {}", duration(report.duration), report.reason)
}

struct Row<'a> {
    outcome: Outcome,
    duration: Option<Duration>,
    name: &'a str,
    what: String,
    reason: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn new(outcome: Outcome, duration: Option<Duration>, name: &'a str, what: String, reason: Option<&'a str>) -> Self {
        Self { outcome, duration, name, what, reason }
    }

    fn write(&self, out: &mut String, width: usize, colour: Colour) {
        let length = self.duration.map(duration).unwrap_or_default();
        let word = colour.outcome(self.outcome, Outcome::Skipped.word().len());
        let _ = writeln!(out, "  {word}  {length:>6}  {:<width$}  {}", self.name, self.what);
        if let Some(reason) = self.reason {
            for line in reason.lines() {
                let _ = writeln!(out, "{:19}{line}", "");
            }
        }
    }
}

/// The requests of a check, how often they were sent, and whether it is only advisory.
fn summary(check: &CheckRecord) -> String {
    let requests: Vec<_> = check.steps.iter().map(|step| step.request.as_str()).collect();
    let mut summary = match requests.as_slice() {
        [] if check.outcome == Outcome::Skipped => String::from("nothing was sent"),
        [] => String::from("(its steps were left out)"),
        [one] => (*one).to_owned(),
        [first, rest @ ..] => format!("{first} and {}", counted(rest.len(), "more step")),
    };
    if check.steps.iter().chain(&check.finally).any(|step| step.attempts_made() > 1) {
        let _ = write!(summary, "  ({} attempts)", check.attempts());
    }
    if !check.required {
        summary.push_str("  (advisory)");
    }
    summary
}

/// A number and what it is a number of: `1 check`, `2 checks`.
#[must_use]
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;

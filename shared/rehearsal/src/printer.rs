//! How a person reads a rehearsal: one line a step, and what CodeDeploy did at the end.
//!
//! Only text is made here; where it goes, and whether there is a terminal, is the caller's to know.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use crate::event::Event;
use crate::record::{DeploymentStatus, Invocation, InvocationEnding, LogLine, Opening, Outcome, Step, StepStatus};

/// Lines of a function's log that are shown when one of its attempts went wrong.
const LAST_LINES: usize = 8;

/// Makes text of events.
#[derive(Debug)]
pub struct Printer {
    color: bool,
    verbose: bool,
    recent: HashMap<String, VecDeque<String>>,
}

impl Printer {
    /// `color` for a terminal; `verbose` to show what the functions write, as they write it.
    #[must_use]
    pub fn new(color: bool, verbose: bool) -> Self {
        Self { color, verbose, recent: HashMap::new() }
    }

    /// The event as lines with their ends, or nothing when there is nothing to say about it.
    #[must_use]
    pub fn print(&mut self, event: &Event) -> String {
        match event {
            Event::Began(opening) => begun(opening),
            Event::StepBegan(_) => String::new(),
            Event::Logged(line) => self.logged(line),
            Event::Invoked(invocation) => self.invocation(invocation),
            Event::StepEnded(step) => self.step(step),
            Event::RollbackBegan { deployment_id } => {
                format!("\n  CodeDeploy rolls back with deployment {deployment_id}, and asks its hooks\n")
            }
            Event::Holding(time) => {
                format!("  holding for {}: ask both listeners, or Ctrl-C to stop\n", short(*time))
            }
            Event::Ended(outcome) => self.outcome(outcome),
        }
    }

    fn step(&self, step: &Step) -> String {
        let (word, color) = match step.status {
            StepStatus::Skipped => ("skipped", Color::Dim),
            StepStatus::Succeeded if step.function.is_none() => ("done", Color::None),
            StepStatus::Succeeded => ("Succeeded", Color::Green),
            StepStatus::Failed => ("Failed", Color::Red),
        };
        let mut text = format!("  {:<23} {}", step.event, self.paint(color, &format!("{word:<9}")));
        // CodeDeploy's own work is done at once here, which says nothing of how long it takes there.
        let is_instant = step.duration < Duration::from_millis(1);
        let duration = if is_instant { String::new() } else { short(step.duration) };
        write!(text, " {duration:>5}").unwrap_or_default();
        if !step.detail.is_empty() {
            let indented = printable(&step.detail).replace('\n', &format!("\n{:44}", ""));
            write!(text, "   {indented}").unwrap_or_default();
        }
        let mut text = text.trim_end().to_owned();
        text.push('\n');
        for line in notes(step) {
            text.push_str(&self.paint(Color::Yellow, &format!("{:44}{}", "", printable(&line))));
            text.push('\n');
        }
        text
    }

    fn invocation(&mut self, invocation: &Invocation) -> String {
        let (what, show_log) = match &invocation.ending {
            InvocationEnding::Returned { .. } => return String::new(),
            InvocationEnding::Killed => ("was killed by the rehearsal".to_owned(), false),
            InvocationEnding::TimedOut => {
                (format!("was killed: its time of {} was over", short(invocation.duration)), true)
            }
            InvocationEnding::Exited { status } => (format!("ended without an answer: {status}"), true),
            InvocationEnding::NotStarted { why } => (format!("did not start: {why}"), true),
            InvocationEnding::Error { error } => {
                let message = error["errorMessage"].as_str().map_or_else(|| error.to_string(), str::to_owned);
                (format!("returned an error: {message}"), true)
            }
        };
        let next = match invocation.retry_after {
            Some(wait) => format!("Lambda tries again after {} min, here {}", invocation.attempt, short(wait)),
            None => "Lambda gives up".to_owned(),
        };
        let line = format!("attempt {} of {} {what}; {next}", invocation.attempt, invocation.function);
        let line = printable(&line);
        let mut text = format!("    {}\n", self.paint(Color::Yellow, &line));
        let recent = self.recent.remove(&invocation.function).unwrap_or_default();
        if show_log && !self.verbose {
            for line in recent {
                text.push_str(&self.paint(Color::Dim, &format!("      | {line}")));
                text.push('\n');
            }
        }
        text
    }

    fn logged(&mut self, log: &LogLine) -> String {
        if self.verbose {
            return format!("{}\n", self.paint(Color::Dim, &format!("      | {}", readable(&log.line))));
        }
        let recent = self.recent.entry(log.function.clone()).or_default();
        if recent.len() == LAST_LINES {
            recent.pop_front();
        }
        recent.push_back(readable(&log.line));
        String::new()
    }

    fn outcome(&self, outcome: &Outcome) -> String {
        let serves = printable(&outcome.production.text);
        let after = short(outcome.duration);
        let verdict = match outcome.status {
            DeploymentStatus::Succeeded => self.paint(Color::Green, "Succeeded"),
            DeploymentStatus::Failed => self.paint(Color::Red, "Failed"),
        };
        let mut text = format!("\nDeployment {verdict} after {after}");
        if let Some(rollback) = &outcome.rollback_deployment_id {
            write!(text, "; CodeDeploy rolled it back with {rollback}").unwrap_or_default();
        }
        if outcome.status == DeploymentStatus::Succeeded {
            text.push_str("; blue is deleted");
        }
        write!(text, "; production serves {serves}").unwrap_or_default();
        if let Some(group) = &outcome.production.target_group {
            write!(text, " ({group})").unwrap_or_default();
        }
        text.push('\n');
        if let Some(error) = &outcome.error {
            writeln!(text, "  {}: {}", error.code, error.message).unwrap_or_default();
        }
        text
    }

    fn paint(&self, color: Color, text: &str) -> String {
        let code = match color {
            _ if !self.color => return text.to_owned(),
            Color::None => return text.to_owned(),
            Color::Dim => "2",
            Color::Red => "1;31",
            Color::Green => "32",
            Color::Yellow => "33",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// What a function's report says beside its reason: a verdict that was not meant, what was not proven, what to look at.
fn notes(step: &Step) -> Vec<String> {
    let Some(report) = &step.report else { return Vec::new() };
    let list = |name: &str| report[name].as_array().cloned().unwrap_or_default();
    let texts = |name: &str, label: &str| -> Vec<String> {
        list(name).iter().filter_map(Value::as_str).map(|text| format!("{label}: {text}")).collect()
    };
    let judged = report["judged"].as_str().filter(|judged| report["verdict"].as_str() != Some(*judged));
    let observed = judged.map(|judged| format!("observe mode: the evidence says {judged}"));
    observed.into_iter().chain(texts("unproven", "not proven")).chain(texts("warnings", "warning")).collect()
}

fn begun(opening: &Opening) -> String {
    let mut text = format!(
        "Deployment {} of {} to green {}\n  production  http://{}\n  test        http://{}\n",
        opening.deployment_id, opening.application, opening.green, opening.production, opening.test
    );
    if !opening.faults.is_empty() {
        let faults: Vec<_> =
            opening.faults.iter().map(|fault| format!("{} ({})", fault.name(), fault.about())).collect();
        writeln!(text, "  faults      {}", faults.join(", ")).unwrap_or_default();
    }
    text.push('\n');
    text
}

/// A line of a log as a person reads it. Functions log JSON objects: of those, the level, the message and every field
/// that is short enough; whole reports and times are in the record.
fn readable(line: &str) -> String {
    const LONGEST_FIELD: usize = 200;
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else { return printable(line) };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut shown = format!("{:<5} {}", text("level"), text("message"));
    for (name, value) in &fields {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let is_known = matches!(name.as_str(), "timestamp" | "level" | "message" | "target");
        if !is_known && value.len() <= LONGEST_FIELD {
            write!(shown, "  {name}={value}").unwrap_or_default();
        }
    }
    printable(&shown)
}

/// Servers and functions write what they like; nothing of it may steer the terminal.
fn printable(text: &str) -> String {
    let shown = |character: char| {
        let is_harmless = !character.is_control() || character == '\n';
        if is_harmless { character } else { char::REPLACEMENT_CHARACTER }
    };
    text.chars().map(shown).collect()
}

#[derive(Clone, Copy)]
enum Color {
    None,
    Dim,
    Red,
    Green,
    Yellow,
}

/// Milliseconds below a second, where they say more.
fn short(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{}ms", duration.as_millis())
    } else {
        format!("{:.1}s", duration.as_secs_f64())
    }
}

#[cfg(test)]
mod tests;

//! Keeps a report within a number of bytes, by leaving out what tells least.
//!
//! What a function returns and what a log takes as one event are bounded; beyond that the whole of it is lost, and
//! Lambda takes the execution for failed and repeats it. So attempts go first and names last.
//!
//! Everything is measured when it changes, and a check changes a handful of times at most, so the cost grows with the
//! report's size and not with the number of things left out.

mod measure;
mod sentence;

use std::cmp::Reverse;

use greenlight_engine::{CheckRecord, Outcome, StepRecord};
use serde::Serialize;

use self::measure::{cut, json_size};
use self::sentence::{LeftOut, Lost};
use crate::report::Report;

impl Report {
    /// What every report can be made to fit into, whatever is in it.
    pub const SMALLEST: usize = 8 * 1024;

    /// With as much left out as is needed for its JSON to have at most `max_bytes`, written without line breaks. What
    /// was left out is said in [`Report::left_out`]. A report that fits already is not changed.
    ///
    /// In this order, and only as far as needed: attempts of checks that passed, all but the last attempt of the
    /// others, steps of checks that passed, those checks altogether, attempts of the others, advisory checks, steps of
    /// required ones, the ends of long lists and of long texts, and at last required checks that did not pass. Verdict,
    /// mode, hook, execution, deployment and the beginning of the reason always stay. With less than
    /// [`Report::SMALLEST`] it may be larger than asked for.
    #[must_use]
    pub fn fit(self, max_bytes: usize) -> Self {
        let size = json_size(&self);
        if size <= max_bytes { self } else { Fitting::new(self, size, max_bytes).run() }
    }
}

/// Entries of a list that are kept as long as there is anything else to leave out.
const FIRST_ENTRIES: usize = 10;
/// Bytes of a text that are kept; of the report's reason always.
const TEXT: usize = 2 * 1024;
/// Bytes of any other text that are kept while there are checks to leave out.
const SHORT_TEXT: usize = 512;
/// Bytes of any other text that are kept in any case.
const SHORTEST_TEXT: usize = 128;

struct Fitting {
    report: Report,
    /// Bytes of the report's JSON, or a few more.
    size: usize,
    /// Bytes that it may have beside the sentence about what was left out.
    goal: usize,
    /// Checks that are still in it.
    kept: usize,
    left_out: LeftOut,
}

impl Fitting {
    fn new(report: Report, size: usize, max_bytes: usize) -> Self {
        Self {
            size,
            goal: max_bytes.saturating_sub(LeftOut::LONGEST),
            kept: report.checks.len(),
            left_out: LeftOut::new(report.checks.len(), max_bytes),
            report,
        }
    }

    fn run(mut self) -> Report {
        let checks = &self.report.checks;
        let (mut passed, mut others): (Vec<usize>, Vec<usize>) =
            (0..checks.len()).partition(|&index| checks[index].outcome == Outcome::Pass);
        // Each begins with what tells least.
        passed.reverse();
        others.sort_by_key(|&index| {
            let check = &checks[index];
            (check.required, check.outcome != Outcome::Skipped, Reverse(index))
        });
        let but_first = others.split_last().map_or(&[][..], |(_, rest)| rest);
        let required = but_first.partition_point(|&index| !checks[index].required);
        let (advisory, required) = but_first.split_at(required);

        self.change(&passed, Lost::Attempts, |check| keep_attempts(check, 0));
        self.change(&others, Lost::Attempts, |check| keep_attempts(check, 1));
        self.change(&passed, Lost::Steps, without_steps);
        self.remove(&passed);
        self.change(&others, Lost::Attempts, |check| keep_attempts(check, 0));
        self.remove(advisory);
        self.change(&others, Lost::Steps, without_steps);
        self.shorten_lists(FIRST_ENTRIES);
        self.cut_texts(TEXT);
        self.cut_texts(SHORT_TEXT);
        self.remove(required);
        self.shorten_lists(0);
        self.cut_texts(SHORTEST_TEXT);
        self.remove(&others);
        self.finish()
    }

    fn fits(&self) -> bool {
        self.size <= self.goal
    }

    /// Changes one check after the other until the report fits. `change` says whether it found something to do.
    fn change(&mut self, order: &[usize], lost: Lost, change: impl Fn(&mut CheckRecord) -> bool) {
        for &index in order {
            if self.fits() {
                return;
            }
            if self.left_out.check(index) == Lost::Check {
                continue;
            }
            let check = &mut self.report.checks[index];
            let before = json_size(check);
            if change(check) {
                self.size = (self.size + json_size(check)).saturating_sub(before);
                self.left_out.note_check(index, lost);
            }
        }
    }

    /// Leaves out one check after the other until the report fits.
    fn remove(&mut self, order: &[usize]) {
        for &index in order {
            if self.fits() {
                return;
            }
            if self.left_out.check(index) < Lost::Check {
                let comma = usize::from(self.kept > 1);
                self.size = self.size.saturating_sub(json_size(&self.report.checks[index]) + comma);
                self.kept -= 1;
                self.left_out.note_check(index, Lost::Check);
            }
        }
    }

    fn shorten_lists(&mut self, keep: usize) {
        let Self { report, size, goal, left_out, .. } = self;
        if let Some(readiness) = &mut report.readiness {
            left_out.note("readiness observation", shorten(&mut readiness.not_yet, keep, size, *goal));
            if *size > *goal
                && let Some(last) = readiness.last.take()
            {
                *size = size.saturating_sub(json_size(&last));
                left_out.note("readiness attempt", 1);
            }
            left_out.note("address", shorten(&mut readiness.addresses, keep, size, *goal));
            left_out.note("address", shorten(&mut readiness.unreached, keep, size, *goal));
            left_out.note("readiness request", shorten(&mut readiness.requests, keep, size, *goal));
        }
        left_out.note("directly asked task", shorten(&mut report.direct, keep, size, *goal));
        if let Some(green) = &mut report.green {
            left_out.note("target", shorten(&mut green.targets, keep, size, *goal));
            left_out.note("image", shorten(&mut green.images, keep, size, *goal));
        }
        left_out.note("phase", shorten(&mut report.phases, keep, size, *goal));
        left_out.note("unfinished check", shorten(&mut report.unfinished, keep, size, *goal));
        left_out.note("warning", shorten(&mut report.warnings, keep, size, *goal));
        left_out.note("unproven thing", shorten(&mut report.unproven, keep, size, *goal));
    }

    fn cut_texts(&mut self, limit: usize) {
        let Self { report, size, goal, left_out, .. } = self;
        let (reason, others) = texts(report, left_out);
        for (text, limit) in others.into_iter().map(|text| (text, limit)).chain([(reason, TEXT)]) {
            if *size > *goal {
                let saved = cut(text, limit);
                *size = size.saturating_sub(saved);
                left_out.texts |= saved > 0;
            }
        }
    }

    fn finish(self) -> Report {
        let Self { mut report, left_out, .. } = self;
        let said = left_out.said(&report.checks);
        let mut index = 0;
        report.checks.retain(|_| {
            index += 1;
            left_out.check(index - 1) < Lost::Check
        });
        report.left_out = match (report.left_out.take(), said) {
            (Some(before), Some(now)) => Some(format!("{before}; {now}")),
            (before, now) => before.or(now),
        };
        report
    }
}

/// Keeps the last attempts of every step and counts the others. Whether there were others.
fn keep_attempts(check: &mut CheckRecord, keep: usize) -> bool {
    let mut changed = false;
    for StepRecord { attempts, attempts_left_out, .. } in check.steps.iter_mut().chain(&mut check.finally) {
        let others = attempts.len().saturating_sub(keep);
        attempts.drain(..others);
        *attempts_left_out += others;
        changed |= others > 0;
    }
    changed
}

fn without_steps(check: &mut CheckRecord) -> bool {
    let had = !check.steps.is_empty() || !check.finally.is_empty();
    check.steps.clear();
    check.finally.clear();
    had
}

/// Takes entries off the end while the report is too large and more than `keep` are left. How many it took.
fn shorten<T: Serialize>(list: &mut Vec<T>, keep: usize, size: &mut usize, goal: usize) -> usize {
    let before = list.len();
    while *size > goal
        && list.len() > keep
        && let Some(entry) = list.pop()
    {
        *size = size.saturating_sub(json_size(&entry) + usize::from(!list.is_empty()));
    }
    before - list.len()
}

/// The reason, and every other text, the least telling first, of a report whose checks have no steps any more.
fn texts<'a>(report: &'a mut Report, left_out: &LeftOut) -> (&'a mut String, Vec<&'a mut String>) {
    let mut texts = Vec::new();
    let checks = report.checks.iter_mut().enumerate().rev();
    for (_, check) in checks.filter(|(index, _)| left_out.check(*index) < Lost::Check) {
        texts.extend(&mut check.reason);
        texts.push(&mut check.name);
    }
    texts.extend(report.phases.iter_mut().map(|phase| &mut phase.name));
    texts.extend(&mut report.unfinished);
    texts.extend(&mut report.warnings);
    texts.extend(&mut report.unproven);
    if let Some(record) = &mut report.readiness {
        texts.extend(record.not_yet.iter_mut().map(|not_yet| &mut not_yet.observed));
        texts.extend(&mut record.requests);
        texts.extend(&mut record.reason);
    }
    if let Some(record) = &mut report.version {
        texts.extend([&mut record.request, &mut record.expected]);
        texts.extend([&mut record.observed, &mut record.blue].into_iter().flatten());
        texts.extend(&mut record.reason);
    }
    if let Some(record) = &mut report.task_set {
        texts.extend(&mut record.reason);
    }
    if let Some(record) = &mut report.green {
        texts.extend(record.control_plane.as_mut().map(|half| &mut half.said));
        texts.extend(&mut record.images);
        texts.extend([&mut record.task_definition, &mut record.target_group, &mut record.marker].into_iter().flatten());
        texts.extend(record.targets.iter_mut().flat_map(|target| {
            [&mut target.reason, &mut target.description, &mut target.zone]
                .into_iter()
                .flatten()
                .chain([&mut target.id])
        }));
    }
    if let Some(record) = &mut report.reach {
        texts.push(&mut record.target);
        texts.extend(&mut record.reason);
    }
    if let Some(suite) = &mut report.suite {
        texts.push(&mut suite.place);
        texts.extend([&mut suite.service, &mut suite.version].into_iter().flatten());
    }
    texts.extend(&mut report.target);
    texts.push(&mut report.greenlight);
    texts.extend(&mut report.left_out);
    if let Some(of) = &mut report.deployment {
        texts.extend([&mut of.id, &mut of.application, &mut of.group]);
        texts.extend([&mut of.status, &mut of.creator, &mut of.compute_platform]);
        texts.extend([&mut of.test_listener, &mut of.production_listener].into_iter().flatten());
    }
    if let Some(of) = &mut report.execution {
        texts.extend([&mut of.deployment_id, &mut of.hook_execution]);
    }
    (&mut report.reason, texts)
}

#[cfg(test)]
mod tests;

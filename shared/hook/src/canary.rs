//! Production while it serves blue and green: a canary or linear shift that is not over yet.
//!
//! Both answer, so only answers with green's marker count. Blue's prove nothing against green, and nothing for it.

use std::fmt::Write as _;

use greenlight_engine::{Deadline, Outcome};
use greenlight_report::ControlPlaneRecord;
use greenlight_suite::Ready;

use crate::conclusion::listed;
use crate::draft::Board;
use crate::plan::Plan;
use crate::questions::{Target, demand};
use crate::settings::Environment;

/// Asks production, of which green has `share` percent, until green has answered often enough; then the checks, as
/// far as their answers can be told apart.
pub(crate) async fn ask(
    plan: Plan<'_>,
    target: Target<'_>,
    share: f64,
    environment: &dyn Environment,
    deadline: Deadline,
    board: &Board,
) {
    let mut plan = plan;
    let mut said = format!("the production listener gives green {share:.0} % and others the rest");
    let Some(version) = plan.version else {
        return board.update(|draft| {
            draft
                .problems
                .push(format!("{said}, and there is no marker: nobody can tell whose answers these are (name a `version` in the suite)"));
        });
    };
    let suite = plan.suite();
    let opened = target.open(&suite, environment).and_then(|session| {
        let counting = target.open(&suite, environment)?.counting_only(version);
        Ok((session, counting))
    });
    let (session, counting) = match opened {
        Ok(opened) => opened,
        Err(problem) => return board.update(|draft| draft.problems.push(problem)),
    };
    if counting.is_none() && !plan.checks.is_empty() {
        let names: Vec<&str> = plan.checks.iter().map(|check| check.name.as_str()).collect();
        let _ = write!(
            said,
            "; checks not run: {} (whose answers they would get, only a marker in a header tells: `read: {{ header: … }}`)",
            listed(&names)
        );
        plan.checks.clear();
    }
    demand(&plan, &target, board);
    board.update(|draft| {
        draft.green.control_plane = Some(ControlPlaneRecord { outcome: Outcome::Pass, said: said.clone() });
    });

    let wanted = plan.ready.map_or(Ready::DEFAULT_CONSECUTIVE, |ready| ready.consecutive);
    let within = deadline.within(plan.ready.map_or(Ready::DEFAULT_WITHIN, |ready| ready.within));
    let (record, share) = board.phase("version", session.share(version, wanted, within, board)).await;
    let proven = record.outcome == Outcome::Pass;
    let same = record.is_blues_too().then(|| record.expected.clone());
    board.update(|draft| {
        draft.version = Some(record);
        draft.green.share = Some(share);
    });
    if let Some(marker) = same {
        return board.update(|draft| {
            draft
                .problems
                .push(format!("{said}, and both bear the marker `{marker}`: nobody can tell whose answers these are"));
        });
    }
    if let (true, Some(counting)) = (proven, counting) {
        let records = board.phase("checks", counting.run(&plan.checks, plan.parallel(), deadline, board)).await;
        board.update(|draft| draft.checks = records);
    }
}

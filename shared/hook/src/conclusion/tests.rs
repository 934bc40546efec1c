//! Rules of the verdict: a table that reads as sentences, and properties that hold for every draft.

use std::time::Duration;

use greenlight_engine::{Failure, ReadinessRecord, StepRecord, VersionRecord};
use greenlight_report::{ControlPlaneRecord, ReachRecord, TaskSetRecord};
use proptest::prelude::*;

use super::*;
use crate::draft::{Demands, PlannedCheck};

fn check(name: &str, required: bool, outcome: Outcome) -> (PlannedCheck, CheckRecord) {
    let record = CheckRecord {
        name: name.into(),
        line: 1,
        required,
        outcome,
        reason: (outcome != Outcome::Pass).then(|| "GET / status 500, expected any 2xx".into()),
        duration: Duration::ZERO,
        steps: Vec::new(),
        finally: Vec::new(),
    };
    (PlannedCheck { name: name.into(), required }, record)
}

fn draft(checks: Vec<(PlannedCheck, CheckRecord)>) -> Draft {
    let mut draft = Draft::new(Mode::Enforce);
    (draft.demands.checks, draft.checks) = checks.into_iter().unzip();
    draft
}

fn version(outcome: Outcome) -> VersionRecord {
    VersionRecord {
        outcome,
        reason: (outcome != Outcome::Pass).then(|| "blue still answers".into()),
        request: "GET /version".into(),
        expected: "cf78ba1".into(),
        observed: Some("initial".into()),
        blue: None,
        samples: 3,
    }
}

fn readiness(outcome: Outcome) -> ReadinessRecord {
    ReadinessRecord {
        outcome,
        reason: (outcome != Outcome::Pass).then(|| "green was not ready".into()),
        requests: vec!["GET /health".into()],
        consecutive: 3,
        good: 0,
        polls: 9,
        not_yet: Vec::new(),
        addresses: Vec::new(),
        unreached: Vec::new(),
        duration: Duration::ZERO,
        last: None,
    }
}

fn task_set(outcome: Outcome) -> TaskSetRecord {
    TaskSetRecord { outcome, reason: None, green: None, blue: None, polls: 1 }
}

#[test]
fn a_verdict_succeeds_by_evidence_alone() {
    use Outcome::{Error, Fail, Inconclusive, Pass, Skipped};
    let demanding = |version_proof, mut draft: Draft| {
        draft.demands.version = true;
        draft.version = version_proof;
        draft
    };
    let cases = [
        (
            "every required check passed",
            draft(vec![check("a", true, Pass), check("b", true, Pass)]),
            Verdict::Succeeded,
        ),
        ("an advisory check failed", draft(vec![check("a", true, Pass), check("b", false, Fail)]), Verdict::Succeeded),
        ("nothing was checked", draft(vec![]), Verdict::Failed),
        ("all checks were skipped", draft(vec![check("a", true, Skipped)]), Verdict::Failed),
        ("all checks are advisory", draft(vec![check("a", false, Pass)]), Verdict::Failed),
        ("one required check failed", draft(vec![check("a", true, Pass), check("b", true, Fail)]), Verdict::Failed),
        ("one could not be asked", draft(vec![check("a", true, Error)]), Verdict::Failed),
        ("one measured too little", draft(vec![check("a", true, Inconclusive)]), Verdict::Failed),
        ("the version alone was proven", demanding(Some(version(Pass)), draft(vec![])), Verdict::Succeeded),
        (
            "the version was proven and all checks are advisory",
            demanding(Some(version(Pass)), draft(vec![check("a", false, Pass)])),
            Verdict::Failed,
        ),
        ("blue answered", demanding(Some(version(Fail)), draft(vec![check("a", true, Pass)])), Verdict::Failed),
        ("nobody asked for the version", demanding(None, draft(vec![check("a", true, Pass)])), Verdict::Failed),
    ];
    for (case, draft, verdict) in cases {
        assert_eq!(Conclusion::of(&draft).verdict(), verdict, "{case}");
    }
}

#[test]
fn it_has_to_be_green_that_answered_by_awss_word_or_by_the_marker() {
    use Outcome::{Fail, Inconclusive, Pass};
    for (case, listener, marker, part) in [
        ("AWS says so", Some(Pass), None, Ok("so and so")),
        ("AWS says so, and the marker too", Some(Pass), Some(Pass), Ok("proven by")),
        ("AWS's word is not to be had, but the marker", Some(Inconclusive), Some(Pass), Ok("proven by")),
        ("neither is to be had", Some(Inconclusive), None, Err("marker: none configured")),
        ("AWS says otherwise, whatever the marker says", Some(Fail), Some(Pass), Err("so and so")),
        ("blue answers, whatever AWS says", Some(Pass), Some(Fail), Err("blue still answers")),
        ("nobody looked", None, Some(Pass), Err("not looked at")),
    ] {
        let mut draft = draft(vec![check("home", true, Pass)]);
        draft.demands.green = true;
        draft.demands.version = marker.is_some();
        draft.version = marker.map(version);
        draft.green.control_plane = listener.map(half);
        let conclusion = Conclusion::of(&draft);
        let (verdict, part) = match part {
            Ok(part) => (Verdict::Succeeded, part),
            Err(part) => (Verdict::Failed, part),
        };
        assert_eq!(conclusion.verdict(), verdict, "{case}");
        assert!(conclusion.reason().contains(part), "{case}: {}", conclusion.reason());
    }
}

#[test]
fn a_marker_that_blue_bears_too_proves_nothing_by_itself() {
    for (listener, verdict) in [(Outcome::Pass, Verdict::Succeeded), (Outcome::Inconclusive, Verdict::Failed)] {
        let mut draft = draft(vec![check("home", true, Outcome::Pass)]);
        (draft.demands.green, draft.demands.version) = (true, true);
        draft.version = Some(VersionRecord { blue: Some("cf78ba1".into()), ..version(Outcome::Pass) });
        draft.green.control_plane = Some(half(listener));
        assert_eq!(Conclusion::of(&draft).verdict(), verdict, "{listener:?}");
    }
}

#[test]
fn every_task_has_to_answer_when_they_are_asked_one_by_one() {
    use Outcome::{Error, Fail, Pass};
    for (case, tasks, reason) in [
        ("all do", vec![vec![(true, Pass)], vec![(true, Pass), (false, Fail)]], Ok("2 of 2 tasks answered")),
        ("there is none", vec![], Err("no required check is `direct`")),
        ("one was asked nothing", vec![vec![(true, Pass)], vec![]], Err("no required check is `direct`")),
        (
            "the worst is named",
            vec![vec![(true, Error)], vec![(true, Fail)], vec![(true, Pass)]],
            Err(
                "task 10.0.1.7:3000: check `direct`: GET / status 500, expected any 2xx (1 of 3 tasks answered as expected)",
            ),
        ),
    ] {
        let mut draft = draft(vec![]);
        draft.demands.direct = true;
        draft.direct = tasks.into_iter().map(task).collect();
        let conclusion = Conclusion::of(&draft);
        let expected = if reason.is_ok() { Verdict::Succeeded } else { Verdict::Failed };
        let (Ok(part) | Err(part)) = reason;
        assert_eq!(conclusion.verdict(), expected, "{case}");
        assert!(conclusion.reason().contains(part), "{case}: {}", conclusion.reason());
    }
}

#[test]
fn a_planned_check_without_a_record_is_unfinished_and_named() {
    let mut draft = draft(vec![check("home", true, Outcome::Pass), check("checkout", true, Outcome::Pass)]);
    draft.checks.pop();
    let conclusion = Conclusion::of(&draft);
    assert_eq!(conclusion.verdict(), Verdict::Failed);
    assert_eq!(conclusion.reason(), "the time was over with unfinished checks: checkout");
}

#[test]
fn the_reason_names_the_worst_check_and_counts_the_rest() {
    let draft = draft(vec![
        check("slow", true, Outcome::Skipped),
        check("home", true, Outcome::Fail),
        check("login", true, Outcome::Error),
    ]);
    assert_eq!(
        Conclusion::of(&draft).reason(),
        "check `home`: GET / status 500, expected any 2xx (and 2 more checks did not pass)"
    );
}

#[test]
fn problems_are_counted_beside_the_first() {
    for (problems, reason) in [
        (vec!["one"], "one"),
        (vec!["one", "two"], "one (and 1 more problem)"),
        (vec!["one", "two", "three"], "one (and 2 more problems)"),
    ] {
        let mut draft = draft(vec![check("home", true, Outcome::Pass)]);
        draft.problems = problems.into_iter().map(ToOwned::to_owned).collect();
        assert_eq!(Conclusion::of(&draft).reason(), reason);
    }
}

#[test]
fn a_check_that_the_deadline_ended_is_unfinished_and_a_wrong_answer_says_more() {
    let ended_by = |kind| {
        let (planned, mut record) = check("slow", true, Outcome::Error);
        record.steps.push(StepRecord {
            request: "GET /slow".into(),
            line: 1,
            outcome: Outcome::Error,
            attempts: Vec::new(),
            attempts_left_out: 0,
            problem: Some(Failure {
                kind,
                subject: "no answer".into(),
                observed: "in time".into(),
                expected: None,
                remedy: None,
            }),
            captured: Vec::new(),
            not_counted: 0,
            beside: None,
        });
        (planned, record)
    };
    let reason = |checks| Conclusion::of(&draft(checks)).reason().to_owned();
    let deadline = || ended_by(FailureKind::Deadline);
    let last = "`slow`: GET / status 500, expected any 2xx";
    assert_eq!(reason(vec![deadline()]), format!("the time was over with unfinished checks: slow; {last}"));
    assert!(reason(vec![ended_by(FailureKind::Dns)]).starts_with("check `slow`: "));
    let worst = reason(vec![deadline(), check("home", true, Outcome::Fail)]);
    assert!(worst.starts_with("check `home`: ") && worst.ends_with("(and 1 more check did not pass)"), "{worst}");
}

#[test]
fn a_green_that_was_not_ready_names_the_checks_that_were_not_run() {
    let mut draft = draft(vec![check("home", true, Outcome::Skipped), check("early", true, Outcome::Pass)]);
    draft.demands.readiness = true;
    draft.readiness = Some(readiness(Outcome::Fail));
    assert_eq!(Conclusion::of(&draft).reason(), "green was not ready; checks not run: home");
}

#[test]
fn a_long_list_of_names_and_a_long_reason_are_cut() {
    let names: Vec<String> = (0..12).map(|index| index.to_string()).collect();
    assert_eq!(listed(&names[..10]), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9");
    assert_eq!(listed(&names), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
    assert_eq!(Conclusion::failed(Mode::Enforce, "ä".repeat(3_000)).reason().chars().count(), 2_001);
}

#[test]
fn observe_mode_reports_success_and_keeps_the_judgement() {
    let mut draft = draft(vec![check("home", true, Outcome::Fail)]);
    draft.mode = Mode::Observe;
    let conclusion = Conclusion::of(&draft);
    assert_eq!((conclusion.verdict(), conclusion.judged()), (Verdict::Succeeded, Verdict::Failed));
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    use Outcome::{Error, Fail, Inconclusive, Pass, Skipped};
    prop_oneof![Just(Pass), Just(Skipped), Just(Inconclusive), Just(Error), Just(Fail)]
}

fn halves() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Pass), Just(Outcome::Fail), Just(Outcome::Inconclusive)]
}

fn half(outcome: Outcome) -> ControlPlaneRecord {
    ControlPlaneRecord { outcome, said: "the test listener forwards so and so".into() }
}

fn task(checks: Vec<(bool, Outcome)>) -> DirectRecord {
    let checks = checks.into_iter().map(|(required, outcome)| check("direct", required, outcome).1).collect();
    DirectRecord { task: "10.0.1.7:3000".into(), checks }
}

prop_compose! {
    fn drafts()(
        checks in prop::collection::vec((any::<bool>(), outcomes(), any::<bool>()), 0..6),
        demands in any::<(bool, bool, bool)>(),
        also in any::<(bool, bool, bool)>(),
        found in (prop::option::of(outcomes()), prop::option::of(outcomes()), prop::option::of(outcomes())),
        reached in prop::option::of(outcomes()),
        listener in prop::option::of(halves()),
        tasks in prop::collection::vec(prop::collection::vec((any::<bool>(), outcomes()), 0..3), 0..3),
        problem in prop::option::weighted(0.2, "[a-z]{1,8}"),
    ) -> Draft {
        let mut draft = Draft::new(Mode::Enforce);
        for (index, (required, outcome, recorded)) in checks.into_iter().enumerate() {
            let (planned, record) = check(&format!("check-{index}"), required, outcome);
            draft.demands.checks.push(planned);
            if recorded {
                draft.checks.push(record);
            }
        }
        let checks = std::mem::take(&mut draft.demands.checks);
        draft.demands = Demands {
            task_set: demands.0,
            readiness: demands.1,
            version: demands.2,
            reach: also.0,
            green: also.1,
            direct: also.2,
            checks,
        };
        draft.reach = reached.map(|outcome| ReachRecord { target: "http://lb:8080".into(), outcome, reason: None });
        draft.green.control_plane = listener.map(half);
        draft.direct = tasks.into_iter().map(task).collect();
        draft.task_set = found.0.map(task_set);
        draft.readiness = found.1.map(readiness);
        draft.version = found.2.map(version);
        draft.problems.extend(problem);
        draft
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The first promise, said a second time and in another way than the code under test says it.
    #[test]
    fn no_execution_without_evidence_succeeds(draft in drafts()) {
        let conclusion = Conclusion::of(&draft);
        prop_assert!(!conclusion.reason().is_empty());
        let passed = |name: &str| draft.checks.iter().any(|record| record.name == name && record.outcome == Outcome::Pass);
        let required = || draft.demands.checks.iter().filter(|check| check.required);
        let held = draft.problems.is_empty()
            && (!draft.demands.task_set || draft.task_set.as_ref().is_some_and(|r| r.outcome == Outcome::Pass))
            && (!draft.demands.readiness || draft.readiness.as_ref().is_some_and(|r| r.outcome == Outcome::Pass))
            && (!draft.demands.version || draft.version.as_ref().is_some_and(|r| r.outcome == Outcome::Pass))
            && (!draft.demands.reach || draft.reach.as_ref().is_some_and(|r| r.outcome == Outcome::Pass))
            && (!draft.demands.green || match draft.green.control_plane.as_ref().map(|half| half.outcome) {
                Some(Outcome::Pass) => true,
                Some(Outcome::Inconclusive) => draft.demands.version,
                _ => false,
            })
            && (!draft.demands.direct || (!draft.direct.is_empty() && draft.direct.iter().all(|task| {
                let required = || task.checks.iter().filter(|check| check.required);
                required().count() > 0 && required().all(|check| check.outcome == Outcome::Pass)
            })))
            && required().all(|check| passed(&check.name));
        let something = if draft.demands.checks.is_empty() {
            draft.demands.task_set || draft.demands.version || draft.demands.direct
        } else {
            required().count() > 0
        };
        prop_assert_eq!(conclusion.verdict() == Verdict::Succeeded, held && something, "{}", conclusion.reason());
    }

    #[test]
    fn taking_evidence_away_never_turns_failed_into_succeeded(draft in drafts(), which in 0_usize..11) {
        let before = Conclusion::of(&draft).judged();
        let mut poorer = draft;
        match which {
            0 => poorer.version = None,
            1 => poorer.readiness = None,
            2 => poorer.task_set = None,
            8 => poorer.green.control_plane = None,
            9 => poorer.reach = None,
            10 => poorer.direct.clear(),
            other => drop((other - 3 < poorer.checks.len()).then(|| poorer.checks.remove(other - 3))),
        }
        if before == Verdict::Failed {
            prop_assert_eq!(Conclusion::of(&poorer).judged(), Verdict::Failed);
        }
    }
}

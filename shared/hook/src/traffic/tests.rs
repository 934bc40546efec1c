//! Whom listeners serve and how targets stand, as one look shows them.

use greenlight_engine::Outcome;

use super::*;
use crate::controller::scripted::{BLUE, GREEN, Scripted, ScriptedReader, facts, target};

const OTHER: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/billing/3";

fn reader() -> ScriptedReader {
    Scripted::new().facts
}

fn to(groups: &[(&str, u32)]) -> Forward {
    Forward::To(groups.iter().map(|(group, weight)| ((*group).to_owned(), *weight)).collect())
}

#[test]
fn a_listener_serves_green_or_somebody_else_or_nobody_knows_whom() {
    use Outcome::{Fail, Inconclusive, Pass};
    for (case, forward, outcome, part) in [
        ("green alone", to(&[(GREEN, 1)]), Pass, "everything to green's target group `orders-green`"),
        ("green, and blue without weight", to(&[(GREEN, 100), (BLUE, 0)]), Pass, "everything"),
        ("blue alone", to(&[(BLUE, 1)]), Fail, "100 % to `orders-blue`"),
        ("both", to(&[(GREEN, 1), (BLUE, 3)]), Fail, "25 % to `orders-green` and 75 % to `orders-blue`"),
        ("green and a stranger", to(&[(GREEN, 1), (OTHER, 1)]), Fail, "50 % to `billing`"),
        ("nobody", to(&[(GREEN, 0), (BLUE, 0)]), Fail, "forwards nothing"),
        (
            "another service of the same load balancer",
            to(&[(OTHER, 1)]),
            Inconclusive,
            "whom its rules serve is not known",
        ),
        ("no forward at all", Forward::Other("redirect".into()), Inconclusive, "`redirect`"),
    ] {
        let mut facts = facts();
        if let Ok(Some(listener)) = &mut facts.test {
            listener.forward = forward;
        }
        let reader = reader();
        let record = Traffic::new(Hook::AfterAllowTestTraffic, &reader, &facts, None).record();
        assert_eq!(record.outcome, outcome, "{case}: {}", record.said);
        assert!(record.said.contains(part), "{case}: {}", record.said);
    }
}

#[test]
fn targets_are_waited_for_until_as_many_are_healthy_as_green_has_tasks_and_held_against_it_only_when_they_fail() {
    // Green is meant to have two tasks.
    for (case, states, is_open, may_have_answered) in [
        ("all healthy", &["healthy", "healthy"][..], true, true),
        ("one begins", &["healthy", "initial"], false, true),
        ("one more begins", &["healthy", "healthy", "initial"], true, true),
        ("one more fails", &["healthy", "healthy", "unhealthy"], false, false),
        ("one leaves", &["healthy", "healthy", "draining"], true, true),
        ("one fails while it leaves", &["healthy", "healthy", "unhealthy.draining"], false, false),
        ("nobody checks them", &["unavailable", "unavailable"], true, true),
        ("no listener uses them", &["unused", "unused"], false, true),
        ("all leave", &["draining"], false, true),
        ("there are none", &[], false, true),
    ] {
        let mut facts = facts();
        facts.health = Ok(states.iter().map(|state| target("10.0.1.7", 3000, state)).collect());
        let reader = reader();
        let traffic = Traffic::new(Hook::AfterAllowTestTraffic, &reader, &facts, None);
        assert_eq!(traffic.gate().closed().is_none(), is_open, "{case}: {:?}", traffic.gate().closed());
        assert_eq!(traffic.against().is_none(), may_have_answered, "{case}: {:?}", traffic.against());
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_takes_too_long_leaves_the_listener_unknown() {
    let facts = std::thread::spawn(facts).join().unwrap();
    let reader = ScriptedReader { slow: Some(Duration::from_mins(1)), ..reader() };
    let traffic = Traffic::new(Hook::AfterAllowTestTraffic, &reader, &facts, None);
    assert_eq!(traffic.record().outcome, Outcome::Pass);
    traffic.look(Deadline::after(Duration::from_secs(5))).await;
    let record = traffic.record();
    assert_eq!(record.outcome, Outcome::Inconclusive);
    assert!(record.said.contains("unreachable: elasticloadbalancing:DescribeListeners"), "{}", record.said);
}

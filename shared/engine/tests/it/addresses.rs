//! A name that stands for several addresses: the nodes of a load balancer, which switch one by one.

use greenlight_engine::{Open, Outcome, ReadinessRecord, Resolve, Silent, VersionRecord};
use greenlight_suite::Suite;
use serde_json::{Value, json};

use crate::server::{Act, Received, Server, answer, ok};
use crate::suite::{Told, enough, open_at, read};

const VERSION: &str =
    "version: { request: GET /version, read: { header: x-version }, equals: '${green.env.app.VERSION}' }\n";
const CHECKS: &str = "checks: { c: { request: GET / } }\n";

fn facts() -> [(&'static str, Value); 2] {
    [("green.env.app.VERSION", json!("cf78ba1")), ("blue.env.app.VERSION", json!("initial"))]
}

fn ready(within: &str) -> String {
    format!("ready: {{ request: GET /health, consecutive: 2, within: {within}, every: 1ms }}\n")
}

/// `alb.test` stands for these nodes, and for as many more that nobody listens at.
fn session(suite: &Suite, nodes: &[Server], more: u8) -> greenlight_engine::Session {
    let addresses: Vec<_> =
        (1..=u8::try_from(nodes.len()).unwrap() + more).map(|last| format!("127.0.0.{last}")).collect();
    let resolve = Resolve::parse(&format!("alb.test={}", addresses.join(","))).unwrap();
    open_at(suite, &format!("http://ALB.test:{}", nodes[0].address.port()), &facts(), &resolve)
}

async fn wait(yaml: &str, nodes: &[Server], more: u8) -> (ReadinessRecord, Option<VersionRecord>) {
    let suite = read(yaml);
    let session = session(&suite, nodes, more);
    session.ready(suite.ready.as_ref(), suite.version.as_ref(), &Open, enough(), &Silent).await
}

fn shown(addresses: &[std::net::IpAddr]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn green_is_ready_when_every_address_has_given_a_good_answer() {
    let nodes = Server::nodes(3, |_, _| ok("")).await;
    let (ready, _) = wait(&format!("{}{CHECKS}", ready("5s")), &nodes, 0).await;
    assert_eq!((ready.outcome, ready.reason.as_deref(), ready.polls), (Outcome::Pass, None, 3));
    assert_eq!(shown(&ready.addresses), ["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
    assert_eq!((ready.unreached.len(), ready.samples_wanted()), (0, 3));
    assert_eq!(ready.not_yet[0].observed, "no good answer yet from 127.0.0.3");
    assert_eq!(nodes.iter().map(|node| node.asked().len()).collect::<Vec<_>>(), [1, 1, 1]);
}

#[tokio::test]
async fn a_node_that_switches_late_is_waited_for_and_starts_the_row_again() {
    let script = |node, request: &Received| {
        let version = if node == 2 && request.nth < 3 { "initial" } else { "cf78ba1" };
        answer(200, &[("x-version", version)], "")
    };
    let nodes = Server::nodes(2, script).await;
    let (ready, version) = wait(&format!("{}{VERSION}{CHECKS}", ready("5s")), &nodes, 0).await;
    assert_eq!((ready.outcome, ready.polls, ready.good), (Outcome::Pass, 8, 2));
    assert_eq!(version.unwrap().samples, 2);
}

#[tokio::test]
async fn one_node_that_stays_blue_fails_however_long_the_others_answer_well() {
    let script = |node, _: &Received| answer(200, &[("x-version", if node == 2 { "initial" } else { "cf78ba1" })], "");
    let nodes = Server::nodes(3, script).await;
    let (ready, version) = wait(&format!("{}{VERSION}{CHECKS}", ready("400ms")), &nodes, 0).await;
    assert_eq!(ready.outcome, Outcome::Fail);
    let reason = ready.reason.unwrap();
    let blue = "blue still answers on the listener: version marker `initial`, expected `cf78ba1`";
    assert!(reason.starts_with(&format!("{blue}; no change within 400ms")), "{reason}");
    assert!(reason.ends_with(", 2 good ones in a row wanted, from 3 addresses)"), "{reason}");
    let version = version.unwrap();
    assert_eq!((version.outcome, version.reason.as_deref()), (Outcome::Fail, Some(blue)));
    assert_eq!(version.observed.as_deref(), Some("initial"));
}

#[tokio::test]
async fn an_address_that_is_never_reached_is_passed_over_after_two_more_turns_and_named() {
    let nodes = Server::nodes(2, |_, _| ok("")).await;
    let (ready, _) = wait(&format!("{}{CHECKS}", ready("5s")), &nodes, 1).await;
    assert_eq!((ready.outcome, ready.polls), (Outcome::Pass, 2 + 2 * 3));
    assert_eq!(shown(&ready.addresses), ["127.0.0.1", "127.0.0.2"]);
    assert_eq!((shown(&ready.unreached), ready.samples_wanted()), (vec!["127.0.0.3".to_owned()], 3));
    let json = serde_json::to_value(&ready).unwrap();
    assert_eq!((&json["addresses"][1], &json["unreached"]), (&json!("127.0.0.2"), &json!(["127.0.0.3"])));
}

#[tokio::test]
async fn an_address_whose_last_answer_was_not_good_is_never_passed_over() {
    let mut nodes = Server::nodes(2, |node, _| answer(if node == 2 { 500 } else { 200 }, &[], "")).await;
    let suite = read(&format!("{}{CHECKS}", ready("400ms")));
    let session = session(&suite, &nodes, 0);
    // From its second request on, the second node is gone, and the first one answers in its place.
    let second = nodes.remove(1);
    let gone = async {
        while second.received().is_empty() {
            tokio::task::yield_now().await;
        }
        drop(second);
        std::future::pending::<()>().await;
    };
    let told = Told::default();
    let wait = session.ready(suite.ready.as_ref(), None, &Open, enough(), &told);
    let (ready, _) = tokio::select! { record = wait => record, () = gone => unreachable!() };
    assert_eq!(ready.outcome, Outcome::Fail, "{ready:?}");
    assert!(ready.polls > 2 + 2 * 2 + 1, "{}", ready.polls);
    let reason = ready.reason.unwrap();
    let (seen, missing) =
        ("green was not ready within 400ms: GET http://alb.test:", "no good answer yet from 127.0.0.2");
    assert!(reason.starts_with(seen), "{reason}");
    assert!(reason.contains(&format!("/health: status 500, expected 2xx; {missing} (")), "{reason}");
}

#[tokio::test]
async fn both_questions_of_a_poll_go_to_one_address_also_on_two_connections() {
    // The second connection is needed because the server says that it closes the first, or because it just does.
    for announced in [true, false] {
        let script = move |_, _: &Received| {
            let connection = if announced { "close" } else { "keep-alive" };
            let answer = answer(200, &[("x-version", "cf78ba1"), ("connection", connection)], "");
            [answer, vec![Act::Close]].concat()
        };
        let nodes = Server::nodes(2, script).await;
        let (ready, _) = wait(&format!("{}{VERSION}{CHECKS}", ready("5s")), &nodes, 0).await;
        assert_eq!((ready.outcome, ready.polls), (Outcome::Pass, 2));
        for node in &nodes {
            assert_eq!(node.asked(), ["GET /version", "GET /health"], "{announced}");
        }
    }
}

#[tokio::test]
async fn later_samples_go_to_every_address_too() {
    // Also when one question takes two connections.
    let script = |_, request: &Received| match request.path() {
        "/version" => answer(302, &[("location", "/build"), ("connection", "close")], ""),
        _ => answer(200, &[("x-version", "cf78ba1"), ("connection", "close")], ""),
    };
    let nodes = Server::nodes(2, script).await;
    let suite = read(&format!("{VERSION}{CHECKS}"));
    let session = session(&suite, &nodes, 0);
    for _ in 0..4 {
        let sample = session.version(suite.version.as_ref().unwrap(), enough()).await;
        assert_eq!(sample.outcome, Outcome::Pass);
    }
    for node in &nodes {
        assert_eq!(node.asked(), ["GET /version", "GET /build", "GET /version", "GET /build"]);
    }
}

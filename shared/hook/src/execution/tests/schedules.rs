//! Load balancers whose nodes switch at their own time, forward and back: whatever the order, blue never passes for green.
//!
//! Nothing here depends on time: a node switches at the n-th request that reaches any of them, and the control plane at
//! the n-th look. Blue and green answer everything equally well; only the marker tells them apart.

use std::net::SocketAddr;
use std::sync::{Mutex, mpsc};

use proptest::prelude::*;

use super::*;
use crate::controller::scripted::{BLUE, GREEN, only};

/// At which of a sequence of moments something changes sides. It begins with blue unless it is `green_first`.
#[derive(Debug, Clone)]
struct Switches {
    green_first: bool,
    at: Vec<usize>,
}

impl Switches {
    fn is_green(&self, moment: usize) -> bool {
        self.at.iter().filter(|at| **at <= moment).count().is_multiple_of(2) == self.green_first
    }
}

fn switches(last: usize) -> impl Strategy<Value = Switches> {
    (any::<bool>(), prop::collection::vec(0..last, 0..4)).prop_map(|(green_first, at)| Switches { green_first, at })
}

#[derive(Debug, Clone)]
struct Schedule {
    nodes: Vec<Switches>,
    control_plane: Switches,
}

fn schedules() -> impl Strategy<Value = Schedule> {
    (prop::collection::vec(switches(40), 1..4), switches(6))
        .prop_map(|(nodes, control_plane)| Schedule { nodes, control_plane })
}

/// One answer: which node, asked what, and who answered.
#[derive(Debug, Clone)]
struct Answer {
    node: usize,
    is_version: bool,
    green: bool,
}

/// Nodes of one load balancer on addresses of this machine, all on one port. They go when this is dropped.
struct Nodes {
    port: u16,
    answers: Arc<Mutex<Vec<Answer>>>,
    stop: Vec<(SocketAddr, mpsc::Sender<()>)>,
}

impl Nodes {
    fn start(nodes: &[Switches]) -> Self {
        let bound = std::iter::repeat_with(|| bind(nodes.len())).take(50).flatten().next();
        let listeners = bound.expect("a port that is free on every address");
        let port = listeners[0].local_addr().unwrap().port();
        let answers: Arc<Mutex<Vec<Answer>>> = Arc::default();
        let mut stop = Vec::new();
        for (node, (listener, switches)) in listeners.into_iter().zip(nodes.iter().cloned()).enumerate() {
            let (sender, receiver) = mpsc::channel();
            stop.push((listener.local_addr().unwrap(), sender));
            let answers = Arc::clone(&answers);
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    if receiver.try_recv().is_ok() {
                        return;
                    }
                    let Ok(mut stream) = stream else { continue };
                    let (answers, switches) = (Arc::clone(&answers), switches.clone());
                    // Kept connections, as with a real load balancer: whom a request reaches is decided by request.
                    std::thread::spawn(move || {
                        let mut request = [0; 2048];
                        while let Ok(read @ 1..) = stream.read(&mut request) {
                            let is_version = request[..read].starts_with(b"GET /version");
                            let mut answers = answers.lock().unwrap();
                            let green = switches.is_green(answers.len());
                            answers.push(Answer { node, is_version, green });
                            drop(answers);
                            let body = if green { "cf78ba1" } else { "initial" };
                            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                            if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
                                return;
                            }
                        }
                    });
                }
            });
        }
        Self { port, answers, stop }
    }

    fn addresses(&self) -> String {
        self.stop.iter().map(|(address, _)| address.ip().to_string()).collect::<Vec<_>>().join(",")
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for (address, sender) in &self.stop {
            let _ = sender.send(());
            let _ = std::net::TcpStream::connect(address);
        }
    }
}

fn bind(count: usize) -> Option<Vec<TcpListener>> {
    let first = TcpListener::bind("127.0.0.1:0").ok()?;
    let port = first.local_addr().ok()?.port();
    let others = (2..=count).map(|node| TcpListener::bind(format!("127.0.0.{node}:{port}")).ok());
    std::iter::once(Some(first)).chain(others).collect()
}

fn play(schedule: &Schedule, suite: &'static str) -> (Report, Vec<Answer>, usize) {
    let nodes = Nodes::start(&schedule.nodes);
    let mut controller = Scripted::new();
    let (test, control_plane) = (controller.facts.test.as_mut().unwrap(), schedule.control_plane.clone());
    test.port = nodes.port;
    controller.facts.turns = Some(Arc::new(move |look| only(if control_plane.is_green(look) { GREEN } else { BLUE })));
    let settings = vec![("GREENLIGHT_RESOLVE", format!("orders.elb.test={}", nodes.addresses()))];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(Case { suite, settings, controller: controller.clone(), ..Case::default() }.report());
    let answers = nodes.answers.lock().unwrap().clone();
    (report, answers, controller.calls_of("elasticloadbalancing:DescribeListeners"))
}

const MARKED: &str = "
ready: { request: GET /health, consecutive: 2, within: 60ms, every: 1ms }
version: { request: GET /version, read: { body: trimmed }, equals: \"${green.env.app.VERSION}\" }
checks: { home: { request: GET / }, about: { request: GET /about } }
";

const UNMARKED: &str = "
ready: { request: GET /health, consecutive: 2, within: 60ms, every: 1ms }
checks: { home: { request: GET / }, about: { request: GET /about } }
";

proptest! {
    // A schedule that fails is shrunk, and its seed is kept in `proptest-regressions`.
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// With a marker: before the checks and after them every node has answered with green's, and AWS's last word was
    /// green's too.
    #[test]
    fn no_order_of_switches_makes_blue_pass_for_green(schedule in schedules()) {
        let (report, answers, looks) = play(&schedule, MARKED);
        if report.verdict == Verdict::Succeeded {
            let last_check = answers.iter().rposition(|answer| !answer.is_version).unwrap_or(0);
            let (before, after) = answers.split_at(last_check);
            for node in 0..schedule.nodes.len() {
                for (when, answers) in [("before", before), ("after", after)] {
                    let mut markers = answers.iter().filter(|answer| answer.is_version && answer.node == node);
                    let last = markers.next_back().map(|answer| answer.green);
                    prop_assert_eq!(last, Some(true), "node {} {} the checks: {}", node, when, report.reason);
                }
            }
            prop_assert!(after.iter().all(|answer| !answer.is_version || answer.green), "{}", report.reason);
            prop_assert!(schedule.control_plane.is_green(looks), "AWS's last word: {}", report.reason);
        }
        if answers.iter().all(|answer| !answer.green) {
            prop_assert_eq!(report.verdict, Verdict::Failed, "nobody but blue has answered");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Without one: AWS's word was green's before the checks and after them.
    #[test]
    fn without_a_marker_awss_first_and_last_word_decide(schedule in schedules()) {
        let (report, _, looks) = play(&schedule, UNMARKED);
        if report.verdict == Verdict::Succeeded {
            prop_assert!(schedule.control_plane.is_green(looks), "AWS's last word: {}", report.reason);
            prop_assert!((1..looks).any(|look| schedule.control_plane.is_green(look)), "{}", report.reason);
        }
        if (0..=looks).all(|look| !schedule.control_plane.is_green(look)) {
            prop_assert_eq!(report.verdict, Verdict::Failed, "the listener never served green");
        }
    }
}

//! Target health by actual health checks, and who gets requests because of it.

use std::net::SocketAddr;
use std::time::Duration;

use greenlight_rehearsal::application::{Application, Behaviour};
use greenlight_rehearsal::load_balancer::{Forward, HealthCheck, Listener, LoadBalancer, Matcher, Target, TargetGroup};
use tokio::time::timeout;

use crate::wire::{FakeTarget, PATIENCE, Wire, get};

fn check() -> HealthCheck {
    HealthCheck {
        path: "/health".to_owned(),
        matcher: Matcher(200, 200),
        interval: Duration::from_millis(20),
        timeout: Duration::from_millis(200),
        healthy_threshold: 2,
        unhealthy_threshold: 2,
        deregistration_delay: Duration::from_millis(50),
    }
}

struct Scene {
    blue: TargetGroup,
    green: TargetGroup,
    listener: Listener,
    _balancer: LoadBalancer,
}

/// A listener that names blue alone; both groups are checked.
async fn scene() -> Scene {
    let [blue, green] = ["blue", "green"].map(|name| TargetGroup::with_arn(name, name, Some(check())));
    let balancer = LoadBalancer::start().await.unwrap();
    let listener = balancer.listen("127.0.0.1:0".parse().unwrap(), Forward::to(&blue)).await.unwrap();
    balancer.check(&blue);
    balancer.check(&green);
    Scene { blue, green, listener, _balancer: balancer }
}

fn states(group: &TargetGroup) -> Vec<String> {
    let told = |health: greenlight_rehearsal::load_balancer::TargetHealth| match health.reason {
        Some(reason) => format!("{} {reason}", health.state),
        None => health.state.to_owned(),
    };
    group.health().into_iter().map(|(_, health)| told(health)).collect()
}

async fn until(group: &TargetGroup, expected: &[&str]) {
    let waited = async {
        while states(group) != expected {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(PATIENCE, waited).await.is_ok(), "expected {expected:?}, found {:?}", states(group));
}

/// Status, and the body or who made it.
async fn answer(address: SocketAddr) -> String {
    let answer = Wire::to(address).await.ask(get("/")).await;
    let status = answer.first_line().split(' ').nth(1).unwrap().to_owned();
    let by = answer.header("server").filter(|server| *server == "awselb/2.0").map(str::to_owned);
    format!("{status} {}", by.unwrap_or_else(|| answer.body.trim().to_owned()))
}

#[tokio::test]
async fn a_group_is_checked_once_an_action_names_it() {
    let Scene { green, listener, .. } = &scene().await;
    let application = Application::start("green", Behaviour::Healthy).await.unwrap();
    green.register(application.addr());
    until(green, &["unused Target.NotInUse"]).await;
    listener.set_forward(Forward::to(green));
    until(green, &["healthy"]).await;
    assert_eq!(answer(listener.addr()).await, "200 green");
    listener.set_forward(Forward::new([]));
    until(green, &["unused Target.NotInUse"]).await;
}

#[tokio::test]
async fn a_weight_of_nothing_is_enough_to_be_checked() {
    let Scene { blue, green, listener, .. } = &scene().await;
    let application = Application::start("green", Behaviour::Healthy).await.unwrap();
    green.register(application.addr());
    listener.set_forward(Forward::new([(blue.clone(), 100), (green.clone(), 0)]));
    until(green, &["healthy"]).await;
    assert_eq!(answer(listener.addr()).await, "503 awselb/2.0", "blue has no target, and green no weight");
}

#[tokio::test]
async fn a_target_that_never_passed_a_check_gets_nothing() {
    let Scene { blue, listener, .. } = &scene().await;
    // The first check takes long, so that it can be looked at while nothing is known.
    let silent = FakeTarget::start(|mut wire, _| async move {
        wire.head().await;
        std::future::pending::<()>().await;
    })
    .await;
    blue.register(silent.address);
    until(blue, &["initial Elb.InitialHealthChecking"]).await;
    assert_eq!(answer(listener.addr()).await, "503 awselb/2.0");
    until(blue, &["unhealthy Target.Timeout"]).await;
}

#[tokio::test]
async fn requests_avoid_the_unhealthy_until_nobody_else_is_left() {
    let Scene { blue, listener, .. } = &scene().await;
    let good = Application::start("good", Behaviour::Healthy).await.unwrap();
    let bad = Application::start("bad", Behaviour::Unhealthy(503)).await.unwrap();
    for application in [&good, &bad] {
        blue.register(application.addr());
    }
    until(blue, &["healthy", "unhealthy Target.ResponseCodeMismatch"]).await;
    for _ in 0..4 {
        assert_eq!(answer(listener.addr()).await, "200 good");
    }
    good.set_behaviour(Behaviour::Refuse).await.unwrap();
    until(blue, &["unhealthy Target.FailedHealthChecks", "unhealthy Target.ResponseCodeMismatch"]).await;
    let mut answers = [answer(listener.addr()).await, answer(listener.addr()).await];
    answers.sort();
    assert_eq!(answers, ["200 bad", "502 awselb/2.0"], "it fails open: both are asked in turn");

    bad.set_behaviour(Behaviour::Healthy).await.unwrap();
    until(blue, &["unhealthy Target.FailedHealthChecks", "healthy"]).await;
    let gone: Target = good.addr().into();
    assert!(blue.deregister(&gone));
    assert_eq!(states(blue)[0], "draining Target.DeregistrationInProgress");
    until(blue, &["healthy"]).await;
}

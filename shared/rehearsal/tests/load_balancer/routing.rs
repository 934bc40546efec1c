//! Which task set answers: weights, switches, and targets that come and go.

use std::time::Duration;

use greenlight_rehearsal::{
    application::{Application, Behaviour},
    load_balancer::{Forward, TargetGroup, loopback_nodes},
};

use crate::wire::{Wire, forwarding, forwarding_on, get};

struct Stage {
    blue: TargetGroup,
    green: TargetGroup,
    applications: [Application; 2],
}

async fn stage() -> Stage {
    let applications = [
        Application::start("blue", Behaviour::Healthy).await.unwrap(),
        Application::start("green", Behaviour::Healthy).await.unwrap(),
    ];
    let (blue, green) = (TargetGroup::new("orders-1"), TargetGroup::new("orders-2"));
    blue.register(applications[0].addr());
    green.register(applications[1].addr());
    Stage { blue, green, applications }
}

async fn answers(client: &mut Wire, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..count {
        found.push(client.ask(get("/")).await.body.trim().to_owned());
    }
    found
}

#[tokio::test]
async fn traffic_is_shared_by_weight_and_counted() {
    let Stage { blue, green, applications: _kept } = stage().await;
    let (_balancer, listener) = forwarding(Forward::new([(blue, 90), (green, 10)])).await;
    let found = answers(&mut Wire::to(listener.addr()).await, 20).await;
    assert_eq!(found.iter().filter(|version| *version == "green").count(), 2);
    assert_eq!(listener.hits(), [("orders-1".to_owned(), 18), ("orders-2".to_owned(), 2)].into());
}

#[tokio::test]
async fn two_listeners_are_two_ways_in() {
    let Stage { blue, green, applications: _kept } = stage().await;
    let (balancer, production) = forwarding(Forward::to(&blue)).await;
    let test = balancer.listen("127.0.0.1:0".parse().unwrap(), Forward::new([(green, 100), (blue, 0)])).await.unwrap();
    assert_eq!(answers(&mut Wire::to(production.addr()).await, 3).await, ["blue"; 3]);
    assert_eq!(answers(&mut Wire::to(test.addr()).await, 3).await, ["green"; 3]);
    assert_eq!(production.hits(), [("orders-1".to_owned(), 3)].into());
}

#[tokio::test]
async fn a_switch_takes_hold_of_kept_connections() {
    let Stage { blue, green, applications: _kept } = stage().await;
    let (_balancer, listener) = forwarding(Forward::to(&blue)).await;
    let mut client = Wire::to(listener.addr()).await;
    assert_eq!(answers(&mut client, 2).await, ["blue"; 2]);
    listener.clone().set_forward(Forward::to(&green));
    assert_eq!(answers(&mut client, 2).await, ["green"; 2]);
}

#[tokio::test]
async fn a_late_switch_is_said_at_once_and_done_later() {
    let Stage { blue, green, applications: _kept } = stage().await;
    let (_balancer, listener) = forwarding(Forward::to(&blue)).await;
    let mut client = Wire::to(listener.addr()).await;
    listener.set_forward_after(&Forward::to(&green), Duration::from_hours(1));
    assert_eq!(listener.forward().weight_of(&green), 1);
    assert_eq!(listener.serving(0).unwrap().weight_of(&green), 0);
    assert_eq!(answers(&mut client, 2).await, ["blue"; 2]);

    listener.set_forward_after(&Forward::to(&green), Duration::from_millis(50));
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(listener.serving(0).unwrap().weight_of(&green), 1);
    assert_eq!(answers(&mut client, 2).await, ["green"; 2]);
}

#[tokio::test]
async fn while_nodes_switch_one_by_one_their_addresses_answer_differently() {
    let Stage { blue, green, applications: _kept } = stage().await;
    let nodes = loopback_nodes(2);
    let (_balancer, listener) = forwarding_on(&nodes, Forward::to(&blue)).await;
    assert_eq!(listener.addresses().len(), nodes.len());
    listener.set_forward_node_by_node(&Forward::to(&green), Duration::from_hours(1));
    assert_eq!(listener.forward().weight_of(&green), 1);
    for (address, expected) in listener.addresses().iter().zip(["green", "blue"]) {
        assert_eq!(answers(&mut Wire::to(*address).await, 2).await, [expected; 2], "{address}");
    }
    listener.set_forward_at(0, Forward::to(&blue), Duration::ZERO);
    assert_eq!(answers(&mut Wire::to(listener.addr()).await, 2).await, ["blue"; 2]);
    assert_eq!(listener.forward().weight_of(&green), 1, "what one node does changes no action");
    listener.set_forward_node_by_node(&Forward::to(&green), Duration::ZERO);
    for address in listener.addresses() {
        assert_eq!(answers(&mut Wire::to(*address).await, 2).await, ["green"; 2], "{address}");
    }
}

#[tokio::test]
async fn targets_come_and_go_while_requests_run() {
    let Stage { blue, applications: [first, second], .. } = stage().await;
    let (_balancer, listener) = forwarding(Forward::to(&blue)).await;
    let mut client = Wire::to(listener.addr()).await;
    blue.register(second.addr());
    assert_eq!(answers(&mut client, 4).await, ["blue", "green", "blue", "green"]);
    assert!(blue.deregister(&first.addr().into()));
    assert_eq!(answers(&mut client, 2).await, ["green"; 2]);
    assert!(blue.deregister(&second.addr().into()));
    assert_eq!(client.ask(get("/")).await.header("server"), Some("awselb/2.0"));
}

#[tokio::test]
async fn a_host_name_is_looked_up() {
    let Stage { applications: [application, _green], .. } = stage().await;
    let group = TargetGroup::new("by-name");
    let url = format!("http://localhost:{}", application.addr().port());
    group.register(url.parse::<greenlight_rehearsal::load_balancer::Target>().unwrap());
    let (_balancer, listener) = forwarding(Forward::to(&group)).await;
    assert_eq!(answers(&mut Wire::to(listener.addr()).await, 1).await, ["blue"]);
}

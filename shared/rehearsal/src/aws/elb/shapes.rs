//! How the load balancer's parts look in the API's answers. Members that are null are left out.

use serde_json::{Value, json};

use crate::aws::identity::balancer_name;
use crate::aws::world::World;
use crate::load_balancer::{Listener, TargetGroup};

/// What the API tells of the checks: the shortest times that AWS allows. The rehearsal's are a small part of them.
const INTERVAL_SECONDS: u32 = 5;
const TIMEOUT_SECONDS: u32 = 2;
const VPC: &str = "vpc-0a1b2c3d4e5f60718";
const CREATED: &str = "2023-11-14T22:13:20.000Z";

/// A listener. One target group is named twice in its action, two in the forward configuration alone.
/// Source: API reference, `Action`.
pub(super) fn listener(arn: &str, load_balancer: &str, listener: &Listener) -> Value {
    let forward = listener.forward();
    let groups: Vec<_> = forward
        .groups()
        .iter()
        .map(|(group, weight)| json!({ "TargetGroupArn": group.arn(), "Weight": weight }))
        .collect();
    let only = match forward.groups() {
        [(group, _)] => Some(group.arn()),
        _ => None,
    };
    json!({
        "ListenerArn": arn,
        "LoadBalancerArn": load_balancer,
        "Port": listener.addr().port(),
        "Protocol": "HTTP",
        "DefaultActions": [{
            "Type": "forward",
            "TargetGroupArn": only,
            "Order": 1,
            "ForwardConfig": {
                "TargetGroups": groups,
                "TargetGroupStickinessConfig": { "Enabled": false },
            },
        }],
    })
}

pub(super) fn load_balancer(world: &World) -> Value {
    let identity = world.identity();
    let zone = |letter: char, subnet: &str| json!({ "ZoneName": format!("{}{letter}", identity.region), "SubnetId": subnet, "LoadBalancerAddresses": [] });
    json!({
        "LoadBalancerArn": identity.load_balancer_arn(),
        "DNSName": identity.dns_name(),
        "CanonicalHostedZoneId": "Z215JYRZR1TBD5",
        "CreatedTime": CREATED,
        "LoadBalancerName": balancer_name(),
        "Scheme": "internal",
        "VpcId": VPC,
        "State": { "Code": "active" },
        "Type": "application",
        "AvailabilityZones": [zone('a', "subnet-0a1b2c3d4e5f60718"), zone('b', "subnet-08172635445362718")],
        "SecurityGroups": ["sg-08172635445362718"],
        "IpAddressType": "ipv4",
    })
}

/// Whether a listener's action names the group.
pub(super) fn is_used(world: &World, group: &TargetGroup) -> bool {
    let listeners = [&world.balancer.production, &world.balancer.test];
    listeners.iter().any(|listener| listener.forward().groups().iter().any(|(member, _)| member == group))
}

pub(super) fn target_group(world: &World, group: &TargetGroup) -> Value {
    let identity = world.identity();
    let balancers: Vec<_> = is_used(world, group).then(|| identity.load_balancer_arn()).into_iter().collect();
    let check = group.health_check();
    json!({
        "TargetGroupArn": group.arn(),
        "TargetGroupName": group.name(),
        "Protocol": "HTTP",
        "Port": identity.container_port,
        "VpcId": VPC,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": check.is_some(),
        "HealthCheckIntervalSeconds": INTERVAL_SECONDS,
        "HealthCheckTimeoutSeconds": TIMEOUT_SECONDS,
        "HealthyThresholdCount": check.map(|check| check.healthy_threshold),
        "UnhealthyThresholdCount": check.map(|check| check.unhealthy_threshold),
        "HealthCheckPath": check.map(|check| check.path.as_str()),
        "Matcher": check.map(|check| json!({ "HttpCode": check.matcher.to_string() })),
        "LoadBalancerArns": balancers,
        "TargetType": "ip",
        "ProtocolVersion": "HTTP1",
        "IpAddressType": "ipv4",
    })
}

/// The health of a group's targets: of all, or of those that are wanted, by id and perhaps by port.
pub(super) fn health(world: &World, group: &TargetGroup, wanted: &[(&str, Option<&str>)]) -> Vec<Value> {
    let zone = format!("{}a", world.identity().region);
    let known: Vec<_> = group
        .health()
        .into_iter()
        .map(|(target, health)| {
            let address = target.address();
            let (id, port) = address.rsplit_once(':').unwrap_or((&address, "80"));
            (id.trim_matches(['[', ']']).to_owned(), port.to_owned(), health)
        })
        .collect();
    let is_meant = |id: &str, port: &str, (wanted_id, wanted_port): &(&str, Option<&str>)| {
        *wanted_id == id && wanted_port.is_none_or(|wanted_port| wanted_port == port)
    };
    let shown = known
        .iter()
        .filter(|(id, port, _)| wanted.is_empty() || wanted.iter().any(|target| is_meant(id, port, target)));
    let shown = shown.map(|(id, port, health)| {
        json!({
            "Target": { "Id": id, "Port": port.parse::<u16>().ok(), "AvailabilityZone": zone },
            "HealthCheckPort": port,
            "TargetHealth": {
                "State": health.state,
                "Reason": health.reason,
                "Description": health.description,
            },
        })
    });
    let strangers = wanted.iter().filter(|target| !known.iter().any(|(id, port, _)| is_meant(id, port, target)));
    let strangers = strangers.map(|(id, port)| {
        json!({
            "Target": { "Id": id, "Port": port.and_then(|port| port.parse::<u16>().ok()) },
            "TargetHealth": {
                "State": "unused",
                "Reason": "Target.NotRegistered",
                "Description": "Target is not registered to the target group",
            },
        })
    });
    shown.chain(strangers).collect()
}

//! Elastic Load Balancing, version 2: the load balancer, its listeners, the target groups and the health of targets, as
//! they are at the moment of the call.
//!
//! Source: Elastic Load Balancing API reference, version 2015-12-01.

mod shapes;

use serde_json::{Value, json};

use super::api_error::{ApiError, ELB_NAMESPACE};
use super::query::Input;
use super::world::World;
use super::xml;

const VERSION: &str = "2015-12-01";
/// Most items of a page. Source: API reference, `DescribeListeners`, `PageSize`.
const LARGEST_PAGE: usize = 400;

/// Answers one call with the content of its result.
pub(super) fn perform(world: &World, operation: &str, input: &Input) -> Result<Value, ApiError> {
    if input.text("Version") != Some(VERSION) {
        let message =
            format!("Could not find operation {operation} for version {}", input.text("Version").unwrap_or("?"));
        return Err(ApiError::new("InvalidAction", message));
    }
    match operation {
        "DescribeListeners" => describe_listeners(world, input),
        "DescribeLoadBalancers" => describe_load_balancers(world, input),
        "DescribeTargetGroups" => describe_target_groups(world, input),
        "DescribeTargetHealth" => describe_target_health(world, input),
        other => Err(ApiError::new("InvalidAction", format!("Could not find operation {other} for version {VERSION}"))),
    }
}

/// The whole answer of a call.
pub(super) fn document(operation: &str, content: &Value, request_id: &str) -> String {
    let result = format!("{operation}Result");
    let content = json!({ result: content, "ResponseMetadata": { "RequestId": request_id } });
    xml::document(&format!("{operation}Response"), Some(ELB_NAMESPACE), &content)
}

fn describe_listeners(world: &World, input: &Input) -> Result<Value, ApiError> {
    let (identity, balancer) = (world.identity(), &world.balancer);
    let all =
        [(identity.production_listener_arn(), &balancer.production), (identity.test_listener_arn(), &balancer.test)];
    let wanted = input.list("ListenerArns");
    match (input.text("LoadBalancerArn"), wanted.is_empty()) {
        (Some(_), false) => return Err(invalid("Load balancer ARN and listener ARNs cannot be specified together")),
        (Some(arn), true) => known_balancer(world, arn)?,
        (None, true) => return Err(invalid("You must specify either listener ARNs or a load balancer ARN")),
        (None, false) => {
            if let Some(unknown) = wanted.iter().find(|arn| !all.iter().any(|(known, _)| known == *arn)) {
                return Err(ApiError::new("ListenerNotFound", format!("Listener '{unknown}' not found")));
            }
        }
    }
    let listeners = all.iter().filter(|(arn, _)| wanted.is_empty() || wanted.contains(&arn.as_str()));
    let load_balancer = identity.load_balancer_arn();
    let shapes = listeners.map(|(arn, listener)| shapes::listener(arn, &load_balancer, listener)).collect();
    page(world, input, "Listeners", shapes)
}

fn describe_load_balancers(world: &World, input: &Input) -> Result<Value, ApiError> {
    for arn in input.list("LoadBalancerArns") {
        known_balancer(world, arn)?;
    }
    if let Some(name) = input.list("Names").into_iter().find(|name| *name != super::identity::balancer_name()) {
        return Err(ApiError::new("LoadBalancerNotFound", format!("Load balancers '[{name}]' not found")));
    }
    page(world, input, "LoadBalancers", vec![shapes::load_balancer(world)])
}

fn describe_target_groups(world: &World, input: &Input) -> Result<Value, ApiError> {
    let all = [&world.balancer.blue, &world.balancer.green];
    let (arns, names, of) = (input.list("TargetGroupArns"), input.list("Names"), input.text("LoadBalancerArn"));
    if let Some(arn) = of {
        known_balancer(world, arn)?;
    }
    let is_known = |arn: &&str| all.iter().any(|group| group.arn() == *arn);
    if arns.iter().any(|arn| !is_known(arn)) || names.iter().any(|name| !all.iter().any(|group| group.name() == *name))
    {
        return Err(ApiError::new("TargetGroupNotFound", "One or more target groups not found"));
    }
    let is_wanted = |group: &&&crate::load_balancer::TargetGroup| {
        (arns.is_empty() || arns.contains(&group.arn()))
            && (names.is_empty() || names.contains(&group.name()))
            && (of.is_none() || shapes::is_used(world, group))
    };
    let groups = all.iter().filter(is_wanted).map(|group| shapes::target_group(world, group)).collect();
    page(world, input, "TargetGroups", groups)
}

fn describe_target_health(world: &World, input: &Input) -> Result<Value, ApiError> {
    let asked = input.text("TargetGroupArn").unwrap_or_default();
    let group = [&world.balancer.blue, &world.balancer.green].into_iter().find(|group| group.arn() == asked);
    let group = group.ok_or_else(|| ApiError::new("TargetGroupNotFound", "One or more target groups not found"))?;
    let wanted: Vec<_> = (1..)
        .map_while(|number| {
            let member = |name: &str| input.text(&format!("Targets.member.{number}.{name}"));
            Some((member("Id")?, member("Port")))
        })
        .collect();
    Ok(json!({ "TargetHealthDescriptions": shapes::health(world, group, &wanted) }))
}

fn known_balancer(world: &World, arn: &str) -> Result<(), ApiError> {
    if arn == world.identity().load_balancer_arn() {
        return Ok(());
    }
    Err(ApiError::new("LoadBalancerNotFound", format!("Load balancer '{arn}' not found")))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("ValidationError", message)
}

/// One page of a list, from the marker on. A marker is the number of the first item, which nobody else needs to know.
fn page(world: &World, input: &Input, list: &str, items: Vec<Value>) -> Result<Value, ApiError> {
    let size = match input.text("PageSize").map(str::parse) {
        None => LARGEST_PAGE,
        Some(Ok(size)) if (1..=LARGEST_PAGE).contains(&size) => size,
        Some(_) => return Err(invalid("PageSize must be between 1 and 400")),
    };
    let size = world.balancer.page_size.map_or(size, |forced| size.min(forced.max(1)));
    let first = match input.text("Marker").map(|marker| marker.strip_prefix("item-").and_then(|rest| rest.parse().ok()))
    {
        None => 0,
        Some(Some(first)) => first,
        Some(None) => return Err(invalid("The marker is not valid")),
    };
    let next = first + size;
    let marker = (next < items.len()).then(|| format!("item-{next}"));
    let items: Vec<_> = items.into_iter().skip(first).take(size).collect();
    Ok(json!({ list: items, "NextMarker": marker }))
}

//! `Resources`: the ECS service, and what becomes its green task set.

use greenlight_suite::Span;
use greenlight_suite::diagnostics::{Problem, Problems, quote};
use greenlight_suite::yaml::{Core, Entry, Mapping, Node};

use super::start_of;

/// What becomes green.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The ARN of the task definition, or whatever a pipeline replaces by it.
    pub task_definition: String,
    /// The container that the load balancer sends requests to.
    pub container_name: String,
    /// Its port.
    pub container_port: u16,
}

const TYPE: &str = "AWS::ECS::Service";
const PROPERTIES: [&str; 5] =
    ["TaskDefinition", "LoadBalancerInfo", "PlatformVersion", "NetworkConfiguration", "CapacityProviderStrategy"];
const EXAMPLE: &str = "Resources: [{ TargetService: { Type: AWS::ECS::Service, Properties: { TaskDefinition: …, \
                       LoadBalancerInfo: { ContainerName: …, ContainerPort: … } } } }]";

pub(super) fn read(node: Option<&Node>, whole: Span, problems: &mut Problems) -> Option<Service> {
    let Some(node) = node.filter(|node| !node.is_absent()) else {
        problems
            .report(Problem::at(start_of(whole), "`Resources` is missing: nothing would be deployed").remedy(EXAMPLE));
        return None;
    };
    let resource = node.as_sequence().and_then(|items| match items {
        [item] => item.as_mapping(),
        _ => None,
    });
    let Some([Entry { key, value }]) = resource.map(Mapping::entries) else {
        problems
            .report(Problem::at(start_of(node.span), "`Resources` is a list of one: the ECS service").remedy(EXAMPLE));
        return None;
    };
    let service = mapping(value, &key.name, key.span, problems)?;
    service.refuse_unknown(&["Type", "Properties"], "a service", problems);
    kind(service.get("Type"), key.span, problems)?;
    let properties = member(service, "Properties", key.span, problems)?;
    properties.refuse_unknown(&PROPERTIES, "the properties of a service", problems);
    let at = service.get("Properties").map_or(key.span, |node| node.span);
    let task_definition = text(properties, "TaskDefinition", at, problems);
    let balancer = member(properties, "LoadBalancerInfo", at, problems);
    let (container_name, container_port) = match balancer {
        Some(balancer) => {
            balancer.refuse_unknown(&["ContainerName", "ContainerPort"], "LoadBalancerInfo", problems);
            let at = properties.get("LoadBalancerInfo").map_or(at, |node| node.span);
            (text(balancer, "ContainerName", at, problems), port(balancer, at, problems))
        }
        None => (None, None),
    };
    Some(Service {
        task_definition: task_definition?,
        container_name: container_name?,
        container_port: container_port?,
    })
}

fn kind(node: Option<&Node>, at: Span, problems: &mut Problems) -> Option<()> {
    let problem = match node {
        Some(node) if node.as_text() == Some(TYPE) => return Some(()),
        Some(node) if node.as_text().is_some_and(|text| text.starts_with("AWS::Lambda::")) => {
            Problem::at(node.span, "this is a deployment of a Lambda function, which has no task sets")
        }
        Some(node) => Problem::at(node.span, "this is not the type of an ECS service"),
        None => Problem::at(at, "`Type` is missing"),
    };
    problems.report(problem.remedy(format!("Greenlight gates ECS services: `Type: {TYPE}`")));
    None
}

fn member<'n>(parent: &'n Mapping, name: &str, at: Span, problems: &mut Problems) -> Option<&'n Mapping> {
    let Some(node) = parent.get(name) else {
        problems.report(missing(name, at));
        return None;
    };
    mapping(node, name, node.span, problems)
}

fn mapping<'n>(node: &'n Node, name: &str, at: Span, problems: &mut Problems) -> Option<&'n Mapping> {
    let mapping = node.as_mapping();
    if mapping.is_none() {
        problems.report(Problem::at(at, format!("{} is a mapping, found {}", quote(name), node.kind())));
    }
    mapping
}

fn text(parent: &Mapping, name: &str, at: Span, problems: &mut Problems) -> Option<String> {
    let Some(node) = parent.get(name) else {
        problems.report(missing(name, at));
        return None;
    };
    let text = node.as_text().filter(|text| !text.trim().is_empty());
    if text.is_none() {
        problems.report(
            Problem::at(node.span, format!("`{name}` must be text, found {}", node.kind())).label("write it here"),
        );
    }
    text.map(str::to_owned)
}

/// A number, or text that is one: templates often leave quotes around it.
fn port(parent: &Mapping, at: Span, problems: &mut Problems) -> Option<u16> {
    let Some(node) = parent.get("ContainerPort") else {
        problems.report(missing("ContainerPort", at));
        return None;
    };
    let scalar = node.as_scalar().filter(|scalar| matches!(scalar.core, Core::Number(_) | Core::Text));
    let port = scalar.and_then(|scalar| scalar.text.parse().ok()).filter(|port| *port > 0);
    if port.is_none() {
        problems.report(
            Problem::at(node.span, "`ContainerPort` must be a port").label("a number from 1 to 65535 is needed"),
        );
    }
    port
}

fn missing(name: &str, at: Span) -> Problem {
    Problem::at(start_of(at), format!("`{name}` is missing")).label(format!("needs `{name}`"))
}

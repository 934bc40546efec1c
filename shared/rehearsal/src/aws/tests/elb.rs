//! Elastic Load Balancing as its clients see it: XML, both shapes of a forward action, pages and errors.

use hyper::StatusCode;

use super::*;
use crate::load_balancer::Target;

const PRODUCTION: &str = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/greenlight-rehearsal/50dc6c495c0c9188/f2f7dc8efc522ab2";
const TEST: &str = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/greenlight-rehearsal/50dc6c495c0c9188/9a1c4c9f1c6f8d0e";
const BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/greenlight-rehearsal/50dc6c495c0c9188";
const BLUE: &str = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/hello-blue/73e2d6bc24d8a067";
const GREEN: &str = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/hello-green/209a844cd01825a4";

async fn asked(api: &Aws, rest: &str) -> (StatusCode, String) {
    client::form(api.address(), &format!("Version=2015-12-01&Action={rest}")).await
}

/// A document with one element a line, for people who read snapshots.
fn lines(xml: &str) -> String {
    xml.replace("><", ">\n<")
}

/// The text of every element of this name.
fn texts<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).filter_map(|rest| rest.split_once(&close)).map(|(text, _)| text).collect()
}

#[tokio::test]
async fn listeners_are_described_in_both_shapes() {
    let mut balancer = None;
    let api = started_with(|scene| balancer = Some(scene.balancer.clone())).await;
    let balancer = balancer.unwrap();
    balancer.test.set_forward(Forward::to(&balancer.green));
    let query = format!("DescribeListeners&ListenerArns.member.1={PRODUCTION}&ListenerArns.member.2={TEST}");
    let (status, body) = asked(&api, &query).await;
    assert_eq!(status, StatusCode::OK);
    let ports = [balancer.production.addr().port(), balancer.test.addr().port()];
    assert_eq!(texts(&body, "Port"), ports.map(|port| port.to_string()));
    let shown = lines(&body)
        .replace(&format!("<Port>{}<", ports[0]), "<Port>[PRODUCTION]<")
        .replace(&format!("<Port>{}<", ports[1]), "<Port>[TEST]<");
    insta::assert_snapshot!("listeners", shown);
}

#[tokio::test]
async fn load_balancer_and_target_groups_are_described() {
    let api = started(Misbehaviour::default()).await;
    let (_, balancers) = asked(&api, &format!("DescribeLoadBalancers&LoadBalancerArns.member.1={BALANCER}")).await;
    insta::assert_snapshot!("load_balancers", lines(&balancers));
    let (_, groups) = asked(&api, &format!("DescribeTargetGroups&TargetGroupArns.member.1={GREEN}")).await;
    insta::assert_snapshot!("target_groups", lines(&groups));
    let (_, groups) = asked(&api, &format!("DescribeTargetGroups&LoadBalancerArn={BALANCER}")).await;
    assert_eq!(texts(&groups, "TargetGroupName"), ["hello-blue", "hello-green"]);
}

#[tokio::test]
async fn target_health_is_described_for_all_or_for_some() {
    let mut group = None;
    let api = started_with(|scene| group = Some(scene.balancer.green.clone())).await;
    let group = group.unwrap();
    for url in ["http://127.0.0.1:4001", "http://127.0.0.1:4002"] {
        group.register(url.parse::<Target>().unwrap());
    }
    group.deregister(&"http://127.0.0.1:4002".parse().unwrap());
    let (_, body) = asked(&api, &format!("DescribeTargetHealth&TargetGroupArn={GREEN}")).await;
    insta::assert_snapshot!("target_health", lines(&body));
    let wanted = "Targets.member.1.Id=127.0.0.1&Targets.member.1.Port=4001&Targets.member.2.Id=10.0.0.9";
    let (_, body) = asked(&api, &format!("DescribeTargetHealth&TargetGroupArn={GREEN}&{wanted}")).await;
    assert_eq!(texts(&body, "State"), ["initial", "unused"]);
    assert_eq!(texts(&body, "Reason"), ["Elb.RegistrationInProgress", "Target.NotRegistered"]);
}

#[tokio::test]
async fn a_group_that_no_action_names_is_of_no_load_balancer() {
    let mut balancer = None;
    let api = started_with(|scene| balancer = Some(scene.balancer.clone())).await;
    let balancer = balancer.unwrap();
    for listener in [&balancer.production, &balancer.test] {
        listener.set_forward(Forward::to(&balancer.blue));
    }
    let (_, body) = asked(&api, &format!("DescribeTargetGroups&TargetGroupArns.member.1={GREEN}")).await;
    assert_eq!(texts(&body, "LoadBalancerArns"), [""]);
    let (_, body) = asked(&api, &format!("DescribeTargetGroups&LoadBalancerArn={BALANCER}")).await;
    assert_eq!(texts(&body, "TargetGroupArn"), [BLUE]);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let api = started_with(|scene| scene.balancer.page_size = Some(1)).await;
    let (_, first) = asked(&api, &format!("DescribeListeners&LoadBalancerArn={BALANCER}&PageSize=2")).await;
    assert_eq!(texts(&first, "ListenerArn"), [PRODUCTION], "the rehearsal's page is the smaller one");
    let marker = texts(&first, "NextMarker")[0].to_owned();
    let (_, second) = asked(&api, &format!("DescribeListeners&LoadBalancerArn={BALANCER}&Marker={marker}")).await;
    assert_eq!(texts(&second, "ListenerArn"), [TEST]);
    assert!(texts(&second, "NextMarker").is_empty());
    let api = started(Misbehaviour::default()).await;
    let (_, groups) = asked(&api, "DescribeTargetGroups&PageSize=1").await;
    assert_eq!(texts(&groups, "TargetGroupName"), ["hello-blue"]);
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_services_words() {
    let api = started(Misbehaviour::default()).await;
    let cases = [
        ("DescribeListeners", "ValidationError"),
        ("DescribeListeners&ListenerArns.member.1=arn%3Aother", "ListenerNotFound"),
        ("DescribeListeners&LoadBalancerArn=arn%3Aother", "LoadBalancerNotFound"),
        ("DescribeListeners&LoadBalancerArn=a&ListenerArns.member.1=b", "ValidationError"),
        ("DescribeLoadBalancers&LoadBalancerArns.member.1=arn%3Aother", "LoadBalancerNotFound"),
        ("DescribeLoadBalancers&Names.member.1=other", "LoadBalancerNotFound"),
        ("DescribeLoadBalancers&PageSize=0", "ValidationError"),
        ("DescribeLoadBalancers&Marker=x", "ValidationError"),
        ("DescribeTargetGroups&TargetGroupArns.member.1=arn%3Aother", "TargetGroupNotFound"),
        ("DescribeTargetGroups&Names.member.1=other", "TargetGroupNotFound"),
        ("DescribeTargetHealth&TargetGroupArn=arn%3Aother", "TargetGroupNotFound"),
        ("DeleteListener", "InvalidAction"),
    ];
    for (query, code) in cases {
        let (status, body) = asked(&api, query).await;
        assert_eq!((status, texts(&body, "Code")), (StatusCode::BAD_REQUEST, vec![code]), "{query}");
    }
    let (_, body) = client::form(api.address(), "Action=DescribeListeners&Version=2012-06-01").await;
    assert_eq!(texts(&body, "Code"), ["InvalidAction"], "the older API has the same names");
}

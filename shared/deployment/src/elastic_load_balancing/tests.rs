//! Requests and answers in the query protocol: form in, XML out.

use std::time::Duration;

use super::*;
use crate::call::CallErrorKind;
use crate::facts::{Forward, HealthCheck};
use crate::stand_in::{Answer, StandIn};

/// An answer of an action, with the metadata that AWS adds.
fn answer(action: &str, result: &str) -> Answer {
    Answer::xml(
        "200 OK",
        format!(
            r#"<{action}Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><{action}Result>{result}</{action}Result>
            <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{action}Response>"#
        ),
    )
}

fn serving(action: &'static str, result: &'static str) -> StandIn {
    StandIn::serving(move |_| answer(action, result))
}

async fn client(server: &StandIn) -> ElasticLoadBalancing {
    ElasticLoadBalancing::new(&server.aws().await)
}

fn form(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn listeners_are_read_in_one_call_with_both_shapes_of_forwarding() {
    let server = serving(
        "DescribeListeners",
        "<Listeners>
          <member><ListenerArn>arn:test</ListenerArn><LoadBalancerArn>arn:balancer</LoadBalancerArn><Port>8080</Port><Protocol>HTTP</Protocol>
            <DefaultActions><member><Type>forward</Type><Order>1</Order><ForwardConfig><TargetGroups>
              <member><TargetGroupArn>arn:two</TargetGroupArn><Weight>100</Weight></member>
              <member><TargetGroupArn>arn:one</TargetGroupArn><Weight>0</Weight></member></TargetGroups>
              <TargetGroupStickinessConfig><Enabled>false</Enabled></TargetGroupStickinessConfig></ForwardConfig></member></DefaultActions></member>
          <member><ListenerArn>arn:production</ListenerArn><LoadBalancerArn>arn:balancer</LoadBalancerArn><Port>443</Port><Protocol>HTTPS</Protocol>
            <DefaultActions><member><Type>forward</Type><TargetGroupArn>arn:one</TargetGroupArn></member></DefaultActions></member>
        </Listeners>",
    );
    let found = client(&server).await.listeners(&["arn:test".to_owned(), "arn:production".to_owned()]).await.unwrap();
    let listener = |arn: &str, port, protocol: &str, groups: &[(&str, u32)]| Listener {
        arn: arn.into(),
        load_balancer: "arn:balancer".into(),
        port,
        protocol: protocol.into(),
        forward: Forward::To(groups.iter().map(|(arn, weight)| ((*arn).to_owned(), *weight)).collect()),
    };
    assert_eq!(
        found,
        [
            listener("arn:test", 8080, "HTTP", &[("arn:two", 100), ("arn:one", 0)]),
            listener("arn:production", 443, "HTTPS", &[("arn:one", 1)]),
        ]
    );
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        form(&asked[0]),
        "Action=DescribeListeners&Version=2015-12-01&ListenerArns.member.1=arn%3Atest&ListenerArns.member.2=arn%3Aproduction"
    );
    assert!(asked[0].contains("/eu-central-1/elasticloadbalancing/aws4_request"), "signed for it: {}", asked[0]);
}

#[tokio::test]
async fn a_load_balancer_is_read_as_aws_writes_it() {
    let server = serving(
        "DescribeLoadBalancers",
        "<LoadBalancers><member><LoadBalancerArn>arn:balancer</LoadBalancerArn><DNSName>internal-shop.elb.amazonaws.com</DNSName>
         <Scheme>internal</Scheme><Type>application</Type><State><Code>active</Code></State></member></LoadBalancers>",
    );
    let balancer = client(&server).await.load_balancer("arn:balancer").await.unwrap();
    let expected = LoadBalancer {
        arn: "arn:balancer".into(),
        dns_name: "internal-shop.elb.amazonaws.com".into(),
        scheme: "internal".into(),
        kind: "application".into(),
    };
    assert_eq!(balancer, expected);
    let asked = server.asked();
    assert_eq!(
        form(&asked[0]),
        "Action=DescribeLoadBalancers&Version=2015-12-01&LoadBalancerArns.member.1=arn%3Abalancer"
    );
}

#[tokio::test]
async fn a_target_group_is_read_with_its_health_check() {
    let server = serving(
        "DescribeTargetGroups",
        "<TargetGroups><member><TargetGroupArn>arn:two</TargetGroupArn><TargetGroupName>two</TargetGroupName><Protocol>HTTP</Protocol>
         <Port>80</Port><TargetType>ip</TargetType><HealthCheckEnabled>true</HealthCheckEnabled><HealthCheckProtocol>HTTPS</HealthCheckProtocol>
         <HealthCheckPort>traffic-port</HealthCheckPort><HealthCheckPath>/health</HealthCheckPath>
         <HealthCheckIntervalSeconds>30</HealthCheckIntervalSeconds><HealthCheckTimeoutSeconds>5</HealthCheckTimeoutSeconds>
         <Matcher><HttpCode>200,204</HttpCode></Matcher></member></TargetGroups>",
    );
    let group = client(&server).await.target_group("arn:two").await.unwrap();
    let expected = TargetGroup {
        arn: "arn:two".into(),
        name: "two".into(),
        protocol: "HTTP".into(),
        port: Some(80),
        target_type: "ip".into(),
        health_check: HealthCheck {
            enabled: true,
            protocol: "HTTPS".into(),
            port: "traffic-port".into(),
            path: Some("/health".into()),
            http_codes: Some("200,204".into()),
            grpc_codes: None,
            interval: Some(Duration::from_secs(30)),
            timeout: Some(Duration::from_secs(5)),
        },
    };
    assert_eq!(group, expected);
    let asked = server.asked();
    assert_eq!(form(&asked[0]), "Action=DescribeTargetGroups&Version=2015-12-01&TargetGroupArns.member.1=arn%3Atwo");
}

#[tokio::test]
async fn the_health_of_every_target_is_read() {
    let server = serving(
        "DescribeTargetHealth",
        "<TargetHealthDescriptions>
          <member><Target><Id>10.0.1.7</Id><Port>8080</Port><AvailabilityZone>eu-central-1a</AvailabilityZone></Target><HealthCheckPort>8080</HealthCheckPort>
            <TargetHealth><State>unhealthy</State><Reason>Target.ResponseCodeMismatch</Reason><Description>Health checks failed with these codes: [500]</Description></TargetHealth></member>
          <member><Target><Id>10.0.2.7</Id><Port>8080</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>
         </TargetHealthDescriptions>",
    );
    let health = client(&server).await.target_health("arn:two").await.unwrap();
    let shown: Vec<_> = health.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "10.0.1.7:8080 is unhealthy (Target.ResponseCodeMismatch: Health checks failed with these codes: [500])",
            "10.0.2.7:8080 is healthy",
        ]
    );
    assert_eq!((health[0].zone.as_deref(), health[1].zone.as_deref()), (Some("eu-central-1a"), None));
    let asked = server.asked();
    assert_eq!(form(&asked[0]), "Action=DescribeTargetHealth&Version=2015-12-01&TargetGroupArn=arn%3Atwo");
}

#[tokio::test]
async fn an_answer_in_pages_is_read_to_its_end() {
    let server = StandIn::serving(|request| {
        let (arn, next) = if request.contains("Marker=second") {
            ("arn:production", "<NextMarker></NextMarker>")
        } else {
            ("arn:test", "<NextMarker>second</NextMarker>")
        };
        let member = format!("<member><ListenerArn>{arn}</ListenerArn><Port>80</Port></member>");
        answer("DescribeListeners", &format!("<Listeners>{member}</Listeners>{next}"))
    });
    let found = client(&server).await.listeners(&["arn:test".to_owned(), "arn:production".to_owned()]).await.unwrap();
    let arns: Vec<_> = found.iter().map(|listener| listener.arn.as_str()).collect();
    assert_eq!(arns, ["arn:test", "arn:production"]);
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn what_is_on_a_later_page_is_found_and_a_circle_of_pages_ends() {
    let server = StandIn::serving(|request| {
        let (group, next) = if request.contains("Marker=second") {
            ("<member><TargetGroupArn>arn:two</TargetGroupArn></member>", "")
        } else {
            ("", "<NextMarker>second</NextMarker>")
        };
        answer("DescribeTargetGroups", &format!("<TargetGroups>{group}</TargetGroups>{next}"))
    });
    assert_eq!(client(&server).await.target_group("arn:two").await.unwrap().arn, "arn:two");

    let circle = serving("DescribeLoadBalancers", "<LoadBalancers></LoadBalancers><NextMarker>again</NextMarker>");
    let error = client(&circle).await.load_balancer("arn:balancer").await.unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (CallErrorKind::Server, "the answer held no end within 10 pages"));
    assert_eq!(circle.asked().len(), MAX_PAGES);
}

//! A listener as DescribeListeners tells it: where it listens, and where it sends requests.

use aws_sdk_elasticloadbalancingv2::types as sdk;
use greenlight_engine::BaseUrl;
use serde::{Deserialize, Serialize};

/// A listener of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// The listener's ARN.
    pub arn: String,
    /// ARN of its load balancer.
    pub load_balancer: String,
    /// 1 to 65535.
    pub port: u16,
    /// `HTTP`, `HTTPS`, `TCP`, `TLS`, … as AWS writes it.
    pub protocol: String,
    /// What its default action does.
    pub forward: Forward,
}

/// What a listener's default action does, the same for both shapes in which AWS writes it.
///
/// Source: Elastic Load Balancing API reference, `Action`: `TargetGroupArn` alone for one target group, `ForwardConfig`
/// with weights for several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forward {
    /// To target groups: ARN and weight, 0 to 999, of each.
    To(Vec<(String, u32)>),
    /// Nowhere: the action's type, for example `redirect` or `fixed-response`, or `none`.
    Other(String),
}

impl Listener {
    /// Where it is asked, at a DNS name of its load balancer.
    ///
    /// # Errors
    ///
    /// A sentence when its protocol is not one that HTTP is spoken over, or the name is none.
    pub fn base_url(&self, dns_name: &str) -> Result<BaseUrl, String> {
        let scheme = match self.protocol.as_str() {
            "HTTP" | "TCP" => "http",
            "HTTPS" | "TLS" => "https",
            other => return Err(format!("a listener of protocol {other} cannot be asked over HTTP: {}", self.arn)),
        };
        BaseUrl::parse(&format!("{scheme}://{dns_name}:{}", self.port)).map_err(|error| error.to_string())
    }
}

impl Forward {
    /// The share of a target group in percent, 0 to 100, of all weights. `None` when requests go nowhere.
    #[must_use]
    pub fn share(&self, target_group: &str) -> Option<f64> {
        let (there, all) = self.weights(target_group)?;
        (all > 0).then(|| f64::from(there) / f64::from(all) * 100.0)
    }

    /// Whether everything goes to this target group: a weight above zero there, and nowhere else.
    #[must_use]
    pub fn is_all(&self, target_group: &str) -> bool {
        self.weights(target_group).is_some_and(|(there, all)| there > 0 && there == all)
    }

    /// Whether nothing goes to this target group. An action that does not forward answers by itself, so that this is
    /// not said of it.
    #[must_use]
    pub fn is_none(&self, target_group: &str) -> bool {
        self.weights(target_group).is_some_and(|(there, _)| there == 0)
    }

    /// The weight of a target group, and of all together.
    fn weights(&self, target_group: &str) -> Option<(u32, u32)> {
        let Self::To(groups) = self else { return None };
        let sum = |of: &dyn Fn(&str) -> bool| groups.iter().filter(|(arn, _)| of(arn)).map(|(_, weight)| weight).sum();
        Some((sum(&|arn| arn == target_group), sum(&|_| true)))
    }

    /// The ARN of the target group with this name, where requests go to it or could.
    pub(crate) fn target_group_named(&self, name: &str) -> Option<&str> {
        let Self::To(groups) = self else { return None };
        groups.iter().map(|(arn, _)| arn.as_str()).find(|arn| target_group_name(arn) == Some(name))
    }
}

/// The name in an ARN that ends with `targetgroup/NAME/ID`.
fn target_group_name(arn: &str) -> Option<&str> {
    arn.rsplit_once(":targetgroup/")?.1.split('/').next()
}

impl From<&[sdk::Action]> for Forward {
    fn from(actions: &[sdk::Action]) -> Self {
        let of =
            |action: &sdk::Action| action.r#type().map_or_else(|| "none".to_owned(), |kind| kind.as_str().to_owned());
        let Some(forward) = actions.iter().find(|action| of(action) == "forward") else {
            // The last one decides: those before it only ask who is there.
            let last = actions.iter().max_by_key(|action| action.order().unwrap_or(i32::MAX));
            return Self::Other(last.map_or_else(|| "none".to_owned(), of));
        };
        let several = forward.forward_config().map(sdk::ForwardActionConfig::target_groups).unwrap_or_default();
        let weighted = several.iter().filter_map(|group| {
            // One target group alone is written without a weight by network load balancers.
            let weight = group.weight().map_or(1, |weight| u32::try_from(weight).unwrap_or(0));
            Some((group.target_group_arn()?.to_owned(), weight))
        });
        let mut groups: Vec<_> = weighted.collect();
        if groups.is_empty() {
            groups.extend(forward.target_group_arn().map(|arn| (arn.to_owned(), 1)));
        }
        Self::To(groups)
    }
}

impl From<&sdk::Listener> for Listener {
    fn from(listener: &sdk::Listener) -> Self {
        Self {
            arn: listener.listener_arn().unwrap_or_default().to_owned(),
            load_balancer: listener.load_balancer_arn().unwrap_or_default().to_owned(),
            port: listener.port().and_then(|port| u16::try_from(port).ok()).unwrap_or_default(),
            protocol: listener.protocol().map(|protocol| protocol.as_str().to_owned()).unwrap_or_default(),
            forward: listener.default_actions().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(kind: &str) -> sdk::builders::ActionBuilder {
        sdk::Action::builder().r#type(kind.into())
    }

    fn weighted(groups: &[(&str, Option<i32>)]) -> sdk::ForwardActionConfig {
        let tuple = |(arn, weight): &(&str, Option<i32>)| {
            sdk::TargetGroupTuple::builder().target_group_arn(*arn).set_weight(*weight).build()
        };
        sdk::ForwardActionConfig::builder().set_target_groups(Some(groups.iter().map(tuple).collect())).build()
    }

    #[test]
    fn both_shapes_of_a_forward_action_mean_the_same() {
        let one = || action("forward").target_group_arn("one");
        let to = |groups: &[(&str, u32)]| {
            Forward::To(groups.iter().map(|(arn, weight)| ((*arn).to_owned(), *weight)).collect())
        };
        let other = |kind: &str| Forward::Other(kind.to_owned());
        for (case, actions, forward) in [
            ("one group, as a scalar", vec![one().build()], to(&[("one", 1)])),
            (
                "one group, in both ways",
                vec![one().forward_config(weighted(&[("one", Some(1))])).build()],
                to(&[("one", 1)]),
            ),
            (
                "one group without a weight",
                vec![action("forward").forward_config(weighted(&[("one", None)])).build()],
                to(&[("one", 1)]),
            ),
            (
                "two groups with weights",
                vec![action("forward").forward_config(weighted(&[("two", Some(100)), ("one", Some(0))])).build()],
                to(&[("two", 100), ("one", 0)]),
            ),
            ("an empty list beside the scalar", vec![one().forward_config(weighted(&[])).build()], to(&[("one", 1)])),
            (
                "somebody has to say who they are first",
                vec![action("authenticate-oidc").order(1).build(), one().order(2).build()],
                to(&[("one", 1)]),
            ),
            ("a forward to nowhere", vec![action("forward").build()], to(&[])),
            ("a redirect", vec![action("redirect").build()], other("redirect")),
            (
                "who they are, and then a fixed answer",
                vec![action("fixed-response").order(2).build(), action("authenticate-cognito").order(1).build()],
                other("fixed-response"),
            ),
            ("no action", vec![], other("none")),
        ] {
            assert_eq!(Forward::from(actions.as_slice()), forward, "{case}");
        }
    }

    #[test]
    fn shares_are_of_all_weights() {
        for (case, groups, share, is_all, is_none) in [
            ("alone", &[("green", 1)][..], Some(100.0), true, false),
            ("all of two", &[("green", 100), ("blue", 0)], Some(100.0), true, false),
            ("none of two", &[("green", 0), ("blue", 100)], Some(0.0), false, true),
            ("a tenth", &[("green", 10), ("blue", 90)], Some(10.0), false, false),
            ("half, with weights that do not add up to 100", &[("green", 1), ("blue", 1)], Some(50.0), false, false),
            ("named twice", &[("green", 1), ("blue", 2), ("green", 1)], Some(50.0), false, false),
            ("elsewhere", &[("blue", 1)], Some(0.0), false, true),
            ("all weights are zero", &[("green", 0), ("blue", 0)], None, false, true),
            ("nowhere", &[], None, false, true),
        ] {
            let forward = Forward::To(groups.iter().map(|(arn, weight)| ((*arn).to_owned(), *weight)).collect());
            assert_eq!(forward.share("green"), share, "{case}");
            assert_eq!(forward.is_all("green"), is_all, "{case}: all");
            assert_eq!(forward.is_none("green"), is_none, "{case}: none");
        }
        let redirect = Forward::Other("redirect".into());
        assert_eq!(
            (redirect.share("green"), redirect.is_all("green"), redirect.is_none("green")),
            (None, false, false)
        );
    }

    fn listener(protocol: &str, port: u16) -> Listener {
        let forward = Forward::Other("none".into());
        Listener { arn: "arn:l".into(), load_balancer: "arn:b".into(), port, protocol: protocol.into(), forward }
    }

    #[test]
    fn a_listener_is_asked_at_its_load_balancers_name() {
        for (protocol, port, dns_name, url) in [
            ("HTTP", 8080, "alb.example.com", "http://alb.example.com:8080"),
            ("HTTP", 80, "alb.example.com", "http://alb.example.com"),
            ("HTTPS", 443, "internal-alb.example.com", "https://internal-alb.example.com"),
            ("HTTPS", 8443, "alb.example.com", "https://alb.example.com:8443"),
            ("TCP", 8080, "nlb.example.com", "http://nlb.example.com:8080"),
            ("TLS", 8080, "nlb.example.com", "https://nlb.example.com:8080"),
        ] {
            assert_eq!(listener(protocol, port).base_url(dns_name).unwrap().to_string(), url);
        }
    }

    #[test]
    fn a_listener_that_does_not_speak_http_says_so() {
        for (protocol, dns_name, sentence) in [
            ("UDP", "nlb.example.com", "a listener of protocol UDP cannot be asked over HTTP: arn:l"),
            ("", "nlb.example.com", "a listener of protocol  cannot be asked over HTTP: arn:l"),
            ("HTTP", "", "`http://:8080` is not a URL"),
        ] {
            let error = listener(protocol, 8080).base_url(dns_name).unwrap_err();
            assert!(error.starts_with(sentence), "{error}");
        }
    }

    #[test]
    fn a_listener_is_the_same_after_a_report() {
        let forward = Forward::To(vec![("arn:g".into(), 100)]);
        let told = Listener { forward, ..listener("HTTP", 8080) };
        let json = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<Listener>(&json).unwrap(), told, "{json}");
    }
}

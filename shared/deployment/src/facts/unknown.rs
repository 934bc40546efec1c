//! What is not known of a deployment, in sentences.

use super::Facts;
use crate::call::{CallError, CallErrorKind};

impl Facts {
    /// A sentence for each call that failed: the facts that it would have told, and why it did not. What there was
    /// nothing to ask about is no failure, and not among them.
    #[must_use]
    pub fn unknown(&self) -> Vec<String> {
        let facts = [
            ("the deployment", self.deployment.as_ref().err()),
            ("the lifecycle events", self.target.as_ref().err()),
            ("the service", self.service.as_ref().err()),
            ("the test listener", self.test.as_ref().err()),
            ("the production listener", self.production.as_ref().err()),
            ("the load balancer", self.load_balancer.as_ref().err()),
            ("green's task set", self.green.task_set.as_ref().err()),
            ("green's target group", self.green.target_group.as_ref().err()),
            ("green's task definition", self.green.task_definition.as_ref().err()),
            ("green's health check", self.target_group.as_ref().err()),
            ("the health of green's targets", self.health.as_ref().err()),
            ("blue's task set", self.blue.task_set.as_ref().err()),
            ("blue's target group", self.blue.target_group.as_ref().err()),
            ("blue's task definition", self.blue.task_definition.as_ref().err()),
        ];
        let mut failed: Vec<(&CallError, Vec<&str>)> = Vec::new();
        for (name, error) in facts {
            let Some(error) = error.filter(|error| error.kind != CallErrorKind::Absent) else { continue };
            match failed.iter_mut().find(|(other, _)| *other == error) {
                Some((_, names)) => names.push(name),
                None => failed.push((error, vec![name])),
            }
        }
        failed.into_iter().map(|(error, names)| format!("{}: {}", listed(&names), error.unknown())).collect()
    }
}

/// The names as one reads them out.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{DEPLOYMENT_ID, Scripted};
    use super::*;
    use std::time::Duration;
    use tokio::time::Instant;

    async fn unknown(reader: &Scripted) -> String {
        Facts::read(reader, DEPLOYMENT_ID, Instant::now() + Duration::from_secs(1)).await.unknown().join("\n")
    }

    #[tokio::test(start_paused = true)]
    async fn each_failed_call_is_one_sentence() {
        let mut shown = Vec::new();
        for action in [
            "codedeploy:GetDeployment",
            "codedeploy:ListDeploymentTargets",
            "codedeploy:GetDeploymentTarget",
            "ecs:DescribeServices",
            "ecs:DescribeTaskDefinition",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
        ] {
            shown.push(unknown(&Scripted::new().denying(action)).await);
        }
        insta::assert_snapshot!(shown.join("\n\n"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_call_says_so() {
        assert_eq!(
            unknown(&Scripted::new().silent_at("elasticloadbalancing:DescribeLoadBalancers")).await,
            "the load balancer: unknown (unreachable: elasticloadbalancing:DescribeLoadBalancers, arn:balancer; no \
             answer in time)"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_there_was_nothing_to_ask_about_is_not_among_them() {
        let mut reader = Scripted::new();
        reader.service.task_sets.clear();
        assert_eq!(unknown(&reader).await, "");
        assert_eq!(unknown(&Scripted::new()).await, "");
    }
}

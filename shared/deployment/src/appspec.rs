//! The appspec of an ECS deployment: what CodeDeploy deploys, and which functions it asks on the way.
//!
//! [`parse`] reads YAML or JSON as CodeDeploy takes it, and shows every mistake with its place and its remedy. It knows
//! nothing of the account: whether the task definition or a function exists is CodeDeploy's to find out.
//!
//! Source: CodeDeploy user guide, "AppSpec file structure for Amazon ECS deployments".

mod hooks;
mod resources;

use greenlight_suite::diagnostics::{Problem, Problems};
use greenlight_suite::yaml::{self, Core, Node};
use greenlight_suite::{Diagnostics, Source, Span};

pub use hooks::{Binding, BindingPoint};
pub use resources::Service;

/// An appspec that CodeDeploy would take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appspec {
    /// What becomes green.
    pub service: Service,
    /// Which function is asked at which event, in the order of the lifecycle.
    pub hooks: Vec<Binding>,
}

/// Reads an appspec.
///
/// # Errors
///
/// [`Diagnostics`] with everything that is wrong with it.
pub fn parse(source: &Source) -> Result<Appspec, Diagnostics> {
    let mut problems = Problems::default();
    let appspec = yaml::load(source, &mut problems).and_then(|root| read(&root, &mut problems));
    problems.finish(appspec, source)
}

fn read(root: &Node, problems: &mut Problems) -> Option<Appspec> {
    let Some(mapping) = root.as_mapping() else {
        problems.report(
            Problem::at(root.span, format!("an appspec is a mapping, found {}", root.kind()))
                .remedy("begin with `version: 0.0`, then `Resources:` and `Hooks:`"),
        );
        return None;
    };
    if mapping.entries().iter().any(|entry| matches!(entry.key.name.as_str(), "os" | "files" | "permissions")) {
        problems.report(
            Problem::at(root.span, "this is an appspec for servers, which have no task sets")
                .remedy("write one for ECS: `version: 0.0`, `Resources:` with a `TargetService`, `Hooks:`"),
        );
        return None;
    }
    mapping.refuse_unknown(&["version", "Resources", "Hooks"], "an appspec", problems);
    version(mapping.get("version"), root.span, problems);
    let hooks = mapping.get("Hooks").map(|node| hooks::read(node, problems)).unwrap_or_default();
    let service = resources::read(mapping.get("Resources"), root.span, problems)?;
    Some(Appspec { service, hooks })
}

/// The one version there is, as a number or as text: both are seen, and CodeDeploy takes both.
fn version(node: Option<&Node>, whole: Span, problems: &mut Problems) {
    const REMEDY: &str = "the only version is `version: 0.0`";
    let Some(node) = node else {
        problems.report(Problem::at(start_of(whole), "`version` is missing").remedy(REMEDY));
        return;
    };
    let is_known = node.as_scalar().is_some_and(|scalar| match &scalar.core {
        Core::Number(number) => number.as_f64() == Some(0.0),
        Core::Text => scalar.text == "0.0",
        _ => false,
    });
    if !is_known {
        problems.report(Problem::at(node.span, "this version of appspecs does not exist").remedy(REMEDY));
    }
}

/// Where something is missing that should stand there, one character is marked rather than all that is there.
fn start_of(span: Span) -> Span {
    Span { start: span.start, end: span.start }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../../examples/hello/appspec.yml");

    fn shown(text: &str) -> String {
        parse(&Source::new("appspec.yml", text)).expect_err("it should be refused").to_string()
    }

    #[test]
    fn the_example_is_read_whole() {
        let appspec = parse(&Source::new("appspec.yml", GOOD)).unwrap();
        assert_eq!(appspec.service.task_definition, "arn:aws:ecs:eu-central-1:123456789012:task-definition/hello:42");
        assert_eq!((appspec.service.container_name.as_str(), appspec.service.container_port), ("web", 80));
        let bound: Vec<_> = appspec.hooks.iter().map(|binding| (binding.at.name(), binding.function_name())).collect();
        assert_eq!(
            bound,
            [
                ("AfterInstall", "CodeDeployHook_greenlight-after-install"),
                ("AfterAllowTestTraffic", "CodeDeployHook_greenlight-after-allow-test-traffic"),
                ("BeforeAllowTraffic", "CodeDeployHook_greenlight-before-allow-traffic"),
            ]
        );
    }

    #[test]
    fn json_with_a_textual_version_is_taken_as_cdk_writes_it() {
        let text = r#"{"version":"0.0","Resources":[{"TargetService":{"Type":"AWS::ECS::Service","Properties":
            {"TaskDefinition":"<TASK_DEFINITION>","PlatformVersion":"LATEST","NetworkConfiguration":{},
             "LoadBalancerInfo":{"ContainerName":"web","ContainerPort":"80"}}}}],
            "Hooks":[{"BeforeAllowTraffic":"arn:aws:lambda:eu-central-1:123456789012:function:gate:live"},
                     {"AfterInstall":"123456789012:function:after"}]}"#;
        let appspec = parse(&Source::new("appspec.json", text)).unwrap();
        assert_eq!(appspec.service.task_definition, "<TASK_DEFINITION>");
        let names: Vec<_> = appspec.hooks.iter().map(Binding::function_name).collect();
        assert_eq!(names, ["after", "gate"], "in the lifecycle's order, without account and qualifier");
    }

    #[test]
    fn a_functions_name_is_found_however_it_is_written() {
        for function in [
            "gate",
            "gate:live",
            "123456789012:function:gate:7",
            "arn:aws:lambda:eu-central-1:123456789012:function:gate",
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:gate:live",
        ] {
            let binding = Binding { at: BindingPoint::AfterInstall, function: function.into() };
            assert_eq!(binding.function_name(), "gate", "{function}");
        }
    }

    fn bound(hooks: &[(&str, &str)]) -> Result<Appspec, Diagnostics> {
        let (resources, _) = GOOD.split_once("# Names or ARNs").unwrap();
        let hooks: Vec<_> = hooks.iter().map(|(at, function)| format!("  - {at}: {function}\n")).collect();
        parse(&Source::new("appspec.yml", format!("{resources}Hooks:\n{}", hooks.concat())))
    }

    #[test]
    fn each_of_our_functions_judges_one_event_and_foreign_ones_any() {
        for (case, hooks, sentence) in [
            (
                "another event's",
                &[("AfterInstall", "gate-before-allow-traffic")][..],
                Some("`gate-before-allow-traffic` judges BeforeAllowTraffic, and is bound to AfterInstall"),
            ),
            (
                "the two that differ by one word",
                &[("AfterAllowTestTraffic", "gate-after-allow-traffic")],
                Some("`gate-after-allow-traffic` judges AfterAllowTraffic, and is bound to AfterAllowTestTraffic"),
            ),
            (
                "the two that differ by one word, the other way",
                &[("AfterAllowTraffic", "gate-after-allow-test-traffic")],
                Some("`gate-after-allow-test-traffic` judges AfterAllowTestTraffic, and is bound to AfterAllowTraffic"),
            ),
            (
                "an event that nothing of ours judges",
                &[("BeforeInstall", "after-install")],
                Some("`after-install` judges AfterInstall, and is bound to BeforeInstall"),
            ),
            (
                "ours twice",
                &[("AfterInstall", "gate-after-install"), ("BeforeAllowTraffic", "gate-after-install:live")],
                Some("`gate-after-install` judges AfterInstall, and is bound to BeforeAllowTraffic"),
            ),
            (
                "an ARN with an alias",
                &[("AfterInstall", "arn:aws:lambda:eu-central-1:123456789012:function:gate-after-allow-traffic:live")],
                Some("`gate-after-allow-traffic` judges AfterAllowTraffic, and is bound to AfterInstall"),
            ),
            (
                "each its own",
                &[("AfterInstall", "x-after-install"), ("AfterAllowTraffic", "x-after-allow-traffic")],
                None,
            ),
            ("a foreign one twice", &[("AfterInstall", "smoke"), ("BeforeAllowTraffic", "smoke")], None),
            ("the words in the middle", &[("AfterInstall", "before-allow-traffic-smoke")], None),
            ("the words within a word", &[("AfterAllowTraffic", "thereafter-install")], None),
        ] {
            let found = bound(hooks).err().map(|diagnostics| diagnostics.summary());
            let found = found.as_deref().map(|summary| summary.split_once(": ").unwrap().1);
            assert_eq!(found, sentence, "{case}");
        }
    }

    #[test]
    fn a_function_at_the_wrong_event_is_shown_with_its_place_and_remedy() {
        let wrong = [
            ("BeforeInstall", "CodeDeployHook_orders-after-install"),
            ("AfterInstall", "CodeDeployHook_orders-before-allow-traffic"),
        ];
        insta::assert_snapshot!(bound(&wrong).unwrap_err());
    }

    #[test]
    fn an_appspec_without_hooks_is_legal() {
        for hooks in ["", "Hooks:\n", "Hooks: []\n"] {
            let (resources, _) = GOOD.split_once("# Names or ARNs").unwrap();
            assert_eq!(parse(&Source::new("appspec.yml", format!("{resources}{hooks}"))).unwrap().hooks, []);
        }
    }

    #[test]
    fn every_mistake_is_shown_with_its_remedy() {
        insta::assert_snapshot!(shown(
            "version: 1.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition:
        LoadBalancerInfo:
          ContainerPort: http
          ContianerName: web
Hooks:
  - AfterAllowTestTrafic: one
  - AfterInstall: two
  - AfterInstall: three
  - AllowTraffic: four
  - ApplicationStart: five
  - BeforeAllowTraffic:
"
        ));
    }

    #[test]
    fn what_is_no_ecs_appspec_is_named() {
        insta::assert_snapshot!(
            [
                "- one\n",
                "version: 0.0\nos: linux\nfiles: []\n",
                "version: 0.0\n",
                "version: 0.0\nResources:\n  - gate:\n      Type: AWS::Lambda::Function\n",
                "version: 0.0\nResources: []\nHooks:\n  AfterInstall: gate\n",
            ]
            .map(shown)
            .join("\n")
        );
    }
}

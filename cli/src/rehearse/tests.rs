//! What the options mean for a rehearsal, and what is refused.

use std::fs;

use clap::{CommandFactory, Parser};
use greenlight_rehearsal::{ReadyWait, Repeated};

use super::*;

/// A command line that is nothing but the options of `rehearse`.
#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    rehearse: Rehearse,
}

fn settings(args: &[&str]) -> Settings {
    let line = Line::try_parse_from([&["rehearse"], args].concat()).unwrap_or_else(|error| panic!("{error}"));
    line.rehearse.settings().unwrap_or_else(|stop| panic!("{args:?}: {}", stop.text()))
}

/// What is said about a command line that cannot be played.
fn refused(args: &[&str]) -> String {
    match Line::try_parse_from([&["rehearse"], args].concat()) {
        Err(error) => error.to_string(),
        Ok(line) => line.rehearse.settings().map(drop).unwrap_err().text().to_owned(),
    }
}

#[test]
fn without_options_it_is_the_built_in_deployment() {
    let told = settings(&[]);
    assert!(!told.no_suite && told.parameters.is_empty() && told.objects.is_empty() && told.denied.is_empty());
    assert_eq!(told.unknowns, Unknowns::default());
    assert_eq!((told.shift, told.forward_shape), (Shift::AllAtOnce, ForwardShape::Weighted));
    assert_eq!((told.nodes, told.page_size), (Settings::DEFAULT_NODES, None));
}

#[test]
fn each_option_reaches_its_setting() {
    assert!(settings(&["--no-suite"]).no_suite);
    assert_eq!(settings(&["--canary", "10"]).shift, Shift::Canary { percent: 10 });
    assert_eq!(settings(&["--single-target-group"]).forward_shape, ForwardShape::Single);
    assert_eq!(settings(&["--nodes", "1"]).nodes, 1);
    assert_eq!(settings(&["--page-size", "1"]).page_size, Some(1));
    let denied = ["ecs:DescribeServices", "ssm:GetParameters"];
    assert_eq!(settings(&["--deny", denied[0], "--deny", denied[1]]).denied, denied);
}

#[test]
fn open_questions_are_answered_one_by_one_and_the_last_answer_counts() {
    let told = settings(&["--assume", "ready-wait=before", "--assume", "repeated-status=accepted"]).unknowns;
    let expected =
        Unknowns { ready_wait: ReadyWait::BeforeTheHook, repeated_status: Repeated::Accepted, ..Unknowns::default() };
    assert_eq!(told, expected);
    let told = settings(&["--assume", "ready-wait=before", "--assume", "ready-wait=after"]).unknowns;
    assert_eq!(told.ready_wait, ReadyWait::AfterTheHook);
    assert!(settings(&["--rollback"]).unknowns.hooks_on_rollback);
}

#[test]
fn parameters_and_objects_come_from_the_line_or_from_files() {
    let folder = std::env::temp_dir().join(format!("greenlight-cli-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("suite.yml");
    fs::write(&path, "checks: {}\n").unwrap();
    let path = path.to_str().unwrap();
    let told = settings(&[
        &format!("--parameter=String:/orders/suite=@{path}"),
        "--parameter=/orders/key=a=b",
        "--parameter=/orders/empty=",
        &format!("--object=s3://suites/team=a/orders.yml={path}"),
    ]);
    let pairs: Vec<_> = told.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("String:/orders/suite", "checks: {}\n"), ("/orders/key", "a=b"), ("/orders/empty", "")]);
    assert_eq!(told.objects, [("s3://suites/team=a/orders.yml".to_owned(), b"checks: {}\n".to_vec())]);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_cannot_be_played_is_refused_with_a_reason() {
    for (args, expected) in [
        (&["--no-suite", "--suite", "a.yml"][..], "cannot be used with '--suite <FILE>'"),
        (&["--parameter", "/orders/key"], "it is written NAME=VALUE"),
        (&["--parameter", "=secret"], "it is written NAME=VALUE"),
        (&["--parameter", "/orders/key=@/no/such/file"], "cannot read `/no/such/file` for the parameter `/orders/key`"),
        (&["--object", "s3://suites/orders.yml"], "it is written s3://BUCKET/KEY=FILE"),
        (&["--object", "suites/orders.yml=a.yml"], "`suites/orders.yml` is no place in S3"),
        (&["--object", "s3://suites/=a.yml"], "`s3://suites/` is no place in S3"),
        (&["--object", "s3://suites/a.yml=/no/such/file"], "cannot read `/no/such/file` for s3://suites/a.yml"),
        (&["--assume", "redy-wait=after"], "did you mean `ready-wait`?"),
        (&["--assume", "ready-wait=later"], "`later` is no answer to `ready-wait`"),
        (&["--canary", "0"], "0 is not in 1..=99"),
        (&["--canary", "100"], "100 is not in 1..=99"),
        (&["--nodes", "0"], "a load balancer has 1 to 4 nodes here"),
        (&["--nodes", "5"], "a load balancer has 1 to 4 nodes here"),
        (&["--page-size", "0"], "would be zero"),
    ] {
        let said = refused(args);
        assert!(said.contains(expected), "{args:?}: {said}");
    }
}

#[test]
fn the_help_names_every_fault_and_every_open_question_with_its_answers() {
    let help = Line::command().render_long_help().to_string();
    for fault in Fault::ALL {
        assert!(help.contains(&format!("\n  {} ", fault.name())), "{fault} is not in the help");
    }
    for open in Unknowns::QUESTIONS {
        let line = format!("\n  {}={}\n", open.key, open.answers.join("|"));
        assert!(help.contains(&line), "`{}` is not in the help:\n{help}", open.key);
    }
}

//! What the end-to-end tests share: the real binaries, built once, and a rehearsal's record as a value.
//!
//! The tests start processes and read what they leave behind; they know no type of Greenlight's.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// The folder with `greenlight` and the function binaries, built with the profile of this test.
#[must_use]
pub fn binaries() -> &'static Path {
    static BINARIES: OnceLock<PathBuf> = OnceLock::new();
    BINARIES.get_or_init(|| {
        let test = std::env::current_exe().expect("a test knows its own path");
        let folder = test.parent().and_then(Path::parent).expect("target/PROFILE/deps/TEST").to_owned();
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.args(["build", "--quiet", "--package", "greenlight", "--package", "greenlight-functions", "--bins"]);
        build.arg("--manifest-path").arg(repository().join("Cargo.toml"));
        build.arg("--target-dir").arg(folder.parent().expect("target/PROFILE"));
        if folder.ends_with("release") {
            build.arg("--release");
        }
        let ended = build.output().expect("cargo can be started");
        assert!(ended.status.success(), "the binaries do not build:\n{}", String::from_utf8_lossy(&ended.stderr));
        folder
    })
}

/// The top of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in it").to_owned()
}

/// The `greenlight` program, without colour and without this machine's settings.
#[must_use]
pub fn greenlight() -> Command {
    let mut command = Command::new(binaries().join("greenlight"));
    command.env_remove("RUST_LOG").env_remove("NO_COLOR").current_dir(repository());
    command
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code.
    pub code: i32,
    /// Its data.
    pub stdout: String,
    /// Everything else that it said.
    pub stderr: String,
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().expect("the program can be started");
    Ended {
        code: status.code().expect("the program was not killed"),
        stdout: String::from_utf8(stdout).expect("it writes UTF-8"),
        stderr: String::from_utf8(stderr).expect("it writes UTF-8"),
    }
}

/// A rehearsal that has ended, with the real function binaries.
#[derive(Debug)]
pub struct Played {
    /// The exit code of `greenlight rehearse`.
    pub code: i32,
    /// Everything that happened.
    pub record: Value,
    /// What a person saw.
    pub printed: String,
}

/// Plays a rehearsal of the real function binaries.
#[must_use]
pub fn rehearse(args: &[&str]) -> Played {
    let mut command = greenlight();
    command.args(["rehearse", "--json", "-", "--functions"]).arg(binaries()).args(args);
    let ended = run(&mut command);
    let record = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("no record ({error}):\n{}\n{}", ended.stdout, ended.stderr));
    Played { code: ended.code, record, printed: ended.stderr }
}

impl Played {
    /// The deployment's status at the end.
    #[must_use]
    pub fn status(&self) -> &str {
        self.record["outcome"]["status"].as_str().unwrap_or_default()
    }

    /// What customers see at the end.
    #[must_use]
    pub fn production(&self) -> &str {
        self.record["outcome"]["production"]["text"].as_str().unwrap_or_default()
    }

    /// Each hook that was reached, with the status that CodeDeploy recorded for it.
    #[must_use]
    pub fn hooks(&self) -> Vec<(String, String)> {
        let steps = self.record["steps"].as_array().cloned().unwrap_or_default();
        let bound = steps.iter().filter(|step| step["function"].is_string() && step["status"] != "Skipped");
        bound.map(|step| (text(&step["event"]), text(&step["status"]))).collect()
    }

    /// The verdicts that CodeDeploy took.
    #[must_use]
    pub fn verdicts(&self) -> Vec<String> {
        let calls = self.record["calls"].as_array().cloned().unwrap_or_default();
        let taken = calls
            .iter()
            .filter(|call| call["operation"] == "PutLifecycleEventHookExecutionStatus" && call["outcome"] == "ok");
        taken.map(|call| text(&call["status"])).collect()
    }

    /// The reason for the deployment's end.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.record["outcome"]["reason"].as_str().unwrap_or_default()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A file that is removed when the test is over.
#[derive(Debug)]
pub struct TempFile(PathBuf);

impl TempFile {
    /// Writes it, in a folder of its own.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("greenlight-tests-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
        let path = folder.join(name);
        std::fs::write(&path, text).expect("the temporary folder is writable");
        Self(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.to_str().expect("a temporary path is UTF-8")
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().expect("it has a folder"));
    }
}

/// Starts a small HTTP server that answers each request (its head, as text) with what `answer` makes of it.
#[must_use]
pub fn serve(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let answer = std::sync::Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let head = read_head(&stream);
                let _ = (&stream).write_all(answer(&head).as_bytes());
            });
        }
    });
    address
}

fn read_head(mut stream: &TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A response with this status and body, after which the connection is closed.
#[must_use]
pub fn response(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

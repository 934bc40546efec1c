//! What a rehearsal is told: whose files, whose servers, which functions, and what goes wrong.
//!
//! Values only. What the words of a command line mean is the program's; what a fault does is [`crate::Fault`]'s.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::codedeploy::Misbehaviour;
use crate::fault::Fault;

/// How one rehearsal is played.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The appspec; the built-in one of `examples/hello` when absent.
    pub appspec: Option<PathBuf>,
    /// The suite that the functions are given; the built-in one of `examples/hello` when absent.
    pub suite: Option<PathBuf>,
    /// A running server that plays blue, for example `http://127.0.0.1:3000`; a built-in one when absent.
    pub blue: Option<String>,
    /// A running server that plays green; a built-in one when absent.
    pub green: Option<String>,
    /// Where the functions come from.
    pub functions: FunctionSource,
    /// What goes wrong, all at once.
    pub faults: Vec<Fault>,
    /// How CodeDeploy's API behaves, beside what the faults ask of it.
    pub codedeploy: Misbehaviour,
    /// A function that takes longer is killed. Lambda allows 1 s to 15 min.
    pub function_timeout: Duration,
    /// How long CodeDeploy waits for a hook's verdict: one hour in truth. When absent, as long as three attempts and
    /// the last resort can take, which is the same proportion.
    pub hook_limit: Option<Duration>,
    /// How long one minute lasts when Lambda waits before a retry (one minute, then two).
    pub minute: Duration,
    /// The production listener; port 0 takes a free one.
    pub production: SocketAddr,
    /// The test listener; port 0 takes a free one.
    pub test: SocketAddr,
    /// How many tasks blue and green each have.
    pub tasks: NonZeroU32,
    /// Waits this long where CodeDeploy waits for approval, before a rollback, and at the end, so that a person can ask
    /// both listeners.
    pub hold: Option<Duration>,
    /// Environment variables for the functions, beside Lambda's and Greenlight's own.
    pub environment: Vec<(String, String)>,
}

impl Settings {
    /// The built-in service, gated by these functions, with nothing going wrong.
    #[must_use]
    pub fn new(functions: FunctionSource) -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            appspec: None,
            suite: None,
            blue: None,
            green: None,
            functions,
            faults: Vec::new(),
            codedeploy: Misbehaviour::default(),
            function_timeout: Self::DEFAULT_FUNCTION_TIMEOUT,
            hook_limit: None,
            minute: Self::DEFAULT_MINUTE,
            production: any_port,
            test: any_port,
            tasks: Self::DEFAULT_TASKS,
            hold: None,
            environment: Vec::new(),
        }
    }

    /// A function that takes longer is killed, unless told otherwise.
    pub const DEFAULT_FUNCTION_TIMEOUT: Duration = Duration::from_mins(1);
    /// How long Lambda's minutes last, unless told otherwise.
    pub const DEFAULT_MINUTE: Duration = Duration::from_millis(250);
    /// Tasks of blue and of green, unless told otherwise.
    pub const DEFAULT_TASKS: NonZeroU32 = NonZeroU32::new(4).unwrap();

    /// How long CodeDeploy waits for a hook's verdict in this rehearsal.
    #[must_use]
    pub fn hook_limit(&self) -> Duration {
        let longest = self.function_timeout * 4 + self.minute * 3 + Duration::from_secs(10);
        self.hook_limit.unwrap_or(longest)
    }
}

/// Where the functions come from.
#[derive(Debug, Clone)]
pub enum FunctionSource {
    /// `DIR/after-install` or `DIR/after-install/bootstrap`, and so on: what `cargo build` and `cargo lambda build` make.
    Directory(PathBuf),
    /// A program that becomes the function whose name is added as its last argument.
    Command {
        /// The program.
        program: PathBuf,
        /// Its arguments, before the function's name.
        args: Vec<OsString>,
    },
}

//! What a rehearsal is told: whose files, whose servers, which functions, and what goes wrong.
//!
//! Values only. What the words of a command line mean is the program's; what a fault does is [`crate::Fault`]'s.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::aws::Misbehaviour;
use crate::fault::Fault;
use crate::unknowns::Unknowns;

/// How one rehearsal is played.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The appspec; the built-in one of `examples/hello` when absent.
    pub appspec: Option<PathBuf>,
    /// The suite that the functions are given; the built-in one of `examples/hello` when absent.
    pub suite: Option<PathBuf>,
    /// The functions are given no suite at all, whatever `suite` says.
    pub no_suite: bool,
    /// A running server that plays blue, for example `http://127.0.0.1:3000`; a built-in one when absent.
    pub blue: Option<String>,
    /// A running server that plays green; a built-in one when absent.
    pub green: Option<String>,
    /// Where the functions come from.
    pub functions: FunctionSource,
    /// What goes wrong, all at once.
    pub faults: Vec<Fault>,
    /// How the AWS API behaves, beside what the faults ask of it.
    pub aws: Misbehaviour,
    /// IAM actions that the functions' role does not allow, for example `ecs:DescribeServices`.
    pub denied: Vec<String>,
    /// What is not known of AWS, chosen one way.
    pub unknowns: Unknowns,
    /// How the listeners' actions look.
    pub forward_shape: ForwardShape,
    /// How production traffic moves.
    pub shift: Shift,
    /// How many nodes the load balancer has, each with an address and a routing of its own: 1 to
    /// [`Self::MAX_NODES`]. Where this machine has fewer loopback addresses, there are fewer.
    pub nodes: usize,
    /// How many items an answer has at most, where its API pages; as many as there are when absent.
    pub page_size: Option<usize>,
    /// SSM's parameters: name and value.
    pub parameters: Vec<(String, String)>,
    /// S3's objects: `s3://bucket/key` and content.
    pub objects: Vec<(String, Vec<u8>)>,
    /// Whether the record keeps every exchange with AWS as it went over the wire.
    pub keep_exchanges: bool,
    /// How long green's targets may take to become healthy: one hour in truth. Then the installation has failed.
    pub install_limit: Duration,
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
            no_suite: false,
            blue: None,
            green: None,
            functions,
            faults: Vec::new(),
            aws: Misbehaviour::default(),
            denied: Vec::new(),
            unknowns: Unknowns::default(),
            forward_shape: ForwardShape::default(),
            shift: Shift::default(),
            nodes: Self::DEFAULT_NODES,
            page_size: None,
            parameters: Vec::new(),
            objects: Vec::new(),
            keep_exchanges: false,
            install_limit: Self::DEFAULT_INSTALL_LIMIT,
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

    /// Nodes of the load balancer, unless told otherwise.
    pub const DEFAULT_NODES: usize = 2;
    /// Most nodes.
    pub const MAX_NODES: usize = 4;
    /// How long green's targets may take, unless told otherwise.
    pub const DEFAULT_INSTALL_LIMIT: Duration = Duration::from_secs(30);

    /// How long CodeDeploy waits for a hook's verdict in this rehearsal.
    #[must_use]
    pub fn hook_limit(&self) -> Duration {
        let longest = self.function_timeout * 4 + self.minute * 3 + Duration::from_secs(10);
        self.hook_limit.unwrap_or(longest)
    }
}

/// How the listeners' forward actions look. Both shapes exist: since 2022 CodeDeploy leaves the idle target group in the
/// action with weight 0, and a listener that was made by hand names one group alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardShape {
    /// Both target groups, with weights 100 and 0: green's targets are checked from their registration on.
    #[default]
    Weighted,
    /// The serving target group alone: green's is not used, and not checked, until it gets test traffic.
    Single,
}

/// How production traffic moves to green.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shift {
    /// All of it, before AfterAllowTraffic.
    #[default]
    AllAtOnce,
    /// A part of it before AfterAllowTraffic, the rest after it.
    Canary {
        /// The part that moves first, 1 to 99.
        percent: u8,
    },
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

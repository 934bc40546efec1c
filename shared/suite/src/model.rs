//! What to ask and what to expect: the meaning of a suite, apart from the YAML it was read from.
//!
//! These types can only be built valid by a reader ([`crate::parse`] today, other notations later): durations are
//! above zero, names are unique, patterns are compiled, every variable that a template names is one that can exist.
//! This module judges nothing and sends nothing; the engine does both.

mod expectation;
mod hook;
mod status;
mod template;

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;

pub use expectation::{Bound, Expectation, JsonPath, JsonType, Matcher, Pattern};
pub use hook::{Hook, UnknownHook};
pub use status::StatusSet;
pub use template::{Lookup, Part, Template, Undefined, ValueTemplate, Variable};

/// A whole suite file.
#[derive(Debug, Clone)]
pub struct Suite {
    /// Who is tested; shown in reports only.
    pub service: Option<String>,
    /// How requests reach the service.
    pub target: Target,
    /// Where secret values come from, by the name after `secret.`.
    pub secrets: IndexMap<String, SecretSource>,
    /// Named values for templates, in the order of the file. A value may use secrets, facts and earlier variables.
    pub variables: IndexMap<String, ValueTemplate>,
    /// What must be answered steadily before anything is judged.
    pub ready: Option<Ready>,
    /// How the answering revision is recognised.
    pub version: Option<Version>,
    /// In the order of the file; names are unique.
    pub checks: Vec<Check>,
    /// Which checks run at which hook, where the file says so.
    pub hooks: IndexMap<Hook, HookPlan>,
    /// How many checks run side by side at most.
    pub parallel: NonZeroUsize,
    /// The longest time one attempt of one request may take, unless it says otherwise.
    pub timeout: Duration,
    /// Whether `fewer_tasks: allowed` was said: green may have fewer tasks than blue.
    pub fewer_tasks: bool,
}

impl Suite {
    /// Checks side by side, unless the file says otherwise.
    pub const DEFAULT_PARALLEL: NonZeroUsize = NonZeroUsize::new(8).unwrap();
    /// Longest time of one attempt, unless the file says otherwise.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
}

impl Default for Suite {
    /// A suite that says nothing, for an execution that has no file.
    fn default() -> Self {
        Self {
            service: None,
            target: Target::default(),
            secrets: IndexMap::new(),
            variables: IndexMap::new(),
            ready: None,
            version: None,
            checks: Vec::new(),
            hooks: IndexMap::new(),
            parallel: Self::DEFAULT_PARALLEL,
            timeout: Self::DEFAULT_TIMEOUT,
            fewer_tasks: false,
        }
    }
}

/// How requests reach the service.
#[derive(Debug, Clone)]
pub struct Target {
    /// `Host` header, TLS server name and certificate name; connections still go to the listener's own address.
    /// A DNS name, optionally with a port that only the `Host` header carries.
    pub host: Option<String>,
    /// Sent with every request, before a request's own headers of the same name take their place.
    pub headers: Vec<(String, Template)>,
    /// A certificate authority trusted beside the public ones.
    pub ca: Option<CertificateAuthority>,
    /// The most bytes of one response body that are read, also after decompression.
    pub body_limit: u64,
}

impl Target {
    /// Bytes of a response body that are read, unless the file says otherwise: 1 MiB.
    pub const DEFAULT_BODY_LIMIT: u64 = 1024 * 1024;
}

impl Default for Target {
    fn default() -> Self {
        Self { host: None, headers: Vec::new(), ca: None, body_limit: Self::DEFAULT_BODY_LIMIT }
    }
}

/// Where an extra certificate authority is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateAuthority {
    /// A PEM file; a relative path is relative to the suite file.
    File(PathBuf),
    /// The PEM text itself, as written in the suite.
    Pem(String),
}

/// Environment variables that no suite may use: with the credentials of a function, whoever sees them could report its
/// verdicts.
pub const CREDENTIALS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// Where the value of a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// `env:NAME`: an environment variable of the process that runs the suite.
    Environment(String),
    /// `ssm:NAME`: a parameter of AWS Systems Manager, by the name that `GetParameters` takes: `/orders/edge-key`,
    /// with a version (`/orders/edge-key:3`) or a label (`/orders/edge-key:live`) where one is wanted. Below
    /// `/aws/reference/secretsmanager/` it is a secret of Secrets Manager.
    Parameter(String),
}

/// Green answers steadily: `consecutive` good answers in a row, each on a fresh connection, before `within` is over.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The question.
    pub request: Request,
    /// What a good answer looks like; empty means any 2xx.
    pub expect: Expect,
    /// Good answers in a row.
    pub consecutive: NonZeroU32,
    /// The whole budget.
    pub within: Duration,
    /// Pause between two questions.
    pub every: Duration,
    /// Longest time of one attempt; the suite's own when absent.
    pub timeout: Option<Duration>,
}

impl Ready {
    /// Good answers in a row, unless the file says otherwise.
    pub const DEFAULT_CONSECUTIVE: NonZeroU32 = NonZeroU32::new(3).unwrap();
    /// The whole budget, unless the file says otherwise.
    pub const DEFAULT_WITHIN: Duration = Duration::from_mins(2);
    /// Pause between two questions, unless the file says otherwise.
    pub const DEFAULT_EVERY: Duration = Duration::from_millis(500);
}

/// Which revision answers? A marker read from a response equals what green is known to be.
#[derive(Debug, Clone)]
pub struct Version {
    /// The question.
    pub request: Request,
    /// Where the marker is in the response.
    pub read: Extraction,
    /// What green's marker is.
    pub equals: ValueTemplate,
    /// Longest time of one attempt; the suite's own when absent.
    pub timeout: Option<Duration>,
}

/// A named unit of the suite: one request, or steps in order.
#[derive(Debug, Clone)]
pub struct Check {
    /// Unique in its suite.
    pub name: String,
    /// Line of the suite file where it begins, counted from 1.
    pub line: u32,
    /// Whether its outcome decides the verdict.
    pub required: bool,
    /// Whether `side_effects: allowed` was said: methods other than GET, HEAD and OPTIONS are only legal then.
    pub side_effects: bool,
    /// Whether `direct: true` was said: it is also sent to every task of green by its own address, at
    /// [`Hook::AfterInstall`]. Never together with `side_effects`: they would happen once for each task.
    pub direct: bool,
    /// The budget for all its steps with their retries; `finally` is not counted. The deadline's when absent.
    pub within: Option<Duration>,
    /// Run in order until one fails. Never empty.
    pub steps: Vec<Step>,
    /// Run in order afterwards, whatever happened, each one even if the one before failed.
    pub finally: Vec<Step>,
}

/// One request with what is expected of its answer and what is kept from it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Line of the suite file where it begins, counted from 1.
    pub line: u32,
    /// The question.
    pub request: Request,
    /// What the answer must be; empty means any 2xx.
    pub expect: Expect,
    /// Values kept from the answer for later steps and `finally`, by name.
    pub capture: IndexMap<String, Extraction>,
    /// Whether and how long it is tried again.
    pub repeat: Repeat,
    /// Longest time of one attempt; the suite's own when absent.
    pub timeout: Option<Duration>,
}

/// When a request whose answer was not as expected is sent again. Every attempt is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// One attempt.
    Once,
    /// `retry`: at most `times` further attempts, `every` apart.
    Retry {
        /// Further attempts after the first.
        times: NonZeroU32,
        /// Pause between two attempts.
        every: Duration,
    },
    /// `eventually`: as many attempts as fit into `within`, `every` apart. For answers that become right with time.
    Eventually {
        /// The whole budget, first attempt included.
        within: Duration,
        /// Pause between two attempts.
        every: Duration,
    },
}

impl Repeat {
    /// Pause between two attempts, unless the file says otherwise.
    pub const DEFAULT_EVERY: Duration = Duration::from_millis(500);
}

/// A request, relative to the target.
#[derive(Debug, Clone)]
pub struct Request {
    /// Upper-case, for example `GET`.
    pub method: String,
    /// Begins with `/` unless it begins with a variable; may hold a query string of its own.
    pub path: Template,
    /// Added to the path's query string, percent-encoded.
    pub query: Vec<(String, Template)>,
    /// Names are lower-case.
    pub headers: Vec<(String, Template)>,
    /// At most one of `json`, `body`, `form`.
    pub body: Option<Body>,
    /// How far redirects are followed.
    pub redirects: Redirects,
}

impl Request {
    /// Methods that must not change anything: GET, HEAD, OPTIONS.
    /// Source: RFC 9110, section 9.2.1 (TRACE is left out: load balancers refuse it).
    #[must_use]
    pub fn is_safe(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }
}

/// What a request carries.
#[derive(Debug, Clone)]
pub enum Body {
    /// `json`: sent as `application/json`.
    Json(ValueTemplate),
    /// `body`: sent as it is; the content type is whatever the request's headers say.
    Text(Template),
    /// `form`: sent as `application/x-www-form-urlencoded`.
    Form(Vec<(String, Template)>),
}

/// How far redirects are followed. The answer that ends the chain is the one that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redirects {
    /// `none`: the first answer is judged. Also what is meant when a 3xx status is expected.
    None,
    /// `same_origin`: followed while scheme, host and port stay the same; one that leaves is judged itself.
    #[default]
    SameOrigin,
    /// `any`: followed wherever they lead.
    Any,
}

/// What the answer must be. Every expectation has to hold.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// On the status code; any 2xx when absent.
    pub status: Option<Expectation>,
    /// On header values, by lower-case name.
    pub headers: Vec<(String, Expectation)>,
    /// On the body as text.
    pub body: Option<Expectation>,
    /// On the nodes that a JSONPath selects in the body.
    pub json: Vec<(JsonPath, Expectation)>,
    /// On the size of the body in bytes, as received after decompression.
    pub size: Option<Expectation>,
    /// On the time from the start of the attempt to the last byte of the answer.
    pub time: Option<Expectation>,
}

/// Where a value is found in a response.
#[derive(Debug, Clone)]
pub enum Extraction {
    /// `{ json: $.id }`: the one node that the path selects.
    Json(JsonPath),
    /// `{ header: x-version }`, by lower-case name.
    Header(String),
    /// `{ body: trimmed }`: the whole body without white space around it.
    Body,
    /// `{ body: { matches: "version (.*)" } }`: the pattern's first group, or all that it matched.
    BodyMatch(Pattern),
}

/// What runs at one hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookPlan {
    /// Which checks.
    pub checks: Selection,
}

/// A choice of checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// `checks: all`.
    All,
    /// `checks: [home, checkout]`: names that exist; the empty list is none.
    Named(Vec<String>),
}

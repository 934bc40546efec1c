//! Which service a call is for, and which operation: told from the request alone, since one address answers all of them.
//!
//! What is not understood here is refused loudly where it is answered; a rehearsal that guessed would prove nothing.

use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request};

/// Every IAM action that is played, the one write first.
pub(crate) const ACTIONS: [&str; 15] = [
    "codedeploy:PutLifecycleEventHookExecutionStatus",
    "codedeploy:GetDeployment",
    "codedeploy:ListDeploymentTargets",
    "codedeploy:GetDeploymentTarget",
    "codedeploy:BatchGetDeploymentTargets",
    "codedeploy:GetDeploymentGroup",
    "codedeploy:GetApplicationRevision",
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "ssm:GetParameters",
    "s3:GetObject",
];

/// A service that the rehearsal plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    CodeDeploy,
    Ecs,
    ElasticLoadBalancing,
    Ssm,
    S3,
}

/// How a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// JSON 1.1: one path, the operation in a header.
    Json,
    /// The query protocol: a form goes in, XML comes out.
    Query,
    /// S3's own: the path is the operation's object, errors are XML.
    Rest,
}

impl Service {
    /// Those that are called by a header.
    const TARGETS: [(Self, &'static str); 3] = [
        (Self::CodeDeploy, "CodeDeploy_20141006."),
        (Self::Ecs, "AmazonEC2ContainerServiceV20141113."),
        (Self::Ssm, "AmazonSSM."),
    ];

    /// The name in a signature's scope, which is also the one before the colon of its IAM actions.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CodeDeploy => "codedeploy",
            Self::Ecs => "ecs",
            Self::ElasticLoadBalancing => "elasticloadbalancing",
            Self::Ssm => "ssm",
            Self::S3 => "s3",
        }
    }

    pub(super) fn protocol(self) -> Protocol {
        match self {
            Self::CodeDeploy | Self::Ecs | Self::Ssm => Protocol::Json,
            Self::ElasticLoadBalancing => Protocol::Query,
            Self::S3 => Protocol::Rest,
        }
    }

    /// What stands before the name of an error's shape.
    pub(super) fn namespace(self) -> &'static str {
        match self {
            Self::CodeDeploy => "com.amazonaws.codedeploy",
            Self::Ecs => "com.amazonaws.ecs",
            Self::Ssm => "com.amazonaws.ssm",
            Self::ElasticLoadBalancing | Self::S3 => "",
        }
    }
}

/// What a request asks of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Called {
    /// `None` when nobody here can be meant.
    pub(super) service: Option<Service>,
    /// The operation's name; where there is none, whatever tells best what the request was.
    pub(super) operation: String,
}

impl Called {
    pub(super) fn by(request: &Request<Bytes>) -> Self {
        let (method, path) = (request.method(), request.uri().path());
        let line = || format!("{method} {path}");
        if let Some(target) = request.headers().get("x-amz-target") {
            let Ok(target) = target.to_str() else { return Self { service: None, operation: line() } };
            let found =
                Service::TARGETS.iter().find_map(|(service, prefix)| Some((*service, target.strip_prefix(prefix)?)));
            return match found {
                Some((service, operation)) if method == Method::POST && path == "/" => {
                    Self { service: Some(service), operation: operation.to_owned() }
                }
                _ => Self { service: None, operation: target.to_owned() },
            };
        }
        if method == Method::POST && path == "/" && is_form(request) {
            let action = super::query::Input::of(request.body()).text("Action").unwrap_or_default().to_owned();
            return Self { service: Some(Service::ElasticLoadBalancing), operation: action };
        }
        let is_object = path
            .trim_start_matches('/')
            .split_once('/')
            .is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
        if method == Method::GET && is_object {
            return Self { service: Some(Service::S3), operation: "GetObject".to_owned() };
        }
        Self { service: None, operation: line() }
    }
}

fn is_form(request: &Request<Bytes>) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next() == Some("application/x-www-form-urlencoded")
}

//! Everything that stands on this machine during a rehearsal: the load balancer, blue and green, CodeDeploy, and the
//! functions. What happens there is the player's.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use greenlight_deployment::appspec::BindingPoint;

use crate::application::Behaviour;
use crate::aws::{Aws, Balancer, Identity, Scene};
use crate::error::RehearsalError;
use crate::example;
use crate::fault::Fault;
use crate::inputs::Inputs;
use crate::lambda::{Environment, Function};
use crate::load_balancer::{Forward, Listener, LoadBalancer, Target, TargetGroup, loopback_nodes};
use crate::narrator::Narrator;
use crate::plan::{self, Green};
use crate::programs::Programs;
use crate::record::Opening;
use crate::settings::{ForwardShape, Settings};
use crate::task_root::TaskRoot;
use crate::task_set::{self, TaskSet};

/// How long a platform that is late is late.
pub(crate) const LATE: Duration = Duration::from_millis(1500);
/// How long blue may take to be known to be healthy, or not, before the deployment begins.
const BLUE_IS_KNOWN: Duration = Duration::from_secs(5);

/// The stage, set: both listeners serve blue, and green does not exist yet.
pub(crate) struct Stage {
    pub(crate) production: Listener,
    pub(crate) test: Listener,
    pub(crate) blue: TaskSet,
    pub(crate) green: TaskSet,
    /// What green does, and how many tasks it has.
    pub(crate) plan: Green,
    pub(crate) aws: Aws,
    shape: ForwardShape,
    /// Bound functions. One that is bound twice is one function.
    functions: BTreeMap<String, Function>,
    bound: BTreeMap<BindingPoint, String>,
    pub(crate) last_resort: Function,
    pub(crate) narrator: Narrator,
    application: String,
    _balancer: LoadBalancer,
    _task_root: TaskRoot,
}

impl Stage {
    /// Sets the stage.
    ///
    /// # Errors
    ///
    /// Whatever [`RehearsalError`] says but an interruption.
    pub(crate) async fn set(settings: &Settings, narrator: &Narrator) -> Result<Self, RehearsalError> {
        plan::check(settings)?;
        let plan = Green::of(settings, LATE)?;
        let misbehaviour = plan::misbehaviour(settings)?;
        let inputs = Inputs::read(settings)?;
        let identity = inputs.identity(settings.tasks);
        let (mut blue, green) = task_sets(settings, &inputs, &identity, &plan)?;
        let programs = Programs::find(settings, &inputs)?;
        let io = |what: &'static str| move |source| RehearsalError::io(what, source);
        blue.start().await.map_err(io("blue cannot be started"))?;

        let balancer = LoadBalancer::start().await.map_err(io("the load balancer cannot be started"))?;
        let nodes = nodes(settings);
        let serves_blue = only(settings.forward_shape, &blue.group, &green.group);
        let production = listen(&balancer, "production", &nodes, settings.production, &serves_blue).await?;
        let test = listen(&balancer, "test", &nodes, settings.test, &serves_blue).await?;
        balancer.check(&blue.group);
        balancer.check(&green.group);
        // A blue that is broken serves as it does in truth: the load balancer fails open.
        blue.wait_for_health(BLUE_IS_KNOWN, |states| !states.contains(&"initial")).await;

        let task_root = TaskRoot::create().map_err(io("a folder for the functions cannot be made"))?;
        let suite = suite_place(settings, &inputs, &task_root)?;
        let resolve = resolve(&identity, &nodes);
        let scene = Scene {
            identity,
            balancer: Balancer {
                production: production.clone(),
                test: test.clone(),
                blue: blue.group.clone(),
                green: green.group.clone(),
                page_size: settings.page_size,
            },
            blue: inputs.green.before(example::BLUE),
            green: inputs.green,
            shift: settings.shift,
            unknowns: settings.unknowns,
            misbehaviour,
            began: narrator.began(),
            keep_exchanges: settings.keep_exchanges,
            parameters: settings.parameters.clone(),
            objects: settings.objects.clone(),
        };
        let aws = Aws::start(scene).await.map_err(io("the AWS API cannot be started"))?;
        let environment = Environment {
            region: inputs.region.clone(),
            account: inputs.account.clone(),
            timeout: settings.function_timeout,
            minute: settings.minute,
            variables: variables(settings, suite, aws.address(), resolve),
            task_root: task_root.path().to_owned(),
        };
        let (functions, bound, last_resort) = programs.into_functions(settings, &environment, narrator);
        Ok(Self {
            production,
            test,
            blue,
            green,
            plan,
            aws,
            shape: settings.forward_shape,
            functions,
            bound,
            last_resort,
            narrator: narrator.clone(),
            application: inputs.service,
            _balancer: balancer,
            _task_root: task_root,
        })
    }

    /// The function that is bound to an event.
    pub(crate) fn function(&self, at: BindingPoint) -> Option<&Function> {
        self.functions.get(self.bound.get(&at)?)
    }

    /// Points a listener at green.
    pub(crate) fn to_green(&self) -> Forward {
        only(self.shape, &self.green.group, &self.blue.group)
    }

    /// Points a listener at blue.
    pub(crate) fn to_blue(&self) -> Forward {
        only(self.shape, &self.blue.group, &self.green.group)
    }

    /// Gives green a part of a listener's traffic, and blue the rest.
    pub(crate) fn to_both(&self, percent_green: u8) -> Forward {
        let green = u32::from(percent_green.min(100));
        Forward::new([(self.blue.group.clone(), 100 - green), (self.green.group.clone(), green)])
    }

    /// Green's target group is checked while it has no traffic.
    pub(crate) fn green_is_checked_early(&self) -> bool {
        self.shape == ForwardShape::Weighted
    }

    /// Makes the task set of a rollback: blue's version in green's place.
    ///
    /// # Errors
    ///
    /// A server of the user's own that cannot be asked, which was seen when blue was made of it.
    pub(crate) fn recast_green(&mut self, settings: &Settings) -> Result<(), RehearsalError> {
        let group = self.green.group.clone();
        self.green = match &settings.blue {
            Some(url) => TaskSet::server(group, server("blue", url)?),
            None => TaskSet::built_in(group, example::BLUE, Behaviour::Healthy, settings.tasks.get()),
        };
        self.plan = Green { behaviour: Behaviour::Healthy, with_test_traffic: None, tasks: settings.tasks.get() };
        Ok(())
    }

    /// What is told first.
    pub(crate) fn opening(&self, faults: &[Fault]) -> Opening {
        Opening {
            deployment_id: self.aws.deployment_id(),
            application: self.application.clone(),
            green: self.green.label(),
            blue: self.blue.label(),
            production: self.production.addr(),
            test: self.test.addr(),
            faults: faults.to_vec(),
        }
    }

    /// Ends every process and waits until it is gone.
    pub(crate) async fn clear(&mut self) {
        for function in self.functions.values() {
            function.stop().await;
        }
        self.last_resort.stop().await;
        self.green.delete().await;
        self.blue.delete().await;
    }
}

fn task_sets(
    settings: &Settings,
    inputs: &Inputs,
    identity: &Identity,
    plan: &Green,
) -> Result<(TaskSet, TaskSet), RehearsalError> {
    // A rollback puts blue into green's place, so both are checked in a way that takes either.
    let is_ours = settings.blue.is_none() && settings.green.is_none();
    let check = || if is_ours { task_set::health_check() } else { task_set::lenient_health_check() };
    let group = |name: &str, arn: &str| TargetGroup::with_arn(name, arn, Some(check()));
    let blue_group = group(&identity.blue_target_group, &identity.blue_target_group_arn());
    let green_group = group(&identity.green_target_group, &identity.green_target_group_arn());
    let blue = match &settings.blue {
        Some(url) => TaskSet::server(blue_group, server("blue", url)?),
        None => TaskSet::built_in(blue_group, example::BLUE, Behaviour::Healthy, settings.tasks.get()),
    };
    let green = match &settings.green {
        Some(url) => TaskSet::server(green_group, server("green", url)?),
        None => TaskSet::built_in(green_group, &inputs.green_version, plan.behaviour.clone(), plan.tasks),
    };
    Ok((blue, green))
}

/// The addresses of the load balancer's nodes: several on this machine's loopback, else the one that was asked for.
fn nodes(settings: &Settings) -> Vec<IpAddr> {
    let address = settings.test.ip();
    if address == Ipv4Addr::LOCALHOST { loopback_nodes(settings.nodes) } else { vec![address] }
}

/// What the functions are told of the load balancer's name, which no name server knows.
fn resolve(identity: &Identity, nodes: &[IpAddr]) -> String {
    let reachable =
        nodes.iter().map(|node| if node.is_unspecified() { Ipv4Addr::LOCALHOST.to_string() } else { node.to_string() });
    format!("{}={}", identity.dns_name(), reachable.collect::<Vec<_>>().join(","))
}

fn server(side: &'static str, url: &str) -> Result<Target, RehearsalError> {
    url.parse().map(Target::resolved).map_err(|source| RehearsalError::Server { side, source })
}

/// Everything to one group. The other stays in the action without weight, as CodeDeploy leaves it, or is left out.
fn only(shape: ForwardShape, serves: &TargetGroup, idle: &TargetGroup) -> Forward {
    match shape {
        ForwardShape::Weighted => Forward::new([(serves.clone(), 100), (idle.clone(), 0)]),
        ForwardShape::Single => Forward::to(serves),
    }
}

async fn listen(
    balancer: &LoadBalancer,
    listener: &'static str,
    nodes: &[IpAddr],
    address: SocketAddr,
    forward: &Forward,
) -> Result<Listener, RehearsalError> {
    let opened = balancer.listen_on(nodes, address.port(), forward.clone()).await;
    opened.map_err(|source| RehearsalError::Listener { listener, address, source })
}

/// The path of the suite that the functions read: the user's own file, so that what is beside it is found. None when
/// they are given none.
fn suite_place(settings: &Settings, inputs: &Inputs, task_root: &TaskRoot) -> Result<Option<String>, RehearsalError> {
    if settings.no_suite {
        return Ok(None);
    }
    let is_broken = settings.faults.contains(&Fault::SuiteBroken);
    if let Some(path) = settings.suite.as_ref().filter(|_| !is_broken) {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        return Ok(Some(absolute.display().to_string()));
    }
    let broken = if is_broken { "\n  - a list that is not closed: [\n" } else { "" };
    let place = task_root.path().join("greenlight.yml");
    std::fs::write(&place, format!("{}{broken}", inputs.suite))
        .map_err(|source| RehearsalError::io("the suite cannot be handed to the functions", source))?;
    Ok(Some(place.display().to_string()))
}

/// What the functions are told: where AWS is, who the load balancer is, and which suite is theirs. Everything else they
/// find out.
fn variables(settings: &Settings, suite: Option<String>, aws: SocketAddr, resolve: String) -> Vec<(String, String)> {
    let own = [
        Some(("AWS_ENDPOINT_URL", format!("http://{aws}"))),
        Some(("GREENLIGHT_RESOLVE", resolve)),
        suite.map(|suite| ("GREENLIGHT_SUITE", suite)),
    ];
    // The user's come last, and win.
    let own = own.into_iter().flatten().map(|(name, value)| (name.to_owned(), value));
    own.chain(settings.environment.iter().cloned()).collect()
}

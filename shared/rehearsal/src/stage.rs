//! Everything that stands on this machine during a rehearsal: the load balancer, blue and green, CodeDeploy, and the
//! functions. What happens there is the player's.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use greenlight_deployment::appspec::BindingPoint;

use crate::application::Behaviour;
use crate::aws::{Aws, Identity, Scene};
use crate::binding::{self, LAST_RESORT};
use crate::error::RehearsalError;
use crate::example;
use crate::fault::Fault;
use crate::inputs::Inputs;
use crate::lambda::{Deaths, Environment, Function};
use crate::load_balancer::{Forward, Listener, LoadBalancer, Target, TargetGroup};
use crate::narrator::Narrator;
use crate::record::Opening;
use crate::settings::Settings;
use crate::task_root::TaskRoot;
use crate::task_set::TaskSet;

/// Later than anyone waits: longer than the default time limit of a request.
const SLOW: Duration = Duration::from_secs(15);
/// What a wrong green says it is.
const WRONG_VERSION: &str = "0ddba11";
/// Status calls of a hook that are throttled.
const THROTTLED_CALLS: u32 = 3;

/// The stage, set: both listeners serve blue, and green does not exist yet.
pub(crate) struct Stage {
    pub(crate) production: Listener,
    pub(crate) test: Listener,
    pub(crate) blue: TaskSet,
    pub(crate) green: TaskSet,
    pub(crate) aws: Aws,
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
        let inputs = Inputs::read(settings)?;
        let broken = broken_green(settings)?;
        let tasks = settings.tasks;
        let identity = Identity::of(&inputs.service, &inputs.region, &inputs.account, &inputs.appspec_text, tasks);
        let (blue_group, green_group) = (identity.blue_target_group.clone(), identity.green_target_group.clone());
        let mut blue = match &settings.blue {
            Some(url) => TaskSet::server(&blue_group, server("blue", url)?),
            None => TaskSet::built_in(&blue_group, example::BLUE, Behaviour::Healthy, tasks),
        };
        let green = match &settings.green {
            Some(url) => TaskSet::server(&green_group, server("green", url)?),
            None => TaskSet::built_in(&green_group, &inputs.green_version, broken, tasks),
        };
        let programs = Programs::find(settings, &inputs)?;
        let io = |what: &'static str| move |source| RehearsalError::io(what, source);
        blue.start().await.map_err(io("blue cannot be started"))?;

        let balancer = LoadBalancer::start().await.map_err(io("the load balancer cannot be started"))?;
        let serves_blue = only(&blue.group, &green.group);
        let production = listen(&balancer, "production", settings.production, &serves_blue).await?;
        let test = listen(&balancer, "test", settings.test, &serves_blue).await?;

        let mut misbehaviour = settings.aws.clone();
        if settings.faults.contains(&Fault::Throttle) {
            misbehaviour.throttle_status_calls += THROTTLED_CALLS;
        }
        let scene = Scene {
            identity,
            misbehaviour,
            began: narrator.began(),
            keep_exchanges: settings.keep_exchanges,
            parameters: settings.parameters.clone(),
            objects: settings.objects.clone(),
        };
        let aws = Aws::start(scene).await.map_err(io("the AWS API cannot be started"))?;

        let task_root = TaskRoot::create().map_err(io("a folder for the functions cannot be made"))?;
        let suite = suite_place(settings, &inputs, &task_root)?;
        let environment = Environment {
            region: inputs.region.clone(),
            account: inputs.account.clone(),
            timeout: settings.function_timeout,
            minute: settings.minute,
            variables: variables(settings, &suite, aws.address(), &production, &test),
            task_root: task_root.path().to_owned(),
        };
        let (functions, bound, last_resort) = programs.into_functions(settings, &environment, narrator);
        Ok(Self {
            production,
            test,
            blue,
            green,
            aws,
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

    /// Points a listener at green. Blue stays in its action with weight 0, as CodeDeploy leaves it.
    pub(crate) fn to_green(&self) -> Forward {
        only(&self.green.group, &self.blue.group)
    }

    /// Points a listener at blue.
    pub(crate) fn to_blue(&self) -> Forward {
        only(&self.blue.group, &self.green.group)
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

/// The programs of the functions, found before anything is started.
struct Programs {
    bound: BTreeMap<BindingPoint, String>,
    found: BTreeMap<String, crate::lambda::Program>,
    last_resort: crate::lambda::Program,
}

impl Programs {
    fn find(settings: &Settings, inputs: &Inputs) -> Result<Self, RehearsalError> {
        let mut bound = BTreeMap::new();
        let mut found = BTreeMap::new();
        for binding in &inputs.appspec.hooks {
            let name = binding.function_name().to_owned();
            found.insert(name.clone(), binding::program_of(binding, &settings.functions)?);
            bound.insert(binding.at, name);
        }
        let last_resort = binding::program(LAST_RESORT, &settings.functions)?;
        Ok(Self { bound, found, last_resort })
    }

    fn into_functions(
        self,
        settings: &Settings,
        environment: &Environment,
        narrator: &Narrator,
    ) -> (BTreeMap<String, Function>, BTreeMap<BindingPoint, String>, Function) {
        let deaths = if settings.faults.contains(&Fault::KillAlways) {
            Deaths::Every
        } else if settings.faults.contains(&Fault::Kill) {
            Deaths::First
        } else {
            Deaths::None
        };
        let functions = self.found.into_iter().map(|(name, program)| {
            let function = Function::new(&name, program, environment.clone(), deaths, narrator);
            (name, function)
        });
        let name = format!("CodeDeployHook_greenlight-{LAST_RESORT}");
        let last_resort = Function::new(&name, self.last_resort, environment.clone(), Deaths::None, narrator);
        (functions.collect(), self.bound, last_resort)
    }
}

/// How green is broken. It can be in one way at a time, and only when it is ours.
fn broken_green(settings: &Settings) -> Result<Behaviour, RehearsalError> {
    let behaviours: Vec<_> = settings
        .faults
        .iter()
        .filter_map(|fault| {
            let behaviour = match fault {
                Fault::Status500 => Behaviour::Status(500),
                Fault::WrongVersion => Behaviour::WrongVersion(WRONG_VERSION.to_owned()),
                Fault::Slow => Behaviour::Slow(SLOW),
                Fault::Hang => Behaviour::Hang,
                Fault::Refuse => Behaviour::Refuse,
                Fault::NotReady | Fault::NotSteady => Behaviour::Healthy,
                _ => return None,
            };
            Some((*fault, behaviour))
        })
        .collect();
    match &behaviours[..] {
        [] => Ok(Behaviour::Healthy),
        [(fault, _), ..] if settings.green.is_some() => Err(RehearsalError::Faults {
            why: format!("`{fault}` breaks the built-in green, and green is a server of your own here"),
        }),
        [(_, behaviour)] => Ok(behaviour.clone()),
        [(one, _), (other, _), ..] => Err(RehearsalError::Faults {
            why: format!("`{one}` and `{other}` both break green, which can be broken in one way at a time"),
        }),
    }
}

fn server(side: &'static str, url: &str) -> Result<Target, RehearsalError> {
    url.parse().map_err(|source| RehearsalError::Server { side, source })
}

/// Everything to one group; the other stays in the action without weight.
fn only(serves: &TargetGroup, idle: &TargetGroup) -> Forward {
    Forward::new([(serves.clone(), 100), (idle.clone(), 0)])
}

async fn listen(
    balancer: &LoadBalancer,
    listener: &'static str,
    address: SocketAddr,
    forward: &Forward,
) -> Result<Listener, RehearsalError> {
    let opened = balancer.listen(address, forward.clone()).await;
    opened.map_err(|source| RehearsalError::Listener { listener, address, source })
}

/// The path of the suite that the functions read: the user's own file, so that what is beside it is found.
fn suite_place(settings: &Settings, inputs: &Inputs, task_root: &TaskRoot) -> Result<String, RehearsalError> {
    let is_broken = settings.faults.contains(&Fault::SuiteBroken);
    if let Some(path) = settings.suite.as_ref().filter(|_| !is_broken) {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        return Ok(absolute.display().to_string());
    }
    let broken = if is_broken { "\n  - a list that is not closed: [\n" } else { "" };
    let place = task_root.path().join("greenlight.yml");
    std::fs::write(&place, format!("{}{broken}", inputs.suite))
        .map_err(|source| RehearsalError::io("the suite cannot be handed to the functions", source))?;
    Ok(place.display().to_string())
}

fn variables(
    settings: &Settings,
    suite: &str,
    aws: SocketAddr,
    production: &Listener,
    test: &Listener,
) -> Vec<(String, String)> {
    let own = [
        ("AWS_ENDPOINT_URL", format!("http://{aws}")),
        ("GREENLIGHT_SUITE", suite.to_owned()),
        ("GREENLIGHT_TEST_URL", format!("http://{}", test.addr())),
        ("GREENLIGHT_PRODUCTION_URL", format!("http://{}", production.addr())),
    ];
    // The user's come last, and win.
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    own.chain(settings.environment.iter().cloned()).collect()
}

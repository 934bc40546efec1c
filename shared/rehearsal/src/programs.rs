//! The programs of the functions that an appspec binds, and the functions that are made of them.

use std::collections::BTreeMap;

use greenlight_deployment::appspec::BindingPoint;

use crate::binding::{self, LAST_RESORT};
use crate::error::RehearsalError;
use crate::fault::Fault;
use crate::inputs::Inputs;
use crate::lambda::{Deaths, Environment, Function, Program};
use crate::narrator::Narrator;
use crate::settings::Settings;

/// The programs of the functions, found before anything is started.
pub(crate) struct Programs {
    bound: BTreeMap<BindingPoint, String>,
    found: BTreeMap<String, Program>,
    last_resort: Program,
}

impl Programs {
    /// # Errors
    ///
    /// [`RehearsalError::UnknownFunction`] and [`RehearsalError::MissingFunction`].
    pub(crate) fn find(settings: &Settings, inputs: &Inputs) -> Result<Self, RehearsalError> {
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

    /// The functions by name, which one is bound where, and the last resort.
    pub(crate) fn into_functions(
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

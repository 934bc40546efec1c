//! The secrets of a plan that are kept in AWS: those that it needs and no others, all read in one call.

use std::collections::BTreeMap;

use greenlight_deployment::Reader;
use greenlight_suite::SecretSource;

use crate::draft::Board;
use crate::plan::Plan;

/// The values of the parameters that the plan's secrets are read from, by the parameters' names.
///
/// # Errors
///
/// They cannot be read, or some are not there: all of these, in one sentence.
pub(crate) async fn parameters<R: Reader>(
    reader: &R,
    plan: &Plan<'_>,
    board: &Board,
) -> Result<BTreeMap<String, String>, String> {
    let suite = plan.suite();
    let needed = greenlight_engine::secrets_needed(&suite);
    let sources: Vec<(&String, &String)> = suite
        .secrets
        .iter()
        .filter(|(name, _)| needed.contains(*name))
        .filter_map(|(name, source)| match source {
            SecretSource::Parameter(parameter) => Some((name, parameter)),
            SecretSource::Environment(_) => None,
        })
        .collect();
    if sources.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut parameters: Vec<String> = sources.iter().map(|(_, parameter)| (*parameter).clone()).collect();
    parameters.sort_unstable();
    parameters.dedup();
    let read = board
        .phase("reading secrets", reader.parameters(&parameters))
        .await
        .map_err(|error| format!("the suite's secrets cannot be read: {error}"))?;
    let missing: Vec<String> = sources
        .iter()
        .filter(|(_, parameter)| read.missing.contains(parameter))
        .map(|(name, parameter)| {
            format!("secret `{name}` has no value: there is no parameter `{parameter}` in this account and region")
        })
        .collect();
    if missing.is_empty() {
        Ok(read.found.into_iter().map(|(name, parameter)| (name, parameter.value)).collect())
    } else {
        Err(missing.join("; "))
    }
}

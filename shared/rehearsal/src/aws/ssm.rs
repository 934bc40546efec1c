//! SSM as the functions meet it: parameters by name.

use serde_json::Value;

use super::api_error::ApiError;

/// The parameters of the account.
pub(super) struct Parameters {
    values: Vec<(String, String)>,
    region: String,
    account: String,
}

impl Parameters {
    /// Parameters by name and value, in a region of an account.
    pub(super) fn new(values: Vec<(String, String)>, region: &str, account: &str) -> Self {
        Self { values, region: region.to_owned(), account: account.to_owned() }
    }
}

/// Answers one call.
pub(super) fn perform(store: &Parameters, operation: &str, _input: &Value) -> Result<Value, ApiError> {
    let Parameters { values, region, account } = store;
    Err(ApiError::new(
        "UnknownOperationException",
        format!("`{operation}` is not played yet for the {} parameters in {region} of {account}", values.len()),
    ))
}

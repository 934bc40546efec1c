//! Lambda bound to the `AfterInstall` hook of an ECS deployment.

use greenlight_functions::{Function, Hook, serve};

fn main() -> Result<(), lambda_runtime::Error> {
    serve(Function::Hook(Hook::AfterInstall))
}

//! Lambda that is the on-failure destination of the hooks: reports `Failed` for an execution that died.

use greenlight_functions::{Function, serve};

fn main() -> Result<(), lambda_runtime::Error> {
    serve(Function::LastResort)
}

//! CodeDeploy as the functions meet it: its API over HTTP, on the state of the deployment that is played.

mod misbehaviour;

pub use misbehaviour::Misbehaviour;

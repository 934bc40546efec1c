//! What the demo application does with requests: the ways in which a release can be broken.

use std::time::Duration;

/// What an application does. Set at its start and changed at any time by
/// [`Application::set_behaviour`](super::Application::set_behaviour).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers as it should.
    #[default]
    Healthy,
    /// Answers this status, 200 to 599, to everything but `/health`: like most bugs, it does not show in the health
    /// check. Any other number is answered as 500.
    Status(u16),
    /// Answers this status, 200 to 599, to everything, `/health` included. Any other number is answered as 500.
    StatusEverywhere(u16),
    /// Answers this status, 200 to 599, to `/health` alone, and works. Any other number is answered as 500.
    Unhealthy(u16),
    /// Works, and says that it is another version: a wrong image behind the right name.
    WrongVersion(String),
    /// Answers as it should, this much later.
    Slow(Duration),
    /// Takes the connection, reads the request and never answers.
    Hang,
    /// Does not listen: connections are refused, open ones are closed.
    Refuse,
    /// Answers 503 by itself for this long, counted from when the behaviour was set, then works.
    NotReadyFor(Duration),
    /// Reads the request and closes the connection without an answer, like a process that crashes.
    CloseEarly,
    /// Announces a whole body, sends half of it and closes the connection.
    BreakOff,
    /// Sends its bodies byte by byte, with this pause before each.
    Drip(Duration),
}

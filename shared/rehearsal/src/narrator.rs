//! Tells what happens, from wherever it happens, in one order.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::event::Event;

/// A voice that any part of the rehearsal can have. The other end hears everything in the order it was told.
#[derive(Debug, Clone)]
pub(crate) struct Narrator {
    began: Instant,
    sender: mpsc::UnboundedSender<Event>,
}

impl Narrator {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { began: Instant::now(), sender }, receiver)
    }

    /// Nobody listens any more when the rehearsal was given up; then there is nobody to tell.
    pub(crate) fn tell(&self, event: Event) {
        let _ = self.sender.send(event);
    }

    pub(crate) fn began(&self) -> Instant {
        self.began
    }

    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }
}

//! Asks whether the target can be reached at all, whatever it answers.
//!
//! Nothing of the suite goes along, neither headers nor secrets: blue may still be there, or somebody else.

use std::time::Duration;

use http::Method;
use tokio::time::timeout_at;

use crate::attempt::{Limit, cut_off};
use crate::client::Connection;
use crate::deadline::Deadline;
use crate::exchange::Trace;
use crate::record::{Failure, FailureKind};
use crate::request::Prepared;
use crate::session::Session;

/// The longest that it takes.
const LONGEST: Duration = Duration::from_secs(5);

impl Session {
    /// Asks `GET /` once, on a fresh connection, within five seconds and the deadline. Any answer of HTTP will do, also
    /// one that the load balancer makes by itself.
    ///
    /// # Errors
    ///
    /// What kept it from being reached: the name, the connection, TLS, no answer, or something that is not HTTP; with
    /// what to do about it.
    pub async fn reach(&self, deadline: Deadline) -> Result<(), Failure> {
        let url = self.wire.origin.url("/").map_err(|problem| Failure {
            kind: FailureKind::Undefined,
            subject: "URL".into(),
            observed: problem.to_string(),
            expected: None,
            remedy: None,
        })?;
        let request = Prepared { method: Method::GET, url, headers: Vec::new(), body: Vec::new(), private_body: false };
        let limit = Limit::nearest(LONGEST, None, deadline);
        let mut trace = Trace::start(&self.wire.origin);
        let sent = timeout_at(limit.end, self.wire.send(&request, &Connection::Fresh, &mut trace)).await;
        let reached = sent.map_or_else(
            |_| {
                trace.note_connection();
                Err(cut_off(&trace, limit))
            },
            |answered| answered.map(drop),
        );
        reached.map_err(|failure| failure.fit_to_show(self.scope.redactor()))
    }
}

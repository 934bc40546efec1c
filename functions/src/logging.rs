//! Log lines: JSON, one event a line, to standard output, where Lambda collects them.

use greenlight_hook::VERDICT_TARGET;
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging at the level that `RUST_LOG` names (`error`, `warn`, `info`, `debug`, `trace`), `info` by default.
///
/// The lines of the verdict are written at every level: CodeDeploy shows no reason, so they must be somewhere.
///
/// The level is Greenlight's own. Libraries stay at warnings, whatever is asked: at lower levels they write request
/// bodies, and the hook execution id is in one of them.
pub(crate) fn start() {
    let level = std::env::var("RUST_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let filter = Targets::new()
        .with_default(Level::WARN)
        .with_target("greenlight", level)
        .with_target(VERDICT_TARGET, LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false);
    // A process that serves functions in a test may have a subscriber already; that one is kept.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    // What a panic says becomes the verdict's reason; here it is a line like any other.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "Greenlight itself failed: a panic");
    }));
}

//! One rehearsal from its settings to its record: sets the stage, plays, and clears everything away.

use crate::error::RehearsalError;
use crate::event::Event;
use crate::record::Rehearsal;
use crate::settings::Settings;

/// Plays one deployment. `observer` is told what happens, as it happens.
///
/// # Errors
///
/// [`RehearsalError`] when it cannot be played to its end. A deployment that is rolled back is not an error.
pub async fn rehearse(_settings: Settings, _observer: &mut dyn FnMut(&Event)) -> Result<Rehearsal, RehearsalError> {
    Err(RehearsalError::Interrupted)
}

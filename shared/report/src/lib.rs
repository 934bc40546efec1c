//! The record of one hook execution, and its renderings.
//!
//! A report is plain data: [`text`] and its JSON are made from it alone. What goes into it is the hook's to collect;
//! every text that came from the network has been redacted and cut before it gets here.

mod fit;
mod green;
mod report;
mod text;

pub use green::{ControlPlaneRecord, DirectRecord, GreenRecord, ReachRecord};
pub use greenlight_engine::duration;
pub use report::{ExecutionId, Mode, Phase, Report, SuiteOrigin, TaskCount, TaskSetRecord};
pub use text::{Colour, counted, text};

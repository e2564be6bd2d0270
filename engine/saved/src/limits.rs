//! Every limit of this crate, with its reason.

use std::time::Duration;

/// Files of a folder: each is parsed again when it changes, and listings give all of them.
pub const FILES: usize = 1_000;
/// Folders below each other: a name of more parts is nobody's.
pub const DEPTH: usize = 6;
/// Bytes of a file: what the parser reads at most is less.
pub const FILE_BYTES: u64 = 1 << 20;
/// The shortest time between two evaluations of an alert: each asks a whole fleet.
pub const ALERT_EVERY_MIN: Duration = Duration::from_secs(10);
/// The longest: what is looked at once a day is a report.
pub const ALERT_EVERY_MAX: Duration = Duration::from_secs(24 * 60 * 60);

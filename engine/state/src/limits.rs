//! The limits of the state database, each with its reason.

use std::time::Duration;

/// Registered clusters: as many as an inventory's file may have, since each costs a connection and its catalogue.
pub const MAX_REGISTERED: i64 = 2_000;
/// Until a connection to the database is there. Requests wait for it, and none of theirs may take longer than a query.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a writer waits for another process that writes the same SQLite file.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections to PostgreSQL: each statement takes milliseconds, and the database serves other servers too.
pub(crate) const POSTGRES_CONNECTIONS: u32 = 4;
/// Of a key file. A key has 80 bytes, and there are more than one only while they are rotated.
pub(crate) const MAX_KEY_FILE_BYTES: u64 = 16 * 1024;

//! The limits of the state database, each with its reason.

use std::time::Duration;

/// Registered clusters: as many as an inventory's file may have, since each costs a connection and its catalogue.
pub const MAX_REGISTERED: i64 = 2_000;
/// Until a connection to the database is there. Requests wait for it, and none of theirs may take longer than a query.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Until the database has done what it was asked, a connection included. A statement takes milliseconds; whoever waits for one holds up a
/// request, the inventory's next change or the alerts.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Has PostgreSQL itself end a statement, before we give it up: none is left behind.
pub(crate) const STATEMENT_TIMEOUT: &str = "SET statement_timeout = '8s'";
/// Until a connection that somebody gave back says that it lives; then it is closed, so that none is lost to a server that went silent.
pub(crate) const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);
/// Until the tables are as this version has them; other servers that start at the same time take turns.
pub(crate) const MIGRATE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a writer waits for another process that writes the same SQLite file.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections to PostgreSQL: each statement takes milliseconds, and the database serves other servers too.
pub(crate) const POSTGRES_CONNECTIONS: u32 = 4;
/// Of a key file. A key has 80 bytes, and there are more than one only while they are rotated.
pub(crate) const MAX_KEY_FILE_BYTES: u64 = 16 * 1024;

//! A SQLite file: made for its owner alone, and looked at before it is opened for writing, so that a file that is none, a broken
//! one and one of another program are left as they are.

use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqlitePool};

use crate::error::Error;
use crate::limits::{BUSY_TIMEOUT, CONNECT_TIMEOUT};

/// How each SQLite file begins.
const HEADER: &[u8] = b"SQLite format 3\0";
/// `trwl`: SQLite keeps such a number in a file for whose it is.
const APPLICATION_ID: i64 = 0x7472_776c;

/// Opens the file, which is made where there is none.
///
/// # Errors
/// It cannot be made or read, or is not ours.
pub(crate) async fn open(path: &Path) -> Result<SqlitePool, Error> {
    let file = path.to_owned();
    let prepared = tokio::task::spawn_blocking(move || prepare(&file)).await;
    let is_new = prepared.map_err(|_| failed(path, "looking at it was broken off"))??;
    if !is_new {
        check(path).await?;
    }
    let options = options(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("application_id", APPLICATION_ID.to_string());
    // One connection: statements take microseconds, and writers of one process never wait for a lock of each other.
    SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(CONNECT_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(|error| failed(path, &error.to_string()))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging()
}

/// Makes the file where there is none; whether it is empty.
fn prepare(path: &Path) -> Result<bool, Error> {
    let wrong = |error: std::io::Error| failed(path, &error.to_string());
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        let mut builder = std::fs::DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(wrong)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(wrong)?;
    let mut head = Vec::new();
    let length = u64::try_from(HEADER.len()).unwrap_or(u64::MAX);
    Read::by_ref(&mut file)
        .take(length)
        .read_to_end(&mut head)
        .map_err(wrong)?;
    if head.is_empty() {
        return Ok(true);
    }
    if head != HEADER {
        return Err(corrupt(
            path,
            "expected a SQLite database, found something else",
        ));
    }
    Ok(false)
}

/// Looks at a file that was there, without a right to write to it.
async fn check(path: &Path) -> Result<(), Error> {
    let options = options(path).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .map_err(|error| broken(path, &error))?;
    let found: i64 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut connection)
        .await
        .map_err(|error| broken(path, &error))?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut connection)
        .await
        .map_err(|error| broken(path, &error))?;
    // A process may have ended between making the file and naming it ours.
    if found != APPLICATION_ID && !(found == 0 && tables == 0) {
        return Err(corrupt(path, "it is a SQLite database of another program"));
    }
    let said: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_all(&mut connection)
        .await
        .map_err(|error| broken(path, &error))?;
    if said != ["ok"] {
        return Err(corrupt(
            path,
            "SQLite finds it damaged (PRAGMA quick_check)",
        ));
    }
    let _ = connection.close().await;
    Ok(())
}

/// An error of SQLite at the first look: damage, or anything else such as a file of somebody else.
fn broken(path: &Path, error: &sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|it| it.code());
    // SQLITE_CORRUPT and SQLITE_NOTADB, with their extended forms in the upper bits.
    let primary = code
        .and_then(|it| it.parse::<u32>().ok())
        .map(|it| it & 0xff);
    match primary {
        Some(11 | 26) => corrupt(path, "SQLite finds it damaged"),
        _ => failed(path, &error.to_string()),
    }
}

fn corrupt(path: &Path, why: &str) -> Error {
    Error::Corrupt {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}

fn failed(path: &Path, why: &str) -> Error {
    Error::File {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}

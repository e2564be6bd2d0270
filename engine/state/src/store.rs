//! Opening the state: where it is, its version, its keys. What is done with it stands in a file for each matter.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::ConnectOptions;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::database::{Database, on};
use crate::error::Error;
use crate::keys::KeyFile;
use crate::limits::{CONNECT_TIMEOUT, POSTGRES_CONNECTIONS};
use crate::{migrations, sqlite};

/// Where the state is.
#[derive(Clone)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<PgConnectOptions>),
}

/// The state. Cheap to clone; clones share its connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) database: Database,
    pub(crate) keys: Arc<KeyFile>,
    /// For messages: no password is in it.
    place: Arc<str>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Store({})", self.place)
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Place({self})")
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::File(path) => write!(formatter, "{}", path.display()),
            Place::Postgres(options) => {
                let name = options.get_database().unwrap_or(options.get_username());
                let (host, port) = (options.get_host(), options.get_port());
                match options.get_socket() {
                    Some(socket) => write!(formatter, "postgres {name} at {}", socket.display()),
                    None => write!(formatter, "postgres {name} at {host}:{port}"),
                }
            }
        }
    }
}

impl FromStr for Place {
    type Err = Error;

    /// Reads `sqlite:PATH`, `postgres://…` or a path.
    fn from_str(text: &str) -> Result<Self, Error> {
        // What follows the scheme may hold a password, and is not quoted.
        let wrong = |got: &str| Error::Address {
            got: got.to_owned(),
        };
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(text)
                .map_err(|_| wrong("a `postgres://…` that is no URL"))?;
            return Ok(Place::Postgres(Box::new(
                options.disable_statement_logging(),
            )));
        }
        let path = match text.strip_prefix("sqlite:") {
            Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
            None => text,
        };
        match path.split_once("://") {
            _ if path.is_empty() => Err(wrong("nothing")),
            Some((scheme, _)) => Err(wrong(&format!("the scheme `{scheme}`"))),
            None => Ok(Place::File(PathBuf::from(path))),
        }
    }
}

impl Store {
    /// Opens the state, which is made where there is none, and brings an older one up to date.
    ///
    /// # Errors
    /// The database cannot be reached, is broken, or was written by a newer trawl; nothing of it was changed then. See [`Error`].
    pub async fn open(place: &Place, keys: &Path) -> Result<Store, Error> {
        let database = match place {
            Place::File(path) => Database::Sqlite(sqlite::open(path).await?),
            Place::Postgres(options) => {
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
                    .acquire_timeout(CONNECT_TIMEOUT)
                    .connect_with(PgConnectOptions::clone(options))
                    .await;
                Database::Postgres(pool.map_err(|error| Error::Database {
                    place: place.to_string(),
                    why: words(&error),
                })?)
            }
        };
        let store = Store {
            database,
            keys: Arc::new(KeyFile::at(keys)),
            place: place.to_string().into(),
        };
        store.migrate().await?;
        Ok(store)
    }

    async fn migrate(&self) -> Result<(), Error> {
        let migrator = migrations::migrator();
        let run = || async { on!(&self.database, pool => migrator.run(pool).await) };
        let mut result = run().await;
        // Two processes that make one SQLite file at once: the second finds done what it was about to do.
        if matches!(
            result,
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..))
        ) {
            result = run().await;
        }
        result.map_err(|error| match error {
            MigrateError::VersionMissing(found) => Error::Newer {
                place: self.place.to_string(),
                found,
                known: migrations::newest(),
            },
            other => self.failed(&other.to_string()),
        })
    }

    /// A number that changes with every change of clusters or of the default, whoever makes it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn revision(&self) -> Result<i64, Error> {
        on!(&self.database, pool => {
            self.told(sqlx::query_scalar("SELECT revision FROM trawl_revision WHERE one = 1").fetch_one(pool).await)
        })
    }

    /// Where it is, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Ends its connections; what was acknowledged is on disk without it.
    pub async fn close(&self) {
        on!(&self.database, pool => pool.close().await);
    }

    /// The result with our error.
    pub(crate) fn told<T>(&self, result: Result<T, sqlx::Error>) -> Result<T, Error> {
        result.map_err(|error| self.failed(&words(&error)))
    }

    pub(crate) fn failed(&self, why: &str) -> Error {
        Error::Database {
            place: self.place.to_string(),
            why: why.to_owned(),
        }
    }
}

/// Now, in milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// What the library says, without its own frame.
fn words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::PoolTimedOut => "no connection within five seconds".to_owned(),
        other => other.to_string(),
    }
}

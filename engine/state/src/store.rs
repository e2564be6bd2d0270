//! Opening the state: where it is, its version, its keys. What is done with it stands in a file for each matter.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection as _, Executor as _};

use crate::database::{Database, on};
use crate::error::Error;
use crate::keys::KeyFile;
use crate::limits::{
    ANSWER_TIMEOUT, CONNECT_TIMEOUT, MIGRATE_TIMEOUT, POSTGRES_CONNECTIONS, RELEASE_TIMEOUT,
    STATEMENT_TIMEOUT,
};
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
                let pool = postgres().connect_with(PgConnectOptions::clone(options));
                Database::Postgres(pool.await.map_err(|error| Error::Database {
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
        let run = || async {
            let run = async {
                match &self.database {
                    Database::Sqlite(pool) => migrator.run(pool).await,
                    Database::Postgres(pool) => migrator.run(pool).await,
                }
            };
            let late = || MigrateError::Execute(sqlx::Error::Io(late(MIGRATE_TIMEOUT)));
            let done = tokio::time::timeout(MIGRATE_TIMEOUT, run).await;
            done.unwrap_or_else(|_| Err(late()))
        };
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
        on!(self, pool => {
            self.told(sqlx::query_scalar("SELECT revision FROM trawl_revision WHERE one = 1").fetch_one(pool).await)
        })
    }

    /// Where it is, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Ends its connections; what was acknowledged is on disk without it.
    pub async fn close(&self) {
        let close = async {
            match &self.database {
                Database::Sqlite(pool) => pool.close().await,
                Database::Postgres(pool) => pool.close().await,
            }
        };
        // A database that went silent is left as it is.
        let _ = tokio::time::timeout(RELEASE_TIMEOUT, close).await;
    }

    /// Does something with the database, which has its time to answer.
    pub(crate) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        match tokio::time::timeout(ANSWER_TIMEOUT, work).await {
            Ok(done) => done,
            Err(_) => Err(self.failed(&late(ANSWER_TIMEOUT).to_string())),
        }
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

/// Connections to PostgreSQL, none of which waits for ever.
fn postgres() -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(CONNECT_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                // As a statement and not while connecting: poolers between refuse connections that bring settings.
                connection.execute(STATEMENT_TIMEOUT).await?;
                Ok(())
            })
        })
        .after_release(|connection, _| {
            Box::pin(async move {
                let lives = tokio::time::timeout(RELEASE_TIMEOUT, connection.ping()).await;
                lives.unwrap_or_else(|_| Err(late(RELEASE_TIMEOUT).into()))?;
                Ok(true)
            })
        })
}

fn late(limit: Duration) -> std::io::Error {
    let words = format!("the database did not answer within {} s", limit.as_secs());
    std::io::Error::new(std::io::ErrorKind::TimedOut, words)
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

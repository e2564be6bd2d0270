//! One database of two kinds. The statements are the same text for both; the types of the library differ, hence the macros, which
//! compile a body once for each.

use sqlx::{PgPool, SqlitePool};

/// Connections to the database.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Runs a body with the pool, within the time that a database has to answer. The body gives a result.
macro_rules! on {
    ($store:expr, $pool:ident => $body:expr) => {
        $store
            .within(async {
                match &$store.database {
                    $crate::database::Database::Sqlite($pool) => $body,
                    $crate::database::Database::Postgres($pool) => $body,
                }
            })
            .await
    };
}

/// Runs a body in a transaction that is committed at its end, all of it within the time that a database has to answer. An error of the
/// body (`?`) rolls it back.
macro_rules! transaction {
    ($store:expr, $tx:ident => $body:block) => {
        $store
            .within(async {
                match &$store.database {
                    // A transaction that begins by reading could not become one that writes while another process writes.
                    $crate::database::Database::Sqlite(pool) => {
                        let mut $tx = $store.told(pool.begin_with("BEGIN IMMEDIATE").await)?;
                        let out = $body;
                        $store.told($tx.commit().await)?;
                        Ok(out)
                    }
                    $crate::database::Database::Postgres(pool) => {
                        let mut $tx = $store.told(pool.begin().await)?;
                        let out = $body;
                        $store.told($tx.commit().await)?;
                        Ok(out)
                    }
                }
            })
            .await
    };
}

pub(crate) use {on, transaction};

//! Leases: of several servers with one database, one does what must be done once. The database's clock counts, so that servers
//! whose clocks differ agree on when a lease ends.

use std::time::Duration;

use crate::database::{Database, on};
use crate::error::Error;
use crate::store::Store;

const SQLITE: &str = "INSERT INTO trawl_leases (name, holder, until) VALUES ($1, $2, CAST(unixepoch('subsec') * 1000 AS INTEGER) + $3)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE trawl_leases.holder = excluded.holder OR trawl_leases.until <= CAST(unixepoch('subsec') * 1000 AS INTEGER)";
const POSTGRES: &str = "INSERT INTO trawl_leases (name, holder, until) VALUES ($1, $2, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) + $3)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE trawl_leases.holder = excluded.holder OR trawl_leases.until <= CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

impl Store {
    /// Takes or prolongs a lease for `ttl` from now; whether this holder has it. A holder that asks again well before the end keeps
    /// it; one that died loses it `ttl` after its last word.
    ///
    /// # Errors
    /// The database fails: the lease is not held then.
    pub async fn lease(&self, name: &str, holder: &str, ttl: Duration) -> Result<bool, Error> {
        let ttl = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX / 4);
        let text = match &self.database {
            Database::Sqlite(_) => SQLITE,
            Database::Postgres(_) => POSTGRES,
        };
        on!(self, pool => {
            let taken = sqlx::query(text).bind(name).bind(holder).bind(ttl);
            Ok(self.told(taken.execute(pool).await)?.rows_affected() > 0)
        })
    }

    /// Gives a lease back before its end, if this holder has it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn release(&self, name: &str, holder: &str) -> Result<(), Error> {
        on!(self, pool => {
            let text = "DELETE FROM trawl_leases WHERE name = $1 AND holder = $2";
            self.told(sqlx::query(text).bind(name).bind(holder).execute(pool).await)?;
            Ok(())
        })
    }
}

//! What was chosen while servers ran: the default cluster of all, and each caller's current one.

use crate::clusters::NEXT_REVISION;
use crate::database::{on, transaction};
use crate::error::Error;
use crate::store::Store;

impl Store {
    /// The default cluster that was chosen; none: nobody chose one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn default_cluster(&self) -> Result<Option<String>, Error> {
        on!(self, pool => {
            let text = "SELECT value FROM trawl_settings WHERE name = 'default'";
            self.told(sqlx::query_scalar(text).fetch_optional(pool).await)
        })
    }

    /// Chooses the default cluster.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_default_cluster(&self, name: &str) -> Result<(), Error> {
        let text = "INSERT INTO trawl_settings (name, value) VALUES ('default', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        transaction!(self, tx => {
            self.told(sqlx::query(text).bind(name).execute(&mut *tx).await)?;
            self.told(sqlx::query(NEXT_REVISION).execute(&mut *tx).await)?;
        })
    }

    /// The cluster that a caller switched to.
    ///
    /// # Errors
    /// The database fails.
    pub async fn current_cluster(&self, caller: &str) -> Result<Option<String>, Error> {
        on!(self, pool => {
            let text = "SELECT cluster FROM trawl_current WHERE caller = $1";
            self.told(sqlx::query_scalar(text).bind(caller).fetch_optional(pool).await)
        })
    }

    /// Switches a caller to a cluster.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_current_cluster(&self, caller: &str, cluster: &str) -> Result<(), Error> {
        let text = "INSERT INTO trawl_current (caller, cluster) VALUES ($1, $2) ON CONFLICT (caller) DO UPDATE SET cluster = excluded.cluster";
        on!(self, pool => {
            self.told(sqlx::query(text).bind(caller).bind(cluster).execute(pool).await)?;
            Ok(())
        })
    }
}

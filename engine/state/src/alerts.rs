//! What alerts came to at their last evaluation, as texts that mean something to the server alone: another server, or the same one
//! after a restart, goes on from there.

use std::collections::BTreeMap;

use crate::database::on;
use crate::error::Error;
use crate::store::Store;

impl Store {
    /// The state of every alert that was ever evaluated, by the name of its query.
    ///
    /// # Errors
    /// The database fails.
    pub async fn alerts(&self) -> Result<BTreeMap<String, String>, Error> {
        on!(self, pool => {
            let rows = sqlx::query_as("SELECT query, state FROM trawl_alerts").fetch_all(pool).await;
            Ok(self.told::<Vec<(String, String)>>(rows)?.into_iter().collect())
        })
    }

    /// Keeps the state of an alert.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_alert(&self, query: &str, state: &str) -> Result<(), Error> {
        let text = "INSERT INTO trawl_alerts (query, state) VALUES ($1, $2) ON CONFLICT (query) DO UPDATE SET state = excluded.state";
        on!(self, pool => {
            self.told(sqlx::query(text).bind(query).bind(state).execute(pool).await)?;
            Ok(())
        })
    }

    /// Forgets an alert that is no more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn forget_alert(&self, query: &str) -> Result<(), Error> {
        on!(self, pool => {
            let text = "DELETE FROM trawl_alerts WHERE query = $1";
            self.told(sqlx::query(text).bind(query).execute(pool).await)?;
            Ok(())
        })
    }
}

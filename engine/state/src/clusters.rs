//! Registered clusters: put in, listed, removed, and sealed anew when the key is rotated. Each is acknowledged when it is on disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::Row;

use crate::database::{on, transaction};
use crate::error::Error;
use crate::keys::{Held, KeyFile};
use crate::limits::MAX_REGISTERED;
use crate::seal::Key;
use crate::store::{Store, now_ms};

/// A cluster to be registered. Its secret is a text that means something to the caller alone.
#[derive(Clone)]
pub struct NewCluster {
    /// Unique among those that are registered.
    pub name: String,
    /// As the cloud calls it.
    pub region: Option<String>,
    /// `production`, `staging`, `development` or another word.
    pub environment: Option<String>,
    /// The cloud account that owns it.
    pub account: Option<String>,
    /// Free labels.
    pub tags: BTreeMap<String, String>,
    /// The plugins that it has a connection to.
    pub plugins: Vec<String>,
    /// The context of its kubeconfig that was chosen.
    pub context: Option<String>,
    /// How it is reached and with which credentials: stored sealed.
    pub secret: String,
    /// What its API server said its version is.
    pub version: Option<String>,
    /// Nodes that it had.
    pub nodes: Option<i64>,
    /// Who registers it.
    pub by: String,
}

/// A registered cluster.
#[derive(Clone, PartialEq)]
pub struct StoredCluster {
    /// Its name.
    pub name: String,
    /// As the cloud calls it.
    pub region: Option<String>,
    /// `production`, `staging`, `development` or another word.
    pub environment: Option<String>,
    /// The cloud account that owns it.
    pub account: Option<String>,
    /// Free labels.
    pub tags: BTreeMap<String, String>,
    /// The plugins that it has a connection to.
    pub plugins: Vec<String>,
    /// The context of its kubeconfig that was chosen.
    pub context: Option<String>,
    /// What was sealed, or why it cannot be opened.
    pub secret: Result<String, Unopened>,
    /// What its API server said its version is, when it was registered.
    pub version: Option<String>,
    /// Nodes that it had then.
    pub nodes: Option<i64>,
    /// When it was registered, in milliseconds since the Unix epoch.
    pub registered_at: i64,
    /// Who registered it.
    pub registered_by: String,
}

/// Why a cluster's secret cannot be opened: in words for its users, without a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unopened(pub String);

/// What a rotation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// Clusters that are sealed with the new key.
    pub sealed: usize,
    /// Clusters whose key is missing; they stay as they are.
    pub unopened: Vec<String>,
}

impl std::fmt::Debug for NewCluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "NewCluster({})", self.name)
    }
}

impl std::fmt::Debug for StoredCluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "StoredCluster({})", self.name)
    }
}

const LIST: &str = "SELECT name, region, environment, account, tags, plugins, context, sealed, key_id, version, nodes, registered_at, registered_by FROM trawl_clusters ORDER BY registered_at, name";
const INSERT: &str = "INSERT INTO trawl_clusters (name, region, environment, account, tags, plugins, context, sealed, key_id, version, nodes, registered_at, registered_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (name) DO NOTHING";
/// Rows of this table are read and written by whoever changes clusters, one after the other.
pub(crate) const NEXT_REVISION: &str =
    "UPDATE trawl_revision SET revision = revision + 1 WHERE one = 1";

/// A row before it is opened.
struct Sealed {
    cluster: StoredCluster,
    key_id: String,
    sealed: String,
}

/// Reads a row of either database.
macro_rules! sealed {
    ($store:expr, $row:expr) => {{
        let (store, row) = ($store, $row);
        let tags: String = store.told(row.try_get("tags"))?;
        let plugins: String = store.told(row.try_get("plugins"))?;
        Sealed {
            key_id: store.told(row.try_get("key_id"))?,
            sealed: store.told(row.try_get("sealed"))?,
            cluster: StoredCluster {
                name: store.told(row.try_get("name"))?,
                region: store.told(row.try_get("region"))?,
                environment: store.told(row.try_get("environment"))?,
                account: store.told(row.try_get("account"))?,
                tags: store.json(&tags)?,
                plugins: store.json(&plugins)?,
                context: store.told(row.try_get("context"))?,
                secret: Err(Unopened(String::new())),
                version: store.told(row.try_get("version"))?,
                nodes: store.told(row.try_get("nodes"))?,
                registered_at: store.told(row.try_get("registered_at"))?,
                registered_by: store.told(row.try_get("registered_by"))?,
            },
        }
    }};
}

impl Store {
    /// Registers a cluster. When this returns it is on disk.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Full`]; the key file or the database fails.
    pub async fn register(&self, cluster: NewCluster) -> Result<(), Error> {
        let (_held, key) = self
            .blocking(|keys| Ok((keys.hold(false)?, keys.current()?)))
            .await?;
        let sealed = key
            .seal(&cluster.name, &cluster.secret)
            .map_err(|_| self.failed("the secret cannot be sealed"))?;
        let (tags, plugins) = (self.text(&cluster.tags)?, self.text(&cluster.plugins)?);
        transaction!(self, tx => {
            // First, so that writers of all servers wait here for each other and count what the one before has added.
            self.told(sqlx::query(NEXT_REVISION).execute(&mut *tx).await)?;
            let count: i64 = self.told(
                sqlx::query_scalar("SELECT count(*) FROM trawl_clusters").fetch_one(&mut *tx).await,
            )?;
            if count >= MAX_REGISTERED {
                return Err(Error::Full(MAX_REGISTERED));
            }
            let insert = sqlx::query(INSERT)
                .bind(&cluster.name)
                .bind(&cluster.region)
                .bind(&cluster.environment)
                .bind(&cluster.account)
                .bind(&tags)
                .bind(&plugins)
                .bind(&cluster.context)
                .bind(&sealed)
                .bind(&key.id)
                .bind(&cluster.version)
                .bind(cluster.nodes)
                .bind(now_ms())
                .bind(&cluster.by);
            let done = self.told(insert.execute(&mut *tx).await)?;
            if done.rows_affected() == 0 {
                return Err(Error::Exists(cluster.name));
            }
        })
    }

    /// All registered clusters in the order of their registration, and the revision that this is.
    ///
    /// # Errors
    /// The database fails. A cluster whose secret cannot be opened is listed with why.
    pub async fn clusters(&self) -> Result<(i64, Vec<StoredCluster>), Error> {
        // The number is read before the rows: a change in between is then seen at the next look.
        let revision = self.revision().await?;
        let sealed = self.sealed().await?;
        let opened = self
            .blocking(move |file| {
                let keys = file.all();
                Ok(sealed
                    .into_iter()
                    .map(|it| opened(it, &keys, file))
                    .collect())
            })
            .await?;
        Ok((revision, opened))
    }

    /// Removes a cluster, and the choices that name it; whether there was one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remove(&self, name: &str) -> Result<bool, Error> {
        transaction!(self, tx => {
            let delete = sqlx::query("DELETE FROM trawl_clusters WHERE name = $1").bind(name);
            let done = self.told(delete.execute(&mut *tx).await)?;
            let removed = done.rows_affected() > 0;
            if removed {
                for text in [
                    "DELETE FROM trawl_settings WHERE name = 'default' AND value = $1",
                    "DELETE FROM trawl_current WHERE cluster = $1",
                ] {
                    self.told(sqlx::query(text).bind(name).execute(&mut *tx).await)?;
                }
                self.told(sqlx::query(NEXT_REVISION).execute(&mut *tx).await)?;
            }
            removed
        })
    }

    /// Seals everything with a new key, and forgets the old ones when nothing needs them. It can be broken off at any moment and
    /// be begun again.
    ///
    /// # Errors
    /// The key file or the database fails.
    pub async fn rotate_key(&self) -> Result<Rotated, Error> {
        let (_alone, keys) = self
            .blocking(|file| {
                let alone = file.hold(true)?;
                let mut keys = file.all()?;
                keys.insert(0, Key::generate());
                // On disk before anything is sealed with it.
                file.replace(&keys)?;
                Ok::<(Held, Vec<Key>), Error>((alone, keys))
            })
            .await?;
        let Some((new, old)) = keys.split_first() else {
            return Err(self.failed("there is no key"));
        };
        let mut rotated = Rotated {
            sealed: 0,
            unopened: Vec::new(),
        };
        for it in self.sealed().await? {
            let name = it.cluster.name;
            let key = old.iter().find(|key| key.id == it.key_id);
            let Some(text) = key.and_then(|key| key.open(&name, &it.sealed).ok()) else {
                rotated.unopened.push(name);
                continue;
            };
            let sealed = new
                .seal(&name, &text)
                .map_err(|_| self.failed("the secret cannot be sealed"))?;
            on!(self, pool => {
                let update = sqlx::query("UPDATE trawl_clusters SET sealed = $1, key_id = $2 WHERE name = $3 AND sealed = $4")
                    .bind(&sealed)
                    .bind(&new.id)
                    .bind(&name)
                    .bind(&it.sealed);
                self.told(update.execute(pool).await)?;
                Ok(())
            })?;
            rotated.sealed += 1;
        }
        let new = new.clone();
        self.blocking(move |file| file.replace(&[new])).await?;
        Ok(rotated)
    }

    async fn sealed(&self) -> Result<Vec<Sealed>, Error> {
        on!(self, pool => {
            let rows = self.told(sqlx::query(LIST).fetch_all(pool).await)?;
            rows.iter().map(|row| Ok(sealed!(self, row))).collect()
        })
    }

    /// Works with the key file, which is read and written where waiting holds nobody up.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&KeyFile) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let keys = Arc::clone(&self.keys);
        let done = tokio::task::spawn_blocking(move || work(&keys)).await;
        done.map_err(|_| self.failed("work with the key file was broken off"))?
    }

    fn text(&self, value: &impl serde::Serialize) -> Result<String, Error> {
        serde_json::to_string(value).map_err(|error| self.failed(&error.to_string()))
    }

    fn json<T: serde::de::DeserializeOwned>(&self, text: &str) -> Result<T, Error> {
        serde_json::from_str(text)
            .map_err(|_| self.failed("a row holds something else than trawl wrote"))
    }
}

/// A cluster with its secret, or with why there is none.
fn opened(it: Sealed, keys: &Result<Vec<Key>, Error>, file: &KeyFile) -> StoredCluster {
    let Sealed {
        mut cluster,
        key_id,
        sealed,
    } = it;
    let path = file.path().display();
    cluster.secret = match keys {
        Err(error) => Err(Unopened(format!("its credentials are sealed, and {error}"))),
        Ok(keys) => match keys.iter().find(|key| key.id == key_id) {
            None => Err(Unopened(format!(
                "its credentials are sealed with the key {key_id}, which is not in {path}: put that key file back, or remove the cluster and register it again"
            ))),
            Some(key) => key.open(&cluster.name, &sealed).map_err(|_| {
                Unopened(format!(
                    "its sealed credentials were changed since the key {key_id} sealed them: remove the cluster and register it again"
                ))
            }),
        },
    };
    cluster
}

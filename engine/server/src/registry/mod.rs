//! The inventory of a server that runs: what its file says, and the clusters that were registered. This is the one owner of both, so
//! that neither a change of the file nor a registration loses what the other brought. It gives the engine the whole.
//!
//! Registered clusters are kept in the state database, which servers share: each looks for what another has changed.

mod contact;
mod register;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use trawl_exec::{Engine, Error, InstalledPlugin, Replaced};
use trawl_fleet::{Cluster, Credentials, Guard, Inventory, RegisteredCluster};
use trawl_state::{Store, StoredCluster};

pub(crate) use register::{Kind, Wanted, Wrong};

/// How often it is looked whether another server registered something: reading one number costs a millisecond.
const LOOK: Duration = Duration::from_secs(2);

/// What a server's inventory is made of.
pub struct Registry {
    engine: Arc<Engine>,
    /// None: nothing can be registered, and why.
    store: Result<Store, String>,
    guard: Guard,
    /// Held while the inventory is put together and given to the engine.
    own: Mutex<Own>,
    known: RwLock<Arc<Known>>,
}

/// What the parts of the inventory are.
struct Own {
    inventory: Inventory,
    plugins: Vec<InstalledPlugin>,
    registered: Vec<RegisteredCluster>,
    default: Option<String>,
}

/// What is known of the registered clusters.
#[derive(Default)]
pub(crate) struct Known {
    revision: i64,
    /// Without their secrets; one that cannot be opened says why in its `secret`.
    pub(crate) clusters: Vec<StoredCluster>,
    /// What of them is not used, and why.
    pub(crate) problems: Vec<String>,
    /// What of the file, or of the plugins, was not taken over at its last change.
    pub(crate) file_problems: Vec<String>,
    /// Why the database could not be read at the last look.
    pub(crate) unread: Option<String>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Registry").finish_non_exhaustive()
    }
}

impl Registry {
    /// Over an engine that was made of `plugins` and of the inventory of a file. Registered clusters come in with the first
    /// [`Registry::refresh`]. Without a store nothing can be registered, and whoever tries is told why.
    pub fn new(
        engine: Arc<Engine>,
        plugins: Vec<InstalledPlugin>,
        store: Result<Store, String>,
        guard: Guard,
    ) -> Self {
        let own = Own {
            inventory: Inventory::clone(&engine.inventory()),
            plugins,
            registered: Vec::new(),
            default: None,
        };
        Self {
            engine,
            store,
            guard,
            own: Mutex::new(own),
            known: RwLock::default(),
        }
    }

    /// The inventory of the file, without what was registered.
    pub async fn file(&self) -> Inventory {
        self.own.lock().await.inventory.clone()
    }

    /// Takes over what the file and the installed plugins are now. `problems` is what of them is wrong, in words.
    ///
    /// # Errors
    /// As [`Engine::replace`]: what was there serves on then.
    pub async fn take_over(
        &self,
        inventory: Inventory,
        plugins: Vec<InstalledPlugin>,
    ) -> Result<Replaced, Error> {
        let mut own = self.own.lock().await;
        own.inventory = inventory;
        own.plugins = plugins;
        self.put_together(&own).await
    }

    /// Says what of the file and the plugins is not taken over; nothing: all of it is.
    pub fn note(&self, problems: Vec<String>) {
        self.know(|known| known.file_problems = problems);
    }

    /// What an operator has to know of the inventory: each line is something that is not used, and why.
    pub fn problems(&self) -> Vec<String> {
        let known = self.known();
        let unopened = known.clusters.iter().filter_map(|it| {
            let why = it.secret.as_ref().err()?;
            Some(format!("the registered cluster `{}`: {why}", it.name))
        });
        let file = known.file_problems.iter().cloned();
        let registered = known.problems.iter().cloned();
        let unread = known.unread.iter().cloned();
        let lost = self.store.as_ref().err().cloned();
        file.chain(registered)
            .chain(unopened)
            .chain(unread)
            .chain(lost)
            .collect()
    }

    /// Looks for what was registered, by this server or by another one, and gives it to the engine. Whether anything changed.
    ///
    /// # Errors
    /// The database cannot be read: what was known serves on. Or the engine refuses the whole.
    pub async fn refresh(&self) -> Result<bool, String> {
        let Ok(store) = &self.store else {
            return Ok(false);
        };
        let looked = async {
            let known = self.known();
            let unopened = unopened(&known.clusters);
            let is_same = store.revision().await? == known.revision;
            if is_same && unopened == 0 {
                return Ok::<_, trawl_state::Error>(None);
            }
            // In turn with registrations, so that none is overwritten by what was read before it.
            let own = self.own.lock().await;
            let all = store.clusters().await?;
            // A key file may have been put back, without a change of the database.
            if is_same && self::unopened(&all.1) == unopened {
                return Ok(None);
            }
            Ok(Some((own, all, store.default_cluster().await?)))
        };
        let (own, (revision, clusters), default) = match looked.await {
            Ok(None) => {
                self.know(|known| known.unread = None);
                return Ok(false);
            }
            Ok(Some(found)) => found,
            Err(error) => {
                let why = format!("registered clusters are those of the last look: {error}");
                self.know(|known| known.unread = Some(why.clone()));
                return Err(why);
            }
        };
        self.adopt(own, revision, clusters, default)
            .await
            .map_err(|error| error.to_string())?;
        Ok(true)
    }

    /// Looks until it is dropped.
    pub async fn follow(self: Arc<Self>) {
        let mut said = None;
        loop {
            tokio::time::sleep(LOOK).await;
            let result = self.refresh().await;
            let why = result.err();
            if let Some(why) = why.as_ref().filter(|why| said.as_ref() != Some(*why)) {
                tracing::error!("{why}");
            }
            said = why;
        }
    }

    /// The guard of what is registered.
    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The state database.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn store(&self) -> Result<&Store, Wrong> {
        self.store.as_ref().map_err(|why| Wrong {
            kind: Kind::NoState,
            message: format!("there is no state database: {why}"),
            refusals: Vec::new(),
        })
    }

    /// What is known of the registered clusters.
    pub(crate) fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over the rows of the database.
    async fn adopt(
        &self,
        mut own: MutexGuard<'_, Own>,
        revision: i64,
        mut clusters: Vec<StoredCluster>,
        default: Option<String>,
    ) -> Result<(), Error> {
        own.registered = clusters.iter().map(opened).collect();
        own.default = default;
        for it in &mut clusters {
            // Nobody here needs them but the inventory.
            it.secret = std::mem::replace(&mut it.secret, Ok(String::new())).map(|_| String::new());
        }
        self.put_together(&own).await?;
        self.know(|known| {
            known.revision = revision;
            known.clusters = clusters;
            known.unread = None;
        });
        Ok(())
    }

    /// Gives the engine the whole.
    async fn put_together(&self, own: &Own) -> Result<Replaced, Error> {
        let names: Vec<&str> = own.plugins.iter().map(|it| it.name.as_str()).collect();
        let default = own.default.as_deref();
        let added = own
            .inventory
            .with_registered(&own.registered, default, &names, &self.guard);
        let replaced = self
            .engine
            .replace(added.inventory, own.plugins.clone())
            .await?;
        self.know(|known| known.problems = added.problems);
        Ok(replaced)
    }

    fn know(&self, change: impl FnOnce(&mut Known)) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Known {
            revision: known.revision,
            clusters: known.clusters.clone(),
            problems: known.problems.clone(),
            file_problems: known.file_problems.clone(),
            unread: known.unread.clone(),
        };
        change(&mut next);
        *known = Arc::new(next);
    }
}

/// How many cannot be reached because their secrets cannot be opened.
fn unopened(clusters: &[StoredCluster]) -> usize {
    clusters.iter().filter(|it| it.secret.is_err()).count()
}

/// A row as the inventory takes it.
fn opened(it: &StoredCluster) -> RegisteredCluster {
    let secret = it.secret.as_ref().map_err(ToString::to_string);
    let credentials = secret.and_then(|text| Credentials::from_text(text).map_err(str::to_owned));
    RegisteredCluster {
        cluster: Cluster {
            name: it.name.clone(),
            region: it.region.clone(),
            environment: it.environment.clone(),
            account: it.account.clone(),
            tags: it.tags.clone(),
        },
        credentials,
    }
}

//! Registering, removing and choosing clusters. What is acknowledged is on disk, and can be queried at once.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use tracing::Instrument as _;
use trawl_fleet::{Accepted, RegisteredCluster, Request};
use trawl_state::{NewCluster, Store};

use super::contact::{self, Contacted};
use super::{Own, Registry};

/// A cluster to be registered, as a request says it.
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) region: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) kubeconfig: String,
    pub(crate) context: Option<String>,
    pub(crate) connections: Map<String, Json>,
}

/// Why something was not done.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    /// Fields of the request that are refused.
    pub(crate) refusals: Vec<trawl_fleet::Refusal>,
}

/// Kinds of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A part of the request may not be.
    Refused,
    /// The cluster could not be contacted.
    Unreachable,
    /// There is one of this name.
    Exists,
    /// There is none of this name.
    Missing,
    /// It stands in the file, where no request changes anything.
    InFile,
    /// There are as many as there may be.
    Full,
    /// There is no state database, or it fails now.
    NoState,
}

impl Wrong {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            refusals: Vec::new(),
        }
    }
}

impl From<trawl_state::Error> for Wrong {
    fn from(error: trawl_state::Error) -> Self {
        use trawl_state::Error;
        let kind = match error {
            Error::Exists(_) => Kind::Exists,
            Error::Full(_) => Kind::Full,
            _ => Kind::NoState,
        };
        Self::new(kind, error.to_string())
    }
}

impl Registry {
    /// Registers a cluster: checked, contacted, tried by the engine, and on disk when this returns.
    ///
    /// # Errors
    /// See [`Kind`].
    pub(crate) async fn register(self: &Arc<Self>, wanted: Wanted, by: &str) -> Result<(), Wrong> {
        let store = self.store()?.clone();
        let accepted = {
            let own = self.own.lock().await;
            is_free(&own, &wanted.name)?;
            accepted(&own, &wanted)?
        };
        let server = accepted.credentials.api_server(self.guard());
        let contacted = contact::contact(server).await;
        let Contacted { version, nodes } =
            contacted.map_err(|why| Wrong::new(Kind::Unreachable, why))?;
        let plugins = accepted.credentials.plugins();
        // A connection's configuration is checked where its plugin is loaded: now, and not by somebody's query.
        for plugin in plugins.iter().filter(|it| *it != "kube") {
            let ready = self.engine.ready(plugin).await;
            ready.map_err(|error| Wrong::new(Kind::Refused, error.to_string()))?;
        }
        let secret = accepted.credentials.to_text();
        let secret = secret.map_err(|error| Wrong::new(Kind::Refused, error.to_string()))?;
        let cluster = accepted.cluster.clone();
        let new = NewCluster {
            name: cluster.name.clone(),
            region: cluster.region.clone(),
            environment: cluster.environment.clone(),
            account: cluster.account.clone(),
            tags: cluster.tags.clone(),
            plugins,
            context: Some(accepted.context.clone()),
            secret,
            version: Some(version),
            nodes,
            by: by.to_owned(),
        };
        self.settle(store, accepted, new).await
    }

    /// Gives the engine a cluster that was contacted, and keeps it.
    async fn settle(
        self: &Arc<Self>,
        store: Store,
        accepted: Accepted,
        new: NewCluster,
    ) -> Result<(), Wrong> {
        let registry = Arc::clone(self);
        to_the_end(async move { registry.keep(&store, accepted, new).await }).await
    }

    async fn keep(&self, store: &Store, accepted: Accepted, new: NewCluster) -> Result<(), Wrong> {
        let (name, by) = (new.name.clone(), new.by.clone());
        let mut own = self.own.lock().await;
        // It may have come meanwhile.
        is_free(&own, &new.name)?;
        own.registered.push(RegisteredCluster {
            cluster: accepted.cluster,
            credentials: Ok(accepted.credentials),
        });
        let tried = self.put_together(&own).await;
        let refused = match tried {
            Ok(replaced) => replaced.refused.first().map(ToString::to_string),
            Err(error) => Some(error.to_string()),
        };
        let kept = match refused {
            Some(why) => Err(Wrong::new(Kind::Refused, why)),
            None => store.register(new).await.map_err(Wrong::from),
        };
        if kept.is_err() {
            own.registered.pop();
            if let Err(error) = self.put_together(&own).await {
                tracing::error!(%error, "the inventory before a refused registration");
            }
        }
        drop(own);
        kept?;
        tracing::info!(cluster = %name, %by, "a cluster was registered");
        self.refreshed().await;
        Ok(())
    }

    /// Removes a registered cluster: queries that begin later do not see it.
    ///
    /// # Errors
    /// See [`Kind`].
    pub(crate) async fn remove(self: &Arc<Self>, name: &str) -> Result<(), Wrong> {
        let (registry, name) = (Arc::clone(self), name.to_owned());
        to_the_end(async move { registry.take_out(&name).await }).await
    }

    async fn take_out(&self, name: &str) -> Result<(), Wrong> {
        let store = self.store()?;
        if !store.remove(name).await? {
            let own = self.own.lock().await;
            return Err(match own.inventory.cluster(name) {
                Some(_) => Wrong::new(
                    Kind::InFile,
                    format!(
                        "`{name}` is a cluster of {}: remove it there",
                        own.inventory.origin
                    ),
                ),
                None => Wrong::new(Kind::Missing, format!("there is no cluster `{name}`")),
            });
        }
        self.refreshed().await;
        Ok(())
    }

    /// Makes a cluster the default of all callers.
    ///
    /// # Errors
    /// See [`Kind`].
    pub(crate) async fn choose(self: &Arc<Self>, name: &str) -> Result<(), Wrong> {
        let (registry, name) = (Arc::clone(self), name.to_owned());
        let chosen = async move {
            registry.store()?.set_default_cluster(&name).await?;
            registry.refreshed().await;
            Ok(())
        };
        to_the_end(chosen).await
    }

    /// What was done is done; should the look at it fail, the next one comes in two seconds.
    async fn refreshed(&self) {
        if let Err(why) = self.refresh().await {
            tracing::error!("{why}");
        }
    }
}

/// Does something to its end, also when whoever asked for it goes away: broken off in the middle, the engine would have what is on no
/// disk, or the disk what the engine does not have.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Wrong>> + Send + 'static,
) -> Result<T, Wrong> {
    let done = tokio::spawn(work.in_current_span()).await;
    done.unwrap_or_else(|error| {
        tracing::error!(%error, "a change of the clusters was broken off");
        let message = "the change was broken off by a fault of the server; its log says more";
        Err(Wrong::new(Kind::NoState, message))
    })
}

fn is_free(own: &Own, name: &str) -> Result<(), Wrong> {
    let message = if own.inventory.cluster(name).is_some() {
        format!("{} has a cluster `{name}`", own.inventory.origin)
    } else if own.registered.iter().any(|it| it.cluster.name == name) {
        format!("a cluster `{name}` is registered already")
    } else {
        return Ok(());
    };
    Err(Wrong::new(Kind::Exists, message))
}

/// The request, checked by the plugins that there are.
fn accepted(own: &Own, wanted: &Wanted) -> Result<Accepted, Wrong> {
    let plugins: Vec<&str> = own.plugins.iter().map(|it| it.name.as_str()).collect();
    let request = Request {
        name: &wanted.name,
        region: wanted.region.as_deref(),
        environment: wanted.environment.as_deref(),
        account: wanted.account.as_deref(),
        tags: &wanted.tags,
        kubeconfig: &wanted.kubeconfig,
        context: wanted.context.as_deref(),
        connections: &wanted.connections,
    };
    Accepted::of(&request, &plugins).map_err(|refusals| {
        let lines: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        Wrong {
            kind: Kind::Refused,
            message: lines.join("; "),
            refusals,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use trawl_exec::{Engine, EngineOptions, InstalledPlugin};
    use trawl_fleet::{Guard, Inventory, Origin};
    use trawl_state::Place;

    use super::*;

    async fn registry(folder: &std::path::Path) -> Arc<Registry> {
        let kube = || vec![InstalledPlugin::bundled("kube", Vec::new())];
        let engine = Engine::new(EngineOptions {
            inventory: Inventory::of(vec![], vec![], Origin::Kubeconfig(vec![])),
            plugins: kube(),
            declared: vec![],
            cache_dir: None,
        });
        let place = Place::File(folder.join("state.db"));
        let store = Store::open(&place, &folder.join("keys")).await.unwrap();
        let engine = Arc::new(engine.unwrap());
        Arc::new(Registry::new(engine, kube(), Ok(store), Guard::default()))
    }

    /// A cluster as it is when it was contacted.
    async fn contacted(registry: &Registry, name: &str) -> (Accepted, NewCluster) {
        let kubeconfig = r#"{"apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": "https://10.0.0.1:6443"}}],
            "users": [{"name": "c", "user": {"token": "t"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}]}"#;
        let wanted = Wanted {
            name: name.to_owned(),
            region: None,
            environment: None,
            account: None,
            tags: BTreeMap::new(),
            kubeconfig: kubeconfig.to_owned(),
            context: None,
            connections: Map::new(),
        };
        let accepted = accepted(&*registry.own.lock().await, &wanted).unwrap();
        let new = NewCluster {
            name: name.to_owned(),
            region: None,
            environment: None,
            account: None,
            tags: BTreeMap::new(),
            plugins: accepted.credentials.plugins(),
            context: Some(accepted.context.clone()),
            secret: accepted.credentials.to_text().unwrap(),
            version: None,
            nodes: None,
            by: "a test".to_owned(),
        };
        (accepted, new)
    }

    #[tokio::test]
    async fn whoever_leaves_in_the_middle_leaves_nothing_half_done() {
        let folder = tempfile::tempdir().unwrap();
        let registry = registry(folder.path()).await;
        let store = registry.store().unwrap().clone();
        for polls in 1..20 {
            let name = format!("c{polls}");
            let (accepted, new) = contacted(&registry, &name).await;
            let mut settling = Box::pin(registry.settle(store.clone(), accepted, new));
            let mut polled = 0;
            std::future::poll_fn(|context| {
                polled += 1;
                let left = polled > polls;
                match left || settling.as_mut().poll(context).is_ready() {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                }
            })
            .await;
            drop(settling);
            let is_whole = async {
                loop {
                    let (_, kept) = store.clusters().await.unwrap();
                    let is_kept = kept.iter().any(|it| it.name == name);
                    let is_known = registry.known().clusters.iter().any(|it| it.name == name);
                    if is_kept && is_known && registry.engine.inventory().cluster(&name).is_some() {
                        break;
                    }
                }
            };
            // Only there so that the test ends.
            let whole = tokio::time::timeout(std::time::Duration::from_secs(30), is_whole).await;
            assert!(
                whole.is_ok(),
                "{name} is on no disk, or the engine has none"
            );
        }
    }
}

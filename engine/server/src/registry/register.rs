//! Registering, removing and choosing clusters. What is acknowledged is on disk, and can be queried at once.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use trawl_fleet::{Accepted, RegisteredCluster, Request};
use trawl_state::NewCluster;

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
    pub(crate) async fn register(&self, wanted: Wanted, by: &str) -> Result<(), Wrong> {
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
        let mut own = self.own.lock().await;
        // It may have come meanwhile.
        is_free(&own, &cluster.name)?;
        own.registered.push(RegisteredCluster {
            cluster,
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
        self.refreshed().await;
        Ok(())
    }

    /// Removes a registered cluster: queries that begin later do not see it.
    ///
    /// # Errors
    /// See [`Kind`].
    pub(crate) async fn remove(&self, name: &str) -> Result<(), Wrong> {
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
    pub(crate) async fn choose(&self, name: &str) -> Result<(), Wrong> {
        self.store()?.set_default_cluster(name).await?;
        self.refreshed().await;
        Ok(())
    }

    /// What was done is done; should the look at it fail, the next one comes in two seconds.
    async fn refreshed(&self) {
        if let Err(why) = self.refresh().await {
            tracing::error!("{why}");
        }
    }
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

//! A cluster that a request registers: untrusted, until every part of it was checked. What is left is an address, certificates and
//! tokens that stood in the request itself; nothing of it can name a file, a variable, a program, a proxy or an identity of this
//! process.

mod connections;
mod kubeconfig;
mod refusal;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::check::Check;
use crate::document;
use crate::entry::{Entry, Scope};
use crate::guard::Guard;
use crate::model::{Cluster, HttpSpec};
use crate::yaml;

pub use kubeconfig::ApiServer;
pub use refusal::Refusal;

/// Of a kubeconfig: one of two hundred contexts, each with certificates, has half as much.
pub const MAX_KUBECONFIG_BYTES: usize = 512 * 1024;

/// What a request says of a cluster.
pub struct Request<'a> {
    /// Its name in queries.
    pub name: &'a str,
    /// As the cloud calls it.
    pub region: Option<&'a str>,
    /// `production`, `staging`, `development` or another word.
    pub environment: Option<&'a str>,
    /// The cloud account that owns it.
    pub account: Option<&'a str>,
    /// Free labels.
    pub tags: &'a BTreeMap<String, String>,
    /// The text of a kubeconfig.
    pub kubeconfig: &'a str,
    /// Its context; none: its current one.
    pub context: Option<&'a str>,
    /// Connections to other plugins, as they would stand in a clusters.yaml, but that tokens and passwords stand inline.
    pub connections: &'a Map<String, Json>,
}

/// A cluster whose every part was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// What queries see of it.
    pub cluster: Cluster,
    /// The context that was chosen.
    pub context: String,
    /// How it is reached: to be kept sealed.
    pub credentials: Credentials,
}

/// How a registered cluster is reached, with its secrets: never printed, and kept sealed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    server: ApiServer,
    connections: Map<String, Json>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("(redacted)")
    }
}

impl Accepted {
    /// Checks a request. `plugins` are those that are installed.
    ///
    /// # Errors
    /// What is refused, each with its field; never empty.
    pub fn of(request: &Request<'_>, plugins: &[&str]) -> Result<Accepted, Vec<Refusal>> {
        let mut refused = Vec::new();
        let cluster = cluster(request, &mut refused);
        let server = kubeconfig::read(request.kubeconfig, request.context)
            .map_err(|wrong| refused.extend(wrong))
            .ok();
        let name = cluster.as_ref().map_or("", |it| it.name.as_str());
        let region = request.region;
        if let Err(wrong) = connections::entries(
            name,
            region,
            request.connections,
            plugins,
            &Guard::default(),
        ) {
            refused.extend(wrong);
        }
        match (cluster, server) {
            (Some(cluster), Some((context, server))) if refused.is_empty() => Ok(Accepted {
                cluster,
                context,
                credentials: Credentials {
                    server,
                    connections: request.connections.clone(),
                },
            }),
            _ => Err(refused),
        }
    }
}

impl Credentials {
    /// The text that is to be sealed.
    ///
    /// # Errors
    /// Never for what was checked.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// What [`Credentials::to_text`] gave.
    ///
    /// # Errors
    /// It is something else. The words quote nothing of it.
    pub fn from_text(text: &str) -> Result<Credentials, &'static str> {
        serde_json::from_str(text).map_err(|_| "what was sealed is no cluster's credentials")
    }

    /// The plugins that the cluster has a connection to.
    pub fn plugins(&self) -> Vec<String> {
        let others = self.connections.keys().cloned();
        std::iter::once("kube".to_owned()).chain(others).collect()
    }

    /// The API server, to be contacted under a guard.
    pub fn api_server(&self, guard: &Guard) -> HttpSpec {
        self.server.spec(guard)
    }

    /// The other connections, as a clusters.yaml would have them.
    pub(crate) fn entries(
        &self,
        cluster: &Cluster,
        plugins: &[&str],
        guard: &Guard,
    ) -> Result<Vec<Entry>, Vec<Refusal>> {
        let region = cluster.region.as_deref();
        connections::entries(&cluster.name, region, &self.connections, plugins, guard)
    }
}

/// What queries see of it, by the rules of a clusters.yaml.
fn cluster(request: &Request<'_>, refused: &mut Vec<Refusal>) -> Option<Cluster> {
    let mut one = |key: &str, value: Json| {
        // Each field alone, so that what is wrong is told of it.
        let named = Json::from("x");
        let pairs = [("name".to_owned(), named), (key.to_owned(), value)];
        let node = yaml::of_json(&Json::Object(pairs.into_iter().collect()));
        let mut check = Check::default();
        let read = document::cluster(&node, &Scope::bare(&[]), &mut check, &mut Vec::new());
        let problems = check.finish();
        refused.extend(problems.into_iter().map(|it| Refusal::of(key, it)));
        read
    };
    let mut cluster = one("name", request.name.into())?;
    let tags = request.tags.iter();
    let tags = tags.map(|(key, value)| (key.clone(), value.as_str().into()));
    cluster.tags = one("tags", Json::Object(tags.collect()))?.tags;
    if let Some(region) = request.region {
        cluster.region = one("region", region.into())?.region;
    }
    if let Some(environment) = request.environment {
        cluster.environment = one("environment", environment.into())?.environment;
    }
    if let Some(account) = request.account {
        cluster.account = one("account", account.into())?.account;
    }
    Some(cluster)
}

//! The inventory of a server: what its file says, and the clusters that were registered while it ran. What the file says comes
//! first, and a registered cluster that cannot be used is left out with a reason, alone.

use crate::check::Check;
use crate::guard::Guard;
use crate::merge;
use crate::model::{Cluster, Connection, EndpointSpec, Inventory, KubernetesSpec, Registered};
use crate::untrusted::Credentials;

/// A registered cluster, as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredCluster {
    /// What queries see of it.
    pub cluster: Cluster,
    /// How it is reached, or why that cannot be said: it is there then, and each query of it fails with these words.
    pub credentials: Result<Credentials, String>,
}

/// What came of adding registered clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Added {
    /// The whole.
    pub inventory: Inventory,
    /// What was left out, and why.
    pub problems: Vec<String>,
}

impl Inventory {
    /// This inventory with registered clusters. `default` is a choice that stands above the file's; `plugins` are installed.
    #[must_use]
    pub fn with_registered(
        &self,
        registered: &[RegisteredCluster],
        default: Option<&str>,
        plugins: &[&str],
        guard: &Guard,
    ) -> Added {
        let mut inventory = self.clone();
        let mut problems = Vec::new();
        let mut entries = Vec::new();
        for it in registered {
            let name = &it.cluster.name;
            let own = |connection: &Connection| connection.name.starts_with(&format!("{name}/"));
            if self.cluster(name).is_some() {
                problems.push(format!(
                    "the registered cluster `{name}` is not used, since {} has a cluster of this name: remove one of them",
                    self.origin
                ));
                continue;
            }
            if let Some(taken) = self.connections.iter().find(|it| own(it)) {
                problems.push(format!(
                    "the registered cluster `{name}` is not used, since {} has a connection named `{}`: rename it",
                    self.origin, taken.name
                ));
                continue;
            }
            inventory.clusters.push(it.cluster.clone());
            let reached = match &it.credentials {
                Ok(credentials) => Registered::At(Box::new(credentials.api_server(guard))),
                Err(why) => Registered::Sealed(why.clone()),
            };
            let spec = KubernetesSpec {
                registered: Some(reached),
                ..KubernetesSpec::default()
            };
            inventory.connections.push(Connection::kube(name, spec));
            match it
                .credentials
                .as_ref()
                .map(|it2| it2.entries(&it.cluster, plugins, guard))
            {
                Ok(Ok(mut own)) => entries.append(&mut own),
                Ok(Err(refused)) => problems.extend(refused.iter().map(|refusal| {
                    format!(
                        "connections of the registered cluster `{name}` are not used: {refusal}"
                    )
                })),
                Err(_) => {}
            }
        }
        let mut check = Check::default();
        let merged = merge::merge(entries, &inventory.clusters, &mut check);
        problems.extend(check.finish().iter().map(ToString::to_string));
        inventory.connections.extend(merged);
        match default {
            Some(name) if inventory.cluster(name).is_some() => {
                inventory.default = Some(name.to_owned());
            }
            Some(name) => problems.push(format!(
                "the default cluster `{name}` that was chosen is gone; the inventory's own stands"
            )),
            None => {}
        }
        if let (None, [only]) = (&inventory.default, inventory.clusters.as_slice()) {
            inventory.default = Some(only.name.clone());
        }
        Added {
            inventory,
            problems,
        }
    }
}

impl Connection {
    /// Whether any of its endpoints came over HTTP.
    pub fn is_guarded(&self) -> bool {
        let mut others = self.endpoints.values();
        self.endpoint.is_guarded() || others.any(EndpointSpec::is_guarded)
    }
}

impl EndpointSpec {
    /// Whether it came over HTTP, and may not lead everywhere.
    pub fn is_guarded(&self) -> bool {
        match self {
            EndpointSpec::Kubernetes(spec) => spec.registered.is_some(),
            EndpointSpec::Http(spec) => spec.guard.is_some(),
            EndpointSpec::Aws(_) | EndpointSpec::Unaddressed => false,
        }
    }
}

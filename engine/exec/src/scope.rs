//! What a caller may see, as plain data: clusters, tables, plugins and namespaces, and in whose name the clusters are asked that judge
//! for themselves. Owns how a name is matched against it; refuses to know how a caller proved who it is. What is outside does not exist
//! for the caller: `scoped.rs` cuts fleet and plugins before a query is bound.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use trawl_fleet::{Cluster, Impersonation, glob_matches};

/// What a caller may see. Each list has globs (`*` any run of characters, `?` one); a list that is left out leaves nothing out, an
/// empty one lets nothing through. The default is [`Scope::everything`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Names of clusters.
    #[serde(deserialize_with = "said")]
    pub clusters: Option<Vec<String>>,
    /// Environments; a cluster without one is outside.
    #[serde(deserialize_with = "said")]
    pub environments: Option<Vec<String>>,
    /// Tags that a cluster must have, each with a glob of its value.
    pub tags: BTreeMap<String, String>,
    /// Tables as a query writes them, with or without their plugin: `pods`, `kube.pods`, `prometheus.*`.
    #[serde(deserialize_with = "said")]
    pub tables: Option<Vec<String>>,
    /// Installed names of plugins.
    #[serde(deserialize_with = "said")]
    pub plugins: Option<Vec<String>>,
    /// Namespaces. Only rows that name one of them are seen, and only tables whose rows can.
    #[serde(deserialize_with = "said")]
    pub namespaces: Option<Vec<String>>,
    /// Whether texts in a source's own language (PromQL, a log group) may go where more can be read than the caller may see: to
    /// connections that also serve other clusters, and to tables read under a list of namespaces.
    pub raw: bool,
    /// In whose name connections are asked that the inventory has `impersonate: caller` of; none: nobody's, and those refuse.
    #[serde(skip)]
    pub caller: Option<Arc<Impersonation>>,
}

/// A list that is written. One that is written and empty of everything (`clusters:` in YAML, where a template had nothing to put)
/// must not leave nothing out.
fn said<'de, D: Deserializer<'de>>(given: D) -> Result<Option<Vec<String>>, D::Error> {
    Vec::deserialize(given).map(Some)
}

impl Scope {
    /// All there is.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Whether it leaves nothing out, as far as trawl says: a cluster may still refuse its caller.
    pub fn is_everything(&self) -> bool {
        !self.restricts_clusters()
            && self.tables.is_none()
            && self.plugins.is_none()
            && self.namespaces.is_none()
    }

    /// The same for whoever may see this much: what connections give that do not ask who it is.
    pub fn of_anybody(self: &Arc<Self>) -> Arc<Self> {
        match &self.caller {
            None => Arc::clone(self),
            Some(_) => Arc::new(Self {
                caller: None,
                ..Self::clone(self)
            }),
        }
    }

    /// Whether some cluster may be outside.
    pub fn restricts_clusters(&self) -> bool {
        self.clusters.is_some() || self.environments.is_some() || !self.tags.is_empty()
    }

    /// Whether a cluster is within.
    pub fn sees_cluster(&self, cluster: &Cluster) -> bool {
        let tagged = |(key, glob): (&String, &String)| {
            let value = cluster.tags.get(key);
            value.is_some_and(|value| glob_matches(glob, value))
        };
        let environment = cluster.environment.as_deref();
        one_of(self.clusters.as_deref(), &cluster.name)
            && self.environments.as_deref().is_none_or(|globs| {
                environment.is_some_and(|environment| one_of(Some(globs), environment))
            })
            && self.tags.iter().all(tagged)
    }

    /// Whether an installed plugin is within.
    pub fn sees_plugin(&self, name: &str) -> bool {
        one_of(self.plugins.as_deref(), name)
    }

    /// Whether a table is within, by the names that queries may give it.
    pub fn sees_table<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        let globs = self.tables.as_deref();
        globs.is_none() || names.into_iter().any(|name| one_of(globs, name))
    }

    /// Whether a table is within by a name of its own, not by a glob: somebody meant just this one.
    pub fn names_table<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        let listed = self.tables.as_deref().unwrap_or_default();
        let own = |name: &str| listed.iter().any(|it| it == name);
        names.into_iter().any(own)
    }

    /// Whether rows of a namespace are within.
    pub fn sees_namespace(&self, name: &str) -> bool {
        one_of(self.namespaces.as_deref(), name)
    }
}

/// Whether a name matches one of the globs, where there are some.
fn one_of(globs: Option<&[String]>, name: &str) -> bool {
    globs.is_none_or(|globs| globs.iter().any(|glob| glob_matches(glob, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(globs: &[&str]) -> Option<Vec<String>> {
        Some(globs.iter().map(|glob| (*glob).to_owned()).collect())
    }

    fn cluster(name: &str, environment: Option<&str>, team: Option<&str>) -> Cluster {
        Cluster {
            name: name.to_owned(),
            region: None,
            environment: environment.map(str::to_owned),
            account: None,
            tags: team
                .map(|team| ("team".to_owned(), team.to_owned()))
                .into_iter()
                .collect(),
        }
    }

    #[test]
    fn a_list_without_anything_is_no_list() {
        let read = |text: &str| serde_json::from_str::<Scope>(text);
        assert!(read("{}").unwrap().is_everything());
        assert!(!read(r#"{"clusters": []}"#).unwrap().is_everything());
        for key in [
            "clusters",
            "environments",
            "tables",
            "plugins",
            "namespaces",
        ] {
            let wrong = read(&format!("{{\"{key}\": null}}")).unwrap_err();
            assert!(wrong.to_string().contains("expected a sequence"), "{wrong}");
        }
    }

    #[test]
    fn everything_leaves_nothing_out() {
        let scope = Scope::everything();
        assert!(scope.is_everything());
        assert!(scope.sees_cluster(&cluster("prod-us", None, None)));
        assert!(scope.sees_plugin("kube") && scope.sees_table(["pods"]));
        assert!(scope.sees_namespace("default"));
        // To be listed is more than not to be left out.
        assert!(!scope.names_table(["pods"]));
    }

    #[test]
    fn an_empty_list_lets_nothing_through() {
        let scope = Scope {
            clusters: list(&[]),
            tables: list(&[]),
            plugins: list(&[]),
            namespaces: list(&[]),
            ..Scope::default()
        };
        assert!(!scope.is_everything());
        assert!(!scope.sees_cluster(&cluster("prod-us", None, None)));
        assert!(!scope.sees_plugin("kube") && !scope.sees_table(["pods"]));
        assert!(!scope.sees_namespace("default"));
    }

    #[test]
    fn a_cluster_must_pass_all_that_is_said() {
        let scope = Scope {
            clusters: list(&["stag*"]),
            environments: list(&["staging"]),
            tags: [("team".to_owned(), "pay*".to_owned())].into(),
            ..Scope::default()
        };
        for (name, environment, team, seen) in [
            ("staging", Some("staging"), Some("payments"), true),
            ("prod-us", Some("staging"), Some("payments"), false),
            ("staging", Some("production"), Some("payments"), false),
            ("staging", None, Some("payments"), false),
            ("staging", Some("staging"), Some("search"), false),
            ("staging", Some("staging"), None, false),
        ] {
            let cluster = cluster(name, environment, team);
            assert_eq!(scope.sees_cluster(&cluster), seen, "{cluster:?}");
        }
    }

    #[test]
    fn a_glob_does_not_name_a_table() {
        let scope = Scope {
            tables: list(&["kube.*", "nodes"]),
            ..Scope::default()
        };
        assert!(scope.sees_table(["pods", "kube.pods"]) && scope.sees_table(["nodes"]));
        assert!(scope.names_table(["nodes", "kube.nodes"]));
        assert!(!scope.names_table(["pods", "kube.pods"]));
        assert!(!scope.sees_table(["prometheus"]));
    }
}

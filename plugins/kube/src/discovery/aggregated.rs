//! Owns the aggregated form of discovery, APIGroupDiscoveryList v2 and v2beta1, which differ in nothing that is read here.
//! Refuses subresources.
//!
//! <https://pkg.go.dev/k8s.io/api/apidiscovery/v2>

use serde::Deserialize;
use trawl_sdk::Error;

use super::{Discovery, Found, Missing, document};

// Go writes a slice that is nil as null.
#[derive(Deserialize)]
struct GroupList {
    items: Option<Vec<Group>>,
}

#[derive(Deserialize)]
struct Group {
    metadata: Option<Metadata>,
    versions: Option<Vec<Version>>,
}

#[derive(Deserialize, Default)]
struct Metadata {
    // The core group has no name.
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    version: String,
    resources: Option<Vec<Resource>>,
    #[serde(default)]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    #[serde(default)]
    resource: String,
    response_kind: Option<Kind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    singular_resource: String,
    verbs: Option<Vec<String>>,
    short_names: Option<Vec<String>>,
    categories: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    kind: String,
}

/// Reads one of the two roots.
pub(super) fn read(body: &[u8], place: &str, into: &mut Discovery) -> Result<(), Error> {
    let list: GroupList = document(body, place)?;
    for group in list.items.unwrap_or_default() {
        let name = group.metadata.unwrap_or_default().name;
        for version in group.versions.unwrap_or_default() {
            let stale = version.freshness == "Stale";
            let resources = version.resources.unwrap_or_default();
            if stale && resources.is_empty() {
                into.missing.push(Missing {
                    group: Some(name.clone()),
                    message: format!(
                        "the API server behind {name}/{} does not answer: its resources are not known",
                        version.version
                    ),
                });
            }
            for resource in resources {
                into.keep(Found {
                    group: name.clone(),
                    version: version.version.clone(),
                    plural: resource.resource,
                    singular: resource.singular_resource,
                    short_names: resource.short_names.unwrap_or_default(),
                    kind: resource.response_kind.map(|of| of.kind).unwrap_or_default(),
                    namespaced: resource.scope == "Namespaced",
                    verbs: resource.verbs.unwrap_or_default(),
                    categories: resource.categories.unwrap_or_default(),
                    preferred: false,
                    stale,
                });
            }
        }
    }
    Ok(())
}

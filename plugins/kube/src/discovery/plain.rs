//! Owns the plain form of discovery: APIVersions, APIGroupList and the APIResourceList of each version, several of them under
//! way at once. Refuses subresources.
//!
//! <https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#APIResourceList>

use std::collections::VecDeque;

use serde::Deserialize;
use trawl_sdk::http::Pending;
use trawl_sdk::{Error, Transport};

use super::{Discovery, Found, Missing, answer, document, start};

/// Documents under way at once: half of what the host allows an instance, and no burst that an API server would queue.
const AHEAD: usize = 8;

/// Versions of groups that are read at most. A cluster with 2,000 CRDs has some 300; more would be a request each without end.
const MAX_VERSIONS: usize = 2_000;

/// One version of one group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GroupVersion {
    /// Empty for the core group.
    group: String,
    version: String,
}

#[derive(Deserialize)]
struct Versions {
    versions: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct GroupList {
    groups: Option<Vec<Group>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    #[serde(default)]
    name: String,
    versions: Option<Vec<Version>>,
    preferred_version: Option<Version>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct ResourceList {
    resources: Option<Vec<Resource>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    #[serde(default)]
    name: String,
    #[serde(default)]
    singular_name: String,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    kind: String,
    verbs: Option<Vec<String>>,
    short_names: Option<Vec<String>>,
    categories: Option<Vec<String>>,
}

/// The versions of the core group.
pub(super) fn core_versions(body: &[u8], place: &str) -> Result<Vec<GroupVersion>, Error> {
    let versions: Versions = document(body, place)?;
    let of_core = |version| GroupVersion {
        group: String::new(),
        version,
    };
    Ok(versions
        .versions
        .unwrap_or_default()
        .into_iter()
        .map(of_core)
        .collect())
}

/// The versions of all other groups, the preferred one of each group first.
pub(super) fn group_versions(body: &[u8], place: &str) -> Result<Vec<GroupVersion>, Error> {
    let list: GroupList = document(body, place)?;
    let mut all = Vec::new();
    for group in list.groups.unwrap_or_default() {
        let preferred = group.preferred_version.map(|of| of.version);
        let mut versions = group.versions.unwrap_or_default();
        versions.sort_by_key(|of| Some(&of.version) != preferred.as_ref());
        all.extend(versions.into_iter().map(|of| GroupVersion {
            group: group.name.clone(),
            version: of.version,
        }));
    }
    Ok(all)
}

/// Reads the document of each version. One that fails is told and left out: a metrics server that is down takes nothing else
/// with it.
pub(super) fn read(versions: Vec<GroupVersion>, http: &dyn Transport, into: &mut Discovery) {
    if let Some(rest) = versions.len().checked_sub(MAX_VERSIONS)
        && rest > 0
    {
        into.missing.push(Missing {
            group: None,
            message: format!(
                "{rest} of {} versions of API groups were not read: at most {MAX_VERSIONS} are",
                versions.len()
            ),
        });
    }
    let mut waiting = versions.into_iter().take(MAX_VERSIONS);
    let mut under_way: VecDeque<(GroupVersion, Result<Pending, Error>)> = VecDeque::new();
    loop {
        let room = AHEAD.saturating_sub(under_way.len());
        under_way.extend(waiting.by_ref().take(room).map(|of| {
            let pending = start(&of.segments(), http);
            (of, pending)
        }));
        let Some((of, pending)) = under_way.pop_front() else {
            return;
        };
        if let Err(error) = pending.and_then(|pending| one(&of, pending, into)) {
            into.missing.push(Missing {
                group: Some(of.group.clone()),
                message: format!(
                    "the resources of {} could not be read: {}",
                    of.place(),
                    error.message
                ),
            });
        }
    }
}

fn one(of: &GroupVersion, pending: Pending, into: &mut Discovery) -> Result<(), Error> {
    let place = of.place();
    let body = answer(pending, &place)?;
    let list: ResourceList = document(&body, &place)?;
    for resource in list.resources.unwrap_or_default() {
        if resource.name.contains('/') {
            continue;
        }
        into.keep(Found {
            group: of.group.clone(),
            version: of.version.clone(),
            plural: resource.name,
            singular: resource.singular_name,
            short_names: resource.short_names.unwrap_or_default(),
            kind: resource.kind,
            namespaced: resource.namespaced,
            verbs: resource.verbs.unwrap_or_default(),
            categories: resource.categories.unwrap_or_default(),
            preferred: false,
            stale: false,
        });
    }
    Ok(())
}

impl GroupVersion {
    fn segments(&self) -> Vec<&str> {
        if self.group.is_empty() {
            vec!["api", &self.version]
        } else {
            vec!["apis", &self.group, &self.version]
        }
    }

    fn place(&self) -> String {
        format!("/{}", self.segments().join("/"))
    }
}

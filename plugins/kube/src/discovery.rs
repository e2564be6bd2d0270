//! Owns the reading of what a cluster serves: its groups, versions and resources. Refuses schemas, and to decide which of them
//! become tables.
//!
//! Aggregated discovery is two documents for the whole cluster (Kubernetes 1.26 and later),
//! <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery>. Older servers and some aggregators give
//! the plain ones: a list of groups, and a document for each of their versions.

mod aggregated;
mod plain;

use serde::{Deserialize, Serialize};
use trawl_sdk::http::{self, Pending};
use trawl_sdk::types::{ErrorCode, ResponseHead};
use trawl_sdk::{Error, Transport};

use crate::ENDPOINT;
use crate::status::Status;

/// What client-go asks for: aggregated discovery in its newest form, then in its first, then the plain documents.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// The paths that discovery calls, for the operator to approve.
pub(crate) const OPERATIONS: [&str; 4] =
    ["/api", "/apis", "/api/{version}", "/apis/{group}/{version}"];

/// Resources that are kept at most: as many as the host takes tables of a connection.
const MAX_FOUND: usize = 50_000;

/// Objects and lists in one document. A cluster with 2,000 CRDs has some 10,000; each takes some hundred bytes when it is read,
/// however few it has in the document.
const MAX_NODES: usize = 200_000;

/// Texts in one document, keys included. A cluster with 2,000 CRDs has some 100,000.
const MAX_TEXTS: usize = 2_000_000;

/// One resource in one version. Subresources are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// The API group; empty for the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    /// The last segment of the list's address.
    pub(crate) plural: String,
    /// Empty where an old server does not say.
    pub(crate) singular: String,
    pub(crate) short_names: Vec<String>,
    pub(crate) kind: String,
    pub(crate) namespaced: bool,
    pub(crate) verbs: Vec<String>,
    pub(crate) categories: Vec<String>,
    /// Whether the server prefers this version of the resource to its others.
    pub(crate) preferred: bool,
    /// Whether the server could not ask the one that serves this version, and tells what it knew before.
    pub(crate) stale: bool,
}

impl Found {
    /// `apps/v1`, or `v1` in the core group.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

/// What could not be read of what a cluster serves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Missing {
    /// The API group, where it is one.
    pub(crate) group: Option<String>,
    /// A sentence for people.
    pub(crate) message: String,
}

/// What a cluster serves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Discovery {
    /// The core group first, then groups and versions in the server's order of preference.
    pub(crate) found: Vec<Found>,
    /// What could not be read of it, for each group and version.
    pub(crate) missing: Vec<Missing>,
    /// Whether there were too many to keep.
    cut: bool,
}

/// Which form a document has. Its own word counts and not its content type, which proxies rewrite.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    kind: String,
}

/// Asks a cluster what it serves.
///
/// # Errors
/// What the API answers when one of its two roots cannot be read. A single group that fails is told in [`Discovery::missing`].
pub(crate) fn read(http: &dyn Transport) -> Result<Discovery, Error> {
    // Both are asked for before either is waited for.
    let roots = [start(&["api"], http)?, start(&["apis"], http)?];
    let mut discovery = Discovery::default();
    for (pending, place) in roots.into_iter().zip(["/api", "/apis"]) {
        let body = answer(pending, place)?;
        match document::<Envelope>(&body, place)?.kind.as_str() {
            "APIGroupDiscoveryList" => aggregated::read(&body, place, &mut discovery)?,
            "APIVersions" => {
                plain::read(plain::core_versions(&body, place)?, http, &mut discovery);
            }
            "APIGroupList" => {
                plain::read(plain::group_versions(&body, place)?, http, &mut discovery);
            }
            other => {
                return Err(Error::protocol(format!(
                    "expected a list of API groups or versions at {place}, got the kind `{other}`"
                ))
                .with_hint(
                    "check that the context's server is a Kubernetes API, its path included",
                ));
            }
        }
    }
    prefer_first(&mut discovery.found);
    Ok(discovery)
}

fn start(path: &[&str], http: &dyn Transport) -> Result<Pending, Error> {
    http::get(ENDPOINT, path.iter().copied())
        .header("accept", ACCEPT)
        .start(http)
}

/// The body of a good answer.
fn answer(mut pending: Pending, place: &str) -> Result<Vec<u8>, Error> {
    let head = pending.head()?;
    let body = pending.read_all()?;
    if head.status == 200 {
        return Ok(body);
    }
    Err(refused(&head, &body, place))
}

fn refused(head: &ResponseHead, body: &[u8], place: &str) -> Error {
    let error = Status::read(head, body).refusal(head, &format!("discovery at {place}"), false);
    match error.code {
        ErrorCode::PermissionDenied => error.with_hint(
            "grant `get` on the non-resource URLs /api, /api/*, /apis and /apis/*, as the cluster role system:discovery does",
        ),
        ErrorCode::NotFound => error
            .with_hint("check that the context's server is a Kubernetes API, its path included"),
        _ => error,
    }
}

fn document<'d, T: Deserialize<'d>>(body: &'d [u8], place: &str) -> Result<T, Error> {
    bounded(body, place)?;
    serde_json::from_slice(body).map_err(|e| {
        Error::protocol(format!(
            "expected a document of API discovery at {place}, got something else: {e}"
        ))
        .with_hint("check that the context's server is a Kubernetes API and not a login page")
    })
}

/// Refuses a document that would take many times its own size when it is read.
fn bounded(body: &[u8], place: &str) -> Result<(), Error> {
    let nodes = body.iter().filter(|byte| matches!(byte, b'{' | b'['));
    let texts = body.iter().filter(|byte| **byte == b'"');
    if nodes.count() <= MAX_NODES && texts.count() <= MAX_TEXTS * 2 {
        return Ok(());
    }
    Err(Error::protocol(format!(
        "expected a document of API discovery at {place} with at most {MAX_NODES} objects and {MAX_TEXTS} texts, got more"
    ))
    .with_hint("check that the context's server is a Kubernetes API"))
}

impl Discovery {
    /// Keeps one resource, unless there are too many.
    fn keep(&mut self, found: Found) {
        match self.found.len().cmp(&MAX_FOUND) {
            std::cmp::Ordering::Less => self.found.push(found),
            _ if self.cut => {}
            _ => {
                self.cut = true;
                self.missing.push(Missing {
                    group: None,
                    message: format!("only the first {MAX_FOUND} resources were kept"),
                });
            }
        }
    }
}

/// Marks the first version of each resource. Versions come in the server's order of preference, and a resource that the
/// preferred version of its group does not have is preferred in the first one that has it, as kubectl takes it.
fn prefer_first(found: &mut [Found]) {
    let mut seen = std::collections::HashSet::new();
    for one in found {
        one.preferred = seen.insert((one.group.clone(), one.plural.clone()));
    }
}

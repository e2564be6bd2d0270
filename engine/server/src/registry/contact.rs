//! The first contact with a cluster that is being registered: its version and its number of nodes. No word of what answers is
//! passed on but a version that looks like one.

use std::time::Duration;

use serde::Deserialize;
use trawl_connect::{Approval, Endpoint, Error, Granted, Method, Operation, Request, Response};
use trawl_fleet::{EndpointSpec, HttpSpec, KubernetesSpec, Registered};

/// For all of it: somebody waits for the answer.
const DEADLINE: Duration = Duration::from_secs(15);
/// Nodes of one page; their metadata have some 2 KB each.
const PAGE: usize = 500;
/// Pages that are read: Kubernetes is made for 5,000 nodes.
const PAGES: usize = 20;
/// Of one answer.
const MAX_ANSWER_BYTES: usize = 16 << 20;
/// `v1.36.1-eks-5fda8c1` has 19.
const MAX_VERSION_BYTES: usize = 64;
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// What a cluster said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contacted {
    pub(crate) version: String,
    /// None: the credential may not list nodes.
    pub(crate) nodes: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

#[derive(Deserialize)]
struct List {
    metadata: ListMetadata,
    items: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct ListMetadata {
    #[serde(default, rename = "continue")]
    token: String,
}

/// Asks an API server.
///
/// # Errors
/// It cannot be reached, does not know the credential, or is none; in words for whoever registers it.
pub(crate) async fn contact(server: HttpSpec) -> Result<Contacted, String> {
    let spec = EndpointSpec::Kubernetes(KubernetesSpec {
        registered: Some(Registered::At(Box::new(server))),
        ..KubernetesSpec::default()
    });
    let endpoint = Endpoint::new(spec, approval());
    let asked = tokio::time::timeout(DEADLINE, ask(&endpoint)).await;
    asked.unwrap_or_else(|_| Err(format!("no answer within {} s", DEADLINE.as_secs())))
}

async fn ask(endpoint: &Endpoint) -> Result<Contacted, String> {
    let version: Version = match get(endpoint, "version", None).await? {
        Ok(version) => version,
        Err(status) => return Err(format!("/version answered {status}")),
    };
    let version = version.git_version;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-+_".contains(&byte);
    if version.is_empty() || version.len() > MAX_VERSION_BYTES || !version.bytes().all(is_plain) {
        return Err("what /version says is no version of Kubernetes".to_owned());
    }
    let mut nodes = 0_i64;
    let mut token = None;
    for _ in 0..PAGES {
        let list: List = match get(endpoint, "api/v1/nodes", token.as_deref()).await? {
            Ok(list) => list,
            Err(401) => {
                return Err("the API server does not know the credential (401)".to_owned());
            }
            Err(403) => {
                return Ok(Contacted {
                    version,
                    nodes: None,
                });
            }
            Err(status) => return Err(format!("the list of nodes answered {status}")),
        };
        nodes = nodes.saturating_add(i64::try_from(list.items.len()).unwrap_or(i64::MAX));
        if list.metadata.token.is_empty() {
            break;
        }
        token = Some(list.metadata.token);
    }
    Ok(Contacted {
        version,
        nodes: Some(nodes),
    })
}

/// A document, or the status of a refusal.
async fn get<T: serde::de::DeserializeOwned>(
    endpoint: &Endpoint,
    path: &str,
    token: Option<&str>,
) -> Result<Result<T, u16>, String> {
    let mut request = Request {
        method: Method::Get,
        path: path.split('/').map(str::to_owned).collect(),
        query: Vec::new(),
        headers: vec![("Accept".to_owned(), "application/json".to_owned())],
        body: None,
        timeout: None,
    };
    if path != "version" {
        request.headers = vec![("Accept".to_owned(), METADATA.to_owned())];
        request.query.push(("limit".to_owned(), PAGE.to_string()));
        let token = token.map(|token| ("continue".to_owned(), token.to_owned()));
        request.query.extend(token);
    }
    let response = endpoint.send(request).await.map_err(told)?;
    if response.status != 200 {
        return Ok(Err(response.status));
    }
    let body = whole(response).await?;
    // The parser's words would quote it.
    let document = serde_json::from_slice(&body);
    document
        .map(Ok)
        .map_err(|_| format!("/{path} is not what a Kubernetes API server answers"))
}

async fn whole(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(told)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER_BYTES {
            return Err(format!("an answer has more than {MAX_ANSWER_BYTES} bytes"));
        }
    }
    Ok(body)
}

fn told(error: Error) -> String {
    match error.hint {
        Some(hint) => format!("{} ({hint})", error.message),
        None => error.message,
    }
}

fn approval() -> Approval {
    let operation = |path: &str| Operation {
        method: Method::Get,
        path: path.to_owned(),
        action: None,
    };
    Approval {
        granted: Granted::Declared,
        operations: vec![operation("/version"), operation("/api/v1/nodes")],
        request_headers: vec!["Accept".to_owned()],
        response_headers: Vec::new(),
    }
}

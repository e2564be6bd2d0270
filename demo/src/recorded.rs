//! Owns the recorded mode: bodies given from outside, byte for byte, over the same TLS and tokens as a fleet, so
//! that a client can be tried against what a real server said. It generates nothing and applies no selector.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::error::Error;
use crate::fault::{Fault, FaultCell};
use crate::fleet::{private_folder, write_files};
use crate::kubeconfig::{Access, Credential};
use crate::kubernetes;
use crate::options::ClusterProfile;
use crate::request_log::RequestLog;
use crate::serve::{Api, Call, Endpoint, Port, Reply};
use crate::tls::Authority;

/// The token of every recorded API; it opens nothing but made-up bodies on loopback.
const TOKEN: &str = "demo-recorded";
/// The cluster's name in the kubeconfig and the inventory.
const CLUSTER: &str = "recorded";

/// One recorded answer and the request it belongs to.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The path, exactly.
    pub path: String,
    /// The `continue` parameter the request must carry; `None` for a request without one.
    pub continue_token: Option<String>,
    /// The status.
    pub status: u16,
    /// Further headers, `content-type` among them; JSON is the default.
    pub headers: Vec<(String, String)>,
    /// The body, sent as it is.
    pub body: Vec<u8>,
}

impl Recording {
    /// A list that was recorded page by page: the first page answers the path, each other one the token of the
    /// page before it.
    ///
    /// When the last page carries a token too, because recording stopped there, that token is answered with an
    /// empty last page, as the API allows: the recorded bytes stay untouched and the list comes to an end.
    ///
    /// # Errors
    /// When a page is not JSON, or one before the last has no `metadata.continue`.
    pub fn pages(path: &str, pages: Vec<Vec<u8>>) -> Result<Vec<Recording>, Error> {
        let count = pages.len();
        let (mut recordings, mut token) = (Vec::new(), None);
        for (number, body) in pages.into_iter().enumerate() {
            let failed = |message: String| Error::Body {
                what: format!("page {number} of {path}"),
                message,
            };
            let list: Value =
                serde_json::from_slice(&body).map_err(|error| failed(error.to_string()))?;
            recordings.push(Recording::json(path, token.take(), 200, body));
            token = list["metadata"]["continue"].as_str().map(str::to_owned);
            if number.saturating_add(1) < count {
                if token.is_none() {
                    return Err(failed(
                        "it has no metadata.continue that would lead to the next page".to_owned(),
                    ));
                }
            } else if token.is_some() {
                let end = serde_json::json!({
                    "kind": list["kind"], "apiVersion": list["apiVersion"],
                    "metadata": {"resourceVersion": list["metadata"]["resourceVersion"]}, "items": [],
                });
                recordings.push(Recording::json(
                    path,
                    token.take(),
                    200,
                    format!("{end}\n").into_bytes(),
                ));
            }
        }
        Ok(recordings)
    }

    /// One JSON answer.
    pub fn json(
        path: &str,
        continue_token: Option<String>,
        status: u16,
        body: Vec<u8>,
    ) -> Recording {
        Recording {
            path: path.to_owned(),
            continue_token,
            status,
            headers: Vec::new(),
            body,
        }
    }
}

/// A server of recorded answers.
#[derive(Debug)]
pub struct RecordedApi {
    kubeconfig: PathBuf,
    clusters_yaml: PathBuf,
    port: Port,
    log: Arc<RequestLog>,
    stop: watch::Sender<bool>,
    /// Removed with the server.
    _folder: TempDir,
}

impl RecordedApi {
    /// Serves recordings as the cluster `recorded`. Whatever was not recorded is answered with 404, as a real
    /// server answers unknown paths.
    ///
    /// # Errors
    /// When a recording's status or header is none, or port, files or certificates cannot be had.
    pub async fn start(recordings: Vec<Recording>) -> Result<RecordedApi, Error> {
        let answers = recordings
            .into_iter()
            .map(Answer::new)
            .collect::<Result<Vec<_>, Error>>()?;
        let folder = private_folder()?;
        let authority = Authority::new()?;
        let log = Arc::new(RequestLog::default());
        let endpoint = Endpoint {
            api: Arc::new(Recorded { answers }),
            fault: Arc::new(FaultCell::new(None)),
            log: log.clone(),
            tls: Some(authority.acceptors.clone()),
        };
        let (stop, stopped) = watch::channel(false);
        let port = Port::serve(endpoint, "the recorded Kubernetes API", stopped)?;
        let profile = ClusterProfile {
            name: CLUSTER.to_owned(),
            ..ClusterProfile::nth(0)
        };
        let access = Access {
            profile,
            kubernetes: port.address(),
            prometheus: None,
            cloudwatch: None,
            credential: Credential::Token(TOKEN.to_owned()),
        };
        let (kubeconfig, clusters_yaml) = write_files(folder.path(), &[access], &authority)?;
        Ok(RecordedApi {
            kubeconfig,
            clusters_yaml,
            port,
            log,
            stop,
            _folder: folder,
        })
    }

    /// The kubeconfig; its only context is `recorded`.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The inventory with the one cluster `recorded`.
    pub fn clusters_yaml(&self) -> &Path {
        &self.clusters_yaml
    }

    /// Sets or lifts a fault of the connection or of the body; faults that change the answer itself do nothing
    /// here, since the answers are recorded.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.port.set_fault(fault);
    }

    /// How many requests came.
    pub fn requests(&self) -> u64 {
        self.log.count()
    }

    /// The latest requests, as [`Fleet::request_log`](crate::Fleet::request_log) gives them.
    pub fn request_log(&self) -> Vec<String> {
        self.log.lines()
    }

    /// Closes the port and all connections, and removes the files.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        self.port.closed().await;
    }
}

struct Answer {
    path: String,
    continue_token: Option<String>,
    reply: Reply,
}

impl Answer {
    fn new(recording: Recording) -> Result<Answer, Error> {
        let failed = |message: String| Error::Body {
            what: format!("the recording of {}", recording.path),
            message,
        };
        let status =
            StatusCode::from_u16(recording.status).map_err(|error| failed(error.to_string()))?;
        let mut reply = Reply::json(status, Bytes::from(recording.body));
        for (name, value) in &recording.headers {
            let name: HeaderName = name
                .parse()
                .map_err(|_| failed(format!("{name:?} is no header name")))?;
            let value: HeaderValue = value
                .parse()
                .map_err(|_| failed(format!("{value:?} is no header value")))?;
            reply.headers.insert(name, value);
        }
        Ok(Answer {
            path: recording.path,
            continue_token: recording.continue_token,
            reply,
        })
    }
}

struct Recorded {
    answers: Vec<Answer>,
}

impl Api for Recorded {
    fn answer(&self, call: &Call, _fault: Option<&Fault>) -> Reply {
        if !kubernetes::is_authenticated(call, TOKEN) {
            return kubernetes::unauthorized();
        }
        let token = call.parameter("continue");
        let found = self.answers.iter().find(|answer| {
            call.method == Method::GET
                && answer.path == call.path
                && answer.continue_token.as_deref() == token
        });
        found.map_or_else(kubernetes::page_not_found, |answer| answer.reply.clone())
    }
}

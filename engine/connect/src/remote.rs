//! The client of an endpoint, made at the first request and kept: one at a time for all callers, made
//! anew when its credential ends or is refused.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use trawl_fleet::EndpointSpec;

use crate::error::{Error, ErrorKind};
use crate::http_remote::{HttpRemote, HttpSender};
use crate::kube_remote::KubeSender;
use crate::limits::{Bounds, MIN_CREDENTIAL_AGE, RENEW_BEFORE, SECRET_FILE_AGE};
use crate::prepared::Prepared;
use crate::response::{Body, BoxError};

/// A client with its credential.
pub(crate) enum Sender {
    Kubernetes(KubeSender),
    Http(HttpSender),
}

impl Sender {
    /// Who answers whom, without a secret; none where that cannot be said.
    pub(crate) fn identity(&self) -> Option<&str> {
        match self {
            Sender::Kubernetes(sender) => sender.identity.as_deref(),
            Sender::Http(sender) => sender.identity.as_deref(),
        }
    }

    /// Sends once. A redirect is a response like any other here.
    pub(crate) async fn send(&self, prepared: &Prepared) -> Result<http::Response<Body>, BoxError> {
        match self {
            Sender::Kubernetes(sender) => sender.send(prepared).await,
            Sender::Http(sender) => sender.send(prepared).await,
        }
    }
}

struct Current {
    sender: Arc<Sender>,
    /// Refused by the remote, or at its end: kept only for its connections.
    refused: bool,
    valid_until: Option<Instant>,
}

impl Current {
    fn is_valid(&self) -> bool {
        !self.refused && self.valid_until.is_none_or(|until| Instant::now() < until)
    }
}

/// The remote of an endpoint.
pub(crate) struct Remote {
    spec: EndpointSpec,
    /// Whether bodies are asked for packed, where the caller says so.
    compression: Option<bool>,
    http: Option<HttpRemote>,
    current: Mutex<Option<Current>>,
    /// Known for Kubernetes once the kubeconfig was read.
    address: OnceLock<String>,
}

impl Remote {
    pub(crate) fn new(mut spec: EndpointSpec, compression: Option<bool>) -> Remote {
        let http = match &mut spec {
            // The credential is kept in one place only.
            EndpointSpec::Http(http) => Some(HttpRemote::new(std::mem::take(http), compression)),
            _ => None,
        };
        Remote {
            spec,
            compression,
            http,
            current: Mutex::new(None),
            address: OnceLock::new(),
        }
    }

    pub(crate) fn spec(&self) -> &EndpointSpec {
        &self.spec
    }

    /// The address for messages, without credentials.
    pub(crate) fn address(&self) -> String {
        if let Some(http) = &self.http {
            return http.address();
        }
        match (&self.spec, self.address.get()) {
            (_, Some(address)) => address.clone(),
            (EndpointSpec::Kubernetes(spec), None) => match (&spec.in_cluster, &spec.context) {
                (Some(account), _) => account.server.clone(),
                (None, Some(context)) => format!("the Kubernetes context `{context}` "),
                (None, None) => "the current Kubernetes context ".to_owned(),
            },
            _ => "an endpoint without an address ".to_owned(),
        }
    }

    /// The client; made, or made anew, where need be. Others wait meanwhile, so that a credential
    /// plugin runs once.
    ///
    /// # Errors
    /// No client can be made: a file, the context or the credential is wrong.
    pub(crate) async fn sender(&self, bounds: &Bounds) -> Result<Arc<Sender>, Error> {
        let mut current = self.current.lock().await;
        if let Some(current) = current.as_ref()
            && current.is_valid()
        {
            return Ok(Arc::clone(&current.sender));
        }
        let before = current.as_ref().map(|current| current.sender.as_ref());
        let (sender, age) = self.make(bounds, before).await?;
        let sender = Arc::new(sender);
        *current = Some(Current {
            sender: Arc::clone(&sender),
            refused: false,
            valid_until: age.and_then(|age| Instant::now().checked_add(age)),
        });
        Ok(sender)
    }

    async fn make(
        &self,
        bounds: &Bounds,
        before: Option<&Sender>,
    ) -> Result<(Sender, Option<Duration>), Error> {
        if let Some(http) = &self.http {
            let sender = http.sender(bounds).await?;
            return Ok((
                Sender::Http(sender),
                http.can_change().then_some(SECRET_FILE_AGE),
            ));
        }
        match &self.spec {
            EndpointSpec::Kubernetes(spec) => {
                let before = match before {
                    Some(Sender::Kubernetes(before)) => Some(before),
                    _ => None,
                };
                let sender = KubeSender::new(spec, bounds, self.compression, before).await?;
                // The first one stays: the address of a context does not change under a process.
                let _ = self.address.set(sender.address.clone());
                let age = sender
                    .valid_for
                    .map(|valid| valid.saturating_sub(RENEW_BEFORE).max(MIN_CREDENTIAL_AGE));
                Ok((Sender::Kubernetes(sender), age))
            }
            _ => Err(Error::new(
                ErrorKind::InvalidConfig,
                "this connection has no address: expected `url`, or `context` for Kubernetes",
            )
            .hint("add it to the connection in clusters.yaml")),
        }
    }

    /// Marks this client's credential as refused, so that the next request reads another one: once for
    /// all who saw it fail. False where there is no credential that could change anything.
    pub(crate) async fn renew(&self, failed: &Arc<Sender>) -> bool {
        if self
            .http
            .as_ref()
            .is_some_and(|http| !http.has_credential())
        {
            return false;
        }
        let mut current = self.current.lock().await;
        if let Some(current) = current.as_mut().filter(|c| Arc::ptr_eq(&c.sender, failed)) {
            current.refused = true;
        }
        true
    }

    /// Forgets this client altogether: it cannot send any more.
    pub(crate) async fn discard(&self, failed: &Arc<Sender>) {
        let mut current = self.current.lock().await;
        let is_failed = |current: &Current| Arc::ptr_eq(&current.sender, failed);
        if current.as_ref().is_some_and(is_failed) {
            *current = None;
        }
    }
}

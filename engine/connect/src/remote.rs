//! The client of an endpoint, made at the first request and kept: one at a time for all callers, made
//! anew when its credential ends or is refused.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use trawl_fleet::{EndpointSpec, KubernetesSpec, Registered};

use crate::aws::{AwsRemote, AwsSender, AwsShared};
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
    Aws(AwsSender),
}

impl Sender {
    /// Who answers whom, without a secret; none where that cannot be said.
    pub(crate) fn identity(&self) -> Option<&str> {
        match self {
            Sender::Kubernetes(sender) => sender.identity.as_deref(),
            Sender::Http(sender) => sender.identity.as_deref(),
            // AWS is asked by POST, whose answers nobody keeps.
            Sender::Aws(_) => None,
        }
    }

    /// Sends once. A redirect is a response like any other here.
    pub(crate) async fn send(&self, prepared: &Prepared) -> Result<http::Response<Body>, BoxError> {
        match self {
            Sender::Kubernetes(sender) => sender.send(prepared).await,
            Sender::Http(sender) => sender.send(prepared).await,
            Sender::Aws(sender) => sender.send(prepared).await,
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

/// What the senders of an endpoint are made by.
enum Client {
    Http(Box<HttpRemote>),
    Aws(Box<AwsRemote>),
    /// Each sender is made from the inventory alone.
    None,
}

/// The remote of an endpoint.
pub(crate) struct Remote {
    spec: EndpointSpec,
    /// Whether it came over HTTP: its words are not passed on.
    pub(crate) is_guarded: bool,
    /// Whether bodies are asked for packed, where the caller says so.
    compression: Option<bool>,
    client: Client,
    current: Mutex<Option<Current>>,
    /// Known for Kubernetes once the kubeconfig was read.
    address: OnceLock<String>,
}

impl Remote {
    pub(crate) fn new(
        mut spec: EndpointSpec,
        compression: Option<bool>,
        shared: AwsShared,
    ) -> Remote {
        let is_guarded = spec.is_guarded();
        // The credential is kept in one place only.
        let client = match &mut spec {
            EndpointSpec::Http(http) => {
                Client::Http(Box::new(HttpRemote::new(std::mem::take(http), compression)))
            }
            EndpointSpec::Aws(aws) => Client::Aws(Box::new(AwsRemote::new(
                std::mem::take(aws),
                compression,
                shared,
            ))),
            EndpointSpec::Kubernetes(kube) => match &mut kube.registered {
                Some(Registered::At(http)) => {
                    let http = std::mem::take(http.as_mut());
                    Client::Http(Box::new(HttpRemote::new(http, compression)))
                }
                Some(Registered::Sealed(_)) | None => Client::None,
            },
            EndpointSpec::Unaddressed => Client::None,
        };
        Remote {
            spec,
            is_guarded,
            compression,
            client,
            current: Mutex::new(None),
            address: OnceLock::new(),
        }
    }

    pub(crate) fn spec(&self) -> &EndpointSpec {
        &self.spec
    }

    /// The address for messages, without credentials.
    pub(crate) fn address(&self) -> String {
        match &self.client {
            Client::Http(http) => return http.address(),
            Client::Aws(aws) => return aws.address(),
            Client::None => {}
        }
        match (&self.spec, self.address.get()) {
            (_, Some(address)) => address.clone(),
            (EndpointSpec::Kubernetes(spec), None) if spec.registered.is_some() => {
                "the registered cluster ".to_owned()
            }
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
        let (sender, age) = self.make(bounds, current.as_ref()).await?;
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
        before: Option<&Current>,
    ) -> Result<(Sender, Option<Duration>), Error> {
        match &self.client {
            Client::Http(http) => {
                let sender = http.sender(bounds).await?;
                let age = http.can_change().then_some(SECRET_FILE_AGE);
                return Ok((Sender::Http(sender), age));
            }
            Client::Aws(aws) => {
                let refused = before.filter(|before| before.refused);
                let refused = match refused.map(|before| before.sender.as_ref()) {
                    Some(Sender::Aws(sender)) => Some(sender),
                    _ => None,
                };
                let (sender, age) = aws.sender(bounds, refused).await?;
                return Ok((Sender::Aws(sender), age));
            }
            Client::None => {}
        }
        match &self.spec {
            EndpointSpec::Kubernetes(KubernetesSpec {
                registered: Some(Registered::Sealed(why)),
                ..
            }) => Err(Error::new(ErrorKind::InvalidConfig, why.as_str())),
            EndpointSpec::Kubernetes(spec) => {
                let before = match before.map(|before| before.sender.as_ref()) {
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

    /// Waits until the request may be sent, where the remote is one that counts: AWS. Nothing is held meanwhile.
    ///
    /// # Errors
    /// There is no credential to be counted by, or the turn comes after the deadline.
    pub(crate) async fn turn(
        &self,
        bounds: &Bounds,
        prepared: &Prepared,
        deadline: Option<Instant>,
    ) -> Result<(), Error> {
        let Client::Aws(aws) = &self.client else {
            return Ok(());
        };
        match self.sender(bounds).await?.as_ref() {
            Sender::Aws(sender) => aws.turn(sender, prepared, deadline).await,
            _ => Ok(()),
        }
    }

    /// Marks this client's credential as refused, so that the next request reads another one: once for
    /// all who saw it fail. False where there is no credential that could change anything.
    pub(crate) async fn renew(&self, failed: &Arc<Sender>) -> bool {
        let has_credential = match &self.client {
            Client::Http(http) => http.has_credential(),
            Client::Aws(aws) => aws.has_credential(),
            Client::None => true,
        };
        if !has_credential {
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

//! An endpoint: where a connection's requests go. Here stands the order in which a request is checked,
//! queued, sent, and sent again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::LOCATION;
use http_body_util::{BodyExt, Full};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use trawl_fleet::{EndpointSpec, Impersonation, Limits};

use crate::answers::{self, AnswerStore};
use crate::approval::Approval;
use crate::aws::{AwsShared, Fault, FaultClass};
use crate::cause;
use crate::circuit::{Attempt, Circuits};
use crate::encoding;
use crate::error::{Error, ErrorKind};
use crate::headers;
use crate::limits::{Bounds, MAX_RECONNECTS};
use crate::prepared::Prepared;
use crate::remote::{Remote, Sender};
use crate::request::Request;
use crate::response::{Body, Response};
use crate::retry;
use crate::silenced::silenced;
use crate::stage::{Stage, Waiting};

/// A remote API with its credentials and what was approved for it. Cheap to clone; clones share
/// connections, credential and limits.
#[derive(Clone)]
pub struct Endpoint {
    inner: Arc<Inner>,
    /// In whose name requests are made; none: nobody's.
    caller: Option<Arc<Impersonation>>,
}

struct Inner {
    remote: Remote,
    approval: Approval,
    bounds: Bounds,
    in_flight: Semaphore,
    answers: Option<AnswerStore>,
    circuits: Option<Circuits>,
}

/// What an endpoint may use beside its remote.
#[derive(Debug, Clone, Default)]
pub struct EndpointOptions {
    /// Where answers that never change are kept; none: nowhere.
    pub answers: Option<AnswerStore>,
    /// Whether bodies are asked for packed; none: packed beyond loopback, where packing costs more than it
    /// saves, and unless a kubeconfig says `disable-compression`.
    pub compression: Option<bool>,
    /// What AWS endpoints share with others that have a clone of it.
    pub aws: AwsShared,
    /// What is known of remotes that cannot be reached, shared with others that have a clone of it; none: each request tries anew.
    pub circuits: Option<Circuits>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Endpoint")
            .field("address", &self.describe())
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// An endpoint. Nothing is read or contacted until the first send.
    pub fn new(spec: EndpointSpec, approval: Approval) -> Endpoint {
        Endpoint::with(spec, approval, EndpointOptions::default())
    }

    /// The same with options.
    pub fn with(spec: EndpointSpec, approval: Approval, options: EndpointOptions) -> Endpoint {
        let limits = match &spec {
            EndpointSpec::Kubernetes(spec) => spec.limits,
            EndpointSpec::Http(spec) => spec.limits,
            EndpointSpec::Aws(spec) => spec.limits,
            EndpointSpec::Unaddressed => Limits::default(),
        };
        let bounds = Bounds::of(&limits);
        let permits = usize::try_from(bounds.requests_in_flight).unwrap_or(usize::MAX);
        let in_flight = Semaphore::new(permits.min(Semaphore::MAX_PERMITS));
        let inner = Inner {
            remote: Remote::new(spec, options.compression, options.aws),
            approval,
            bounds,
            in_flight,
            answers: options.answers,
            circuits: options.circuits,
        };
        Endpoint {
            inner: Arc::new(inner),
            caller: None,
        }
    }

    /// The same endpoint, with its connections, credential and limits, for one caller: where the inventory says
    /// `impersonate: caller`, its requests are made in this name. Elsewhere it means nothing.
    #[must_use]
    pub fn for_caller(&self, caller: &Arc<Impersonation>) -> Endpoint {
        Endpoint {
            inner: Arc::clone(&self.inner),
            caller: Some(Arc::clone(caller)),
        }
    }

    /// Sends a request and waits for the head of its response. Dropping the future cancels it, and
    /// dropping the response cancels the rest.
    ///
    /// # Errors
    /// See [`ErrorKind`]; a refused request was not sent. A status of 4xx or 5xx is a response, not an
    /// error; a redirect is an error.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let timeout = self.inner.bounds.timeout(request.timeout);
        let (spec, caller) = (self.inner.remote.spec(), self.caller.as_deref());
        let prepared = Prepared::new(request, spec, &self.inner.approval, caller)?;
        let stage = Stage::default();
        let deadline = Instant::now().checked_add(timeout);
        let sent = tokio::time::timeout(timeout, self.inner.send(&prepared, deadline, &stage));
        match sent.await {
            Ok(result) => {
                let dropped = prepared.dropped;
                result.map(|response| response.without(dropped))
            }
            Err(_) => {
                let late = stage.late(timeout, &self.inner.bounds, self.inner.remote.spec());
                Err(self.inner.about(&prepared, late))
            }
        }
    }

    /// The endpoint for messages: a URL or a context, without credentials.
    pub fn describe(&self) -> String {
        self.inner.remote.address().trim_end().to_owned()
    }
}

impl Inner {
    async fn send(
        &self,
        prepared: &Prepared,
        deadline: Option<Instant>,
        stage: &Stage,
    ) -> Result<Response, Error> {
        if let Some(kept) = self.kept(prepared, stage).await? {
            return Ok(kept);
        }
        let mut reconnects = 0;
        let mut busy = 0;
        let mut throttled = 0;
        let mut renewed = false;
        let mut attempt = None;
        loop {
            stage.enter(Waiting::Credential);
            self.remote
                .turn(&self.bounds, prepared, deadline)
                .await
                .map_err(|error| self.about(prepared, error))?;
            stage.enter(Waiting::Queue);
            // Held until the head is there and not longer: bodies wait for readers, and readers that wait
            // for each other's bodies would never end.
            let permit = self.in_flight.acquire().await;
            stage.enter(Waiting::Credential);
            let sender = self.remote.sender(&self.bounds).await?;
            // With a sender the address is known; all tries of a request are one.
            let attempt = match &mut attempt {
                Some(attempt) => attempt,
                none => none.insert(self.attempt(prepared)?),
            };
            stage.enter(Waiting::Answer);
            let result = sender.send(prepared).await;
            drop(permit);
            let pause = match result {
                Ok(response) => {
                    attempt.iter().for_each(Attempt::reached);
                    let status = response.status();
                    let fault = response.extensions().get::<Fault>().cloned();
                    let class = fault.as_ref().map(|fault| fault.class);
                    let waits = fault
                        .as_ref()
                        .filter(|fault| fault.may_pass(prepared.repeatable));
                    let is_refused =
                        status == StatusCode::UNAUTHORIZED || class == Some(FaultClass::Credential);
                    if is_refused && !renewed && self.remote.renew(&sender).await {
                        renewed = true;
                        Duration::ZERO
                    } else if let Some(pause) =
                        retry::busy_pause(prepared.repeatable, &response, busy, deadline)
                    {
                        busy += 1;
                        pause
                    } else if let Some(pause) = waits
                        .and_then(|fault| {
                            Some((fault, retry::throttle_pause(throttled, deadline)?))
                        })
                        .map(|(fault, pause)| {
                            stage.throttled(fault.error(status, throttled));
                            pause
                        })
                    {
                        throttled += 1;
                        pause
                    } else if let Some(fault) = fault.filter(Fault::is_ours) {
                        let error = fault.error(status, throttled);
                        return Err(self.about(prepared, error));
                    } else {
                        let key = self.key(&sender, prepared);
                        let response = match self.remote.is_guarded {
                            true => silenced(response, self.bounds.idle_timeout).await,
                            false => response,
                        };
                        return self.response(prepared, response, key);
                    }
                }
                Err(error) => {
                    let cause = cause::of(&*error);
                    let reached = attempt.iter().filter(|_| !cause.unreached);
                    reached.for_each(Attempt::reached);
                    // A client certificate that was refused may have been renewed on disk. The handshake
                    // failed, so that nothing was read of the request.
                    if cause.kind == ErrorKind::Unauthenticated
                        && !renewed
                        && self.remote.renew(&sender).await
                    {
                        renewed = true;
                        continue;
                    }
                    let repeatable = prepared.repeatable && reconnects < MAX_RECONNECTS;
                    if !(cause.reconnect && repeatable) {
                        return Err(self.failed(prepared, cause, attempt));
                    }
                    if cause.stale_client {
                        self.remote.discard(&sender).await;
                    }
                    let pause = retry::reconnect_pause(reconnects);
                    reconnects += 1;
                    if !retry::fits(pause, deadline) {
                        return Err(self.failed(prepared, cause, attempt));
                    }
                    pause
                }
            };
            tracing::debug!(request = %self.line(prepared), ?pause, "the request is sent again");
            tokio::time::sleep(pause).await;
        }
    }

    fn response(
        &self,
        prepared: &Prepared,
        response: http::Response<Body>,
        key: Option<String>,
    ) -> Result<Response, Error> {
        let (parts, body) = response.into_parts();
        let status = parts.status;
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(self.redirected(prepared, status, parts.headers.get(LOCATION)));
        }
        if let Some(encoding) = encoding::left(&parts.headers) {
            let words = format!(
                "{}: the body is encoded as {encoding}, which was not asked for: expected gzip or nothing",
                self.line(prepared)
            );
            return Err(Error::new(ErrorKind::Protocol, words).status(status.as_u16()));
        }
        let headers = headers::incoming(&parts.headers, &self.approval);
        let keeping = self.answers.as_ref().zip(key).and_then(|(answers, key)| {
            let head = answers::head(&parts, &headers)?;
            Some(answers.keeping(key, head))
        });
        let line = self.line(prepared);
        let response = Response::new(status.as_u16(), headers, body, line, &self.bounds);
        Ok(response.keeping(keeping))
    }

    /// The name under which the answer would be kept.
    fn key(&self, sender: &Sender, prepared: &Prepared) -> Option<String> {
        self.answers.as_ref()?;
        answers::key(sender.identity()?, prepared)
    }

    /// The answer, if it was kept. It passed the same checks as any other request.
    async fn kept(&self, prepared: &Prepared, stage: &Stage) -> Result<Option<Response>, Error> {
        let Some(answers) = &self.answers else {
            return Ok(None);
        };
        stage.enter(Waiting::Credential);
        let sender = self.remote.sender(&self.bounds).await?;
        let Some(key) = self.key(&sender, prepared) else {
            return Ok(None);
        };
        let Some((head, body)) = answers.get(&key).await else {
            return Ok(None);
        };
        let seen = |(name, _): &(String, String)| headers::may_see(name, &self.approval);
        let headers = head.headers.into_iter().filter(seen).collect();
        let body = Full::new(body)
            .map_err(|never| match never {})
            .boxed_unsync();
        let line = self.line(prepared);
        let status = StatusCode::OK.as_u16();
        Ok(Some(
            Response::new(status, headers, body, line, &self.bounds).kept(),
        ))
    }

    /// Method and URL, without the query: a query can be long, and can hold what a user typed.
    fn line(&self, prepared: &Prepared) -> String {
        format!(
            "{} {}{}",
            prepared.method,
            self.remote.address(),
            prepared.path
        )
    }

    /// The error, with the request that it is about.
    fn about(&self, prepared: &Prepared, mut error: Error) -> Error {
        error.message = format!("{}: {}", self.line(prepared), error.message);
        error
    }

    /// The right to try the remote; nothing where everybody has it.
    fn attempt(&self, prepared: &Prepared) -> Result<Option<Attempt>, Error> {
        let Some(circuits) = &self.circuits else {
            return Ok(None);
        };
        let attempt = circuits.attempt(&self.remote.address(), self.remote.is_guarded);
        attempt
            .map(Some)
            .map_err(|error| self.about(prepared, error))
    }

    fn failed(
        &self,
        prepared: &Prepared,
        cause: cause::Cause,
        attempt: &mut Option<Attempt>,
    ) -> Error {
        if cause.unreached {
            attempt.iter_mut().for_each(|it| it.failed(&cause));
        }
        let mut error = Error::new(
            cause.kind,
            format!("{}: {}", self.line(prepared), cause.words),
        );
        error.hint = cause.hint.map(str::to_owned);
        error
    }

    fn redirected(
        &self,
        prepared: &Prepared,
        status: StatusCode,
        location: Option<&http::HeaderValue>,
    ) -> Error {
        let target = location
            .and_then(|value| value.to_str().ok())
            .and_then(|text| url::Url::parse(text).ok())
            .and_then(|url| {
                let port = url
                    .port()
                    .map(|port| format!(":{port}"))
                    .unwrap_or_default();
                url.host_str()
                    .map(|host| format!("`{}://{host}{port}`", url.scheme()))
            })
            .unwrap_or_else(|| "another path of the same host".to_owned());
        let target = match self.remote.is_guarded {
            true => "elsewhere".to_owned(),
            false => target,
        };
        let message = format!(
            "{}: it answered {}, a redirect to {target}; redirects are not followed, since the credential would go along",
            self.line(prepared),
            status.as_u16(),
        );
        Error::new(ErrorKind::Protocol, message)
            .hint("set the connection's `url` to the final address; a login page means that a credential is missing")
            .status(status.as_u16())
    }
}

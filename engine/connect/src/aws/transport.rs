//! The HTTP under AWS's ways to a credential (STS, SSO, container, instance): the connection's own TLS and proxy
//! settings, bounded, with the last failure kept so that it can be told, a refusal in AWS's own words.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use tokio::time::error::Elapsed;
use url::Url;

use crate::aws::fault::Fault;
use crate::cause;
use crate::error::ErrorKind;
use crate::limits::MAX_EXEC_OUTPUT_BYTES;
use crate::response::BoxError;

/// The client for AWS's libraries.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    client: reqwest::Client,
    failure: Arc<Mutex<Option<String>>>,
    /// Of connecting and reading, where the caller names them.
    timeout: Option<Duration>,
}

impl Transport {
    pub(crate) fn new(client: reqwest::Client) -> Transport {
        Transport {
            client,
            failure: Arc::default(),
            timeout: None,
        }
    }

    /// Which request failed last, and why, in words; nothing secret.
    pub(crate) fn failure(&self) -> Option<String> {
        let failure = self.failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let url = Url::parse(request.uri()).map_err(|error| ConnectorError::user(error.into()))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let exchange = self.send(url, &host, request);
        let result = match self.timeout {
            Some(timeout) => tokio::time::timeout(timeout, exchange)
                .await
                .unwrap_or_else(|late| Err(late.into())),
            None => exchange.await,
        };
        result.map_err(|error| {
            if error.is::<Elapsed>() {
                self.note(format!("{host}: no answer in time"));
                return ConnectorError::timeout(error);
            }
            let cause = cause::of(&*error);
            self.note(format!("{host}: {}", cause.words));
            if cause.kind == ErrorKind::Timeout {
                ConnectorError::timeout(error)
            } else {
                ConnectorError::io(error)
            }
        })
    }

    fn note(&self, words: String) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
    }

    async fn send(
        &self,
        url: Url,
        host: &str,
        request: HttpRequest,
    ) -> Result<HttpResponse, BoxError> {
        let method = http::Method::from_bytes(request.method().as_bytes())?;
        let mut sent = reqwest::Request::new(method, url);
        for (name, value) in request.headers() {
            let name = HeaderName::from_bytes(name.as_bytes())?;
            sent.headers_mut()
                .append(name, HeaderValue::from_str(value)?);
        }
        let body = request.body().bytes().ok_or("a body that is streamed")?;
        *sent.body_mut() = Some(body.to_vec().into());
        let mut response = self.client.execute(sent).await?;
        let status = response.status();
        let limit = usize::try_from(MAX_EXEC_OUTPUT_BYTES).unwrap_or(usize::MAX);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > limit {
                return Err("the answer is larger than any credential".into());
            }
        }
        if !status.is_success() {
            let fault = Fault::read(status, response.headers(), &body);
            self.note(format!("{host} answered {}: {fault}", status.as_u16()));
        }
        let mut answer = HttpResponse::new(StatusCode::try_from(status.as_u16())?, body.into());
        for (name, value) in response.headers() {
            if let Ok(value) = value.to_str() {
                answer
                    .headers_mut()
                    .append(name.as_str().to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let transport = self.clone();
        HttpConnectorFuture::new(async move { transport.exchange(request).await })
    }
}

impl HttpClient for Transport {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let timeout = settings
            .read_timeout()
            .map(|read| read.saturating_add(settings.connect_timeout().unwrap_or_default()));
        SharedHttpConnector::new(Transport {
            timeout,
            ..self.clone()
        })
    }
}

//! A Kubernetes API server through `kube`: a kubeconfig's context or a pod's service account gives address, CA
//! and credential.
//!
//! `kube` speaks HTTP/1.1. An answer that is still being read holds its connection, so that reading ahead takes a
//! second one; both are kept and used again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderValue};
use http_body_util::BodyExt;
use kube::Client;
use kube::config::{AuthInfo, Config};
use sha2::{Digest, Sha256};
use trawl_fleet::KubernetesSpec;

use crate::encoding;
use crate::error::{Error, ErrorKind};
use crate::in_cluster;
use crate::kube_auth;
use crate::kube_context;
use crate::kubeconfig;
use crate::limits::Bounds;
use crate::masked::Masks;
use crate::prepared::Prepared;
use crate::quiet::quiet;
use crate::request::http_method;
use crate::response::{Body, BoxError};

/// A client for one context, with its credential.
pub(crate) struct KubeSender {
    client: Client,
    authorization: Option<HeaderValue>,
    /// The authorization, which answers must not show.
    masks: Masks,
    /// Of everything but the authorization; none where it cannot be compared.
    fingerprint: Option<u64>,
    /// The server's URL without user-info.
    pub(crate) address: String,
    /// The server and the context; no secret.
    pub(crate) identity: Option<String>,
    /// Whether bodies come packed.
    encoding: HeaderValue,
    /// How long the credential lasts, where that is known.
    pub(crate) valid_for: Option<Duration>,
}

impl KubeSender {
    /// Reads the configuration, gets the credential, and makes a client, or takes the one of `before` with
    /// its connections where only the credential is another one. Nothing is contacted.
    ///
    /// # Errors
    /// A file cannot be read, the context is not there, or no credential could be had.
    pub(crate) async fn new(
        spec: &KubernetesSpec,
        bounds: &Bounds,
        compression: Option<bool>,
        before: Option<&KubeSender>,
    ) -> Result<KubeSender, Error> {
        crate::crypto::install();
        let (mut config, subject) = match &spec.in_cluster {
            Some(account) => in_cluster::config(account).await?,
            None => kubeconfig::config(spec).await?,
        };
        if spec.impersonate && acts_as_another(&config.auth_info) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                format!("{subject}: its user acts as another one already (`as`), and the connection is to act as its caller (`impersonate: caller`)"),
            )
            .hint("expected one of them: take `as` out of the kubeconfig's user, or `impersonate` out of clusters.yaml"));
        }
        if let Some(proxy) = &spec.proxy {
            config.proxy_url = Some(kube_context::proxy(proxy, &subject)?);
        }
        config.connect_timeout = Some(bounds.connect_timeout);
        // Ours are the retries, the deadline and the idle timeout.
        config.default_retry = false;
        config.read_timeout = None;
        let authorization = kube_auth::take(&mut config.auth_info, &subject).await?;
        let address = address(&config.cluster_url);
        let encoding = encoding(&config, compression);
        let identity = identity(&config, &address, &subject);
        // What is not asked for is unpacked all the same, should it come.
        config.disable_compression = false;
        let fingerprint = fingerprint(&config);
        let same =
            before.filter(|before| fingerprint.is_some() && before.fingerprint == fingerprint);
        let client = match same {
            Some(before) => before.client.clone(),
            None => Client::try_from(config).map_err(|error| unusable(&subject, &error))?,
        };
        Ok(KubeSender {
            client,
            masks: Masks::of_headers(&authorization.header),
            authorization: authorization.header,
            fingerprint,
            identity,
            address,
            encoding,
            valid_for: authorization.valid_for,
        })
    }

    pub(crate) async fn send(&self, prepared: &Prepared) -> Result<http::Response<Body>, BoxError> {
        let body = prepared
            .body
            .clone()
            .map_or_else(kube::client::Body::empty, Into::into);
        let mut request = http::Request::builder()
            .method(http_method(prepared.method))
            .uri(&prepared.target)
            .body(body)?;
        *request.headers_mut() = prepared.headers.clone();
        request
            .headers_mut()
            .insert(ACCEPT_ENCODING, self.encoding.clone());
        if let Some(authorization) = &self.authorization {
            request
                .headers_mut()
                .insert(AUTHORIZATION, authorization.clone());
        }
        let response = quiet(self.client.send(request)).await?;
        let response = response.map(|body| body.map_err(Into::into).boxed_unsync());
        Ok(self.masks.hide(response))
    }
}

/// Who answers whom, for answers that are kept: none where anybody on the way could have answered instead. What the server's
/// certificate was judged by, and the proxy with its credentials, are in it as a digest.
fn identity(config: &Config, address: &str, subject: &str) -> Option<String> {
    if config.cluster_url.scheme_str() != Some("https") || config.accept_invalid_certs {
        return None;
    }
    let mut trust = Sha256::new();
    for certificate in config.root_cert.iter().flatten() {
        trust.update(certificate);
    }
    let proxy = config.proxy_url.as_ref();
    trust.update(proxy.map(ToString::to_string).unwrap_or_default());
    let trust = trust.finalize();
    Some(format!("{address} {subject} {:?}", trust.as_slice()))
}

/// What goes out as `Accept-Encoding`: the caller's choice, then the kubeconfig's, then by the address.
fn encoding(config: &Config, compression: Option<bool>) -> HeaderValue {
    let wanted = compression.or(config.disable_compression.then_some(false));
    let host = config.cluster_url.host().unwrap_or_default();
    encoding::accepted(host, config.proxy_url.is_some(), wanted)
}

/// What the client was made of. A client certificate cannot be compared: the files that it is in change
/// without a change of their names, and its key is not shown.
fn fingerprint(config: &Config) -> Option<u64> {
    let auth = &config.auth_info;
    if auth.client_certificate.is_some() || auth.client_certificate_data.is_some() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    format!("{config:?}").hash(&mut hasher);
    Some(hasher.finish())
}

/// Whether a kubeconfig says itself whom its user impersonates, or a part of that.
fn acts_as_another(user: &AuthInfo) -> bool {
    user.impersonate.is_some()
        || user.impersonate_uid.is_some()
        || user.impersonate_groups.is_some()
        || user.impersonate_user_extra.is_some()
}

fn unusable(subject: &str, error: &kube::Error) -> Error {
    let why = match error {
        kube::Error::RustlsTls(_) => {
            "its certificates cannot be used: expected PEM with a key that belongs to them"
                .to_owned()
        }
        kube::Error::ProxyProtocolUnsupported { .. }
        | kube::Error::ProxyProtocolDisabled { .. } => {
            "its proxy is of a kind that is not supported: expected http://, https:// or socks5://"
                .to_owned()
        }
        kube::Error::InferKubeconfig(_) => {
            "its client certificate or key cannot be read".to_owned()
        }
        _ => "no client can be made of it".to_owned(),
    };
    Error::new(ErrorKind::InvalidConfig, format!("{subject}: {why}"))
}

fn address(url: &http::Uri) -> String {
    let scheme = url.scheme_str().unwrap_or("https");
    let host = url.host().unwrap_or("unknown");
    let port = url
        .port_u16()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    format!("{scheme}://{host}{port}{path}")
}

//! A Kubernetes API server through `kube`: the kubeconfig's context gives address, CA and credential. Only
//! what the kubeconfig and the inventory say counts; no proxy variable is looked at.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderValue};
use http_body_util::BodyExt;
use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig, KubeconfigError};
use trawl_fleet::KubernetesSpec;

use crate::error::{Error, ErrorKind};
use crate::kube_auth;
use crate::limits::Bounds;
use crate::prepared::Prepared;
use crate::quiet::quiet;
use crate::response::{Body, BoxError};

/// A name further away than this is no likely typing error.
const SIMILAR: f64 = 0.75;
/// Contexts that an error lists before it says how many more there are.
const LISTED_CONTEXTS: usize = 10;

/// A client for one context, with its credential.
pub(crate) struct KubeSender {
    client: Client,
    authorization: Option<HeaderValue>,
    /// Of everything but the authorization; none where it cannot be compared.
    fingerprint: Option<u64>,
    /// The server's URL without user-info.
    pub(crate) address: String,
    /// How long the credential lasts, where that is known.
    pub(crate) valid_for: Option<Duration>,
}

impl KubeSender {
    /// Reads the kubeconfig, gets the credential, and makes a client, or takes the one of `before` with
    /// its connections where only the credential is another one. Nothing is contacted.
    ///
    /// # Errors
    /// A file cannot be read, the context is not there, or no credential could be had.
    pub(crate) async fn new(
        spec: &KubernetesSpec,
        bounds: &Bounds,
        before: Option<&KubeSender>,
    ) -> Result<KubeSender, Error> {
        crate::crypto::install();
        let paths = spec.kubeconfig.clone();
        let kubeconfig = tokio::task::spawn_blocking(move || read(&paths))
            .await
            .map_err(|_| {
                Error::new(ErrorKind::Internal, "reading the kubeconfig was broken off")
            })??;
        let context = context(spec, &kubeconfig)?;
        let proxy = spec
            .proxy
            .clone()
            .or_else(|| proxy_of(&kubeconfig, &context));
        let options = KubeConfigOptions {
            context: Some(context.clone()),
            ..Default::default()
        };
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .map_err(|error| invalid(&context, &error))?;
        config.proxy_url = match proxy {
            Some(proxy) => Some(proxy.parse().map_err(|_| {
                Error::new(
                    ErrorKind::InvalidConfig,
                    format!("the proxy of the context `{context}` is no URL"),
                )
            })?),
            None => None,
        };
        config.connect_timeout = Some(bounds.connect_timeout);
        // Ours are the retries, the deadline and the idle timeout.
        config.default_retry = false;
        config.read_timeout = None;
        let authorization = kube_auth::take(&mut config.auth_info, &context).await?;
        let address = address(&config.cluster_url);
        let fingerprint = fingerprint(&config);
        let same =
            before.filter(|before| fingerprint.is_some() && before.fingerprint == fingerprint);
        let client = match same {
            Some(before) => before.client.clone(),
            None => Client::try_from(config).map_err(|error| unusable(&context, &error))?,
        };
        Ok(KubeSender {
            client,
            authorization: authorization.header,
            fingerprint,
            address,
            valid_for: authorization.valid_for,
        })
    }

    pub(crate) async fn send(&self, prepared: &Prepared) -> Result<http::Response<Body>, BoxError> {
        let body = prepared
            .body
            .clone()
            .map_or_else(kube::client::Body::empty, Into::into);
        let mut request = http::Request::builder()
            .method(http::Method::from(prepared.method))
            .uri(&prepared.target)
            .body(body)?;
        *request.headers_mut() = prepared.headers.clone();
        if let Some(authorization) = &self.authorization {
            request
                .headers_mut()
                .insert(AUTHORIZATION, authorization.clone());
        }
        let response = quiet(self.client.send(request)).await?;
        Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
    }
}

fn read(paths: &[PathBuf]) -> Result<Kubeconfig, Error> {
    let existing: Vec<&PathBuf> = paths.iter().filter(|path| path.exists()).collect();
    if existing.is_empty() {
        let names: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let names = if names.is_empty() {
            "none was named".to_owned()
        } else {
            names.join(", ")
        };
        return Err(Error::new(
            ErrorKind::InvalidConfig,
            format!("there is no kubeconfig ({names})"),
        )
        .hint("set KUBECONFIG, or name one with `kubeconfig:` in clusters.yaml"));
    }
    let mut merged = Kubeconfig::default();
    for path in existing {
        let wrong = |why: &str| {
            Error::new(
                ErrorKind::InvalidConfig,
                format!("{}: {why}", path.display()),
            )
        };
        let next = Kubeconfig::read_from(path).map_err(|error| match error {
            KubeconfigError::ReadConfig(error, _) => wrong(&format!("cannot be read: {error}")),
            // The parser's text may quote the file, and the file is full of secrets.
            _ => wrong("is no valid kubeconfig")
                .hint("`kubectl config view` says what is wrong with it"),
        })?;
        merged = merged
            .merge(next)
            .map_err(|_| wrong("does not go with the other kubeconfig files"))?;
    }
    Ok(merged)
}

/// The context to use; it has to be there.
fn context(spec: &KubernetesSpec, kubeconfig: &Kubeconfig) -> Result<String, Error> {
    let names: Vec<&str> = kubeconfig
        .contexts
        .iter()
        .map(|named| named.name.as_str())
        .collect();
    let wanted = match (&spec.context, &kubeconfig.current_context) {
        (Some(context), _) => context.clone(),
        (None, Some(current)) if !current.is_empty() => current.clone(),
        (None, _) => {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "the kubeconfig has no current context",
            )
            .hint(format!("name one with `kube_context`: {}", list(&names))));
        }
    };
    if names.contains(&wanted.as_str()) {
        return Ok(wanted);
    }
    let lower = wanted.to_lowercase();
    let nearest = names
        .iter()
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), *name))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    let files: Vec<String> = spec
        .kubeconfig
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let message = format!("there is no context `{wanted}` in {}", files.join(", "));
    let hint = match nearest {
        Some((_, near)) => format!("did you mean `{near}`? It has {}", list(&names)),
        None => format!("it has {}", list(&names)),
    };
    Err(Error::new(ErrorKind::InvalidConfig, message).hint(hint))
}

fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(LISTED_CONTEXTS)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(LISTED_CONTEXTS) {
        _ if names.is_empty() => "no context at all".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn proxy_of(kubeconfig: &Kubeconfig, context: &str) -> Option<String> {
    let named = kubeconfig
        .contexts
        .iter()
        .find(|named| named.name == context)?;
    let cluster = &named.context.as_ref()?.cluster;
    let named = kubeconfig
        .clusters
        .iter()
        .find(|named| named.name == *cluster)?;
    named
        .cluster
        .as_ref()?
        .proxy_url
        .clone()
        .filter(|url| !url.is_empty())
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

/// A kubeconfig's error in our words: only those texts are passed on that hold no data.
fn invalid(context: &str, error: &KubeconfigError) -> Error {
    let why = match error {
        KubeconfigError::LoadClusterOfContext(cluster) => {
            format!("it names the cluster `{cluster}`, which is not in the kubeconfig")
        }
        KubeconfigError::LoadContext(_) => "it is empty".to_owned(),
        KubeconfigError::MissingClusterUrl => "its cluster has no `server`".to_owned(),
        KubeconfigError::ParseClusterUrl(_) => "the `server` of its cluster is no URL".to_owned(),
        KubeconfigError::LoadCertificateAuthority(source) => format!("its CA: {source}"),
        KubeconfigError::ParseCertificates(_) => "its CA is no PEM certificate".to_owned(),
        _ => "it cannot be used".to_owned(),
    };
    Error::new(
        ErrorKind::InvalidConfig,
        format!("the context `{context}`: {why}"),
    )
}

fn unusable(context: &str, error: &kube::Error) -> Error {
    let why = match error {
        kube::Error::RustlsTls(_) => {
            "its certificates cannot be used: expected PEM with a key that belongs to them"
                .to_owned()
        }
        kube::Error::ProxyProtocolUnsupported { .. }
        | kube::Error::ProxyProtocolDisabled { .. } => {
            "its proxy is of a kind that is not supported: expected http:// or https://".to_owned()
        }
        kube::Error::InferKubeconfig(_) => {
            "its client certificate or key cannot be read".to_owned()
        }
        _ => "no client can be made of it".to_owned(),
    };
    Error::new(
        ErrorKind::InvalidConfig,
        format!("the context `{context}`: {why}"),
    )
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

//! What the kubeconfig files of a connection say of its context. Their texts are full of secrets and are never
//! quoted. No proxy variable counts, only what the kubeconfig and the inventory say.

use std::path::PathBuf;

use kube::config::{Config, KubeConfigOptions, Kubeconfig, KubeconfigError};
use trawl_fleet::KubernetesSpec;

use crate::error::{Error, ErrorKind};

/// A name further away than this is no likely typing error.
const SIMILAR: f64 = 0.75;
/// Contexts that an error lists before it says how many more there are.
const LISTED_CONTEXTS: usize = 10;
/// What RFC 1928 gives a SOCKS proxy that names no port.
const SOCKS_PORT: u16 = 1080;

/// The context's configuration, and the context for messages. The files are read anew at each call, since a
/// login rewrites them.
///
/// # Errors
/// A file cannot be read, the context is not there, or what it says cannot be used.
pub(crate) async fn config(spec: &KubernetesSpec) -> Result<(Config, String), Error> {
    let paths = spec.kubeconfig.clone();
    let kubeconfig = tokio::task::spawn_blocking(move || read(&paths))
        .await
        .map_err(|_| Error::new(ErrorKind::Internal, "reading the kubeconfig was broken off"))??;
    let context = context(spec, &kubeconfig)?;
    let subject = format!("the context `{context}`");
    let from_file = proxy_of(&kubeconfig, &context);
    let options = KubeConfigOptions {
        context: Some(context),
        ..Default::default()
    };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| invalid(&subject, &error))?;
    config.proxy_url = match from_file {
        Some(address) => Some(proxy(&address, &subject)?),
        None => None,
    };
    Ok((config, subject))
}

/// A proxy's address as `kube` understands it.
///
/// # Errors
/// It is no URL, or asks for what `kube` would leave out in silence.
pub(crate) fn proxy(address: &str, subject: &str) -> Result<http::Uri, Error> {
    // The address is not quoted: it may hold a password.
    let wrong = |why: &str| {
        Error::new(
            ErrorKind::InvalidConfig,
            format!("{subject}: its proxy {why}"),
        )
        .hint("expected `http://host:port`, `https://host:port` or `socks5://host:port`")
    };
    let mut url = url::Url::parse(address).map_err(|_| wrong("is no URL"))?;
    if url.scheme() == "socks5h" {
        // As in client-go both names mean that the proxy resolves the host.
        let renamed = format!(
            "socks5{}",
            address.trim_start().get(7..).unwrap_or_default()
        );
        url = url::Url::parse(&renamed).map_err(|_| wrong("is no URL"))?;
    }
    if url.scheme() == "socks5" {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("wants a user, which SOCKS proxies are not sent"));
        }
        if url.port().is_none() && url.set_port(Some(SOCKS_PORT)).is_err() {
            return Err(wrong("has no host"));
        }
    }
    url.as_str().parse().map_err(|_| wrong("is no URL"))
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
        let mut next = Kubeconfig::read_from(path).map_err(|error| match error {
            KubeconfigError::ReadConfig(error, _) => wrong(&format!("cannot be read: {error}")),
            // The parser's text may quote the file, and the file is full of secrets.
            _ => wrong("is no valid kubeconfig")
                .hint("`kubectl config view` says what is wrong with it"),
        })?;
        // `current-context: ""` is what kubectl writes for none: it hides no other file's.
        next.current_context = next.current_context.filter(|name| !name.is_empty());
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
        (None, Some(current)) => current.clone(),
        (None, None) => {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "the kubeconfig has no current context",
            )
            .hint(format!(
                "name one with `kube_context`: {}",
                list(&nearest_first("", names))
            )));
        }
    };
    if names.contains(&wanted.as_str()) {
        return Ok(wanted);
    }
    let files: Vec<String> = spec
        .kubeconfig
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let message = format!("there is no context `{wanted}` in {}", files.join(", "));
    let names = nearest_first(&wanted, names);
    let hint = match names.first() {
        Some((similarity, near)) if *similarity >= SIMILAR => {
            format!("did you mean `{near}`? It has {}", list(&names))
        }
        _ => format!("it has {}", list(&names)),
    };
    Err(Error::new(ErrorKind::InvalidConfig, message).hint(hint))
}

/// The names with how near they are to the wanted one, the nearest first; equally near ones stay in the
/// kubeconfig's order.
fn nearest_first<'a>(wanted: &str, names: Vec<&'a str>) -> Vec<(f64, &'a str)> {
    let lower = wanted.to_lowercase();
    let mut ranked: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .collect();
    ranked.sort_by(|left, right| right.0.total_cmp(&left.0));
    ranked
}

fn list(names: &[(f64, &str)]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(LISTED_CONTEXTS)
        .map(|(_, name)| format!("`{name}`"))
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

/// A kubeconfig's error in our words: only those texts are passed on that hold no data.
fn invalid(subject: &str, error: &KubeconfigError) -> Error {
    let why = match error {
        KubeconfigError::LoadClusterOfContext(cluster) => {
            format!("it names the cluster `{cluster}`, which is not in the kubeconfig")
        }
        KubeconfigError::LoadContext(_) => "it is empty".to_owned(),
        KubeconfigError::MissingClusterUrl => "its cluster has no `server`".to_owned(),
        KubeconfigError::ParseClusterUrl(_) => "the `server` of its cluster is no URL".to_owned(),
        KubeconfigError::LoadCertificateAuthority(source) => format!("its CA: {source}"),
        KubeconfigError::ParseProxyUrl(_) => "its proxy is no URL".to_owned(),
        KubeconfigError::ParseCertificates(_) => "its CA is no PEM certificate".to_owned(),
        _ => "it cannot be used".to_owned(),
    };
    Error::new(ErrorKind::InvalidConfig, format!("{subject}: {why}"))
}

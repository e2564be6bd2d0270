//! From one context of a kubeconfig to the configuration of `kube`'s client: address, trust, proxy and user.
//!
//! `kube` can do it too, but looks at HTTPS_PROXY and NO_PROXY and fails where one of them is no list of its
//! kind. Here no variable counts, only what the kubeconfig and the inventory say.

use http::Uri;
use kube::config::{AuthInfo, Cluster, Config, ExecAuthCluster, Kubeconfig, KubeconfigError};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{Error, ErrorKind};

/// What RFC 1928 gives a SOCKS proxy that names no port.
const SOCKS_PORT: u16 = 1080;

/// The configuration of the context of this name. It reads the CA's file.
///
/// # Errors
/// Something that the context names is missing or cannot be used.
pub(crate) fn config(
    kubeconfig: Kubeconfig,
    context: &str,
    subject: &str,
) -> Result<Config, Error> {
    let wrong = |why: String| Error::new(ErrorKind::InvalidConfig, format!("{subject}: {why}"));
    let (cluster, mut user) = parts(kubeconfig, context).map_err(wrong)?;
    let server = cluster
        .server
        .as_deref()
        .ok_or_else(|| wrong("its cluster has no `server`".to_owned()))?;
    let server =
        address(server).ok_or_else(|| wrong("the `server` of its cluster is no URL".to_owned()))?;
    let told = ExecAuthCluster::try_from(&cluster).map_err(|error| wrong(unreadable(&error)))?;
    let mut config = Config::new(server);
    if let Some(pem) = &told.certificate_authority_data {
        config.root_cert = Some(
            certificates(pem).ok_or_else(|| wrong("its CA is no PEM certificate".to_owned()))?,
        );
    }
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.tls_server_name = cluster.tls_server_name;
    config.proxy_url = match &cluster.proxy_url {
        Some(address) => Some(proxy(address, subject)?),
        None => None,
    };
    if let Some(exec) = &mut user.exec {
        exec.cluster = Some(told);
    }
    config.auth_info = user;
    Ok(config)
}

/// Cluster and user of the context, without the empty texts that stand for nothing.
fn parts(kubeconfig: Kubeconfig, context: &str) -> Result<(Cluster, AuthInfo), String> {
    let context = kubeconfig
        .contexts
        .into_iter()
        .find(|named| named.name == context)
        .and_then(|named| named.context)
        .ok_or("it is empty")?;
    let mut cluster = kubeconfig
        .clusters
        .into_iter()
        .find(|named| named.name == context.cluster)
        .and_then(|named| named.cluster)
        .ok_or_else(|| {
            format!(
                "it names the cluster `{}`, which is not in the kubeconfig",
                context.cluster
            )
        })?;
    for text in [
        &mut cluster.server,
        &mut cluster.certificate_authority,
        &mut cluster.certificate_authority_data,
        &mut cluster.proxy_url,
        &mut cluster.tls_server_name,
    ] {
        text.take_if(|text| text.is_empty());
    }
    // A user that is not there is nobody, as client-go has it.
    let user = kubeconfig
        .auth_infos
        .into_iter()
        .find(|named| Some(&named.name) == context.user.as_ref())
        .and_then(|named| named.auth_info)
        .unwrap_or_default();
    Ok((cluster, user))
}

/// The API server's address; what has no scheme or host is none.
fn address(server: &str) -> Option<Uri> {
    let uri: Uri = server.parse().ok()?;
    let http = matches!(uri.scheme_str(), Some("http" | "https"));
    (http && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}

/// All certificates of a bundle, of which there has to be one.
fn certificates(pem: &[u8]) -> Option<Vec<Vec<u8>>> {
    let certificates: Result<Vec<Vec<u8>>, _> = CertificateDer::pem_slice_iter(pem)
        .map(|certificate| certificate.map(|certificate| certificate.to_vec()))
        .collect();
    certificates.ok().filter(|list| !list.is_empty())
}

/// Only the text of this error is passed on, which names a file and holds no data.
fn unreadable(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::LoadCertificateAuthority(source) => format!("its CA: {source}"),
        _ => "its cluster cannot be used".to_owned(),
    }
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

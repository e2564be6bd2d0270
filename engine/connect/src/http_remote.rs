//! An HTTP endpoint through `reqwest`: TLS, credential, configured headers. It follows no redirect and
//! looks at no proxy variable.

use std::path::Path;

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderName};
use http_body_util::BodyExt;
use reqwest::{Certificate, Identity, NoProxy, Proxy};
use tokio::sync::OnceCell;
use trawl_fleet::{Auth, HeaderValue, HttpSpec, InlineTls, SecretRef, Tls};
use url::Url;

use crate::encoding;
use crate::error::{Error, ErrorKind};
use crate::guard::{self, Resolver};
use crate::limits::Bounds;
use crate::masked::{Masks, names_a_secret};
use crate::prepared::Prepared;
use crate::request::http_method;
use crate::response::{Body, BoxError};
use crate::secret;

/// The client of an HTTP endpoint. The connections are kept when the credential is read anew.
#[derive(Debug)]
pub(crate) struct HttpRemote {
    spec: HttpSpec,
    /// Whether bodies are asked for packed, where the caller says so.
    compression: Option<bool>,
    base: Result<Url, Error>,
    client: OnceCell<reqwest::Client>,
}

/// A client and the headers that go with each request.
#[derive(Debug, Clone)]
pub(crate) struct HttpSender {
    client: reqwest::Client,
    base: Url,
    headers: HeaderMap,
    /// The credential and the secret headers, which answers must not show.
    pub(crate) masks: Masks,
    /// The URL and the name of the credential; none where configured headers can change every answer.
    pub(crate) identity: Option<String>,
}

impl HttpRemote {
    pub(crate) fn new(mut spec: HttpSpec, compression: Option<bool>) -> HttpRemote {
        let base = base(&mut spec);
        HttpRemote {
            spec,
            compression,
            base,
            client: OnceCell::new(),
        }
    }

    /// The URL without credentials, query and a slash at its end.
    pub(crate) fn address(&self) -> String {
        match &self.base {
            Ok(url) => url.as_str().trim_end_matches('/').to_owned(),
            Err(_) => "an invalid URL".to_owned(),
        }
    }

    pub(crate) fn has_credential(&self) -> bool {
        self.spec.auth != Auth::None
    }

    /// Whether the credential or a header is read from a file, which can change.
    pub(crate) fn can_change(&self) -> bool {
        let auth = match &self.spec.auth {
            Auth::None => false,
            Auth::Bearer(reference)
            | Auth::Basic {
                password: reference,
                ..
            } => secret::can_change(reference),
        };
        let secret_header = |value: &HeaderValue| match value {
            HeaderValue::Plain(_) => false,
            HeaderValue::Secret(reference) => secret::can_change(reference),
        };
        auth || self
            .spec
            .headers
            .iter()
            .any(|(_, value)| secret_header(value))
    }

    /// Reads the secrets, and makes the client where there is none yet.
    ///
    /// # Errors
    /// A secret or a file of `tls` cannot be read, or the URL is none.
    pub(crate) async fn sender(&self, bounds: &Bounds) -> Result<HttpSender, Error> {
        let base = self.base.clone()?;
        if let Some(guard) = &self.spec.guard {
            guard::literal(guard, &base)?;
        }
        let client = self
            .client
            .get_or_try_init(|| client(&self.spec, base.scheme() == "http", bounds, None))
            .await?
            .clone();
        let mut headers = HeaderMap::new();
        let mut secrets = Vec::new();
        for (name, value) in &self.spec.headers {
            let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
                return Err(Error::new(
                    ErrorKind::InvalidConfig,
                    format!("`{name}` in `headers` is no name of a header"),
                ));
            };
            let reference = match value {
                HeaderValue::Plain(text) => &SecretRef::Inline(text.clone()),
                HeaderValue::Secret(reference) => reference,
            };
            let what = format!("the configured header `{name}`");
            // Rows may have the other plain ones, a tenant's name for instance.
            let is_secret = matches!(value, HeaderValue::Secret(_)) || names_a_secret(name);
            let value = secret::resolve(reference).await?.header("", &what)?;
            secrets.extend(is_secret.then(|| value.clone()));
            headers.append(header, value);
        }
        match &self.spec.auth {
            Auth::None => {}
            Auth::Bearer(reference) => {
                let token = secret::resolve(reference).await?;
                headers.insert(AUTHORIZATION, token.header("Bearer ", "the bearer token")?);
            }
            Auth::Basic { username, password } => {
                let pair = secret::resolve(password).await?.basic(username);
                headers.insert(AUTHORIZATION, pair.header("Basic ", "the password")?);
            }
        }
        secrets.extend(headers.get(AUTHORIZATION).cloned());
        let host = base.host_str().unwrap_or_default();
        headers.insert(
            ACCEPT_ENCODING,
            encoding::accepted(host, self.spec.proxy.is_some(), self.compression),
        );
        // `Auth` prints where a secret is, and never what it is.
        // What came over a connection that anybody on the way could write to must not outlive it.
        let is_trusted = base.scheme() == "https" || encoding::is_loopback(host);
        // Nothing of a registered endpoint is kept on disk: who registers one decides what it answers.
        let is_trusted = is_trusted && self.spec.guard.is_none();
        let identity = (self.spec.headers.is_empty() && is_trusted)
            .then(|| format!("{base} {:?}", self.spec.auth));
        Ok(HttpSender {
            client,
            base,
            headers,
            masks: Masks::of_headers(&secrets),
            identity,
        })
    }
}

impl HttpSender {
    pub(crate) async fn send(&self, prepared: &Prepared) -> Result<http::Response<Body>, BoxError> {
        let response = self.execute(self.request(prepared)?).await?;
        Ok(self.masks.hide(response))
    }

    /// The request as it goes out.
    pub(crate) fn request(&self, prepared: &Prepared) -> Result<reqwest::Request, BoxError> {
        let text = format!(
            "{}{}",
            self.base.as_str().trim_end_matches('/'),
            prepared.target
        );
        let url = Url::parse(&text)?;
        // By shape the target cannot change the origin; should the shape be wrong, nothing is sent.
        if url.origin() != self.base.origin()
            || !url
                .path()
                .starts_with(self.base.path().trim_end_matches('/'))
        {
            return Err("the path would leave the endpoint".into());
        }
        let mut request = reqwest::Request::new(http_method(prepared.method), url);
        *request.headers_mut() = prepared.headers.clone();
        // The configured ones last: a guest never replaces them.
        for (name, value) in &self.headers {
            request.headers_mut().insert(name, value.clone());
        }
        if let Some(body) = &prepared.body {
            *request.body_mut() = Some(body.clone().into());
        }
        Ok(request)
    }

    pub(crate) async fn execute(
        &self,
        request: reqwest::Request,
    ) -> Result<http::Response<Body>, BoxError> {
        let response = self.client.execute(request).await?;
        Ok(http::Response::<reqwest::Body>::from(response)
            .map(|body| body.map_err(Into::into).boxed_unsync()))
    }
}

/// The parsed URL. User-info in it becomes the credential, so that no text can show it.
fn base(spec: &mut HttpSpec) -> Result<Url, Error> {
    // The text itself is not quoted: what does not parse may still hold a password.
    let wrong = |why: String| {
        Error::new(
            ErrorKind::InvalidConfig,
            format!("the URL of this connection is not valid: {why}"),
        )
        .hint("expected http://host[:port][/path] or https://…")
    };
    let mut url = Url::parse(&spec.url).map_err(|error| wrong(error.to_string()))?;
    spec.url.clear();
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("the scheme `{}`", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let decode = |part: &str| {
            percent_encoding::percent_decode_str(part)
                .decode_utf8_lossy()
                .into_owned()
        };
        if spec.auth == Auth::None {
            spec.auth = Auth::Basic {
                username: decode(url.username()),
                password: SecretRef::Inline(decode(url.password().unwrap_or_default())),
            };
        }
        url.set_username("")
            .and_then(|()| url.set_password(None))
            .map_err(|()| wrong("its user cannot be taken out".to_owned()))?;
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// A client with the endpoint's TLS and proxy; `plain`: it is asked for `http://` alone; `direct`: what is not behind the proxy.
///
/// # Errors
/// A file of `tls` cannot be read, or the settings do not fit together.
pub(crate) async fn client(
    spec: &HttpSpec,
    plain: bool,
    bounds: &Bounds,
    direct: Option<NoProxy>,
) -> Result<reqwest::Client, Error> {
    crate::crypto::install();
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .connect_timeout(bounds.connect_timeout);
    if let Some(proxy) = &spec.proxy {
        let proxy = Proxy::all(proxy).map_err(|_| {
            Error::new(
                ErrorKind::InvalidConfig,
                "`proxy` of this connection is no URL",
            )
        })?;
        builder = builder.proxy(proxy.no_proxy(direct));
    }
    if let Some(guard) = &spec.guard {
        builder = builder.dns_resolver(Resolver::of(guard));
    }
    builder = tls(builder, &spec.tls).await?;
    if plain && spec.proxy.is_none() && spec.tls == Tls::default() {
        // Nobody shows a certificate there: reading the system's roots would be most of the work.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|_| {
        Error::new(
            ErrorKind::InvalidConfig,
            "the TLS settings of this connection do not fit together",
        )
        .hint("check ca_file, cert_file and key_file below `tls`")
    })
}

async fn tls(
    mut builder: reqwest::ClientBuilder,
    tls: &Tls,
) -> Result<reqwest::ClientBuilder, Error> {
    if let Some(inline) = &tls.inline {
        return given(builder, inline);
    }
    if let Some(path) = &tls.ca_file {
        let certificates = Certificate::from_pem_bundle(&pem(path).await?).ok();
        let Some(certificates) = certificates.filter(|list| !list.is_empty()) else {
            return Err(no_pem(path, "certificate"));
        };
        // Only these: who names a CA does not want every public one as well.
        builder = builder.tls_certs_only(certificates);
    }
    if let (Some(certificate), Some(key)) = (&tls.cert_file, &tls.key_file) {
        let mut both = pem(certificate).await?;
        both.push(b'\n');
        both.extend(pem(key).await?);
        let identity = Identity::from_pem(&both)
            .map_err(|_| no_pem(certificate, "certificate with its key"))?;
        builder = builder.identity(identity);
    }
    Ok(builder)
}

/// Certificates that came with the address. Without a CA among them the system's roots are trusted.
fn given(
    mut builder: reqwest::ClientBuilder,
    inline: &InlineTls,
) -> Result<reqwest::ClientBuilder, Error> {
    let wrong = |what: &str| {
        let words = format!("the {what} that was registered is no PEM that can be used");
        Error::new(ErrorKind::InvalidConfig, words)
    };
    if let Some(ca) = &inline.ca {
        let certificates = Certificate::from_pem_bundle(ca.as_bytes()).ok();
        let certificates = certificates.filter(|list| !list.is_empty());
        builder = builder.tls_certs_only(certificates.ok_or_else(|| wrong("CA"))?);
    }
    if let Some((certificate, key)) = &inline.identity {
        let both = format!("{certificate}\n{key}");
        let identity = Identity::from_pem(both.as_bytes());
        builder = builder.identity(identity.map_err(|_| wrong("client certificate or its key"))?);
    }
    Ok(builder)
}

async fn pem(path: &Path) -> Result<Vec<u8>, Error> {
    tokio::fs::read(path).await.map_err(|error| {
        Error::new(
            ErrorKind::InvalidConfig,
            format!("{} cannot be read: {error}", path.display()),
        )
        .hint("it is named below `tls` of this connection")
    })
}

fn no_pem(path: &Path, what: &str) -> Error {
    Error::new(
        ErrorKind::InvalidConfig,
        format!("{}: expected a PEM {what}", path.display()),
    )
    .hint("it is named below `tls` of this connection")
}

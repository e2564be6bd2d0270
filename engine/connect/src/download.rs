//! One GET of a public address, for what is no endpoint of the inventory: components of plugins and the registries that hold
//! them. It has no credential of the user's, follows no redirect, looks at no proxy variable and bounds what comes.

use std::time::Duration;

use futures::StreamExt;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue};
use url::Url;

use crate::cause;
use crate::encoding;
use crate::error::{Error, ErrorKind};
use crate::limits::{CONNECT_TIMEOUT, IDLE_TIMEOUT};
use crate::quiet::quiet;
use crate::response::seconds;

/// A client for public addresses. Cheap to clone; connections are kept.
#[derive(Debug, Clone)]
pub struct Downloads {
    client: reqwest::Client,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Download<'a> {
    /// The address: https, or http on this machine.
    pub url: &'a Url,
    /// The types that are understood, as the header `Accept` has them.
    pub accept: &'a str,
    /// A token that the address itself gave to anybody.
    pub token: Option<&'a str>,
    /// A larger body is an error, in bytes.
    pub max_bytes: u64,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Downloaded {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, whole.
    pub body: Vec<u8>,
}

impl Downloads {
    /// Sets it up; nothing is contacted.
    ///
    /// # Errors
    /// The machine's certificates cannot be read.
    pub fn new() -> Result<Self, Error> {
        crate::crypto::install();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            // What is checked by its digest has to come as it was published.
            .no_gzip()
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|_| {
                Error::new(
                    ErrorKind::InvalidConfig,
                    "the certificates of this machine cannot be read",
                )
            })?;
        Ok(Self { client })
    }

    /// Asks once. A status that is no success is an answer, not an error.
    ///
    /// # Errors
    /// The address is neither https nor on this machine, has a user in it, or gives no answer; the answer stalls or is too
    /// large.
    pub async fn get(&self, download: Download<'_>) -> Result<Downloaded, Error> {
        let url = download.url;
        let shown = shown(url);
        may_be_asked(url)?;
        let mut request = reqwest::Request::new(reqwest::Method::GET, url.clone());
        let headers = request.headers_mut();
        let unprintable = |what: &str| {
            Error::new(
                ErrorKind::Protocol,
                format!("GET {shown}: {what} cannot stand in a header"),
            )
        };
        headers.insert(
            ACCEPT,
            HeaderValue::from_str(download.accept).map_err(|_| unprintable("the type"))?,
        );
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(token) = download.token {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|_| unprintable("the token"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let failed = |error: &(dyn std::error::Error + 'static)| {
            let cause = cause::of(error);
            Error::new(cause.kind, format!("GET {shown}: {}", cause.words))
        };
        let silent = || {
            Error::new(
                ErrorKind::Timeout,
                format!("GET {shown}: nothing came for {}", seconds(IDLE_TIMEOUT)),
            )
        };
        let head = within(CONNECT_TIMEOUT.saturating_add(IDLE_TIMEOUT), async {
            quiet(self.client.execute(request)).await
        });
        let response = head.await.ok_or_else(silent)?;
        let response = response.map_err(|error| failed(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut pieces = response.bytes_stream();
        let mut body = Vec::new();
        while let Some(piece) = within(IDLE_TIMEOUT, pieces.next())
            .await
            .ok_or_else(silent)?
        {
            body.extend_from_slice(&piece.map_err(|error| failed(&error))?);
            if u64::try_from(body.len()).unwrap_or(u64::MAX) > download.max_bytes {
                return Err(Error::new(
                    ErrorKind::Protocol,
                    format!(
                        "GET {shown}: the answer has more than {} bytes",
                        download.max_bytes
                    ),
                ));
            }
        }
        Ok(Downloaded {
            status,
            headers,
            body,
        })
    }
}

async fn within<F: Future>(time: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(time, future).await.ok()
}

/// An address for messages: what is behind `?` can be a signature that opens it to whoever reads it.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // A URL that cannot have a user has none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

fn may_be_asked(url: &Url) -> Result<(), Error> {
    let refused = |why: &str| {
        Err(Error::new(
            ErrorKind::InvalidConfig,
            format!("{}: {why}", shown(url)),
        ))
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refused("expected an address without a user and a password");
    }
    let Some(host) = url.host_str() else {
        return refused("expected an address with a host");
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if encoding::is_loopback(host) => Ok(()),
        _ => refused("expected https://, or http:// on this machine"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_asked_and_secrets_are_not_shown() {
        for (url, refused) in [
            ("https://plugins.example/a.wasm?sig=s3cr3t", None),
            ("http://127.0.0.1:5000/v2/", None),
            ("http://localhost:5000/v2/", None),
            (
                "http://plugins.example/a.wasm?sig=s3cr3t",
                Some("expected https://"),
            ),
            ("ftp://plugins.example/a.wasm", Some("expected https://")),
            (
                "file:///etc/passwd",
                Some("expected an address with a host"),
            ),
            (
                "https://me:s3cr3t@plugins.example/a.wasm",
                Some("without a user"),
            ),
        ] {
            let message = may_be_asked(&Url::parse(url).unwrap()).map_err(|it| it.message);
            match refused {
                None => assert_eq!(message, Ok(()), "{url}"),
                Some(part) => {
                    let message = message.unwrap_err();
                    assert!(message.contains(part), "{message}");
                    assert!(!message.contains("s3cr3t"), "{message}");
                }
            }
        }
    }
}

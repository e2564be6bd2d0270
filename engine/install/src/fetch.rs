//! Fetching a component: bounded in size, time and redirects, and checked against what was asked for before anybody looks into it.

use std::io::Read;
use std::path::Path;

use trawl_connect::{Download, Downloaded, Downloads};
use url::Url;

use crate::digest::Digest;
use crate::error::Error;
use crate::limits;
use crate::oci;
use crate::plain::plain;
use crate::source::Source;

/// A component as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The component.
    pub wasm: Vec<u8>,
    /// Its digest.
    pub digest: Digest,
}

/// Fetches a component. `digest` is the component's own, whatever the source; an address needs it, a registry's reference has
/// one of its manifest.
///
/// # Errors
/// Nothing came, too much came, or something else than was asked for.
pub async fn fetch(source: &Source, digest: Option<&Digest>) -> Result<Fetched, Error> {
    let fetched = tokio::time::timeout(limits::FETCH_TIME, bytes(source, digest));
    let wasm = fetched.await.map_err(|_| {
        Error::Fetch(format!(
            "{source}: not fetched within {} s; fetch it by other means and add the file",
            limits::FETCH_TIME.as_secs()
        ))
    })??;
    let found = Digest::of(&wasm);
    match digest {
        Some(expected) if *expected != found => Err(Error::Digest {
            what: source.to_string(),
            expected: expected.clone(),
            found,
        }),
        _ => Ok(Fetched {
            wasm,
            digest: found,
        }),
    }
}

async fn bytes(source: &Source, digest: Option<&Digest>) -> Result<Vec<u8>, Error> {
    match source {
        Source::File(path) => file(path),
        Source::Address(_) if digest.is_none() => Err(Error::Source(format!(
            "{source}: expected the component's digest beside an address: --digest sha256:…, as whoever publishes it says"
        ))),
        Source::Address(url) => {
            let web = Web::new()?;
            let answer = web.get(url, "application/wasm, */*", None, limits::COMPONENT_BYTES);
            let answer = answer.await?;
            expect_success(&source.to_string(), &answer)?;
            Ok(answer.body)
        }
        Source::Registry(reference) => oci::pull(&Web::new()?, reference).await,
    }
}

fn file(path: &Path) -> Result<Vec<u8>, Error> {
    let cannot = || Error::io("cannot read", path);
    let file = std::fs::File::open(path).map_err(cannot())?;
    let mut wasm = Vec::new();
    file.take(limits::COMPONENT_BYTES.saturating_add(1))
        .read_to_end(&mut wasm)
        .map_err(cannot())?;
    if u64::try_from(wasm.len()).unwrap_or(u64::MAX) > limits::COMPONENT_BYTES {
        return Err(Error::Fetch(format!(
            "{}: a plugin may have {} bytes, and this file has more",
            path.display(),
            limits::COMPONENT_BYTES
        )));
    }
    Ok(wasm)
}

/// What is asked over the network, with the redirects that lead to it.
pub(crate) struct Web {
    downloads: Downloads,
}

impl Web {
    pub(crate) fn new() -> Result<Self, Error> {
        let downloads = Downloads::new().map_err(|error| Error::Fetch(error.to_string()))?;
        Ok(Self { downloads })
    }

    /// The answer behind all redirects, whatever its status. A token stays with the origin that it is for.
    pub(crate) async fn get(
        &self,
        url: &Url,
        accept: &str,
        token: Option<&str>,
        max_bytes: u64,
    ) -> Result<Downloaded, Error> {
        let mut at = url.clone();
        for _ in 0..=limits::REDIRECTS {
            let download = Download {
                url: &at,
                accept,
                token: token.filter(|_| at.origin() == url.origin()),
                max_bytes,
            };
            let answer = self.downloads.get(download).await;
            let answer = answer.map_err(|error| Error::Fetch(error.to_string()))?;
            let Some(to) = redirect(&answer) else {
                return Ok(answer);
            };
            let from = at.host_str().unwrap_or_default().to_owned();
            at = at.join(to).map_err(|error| {
                Error::Fetch(format!("{from} redirects to what is no address: {error}"))
            })?;
            // What was to come encrypted does. Where it comes from is the redirect's to say: no credential goes there, and only what
            // has the digest that was asked for is kept.
            if at.scheme() != "https" && url.scheme() == "https" {
                return Err(Error::Fetch(format!(
                    "{from} redirects to an address of the scheme `{}`; only https:// is followed",
                    at.scheme()
                )));
            }
        }
        Err(Error::Fetch(format!(
            "{}: more than {} redirects",
            url.host_str().unwrap_or_default(),
            limits::REDIRECTS
        )))
    }
}

fn redirect(answer: &Downloaded) -> Option<&str> {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308)
        .then(|| answer.headers.get("location")?.to_str().ok())
        .flatten()
}

/// Refuses an answer that is no success, with the beginning of what it says.
pub(crate) fn expect_success(what: &str, answer: &Downloaded) -> Result<(), Error> {
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&answer.body);
    let said = plain(&said);
    let said = match said.trim() {
        "" => String::new(),
        text => format!(": {text}"),
    };
    Err(Error::Fetch(format!(
        "{what}: answered with HTTP {}{said}",
        answer.status
    )))
}

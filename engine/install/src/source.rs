//! Where a component comes from: a file, an address or an OCI registry. What comes over a network needs a digest.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use crate::digest::Digest;
use crate::error::Error;

/// Where a component comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file of this machine.
    File(PathBuf),
    /// An address; what comes must have a digest that was given beside it.
    Address(Url),
    /// A repository of an OCI registry, and the digest of the manifest there.
    Registry(Reference),
}

/// `HOST/NAME@DIGEST`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The registry's host, with its port.
    pub(crate) host: String,
    /// The repository.
    pub(crate) name: String,
    /// Of the manifest.
    pub(crate) digest: Digest,
}

const OCI: &str = "oci://";

impl FromStr for Source {
    type Err = Error;

    /// Reads it as the command line has it.
    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(reference) = text.strip_prefix(OCI) {
            return reference.parse().map(Self::Registry);
        }
        match text.split_once("://") {
            Some(("https" | "http", _)) => address(text).map(Self::Address),
            Some((scheme, _)) => Err(Error::Source(format!(
                "expected a file, https://… or oci://…, got an address of the scheme `{scheme}`"
            ))),
            None if text.is_empty() => Err(Error::Source(
                "expected a file, https://… or oci://…, got nothing".to_owned(),
            )),
            None => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

fn address(text: &str) -> Result<Url, Error> {
    // The text is not quoted: what does not parse may still hold a password.
    let url = Url::parse(text).map_err(|error| {
        Error::Source(format!(
            "expected an address like https://host/plugin.wasm: {error}"
        ))
    })?;
    if url.fragment().is_some() {
        return Err(Error::Source(
            "expected an address without `#…`; the digest is given with --digest sha256:…"
                .to_owned(),
        ));
    }
    Ok(url)
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |why: String| {
            Error::Source(format!(
                "expected oci://HOST/NAME@sha256:…, as `oras resolve --full-reference HOST/NAME:TAG` or `docker buildx imagetools inspect` say it: {why}"
            ))
        };
        let Some((place, digest)) = text.split_once('@') else {
            return Err(wrong(
                "there is no digest; what a tag names can change".to_owned(),
            ));
        };
        let digest = digest.parse().map_err(wrong)?;
        let Some((host, name)) = place.split_once('/') else {
            return Err(wrong(format!("`{place}` has no name behind its host")));
        };
        // A tag beside a digest is for people: the digest says it all.
        let name = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => name,
            _ => name,
        };
        let plain = |part: &str| {
            let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            part.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
                && end(part.chars().next())
                && end(part.chars().next_back())
        };
        if !name.split('/').all(plain) {
            return Err(wrong(format!(
                "a repository's name has lower-case letters, digits, `.`, `_`, `-` and `/`, got `{name}`"
            )));
        }
        // Whatever else a URL could hold (a user, a path) is no host.
        let parsed = Url::parse(&format!("https://{host}/"));
        let is_host = parsed.is_ok_and(|url| {
            let port = url
                .port()
                .map(|port| format!(":{port}"))
                .unwrap_or_default();
            url.host_str().is_some_and(|it| {
                let known = host.strip_suffix(":443").unwrap_or(host);
                known.eq_ignore_ascii_case(&format!("{it}{port}"))
            })
        });
        if !is_host {
            return Err(wrong(format!("`{host}` is no host")));
        }
        Ok(Self {
            host: host.to_owned(),
            name: name.to_owned(),
            digest,
        })
    }
}

/// As it stands in the lock file: without what could be a credential.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                write!(f, "{}", path.display())
            }
            Self::Address(url) => {
                let mut url = url.clone();
                url.set_query(None);
                // An address that cannot have a user has none.
                let _ = url.set_username("");
                let _ = url.set_password(None);
                write!(f, "{url}")
            }
            Self::Registry(Reference { host, name, digest }) => {
                write!(f, "{OCI}{host}/{name}@{digest}")
            }
        }
    }
}

/// Whether two sources, as the lock file has them, are one place that gives one plugin in its versions: the same file, address or
/// repository, but for a version in their names, which is digits with dots between them. What comes from another place may be
/// somebody else's, whatever it calls itself.
pub fn is_same_place(one: &str, other: &str) -> bool {
    place(one) == place(other)
}

/// A source without its digest and the versions in its path.
fn place(source: &str) -> String {
    if let Some((repository, _)) = source
        .split_once('@')
        .filter(|(repository, _)| repository.starts_with(OCI))
    {
        return repository.to_owned();
    }
    // The name of a host has dots and digits that are no version.
    let path = match source.split_once("://") {
        Some((scheme, rest)) => scheme.len() + 3 + rest.find('/').unwrap_or(rest.len()),
        None => 0,
    };
    let (host, path) = source.split_at_checked(path).unwrap_or((source, ""));
    let mut place = host.to_owned();
    let mut rest = path;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let inside = |c: char| c.is_ascii_digit() || c == '.';
        let run = from.find(|c: char| !inside(c)).unwrap_or(from.len());
        let (run, behind) = from.split_at_checked(run).unwrap_or((from, ""));
        place.push_str(before);
        // A dot at the end is that of `.wasm`.
        let number = run.trim_end_matches('.');
        place.push_str(if number.contains('.') { "*" } else { number });
        place.push_str(run.get(number.len()..).unwrap_or_default());
        rest = behind;
    }
    place + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_one_whatever_version_it_has() {
        let oci = |host: &str, digit: &str| format!("oci://{host}/a@sha256:{}", digit.repeat(64));
        for (one, other, same) in [
            ("/x/a.wasm", "/x/a.wasm", true),
            ("/x/a-1.0.0.wasm", "/x/a-1.12.0.wasm", true),
            ("/x/1.0/a.wasm", "/x/2.0.1/a.wasm", true),
            ("/x/a.wasm", "/y/a.wasm", false),
            ("/x/a.wasm", "/x/b.wasm", false),
            ("/x/a1.wasm", "/x/a2.wasm", false),
            ("/x/1.wasm", "/x/2.wasm", false),
            ("https://h/v1.0/a.wasm", "https://h/v1.1/a.wasm", true),
            ("https://h/me1/a.wasm", "https://h/me2/a.wasm", false),
            ("https://h/a.wasm", "https://i/a.wasm", false),
            ("https://10.0.0.1/a.wasm", "https://10.0.0.2/a.wasm", false),
            ("https://10.0.0.1", "https://10.0.0.2", false),
            ("https://h/a.wasm", "http://h/a.wasm", false),
            (&oci("h:1", "0"), &oci("h:1", "1"), true),
            (&oci("1.0.h", "0"), &oci("1.1.h", "0"), false),
            ("", "/x", false),
        ] {
            assert_eq!(is_same_place(one, other), same, "{one} {other}");
        }
    }

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn sources_are_told_apart_and_written_without_credentials() {
        for (text, written) in [
            ("/plugins/a.wasm".to_owned(), "/plugins/a.wasm".to_owned()),
            (
                "https://me:pw@host.example/a.wasm?sig=s3cr3t".to_owned(),
                "https://host.example/a.wasm".to_owned(),
            ),
            (
                "http://127.0.0.1:8080/a.wasm".to_owned(),
                "http://127.0.0.1:8080/a.wasm".to_owned(),
            ),
            (
                format!("oci://ghcr.example/org/trawl-loki:1.0@{DIGEST}"),
                format!("oci://ghcr.example/org/trawl-loki@{DIGEST}"),
            ),
            (
                format!("oci://127.0.0.1:5000/loki@{DIGEST}"),
                format!("oci://127.0.0.1:5000/loki@{DIGEST}"),
            ),
            (
                format!("oci://[::1]:5000/loki@{DIGEST}"),
                format!("oci://[::1]:5000/loki@{DIGEST}"),
            ),
            (
                format!("oci://host.example:443/loki@{DIGEST}"),
                format!("oci://host.example:443/loki@{DIGEST}"),
            ),
        ] {
            let source: Source = text.parse().unwrap();
            assert_eq!(source.to_string(), written);
        }
        assert!(matches!("a.wasm".parse().unwrap(), Source::File(_)));
    }

    #[test]
    fn sources_that_are_none_say_what_was_expected() {
        for (text, part) in [
            (String::new(), "got nothing"),
            ("ftp://host/a.wasm".to_owned(), "the scheme `ftp`"),
            ("https://".to_owned(), "expected an address like"),
            ("https://host/a.wasm#sha256:00".to_owned(), "--digest"),
            ("oci://host/name".to_owned(), "what a tag names can change"),
            (
                "oci://host/name:1.0".to_owned(),
                "what a tag names can change",
            ),
            ("oci://host/name@sha256:00".to_owned(), "expected a digest"),
            (format!("oci://host@{DIGEST}"), "no name behind its host"),
            (format!("oci://host/Name@{DIGEST}"), "lower-case letters"),
            (format!("oci://host/../x@{DIGEST}"), "lower-case letters"),
            (format!("oci://host/a//b@{DIGEST}"), "lower-case letters"),
            (
                format!("oci://me:pw@host/name@{DIGEST}"),
                "expected a digest",
            ),
            (format!("oci://ho st/name@{DIGEST}"), "is no host"),
            (format!("oci:///name@{DIGEST}"), "is no host"),
        ] {
            let error = text.parse::<Source>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}

//! One component of an OCI registry: its manifest by digest, its one layer by the digest that the manifest names, a token for
//! anybody where the registry wants one. <https://github.com/opencontainers/distribution-spec>
//!
//! Not by a library: what is there follows redirects and reads bodies as the registry likes, and what may come here is bounded.

use serde::Deserialize;
use trawl_connect::Downloaded;
use url::Url;

use crate::digest::Digest;
use crate::error::Error;
use crate::fetch::{Web, expect_success};
use crate::limits;
use crate::source::{Reference, Source};

/// The one type of manifest that holds a component.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// What layers with a component are called: by the Wasm working group (`wkg`, `wash`), by tools before it, and by `oras` users
/// who followed their documentation.
const LAYERS: &[&str] = &[
    "application/wasm",
    "application/vnd.wasm.content.layer.v1+wasm",
    "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm",
    "application/vnd.module.wasm.content.layer.v1+wasm",
];
/// The address at which this registry answers is not the one in its references.
const DOCKER_HUB: (&str, &str) = ("docker.io", "registry-1.docker.io");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    media_type: Option<String>,
    #[serde(default)]
    layers: Vec<Layer>,
    /// An index has these instead of layers.
    #[serde(default)]
    manifests: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
    size: u64,
}

/// Registries say one of these names or both, with the same value.
#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// A repository, with the token that it gave.
struct Repository<'a> {
    web: &'a Web,
    reference: &'a Reference,
    token: Option<String>,
}

/// The component of a reference.
pub(crate) async fn pull(web: &Web, reference: &Reference) -> Result<Vec<u8>, Error> {
    let shown = Source::Registry(reference.clone()).to_string();
    let mut repository = Repository {
        web,
        reference,
        token: None,
    };
    let digest = &reference.digest;
    let manifest = repository.get("manifests", digest, MANIFEST, limits::MANIFEST_BYTES);
    let manifest = manifest.await?;
    expect_success(&shown, &manifest)?;
    check(&format!("{shown}: the manifest"), digest, &manifest.body)?;
    let layer = layer(&shown, &manifest.body)?;
    let digest: Digest = layer
        .digest
        .parse()
        .map_err(|problem| Error::Fetch(format!("{shown}: its layer: {problem}")))?;
    if layer.size > limits::COMPONENT_BYTES {
        return Err(Error::Fetch(format!(
            "{shown}: a plugin may have {} bytes, and this one has {}",
            limits::COMPONENT_BYTES,
            layer.size
        )));
    }
    let blob = repository.get("blobs", &digest, "*/*", layer.size).await?;
    let what = format!("{shown}: its layer");
    expect_success(&what, &blob)?;
    check(&what, &digest, &blob.body)?;
    Ok(blob.body)
}

fn check(what: &str, expected: &Digest, bytes: &[u8]) -> Result<(), Error> {
    let found = Digest::of(bytes);
    if found == *expected {
        return Ok(());
    }
    Err(Error::Digest {
        what: what.to_owned(),
        expected: expected.clone(),
        found,
    })
}

/// The layer with the component.
fn layer(shown: &str, manifest: &[u8]) -> Result<Layer, Error> {
    let wrong = |why: String| Error::Fetch(format!("{shown}: {why}"));
    let manifest: Manifest = serde_json::from_slice(manifest)
        .map_err(|error| wrong(format!("expected a manifest: {error}")))?;
    if !manifest.manifests.is_empty() {
        return Err(wrong(format!(
            "the digest is that of an index of {} manifests; expected that of the one manifest with the component",
            manifest.manifests.len()
        )));
    }
    if let Some(other) = manifest.media_type.filter(|it| it != MANIFEST) {
        return Err(wrong(format!(
            "expected a manifest of the type {MANIFEST}, got {other}"
        )));
    }
    let found: Vec<String> = manifest
        .layers
        .iter()
        .map(|layer| layer.media_type.clone())
        .collect();
    match <[Layer; 1]>::try_from(manifest.layers) {
        Ok([layer]) if LAYERS.contains(&layer.media_type.as_str()) => Ok(layer),
        _ => Err(wrong(format!(
            "expected one layer of the type {}, got {}; push it with `wkg oci push`, or `oras push … plugin.wasm:{}`",
            LAYERS.first().copied().unwrap_or_default(),
            if found.is_empty() {
                "none".to_owned()
            } else {
                found.join(", ")
            },
            LAYERS.first().copied().unwrap_or_default(),
        ))),
    }
}

impl Repository<'_> {
    /// Asks the registry, and once more with a token where it wants one.
    async fn get(
        &mut self,
        what: &str,
        digest: &Digest,
        accept: &str,
        max_bytes: u64,
    ) -> Result<Downloaded, Error> {
        let url = self.url(what, digest)?;
        // What is no success is told, and not bounded by what was expected.
        let max_bytes = max_bytes.max(limits::REFUSAL_BYTES);
        let answer = self.web.get(&url, accept, self.token.as_deref(), max_bytes);
        let answer = answer.await?;
        if answer.status != 401 || self.token.is_some() {
            return Ok(answer);
        }
        self.token = Some(self.token(&answer).await?);
        self.web
            .get(&url, accept, self.token.as_deref(), max_bytes)
            .await
    }

    fn url(&self, what: &str, digest: &Digest) -> Result<Url, Error> {
        let Reference { host, name, .. } = self.reference;
        let host = if host == DOCKER_HUB.0 {
            DOCKER_HUB.1
        } else {
            host
        };
        let url =
            |scheme: &str| Url::parse(&format!("{scheme}://{host}/v2/{name}/{what}/{digest}"));
        // A registry on this machine has no certificate that anybody knows.
        let https = url("https").map_err(|error| Error::Fetch(format!("{host}: {error}")))?;
        match url("http") {
            Ok(http) if is_this_machine(&http) => Ok(http),
            _ => Ok(https),
        }
    }

    /// The token that the registry's challenge says where to get, for anybody who asks.
    async fn token(&self, refused: &Downloaded) -> Result<String, Error> {
        let host = &self.reference.host;
        let wrong = |why: String| {
            Error::Fetch(format!(
                "{host} wants a login: {why}; fetch it by other means (`oras pull`) and add the file"
            ))
        };
        // Each way to log in has a header of its own.
        let headers = refused.headers.get_all("www-authenticate").iter();
        let mut challenges = headers.filter_map(|it| it.to_str().ok()?.split_once(' '));
        let bearer = challenges.find(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, parameters)) = bearer else {
            return Err(wrong("it offers no token to anonymous callers".to_owned()));
        };
        let mut realm = None;
        let mut query = Vec::new();
        for (key, value) in parameters_of(parameters) {
            match key.as_str() {
                "realm" => realm = Some(value),
                "service" | "scope" => query.push((key, value)),
                _ => {}
            }
        }
        let mut url = realm
            .and_then(|realm| Url::parse(&realm).ok())
            .ok_or_else(|| wrong("it does not say where a token is to be had".to_owned()))?;
        let registry = self.url("manifests", &self.reference.digest)?;
        if url.scheme() != "https" && registry.scheme() == "https" {
            return Err(wrong("its tokens would come unencrypted".to_owned()));
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let answer = self
            .web
            .get(&url, "application/json", None, limits::TOKEN_BYTES);
        let answer = answer.await?;
        if !(200..300).contains(&answer.status) {
            return Err(wrong(format!(
                "it gives no token to anonymous callers (HTTP {})",
                answer.status
            )));
        }
        token_in(&answer.body).ok_or_else(|| wrong("what it gave is no token".to_owned()))
    }
}

fn token_in(answer: &[u8]) -> Option<String> {
    let Token {
        token,
        access_token,
    } = serde_json::from_slice(answer).ok()?;
    token.or(access_token)
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The parameters of a challenge: `realm="https://…",service="…"`. A comma may stand in a quoted value.
fn parameters_of(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((key, behind)) = rest.split_once('=') {
        let (value, next) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => behind.split_once(',').unwrap_or((behind, "")),
        };
        let key = key.trim().trim_start_matches(',').trim();
        found.push((key.to_ascii_lowercase(), value.trim().to_owned()));
        rest = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let pairs = |text: &str| -> Vec<String> {
            let pairs = parameters_of(text).into_iter();
            pairs.map(|(key, value)| format!("{key}={value}")).collect()
        };
        assert_eq!(
            pairs(
                r#"realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push""#
            ),
            [
                "realm=https://auth.example/token",
                "service=registry.example",
                "scope=repository:a/b:pull,push"
            ]
        );
        assert_eq!(pairs("Realm=x, service=y"), ["realm=x", "service=y"]);
        assert_eq!(pairs(""), [""; 0]);
        assert_eq!(pairs(r#"realm="unended"#), ["realm=unended"]);
    }

    #[test]
    fn a_token_has_one_of_two_names_or_both() {
        for (answer, token) in [
            (r#"{"token": "t", "expires_in": 300}"#, Some("t")),
            (r#"{"access_token": "a"}"#, Some("a")),
            // As Docker Hub has it.
            (r#"{"token": "t", "access_token": "t"}"#, Some("t")),
            (r#"{"token": null, "access_token": "a"}"#, Some("a")),
            (r#"{"token": 7}"#, None),
            ("{}", None),
            ("[]", None),
        ] {
            assert_eq!(token_in(answer.as_bytes()).as_deref(), token, "{answer}");
        }
    }

    #[test]
    fn manifests_without_one_component_say_what_they_have() {
        let layers = |types: &[&str]| {
            let layers: Vec<String> = types
                .iter()
                .map(|it| format!(r#"{{"mediaType": "{it}", "digest": "d", "size": 1}}"#))
                .collect();
            format!(
                r#"{{"schemaVersion": 2, "layers": [{}]}}"#,
                layers.join(",")
            )
        };
        for good in LAYERS {
            assert!(
                layer("oci://x", layers(&[good]).as_bytes()).is_ok(),
                "{good}"
            );
        }
        for (manifest, part) in [
            (layers(&[]), "got none; push it with `wkg oci push`"),
            (
                layers(&["application/wasm", "application/wasm"]),
                "got application/wasm, application/wasm",
            ),
            (
                layers(&["application/vnd.oci.image.layer.v1.tar+gzip"]),
                "tar+gzip",
            ),
            (
                r#"{"manifests": [{}, {}]}"#.to_owned(),
                "an index of 2 manifests",
            ),
            (r#"{"mediaType": "x/y"}"#.to_owned(), "got x/y"),
            ("<html>".to_owned(), "expected a manifest"),
        ] {
            let error = layer("oci://x", manifest.as_bytes())
                .err()
                .unwrap()
                .to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}

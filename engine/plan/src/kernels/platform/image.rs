//! `parse_image(text)`: the parts of an image reference by Docker's grammar, with Docker's defaults for those that are left out.
//!
//! The grammar is that of <https://pkg.go.dev/github.com/distribution/reference>.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Fields};
use datafusion_common::Result;

use crate::kernels::Kernel;
use crate::kernels::rows::texts;
use crate::types::Type;

/// Where an image without a registry comes from.
const DEFAULT_REGISTRY: &str = "docker.io";
/// An old name of the same registry.
const LEGACY_REGISTRY: &str = "index.docker.io";
/// Where images of one part lie at the default registry.
const OFFICIAL: &str = "library/";
/// What is meant when neither tag nor digest is written.
const DEFAULT_TAG: &str = "latest";

/// Most characters of a repository, by the grammar.
const MAX_REPOSITORY_BYTES: usize = 255;
/// Most characters of a tag, by the grammar.
const MAX_TAG_BYTES: usize = 128;
/// Fewest hexadecimal digits of a digest, by the grammar.
const MIN_DIGEST_BYTES: usize = 32;
/// Digits of an image's own number, which is no reference although it looks like a repository.
const IDENTIFIER_BYTES: usize = 64;

/// `parse_image(text)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ParseImage;

impl ParseImage {
    /// The type of its result.
    pub fn ty() -> Type {
        let fields = ["registry", "repository", "tag", "digest"];
        Type::Struct(fields.map(|name| (name.to_owned(), Type::String)).to_vec())
    }
}

impl Kernel for ParseImage {
    fn name(&self) -> &str {
        "parse_image"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(Self::ty().arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let images: Vec<Option<Image<'_>>> = texts(arguments, 0)?
            .iter()
            .map(|text| Image::parse(text?))
            .collect();
        let column = |part: fn(&Image<'_>) -> Option<String>| -> ArrayRef {
            let parts = images.iter().map(|image| part(image.as_ref()?));
            Arc::new(parts.collect::<StringArray>())
        };
        let columns = vec![
            column(|image| Some(image.registry.to_owned())),
            column(|image| Some(image.repository.clone())),
            column(|image| image.tag.map(str::to_owned)),
            column(|image| image.digest.map(str::to_owned)),
        ];
        let known: NullBuffer = images.iter().map(Option::is_some).collect();
        let fields = match Self::ty().arrow() {
            DataType::Struct(fields) => fields,
            _ => Fields::empty(),
        };
        Ok(Arc::new(StructArray::try_new(
            fields,
            columns,
            Some(known),
        )?))
    }
}

#[derive(Debug, PartialEq)]
struct Image<'a> {
    registry: &'a str,
    repository: String,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

impl<'a> Image<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == IDENTIFIER_BYTES && text.bytes().all(lower_hex) {
            return None;
        }
        let (text, digest) = match text.split_once('@') {
            Some((text, digest)) => (text, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash belongs to the registry's port.
        let last_part = text.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match text.get(last_part..)?.find(':') {
            Some(colon) => (
                text.get(..last_part + colon)?,
                text.get(last_part + colon + 1..),
            ),
            None => (text, None),
        };
        let (registry, path) = match name.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => {
                (first, path)
            }
            _ => (DEFAULT_REGISTRY, name),
        };
        let registry = if registry == LEGACY_REGISTRY {
            DEFAULT_REGISTRY
        } else {
            registry
        };
        let valid = is_registry(registry)
            && path.len() <= MAX_REPOSITORY_BYTES
            && path.split('/').all(is_path_part)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest);
        if !valid {
            return None;
        }
        let official = registry == DEFAULT_REGISTRY && !path.contains('/');
        Some(Self {
            registry,
            repository: format!("{}{path}", if official { OFFICIAL } else { "" }),
            tag: tag.or(digest.is_none().then_some(DEFAULT_TAG)),
            digest,
        })
    }
}

/// A host name or address, with or without a port.
fn is_registry(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            let valid = address.parse::<std::net::Ipv6Addr>().is_ok();
            return valid && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty()
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.split('.').all(is_label) && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Lower-case letters and digits, between them `.`, `_`, `__` or any number of `-`.
fn is_path_part(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(plain)
        && text.ends_with(plain)
        && text.split(plain).all(|separator| {
            matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|b| b == b'-')
        })
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= MAX_TAG_BYTES
        && text.bytes().next().is_some_and(word)
        && text
            .bytes()
            .all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

/// `sha256:` and digits, or another algorithm: names that begin with a letter, joined by one of `+._-`.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, digits)) = text.split_once(':') else {
        return false;
    };
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    algorithm.split(['+', '.', '_', '-']).all(is_name)
        && digits.len() >= MIN_DIGEST_BYTES
        && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parts(text: &str) -> Option<String> {
        let image = Image::parse(text)?;
        Some(format!(
            "{} {} {} {}",
            image.registry,
            image.repository,
            image.tag.unwrap_or("-"),
            image.digest.map_or("-", |_| "digest")
        ))
    }

    #[test]
    fn references_by_dockers_grammar() {
        for (text, expected) in [
            ("nginx", Some("docker.io library/nginx latest -")),
            ("nginx:1.27", Some("docker.io library/nginx 1.27 -")),
            ("docker.io/nginx", Some("docker.io library/nginx latest -")),
            ("index.docker.io/a/b", Some("docker.io a/b latest -")),
            ("grafana/grafana:11", Some("docker.io grafana/grafana 11 -")),
            ("localhost/a", Some("localhost a latest -")),
            ("localhost:5000", Some("docker.io library/localhost 5000 -")),
            ("localhost:5000/a:b", Some("localhost:5000 a b -")),
            (
                "registry.k8s.io/pause:3.10",
                Some("registry.k8s.io pause 3.10 -"),
            ),
            ("[::1]:5000/a", Some("[::1]:5000 a latest -")),
            (
                "ghcr.io/a/b__c/d--e.f:V1_x",
                Some("ghcr.io a/b__c/d--e.f V1_x -"),
            ),
            ("", None),
            (":tag", None),
            ("nginx:", None),
            ("nginx@", None),
            ("Nginx", None),
            ("Foo/bar", None),
            ("a//b", None),
            ("a/", None),
            ("/a", None),
            ("a.", None),
            ("a___b", None),
            ("a._b", None),
            ("a:-x", None),
            ("a b", None),
            ("nginx@sha256:abc", None),
            ("ex-.io/a", None),
            ("ex.io:/a", None),
            ("ex.io:x/a", None),
            ("docker://nginx", None),
        ] {
            assert_eq!(parts(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn digests_take_the_place_of_the_default_tag() {
        assert_eq!(
            parts(&format!("a/b@{DIGEST}")).as_deref(),
            Some("docker.io a/b - digest")
        );
        assert_eq!(
            parts(&format!("a/b:1@{DIGEST}")).as_deref(),
            Some("docker.io a/b 1 digest")
        );
        // An image's own number is no reference.
        assert_eq!(parts(DIGEST.strip_prefix("sha256:").unwrap()), None);
        assert_eq!(parts(&"a".repeat(MAX_REPOSITORY_BYTES + 1)), None);
        assert_eq!(parts(&format!("a:{}", "t".repeat(MAX_TAG_BYTES + 1))), None);
    }
}

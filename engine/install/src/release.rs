//! One version of a plugin as the lock file has it, and whether another asks for more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// What a version declares, by the names of its endpoints.
pub type Endpoints = BTreeMap<String, Endpoint>;

/// What a version declares of one endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// http, kubernetes or aws.
    pub kind: String,
    /// `GET /loki/api/v1/query_range`, for AWS with the action behind it.
    pub operations: Vec<String>,
    /// Headers that it may send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_headers: Vec<String>,
    /// Headers that it may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_headers: Vec<String>,
}

/// What a version declares beyond another one, in words; each with its endpoint before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wider {
    /// What a clusters.yaml can grant.
    pub operations: Vec<String>,
    /// What stands in no grant: headers, and endpoints of another kind. Whoever installs the version accepts them.
    pub others: Vec<String>,
}

impl Wider {
    /// Whether it declares nothing more.
    pub fn is_nothing(&self) -> bool {
        self.operations.is_empty() && self.others.is_empty()
    }

    /// All of it.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.operations
            .iter()
            .chain(&self.others)
            .map(String::as_str)
    }
}

/// One version of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// As it says of itself.
    pub version: String,
    /// Of its component.
    pub digest: Digest,
    /// Of its component, in bytes.
    pub size: u64,
    /// The version of the contract that it was built for: `0.1`.
    pub contract: String,
    /// Where it came from, without what could be a credential.
    pub source: String,
    /// What it declares. Told and compared here; what it may do is what exec reads in the component itself.
    pub endpoints: Endpoints,
}

/// What `new` declares and `old` does not. Texts are compared, so that an operation that is another way to write an old one
/// counts as new: it then waits for a grant that it may already have.
pub fn wider(old: &Endpoints, new: &Endpoints) -> Wider {
    let mut wider = Wider::default();
    for (name, new) in new {
        let old = old.get(name);
        if let Some(old) = old.filter(|old| old.kind != new.kind) {
            let (old, new) = (&old.kind, &new.kind);
            wider
                .others
                .push(format!("{name}: is of the kind {new} instead of {old}"));
        }
        let nothing = Endpoint::default();
        let old = old.unwrap_or(&nothing);
        let operations = new.operations.iter();
        let operations = operations.filter(|it| !old.operations.contains(it));
        wider
            .operations
            .extend(operations.map(|it| format!("{name}: {it}")));
        for (does, old, new) in [
            ("sends", &old.request_headers, &new.request_headers),
            ("reads", &old.response_headers, &new.response_headers),
        ] {
            // Of headers the case says nothing.
            let is_old = |header: &String| old.iter().any(|it| it.eq_ignore_ascii_case(header));
            let headers = new.iter().filter(|it| !is_old(it));
            wider
                .others
                .extend(headers.map(|it| format!("{name}: {does} the header {it}")));
        }
    }
    wider
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `api http: GET /a, GET /b; sends X-A; reads X-B`
    fn endpoints(texts: &[&str]) -> Endpoints {
        let mut endpoints = Endpoints::new();
        for text in texts {
            let (head, parts) = text.split_once(": ").unwrap();
            let (name, kind) = head.split_once(' ').unwrap();
            let mut endpoint = Endpoint {
                kind: kind.to_owned(),
                ..Endpoint::default()
            };
            for part in parts.split("; ") {
                let list = |text: &str| text.split(", ").map(str::to_owned).collect();
                match part.split_once(' ') {
                    Some(("sends", headers)) => endpoint.request_headers = list(headers),
                    Some(("reads", headers)) => endpoint.response_headers = list(headers),
                    _ => endpoint.operations = list(part),
                }
            }
            endpoints.insert(name.to_owned(), endpoint);
        }
        endpoints
    }

    #[test]
    fn only_what_is_new_is_wider() {
        let old = endpoints(&["api http: GET /a, GET /b; sends X-A; reads ETag"]);
        for (new, operations, others) in [
            (&[][..], &[][..], &[][..]),
            (&["api http: GET /b"], &[], &[]),
            (&["api http: GET /b; sends x-a; reads etag"], &[], &[]),
            (&["api http: GET /b, POST /b"], &["api: POST /b"], &[]),
            (
                &["api http: GET /a; sends X-A, X-B; reads Link"],
                &[],
                &["api: sends the header X-B", "api: reads the header Link"],
            ),
            // What it sends it must not read because of that.
            (
                &["api http: GET /a; reads X-A"],
                &[],
                &["api: reads the header X-A"],
            ),
            (
                &["api kubernetes: GET /a"],
                &[],
                &["api: is of the kind kubernetes instead of http"],
            ),
            (
                &["other aws: GET /a; sends X-A"],
                &["other: GET /a"],
                &["other: sends the header X-A"],
            ),
        ] {
            let found = wider(&old, &endpoints(new));
            assert_eq!(found.operations, operations, "{new:?}");
            assert_eq!(found.others, others, "{new:?}");
            let nothing = operations.is_empty() && others.is_empty();
            assert_eq!(found.is_nothing(), nothing);
        }
    }
}

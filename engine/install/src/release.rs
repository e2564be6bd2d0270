//! One version of a plugin as the lock file has it, and whether another asks for more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// What a version declares, by endpoint: `GET /loki/api/v1/query_range`, for AWS with the action behind it.
pub type Operations = BTreeMap<String, Vec<String>>;

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
    pub operations: Operations,
}

/// What `new` declares and `old` does not. Texts are compared, so that an operation that is another way to write an old one
/// counts as new: it then waits for a grant that it may already have.
pub fn wider(old: &Operations, new: &Operations) -> Operations {
    let mut wider = Operations::new();
    for (endpoint, operations) in new {
        let known = old.get(endpoint).map(Vec::as_slice).unwrap_or_default();
        let more: Vec<String> = operations
            .iter()
            .filter(|operation| !known.contains(operation))
            .cloned()
            .collect();
        if !more.is_empty() {
            wider.insert(endpoint.clone(), more);
        }
    }
    wider
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations(endpoints: &[(&str, &[&str])]) -> Operations {
        endpoints
            .iter()
            .map(|(endpoint, operations)| {
                let operations = operations.iter().map(|it| (*it).to_owned()).collect();
                ((*endpoint).to_owned(), operations)
            })
            .collect()
    }

    #[test]
    fn only_what_is_new_is_wider() {
        let old = operations(&[("api", &["GET /a", "GET /b"])]);
        for (new, expected) in [
            (operations(&[("api", &["GET /b"])]), operations(&[])),
            (
                operations(&[("api", &["GET /b", "POST /b"])]),
                operations(&[("api", &["POST /b"])]),
            ),
            (
                operations(&[("other", &["GET /a"])]),
                operations(&[("other", &["GET /a"])]),
            ),
            (operations(&[]), operations(&[])),
        ] {
            assert_eq!(wider(&old, &new), expected);
        }
    }
}

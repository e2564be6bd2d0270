//! Answers that their server calls immutable, kept on disk: an API server's OpenAPI documents have a hash of
//! their content in their URL. Nothing is revalidated, and nothing is kept that could be another's answer.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, HeaderMap, SET_COOKIE, TRANSFER_ENCODING, VARY};
use http::{StatusCode, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::limits::{MAX_KEPT_ANSWER_BYTES, MAX_KEPT_ANSWERS, MAX_KEPT_BYTES};
use crate::prepared::Prepared;
use crate::private_folder::{Capacity, PrivateFolder};
use crate::request::Method;

/// Begins every key, so that another layout of entries never reads those of this one.
const LAYOUT: &str = "answer 1";
/// The ending of the entries.
const EXTENSION: &str = "answer";

/// Where answers are kept. Cheap to clone; all endpoints of a process share one.
#[derive(Debug, Clone)]
pub struct AnswerStore {
    folder: Arc<PrivateFolder>,
}

/// What is known of an answer before its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Those that the guest was shown; it is asked again what it may see now.
    pub(crate) headers: Vec<(String, String)>,
    /// Seconds since 1970, where the server gave a time.
    until: Option<u64>,
}

impl AnswerStore {
    /// Keeps answers in this folder, which is made if need be; none, with a warning in the log, where others
    /// may enter it.
    #[must_use]
    pub fn open(folder: PathBuf) -> Option<AnswerStore> {
        let capacity = Capacity {
            entries: MAX_KEPT_ANSWERS,
            bytes: MAX_KEPT_BYTES,
        };
        let shown = folder.display().to_string();
        PrivateFolder::open(folder, EXTENSION, capacity)
            .inspect_err(|error| {
                tracing::warn!(folder = %shown, %error, "immutable answers are not kept");
            })
            .ok()
            .map(|folder| AnswerStore {
                folder: Arc::new(folder),
            })
    }

    /// A kept answer that is still good.
    pub(crate) async fn get(&self, key: &str) -> Option<(Head, Bytes)> {
        let folder = Arc::clone(&self.folder);
        let key = key.to_owned();
        let entry = tokio::task::spawn_blocking(move || folder.read(&key)).await;
        let mut entry = Bytes::from(entry.ok()??);
        let end = entry.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(&entry.split_to(end)).ok()?;
        let good = head.until.is_none_or(|until| now() < until);
        // The line break itself.
        good.then(|| (head, entry.split_off(1)))
    }

    /// Begins to keep an answer whose body is about to be read.
    pub(crate) fn keeping(&self, key: String, head: Head) -> Keeping {
        Keeping {
            folder: Arc::clone(&self.folder),
            key,
            head,
            body: Vec::new(),
        }
    }
}

/// An answer that is kept once the whole of its body has gone by.
pub(crate) struct Keeping {
    folder: Arc<PrivateFolder>,
    key: String,
    head: Head,
    body: Vec<u8>,
}

impl Keeping {
    /// Notes a piece of the body; false where the answer has become too large to keep.
    pub(crate) fn add(&mut self, piece: &[u8]) -> bool {
        let fits = self.body.len().saturating_add(piece.len()) <= MAX_KEPT_ANSWER_BYTES;
        if fits {
            self.body.extend_from_slice(piece);
        }
        fits
    }

    /// Writes the answer. That it cannot be written harms nobody but the next run.
    pub(crate) async fn finish(self) {
        let written = tokio::task::spawn_blocking(move || {
            let mut entry = serde_json::to_vec(&self.head)?;
            entry.push(b'\n');
            entry.extend_from_slice(&self.body);
            self.folder.write(&self.key, &entry)
        });
        if let Ok(Err(error)) = written.await {
            tracing::warn!(%error, "an immutable answer cannot be kept");
        }
    }
}

/// The name of the answer to this request, if one may be kept at all. `identity` is who answers whom, and holds
/// no secret.
pub(crate) fn key(identity: &str, prepared: &Prepared) -> Option<String> {
    if prepared.method != Method::Get || prepared.body.is_some() {
        return None;
    }
    let mut digest = Sha256::new();
    let mut add = |part: &[u8]| {
        // With its length, so that no two lists of parts read the same.
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        digest.update(part);
    };
    add(LAYOUT.as_bytes());
    add(identity.as_bytes());
    add(prepared.target.as_bytes());
    // All of them, `Accept` first among them: whatever the guest asks with can change the answer.
    let mut headers: Vec<(&str, &[u8])> = prepared
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    headers.sort_unstable();
    for (name, value) in headers {
        add(name.as_bytes());
        add(value);
    }
    let digest = digest.finalize();
    Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The head to keep of an answer that its server calls immutable; none where it may not be kept, or where its
/// end could not be told from a broken connection.
pub(crate) fn head(parts: &http::response::Parts, visible: &[(String, String)]) -> Option<Head> {
    let headers = &parts.headers;
    let varies = list(headers, VARY.as_str())
        .any(|name| !matches!(name.as_str(), "accept" | "accept-encoding"));
    if parts.status != StatusCode::OK || headers.contains_key(SET_COOKIE) || varies {
        return None;
    }
    // A body that ends with its connection looks the same whole and cut.
    let framed = parts.version >= Version::HTTP_2
        || headers.contains_key(CONTENT_LENGTH)
        || headers.contains_key(TRANSFER_ENCODING);
    let lifetime = lifetime(headers).filter(|_| framed)?;
    Some(Head {
        headers: visible.to_vec(),
        until: lifetime.map(|lifetime| now().saturating_add(lifetime.as_secs())),
    })
}

/// How long an immutable answer is good: for ever where it says no time. None: it is not to be kept. `Expires`
/// is not looked at, since an API server writes it in its own time zone, a year ahead.
fn lifetime(headers: &HeaderMap) -> Option<Option<Duration>> {
    let mut immutable = false;
    let mut lifetime = None;
    for directive in list(headers, CACHE_CONTROL.as_str()) {
        let (name, value) = match directive.split_once('=') {
            Some((name, value)) => (name.trim(), value.trim().trim_matches('"')),
            None => (directive.as_str(), ""),
        };
        match name {
            "immutable" => immutable = true,
            "no-store" | "no-cache" => return None,
            // A number that is none is the shortest there is.
            "max-age" => lifetime = Some(Duration::from_secs(value.parse().unwrap_or(0))),
            _ => {}
        }
    }
    (immutable && lifetime != Some(Duration::ZERO)).then_some(lifetime)
}

/// The elements of a header that is a list, in lower case. What is no text is an element that nobody knows.
fn list(headers: &HeaderMap, name: &str) -> impl Iterator<Item = String> {
    headers.get_all(name).iter().flat_map(|value| {
        let text = value.to_str().unwrap_or("*").to_ascii_lowercase();
        text.split(',')
            .map(|element| element.trim().to_owned())
            .filter(|element| !element.is_empty())
            .collect::<Vec<_>>()
    })
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::{HeaderName, HeaderValue};

    fn parts(status: u16, headers: &[(&'static str, &'static str)]) -> http::response::Parts {
        let mut response = http::Response::builder().status(status).body(()).unwrap();
        for (name, value) in headers {
            response.headers_mut().append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        response.into_parts().0
    }

    #[test]
    fn only_what_is_immutable_whole_and_the_same_for_all_is_kept() {
        let length = ("content-length", "5");
        let immutable = ("cache-control", "public, immutable");
        for (status, headers, kept) in [
            (200, vec![immutable, length], true),
            (200, vec![immutable, ("transfer-encoding", "chunked")], true),
            (200, vec![immutable], false),
            (200, vec![length], false),
            (203, vec![immutable, length], false),
            (206, vec![immutable, length], false),
            (404, vec![immutable, length], false),
            (200, vec![("cache-control", "public"), length], false),
            (200, vec![("cache-control", "x-immutable"), length], false),
            (200, vec![("cache-control", "IMMUTABLE"), length], true),
            (
                200,
                vec![immutable, ("cache-control", "no-store"), length],
                false,
            ),
            (
                200,
                vec![("cache-control", "immutable, max-age=0"), length],
                false,
            ),
            (
                200,
                vec![("cache-control", "immutable, max-age=soon"), length],
                false,
            ),
            (
                200,
                vec![("cache-control", "max-age=\"9\" , immutable"), length],
                true,
            ),
            (200, vec![immutable, length, ("set-cookie", "a=b")], false),
            (200, vec![immutable, length, ("vary", "Accept")], true),
            (
                200,
                vec![
                    immutable,
                    length,
                    ("vary", "accept-encoding"),
                    ("vary", "Accept"),
                ],
                true,
            ),
            (
                200,
                vec![immutable, length, ("vary", "Accept, Authorization")],
                false,
            ),
            (200, vec![immutable, length, ("vary", "*")], false),
        ] {
            let head = head(&parts(status, &headers), &[]);
            assert_eq!(head.is_some(), kept, "{status} {headers:?}");
        }
    }

    #[test]
    fn a_time_that_the_server_gave_counts_from_now() {
        let headers = [
            ("cache-control", "immutable, max-age=60"),
            ("content-length", "1"),
        ];
        let before = now();
        let until = head(&parts(200, &headers), &[]).unwrap().until.unwrap();
        assert!((before + 60..=now() + 60).contains(&until));
    }

    fn prepared(target: &str, headers: &[(&'static str, &'static str)]) -> Prepared {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        Prepared {
            method: Method::Get,
            target: target.to_owned(),
            path: String::new(),
            dropped: Vec::new(),
            headers: headers.collect(),
            action: None,
            repeatable: true,
            body: None,
        }
    }

    #[test]
    fn another_server_path_query_or_header_is_another_answer() {
        let json = [("accept", "application/json")];
        let mut keys: Vec<String> = [
            ("a", prepared("/x", &json)),
            ("b", prepared("/x", &json)),
            ("", prepared("a/x", &json)),
            ("a", prepared("/x?y=1", &json)),
            ("a", prepared("/x", &[("accept", "text/plain")])),
            ("a", prepared("/x", &[])),
            (
                "a",
                prepared("/x", &[("accept", "application/json"), ("x", "")]),
            ),
        ]
        .iter()
        .map(|(identity, prepared)| key(identity, prepared).unwrap())
        .collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all);
        let mut post = prepared("/x", &json);
        post.method = Method::Post;
        assert_eq!(key("a", &post), None);
        assert_eq!(
            key("a", &prepared("/x", &[("x", "1"), ("y", "2")])),
            key("a", &prepared("/x", &[("y", "2"), ("x", "1")])),
            "the order of headers means nothing"
        );
    }

    #[tokio::test]
    async fn an_entry_past_its_time_or_without_sense_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let store = AnswerStore::open(folder.path().join("answers")).unwrap();
        for (key, entry, there) in [
            ("good", "{\"headers\":[],\"until\":null}\nbody\n2", true),
            (
                "future",
                "{\"headers\":[],\"until\":99999999999}\nbody\n2",
                true,
            ),
            ("past", "{\"headers\":[],\"until\":1}\nbody", false),
            ("cut", "{\"headers\":[],", false),
            ("nonsense", "[]\n", false),
            ("empty", "", false),
        ] {
            store.folder.write(key, entry.as_bytes()).unwrap();
            let got = store.get(key).await.map(|(_, body)| body);
            assert_eq!(got, there.then(|| Bytes::from_static(b"body\n2")), "{key}");
        }
    }

    #[tokio::test]
    async fn a_body_above_the_limit_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = AnswerStore::open(folder.path().join("answers")).unwrap();
        let head = Head {
            headers: Vec::new(),
            until: None,
        };
        let mut keeping = store.keeping("k".to_owned(), head);
        assert!(keeping.add(&vec![0; MAX_KEPT_ANSWER_BYTES]));
        assert!(!keeping.add(b"x"));
    }
}

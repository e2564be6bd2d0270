//! Owns compression: large answers are gzipped for clients that take it, as kube-apiserver does
//! (`responsewriters.SerializeObject`). What never changes is compressed once and kept.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderValue, StatusCode, header};

use crate::serve::{Call, Reply};

/// Smaller answers are not worth the time (`defaultGzipThresholdBytes`).
const THRESHOLD_BYTES: usize = 128 * 1024;
/// kube-apiserver compresses fast rather than well (`defaultGzipContentEncodingLevel`).
const LEVEL: u32 = 1;
/// So much is kept of one cluster: all pages of 50,000 pods.
const KEPT_BYTES: usize = 64 << 20;

/// The compressed answers of one cluster.
#[derive(Debug, Default)]
pub(crate) struct Gzip {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// By what was asked for: the target and the `Accept` header.
    bodies: BTreeMap<String, Bytes>,
    bytes: usize,
}

impl Gzip {
    /// The reply, compressed if it is large and the client takes it. `constant` says that the same question will get
    /// the same answer for ever.
    pub(crate) fn apply(&self, call: &Call, reply: Reply, constant: bool) -> Reply {
        if !accepts(call) || reply.status != StatusCode::OK || reply.len() < THRESHOLD_BYTES {
            return reply;
        }
        let key = constant.then(|| key(call));
        let kept = key.as_ref().and_then(|key| self.get(key));
        let body = match kept {
            Some(body) => body,
            None => {
                let Some(body) = compress(&reply.chunks) else {
                    return reply;
                };
                if let Some(key) = key {
                    self.keep(key, body.clone());
                }
                body
            }
        };
        let mut reply = Reply {
            chunks: vec![body],
            ..reply
        };
        let gzip = HeaderValue::from_static("gzip");
        reply.headers.insert(header::CONTENT_ENCODING, gzip);
        let vary = HeaderValue::from_static("Accept-Encoding");
        reply.headers.append(header::VARY, vary);
        reply
    }

    fn get(&self, key: &str) -> Option<Bytes> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bodies.get(key).cloned()
    }

    fn keep(&self, key: String, body: Bytes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes.saturating_add(body.len()) > KEPT_BYTES {
            *kept = Kept::default();
        }
        kept.bytes = kept.bytes.saturating_add(body.len());
        if let Some(before) = kept.bodies.insert(key, body) {
            kept.bytes = kept.bytes.saturating_sub(before.len());
        }
    }
}

/// Whether one of the accepted encodings is gzip, without any parameter (`negotiateContentEncoding`).
fn accepts(call: &Call) -> bool {
    call.header(header::ACCEPT_ENCODING)
        .is_some_and(|value| value.split(',').any(|token| token.trim() == "gzip"))
}

fn key(call: &Call) -> String {
    let accept = call.header(header::ACCEPT).unwrap_or_default();
    format!("{} {:?} {accept}", call.path, call.query)
}

/// The pieces as one gzip member. Writing to memory does not fail; were it to, the answer would go out as it is.
fn compress(chunks: &[Bytes]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    for chunk in chunks {
        encoder.write_all(chunk).ok()?;
    }
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn call(encoding: &'static str) -> Call {
        let mut call = Call::get("/api/v1/pods?limit=500", "application/json");
        call.headers
            .insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding));
        call
    }

    fn reply(length: usize) -> Reply {
        let chunks = vec![
            Bytes::from(vec![b'a'; length / 2]),
            Bytes::from(vec![b'b'; length - length / 2]),
        ];
        Reply::new(StatusCode::OK, "application/json", chunks)
    }

    #[test]
    fn large_answers_are_compressed_for_who_takes_it() {
        for (encoding, length, expected) in [
            ("gzip", THRESHOLD_BYTES, true),
            ("br, gzip", THRESHOLD_BYTES, true),
            ("gzip", THRESHOLD_BYTES - 1, false),
            ("gzip;q=0", THRESHOLD_BYTES, false),
            ("identity", THRESHOLD_BYTES, false),
        ] {
            let answer = Gzip::default().apply(&call(encoding), reply(length), true);
            let is_gzip = answer.headers.contains_key("content-encoding");
            assert_eq!(is_gzip, expected, "{encoding} {length}");
            if is_gzip {
                assert_eq!(answer.headers["vary"], "Accept-Encoding");
                let mut text = Vec::new();
                flate2::read::GzDecoder::new(answer.body().as_slice())
                    .read_to_end(&mut text)
                    .unwrap();
                assert_eq!(text, reply(length).body());
            }
        }
    }

    #[test]
    fn what_is_constant_is_compressed_once() {
        let gzip = Gzip::default();
        let ask = |constant| gzip.apply(&call("gzip"), reply(200_000), constant).chunks[0].clone();
        let first = ask(true);
        assert_eq!(first.as_ptr(), ask(true).as_ptr());
        assert_ne!(first.as_ptr(), ask(false).as_ptr());
    }

    #[test]
    fn an_error_is_never_compressed() {
        let large = Reply {
            status: StatusCode::GONE,
            ..reply(200_000)
        };
        let answer = Gzip::default().apply(&call("gzip"), large, true);
        assert!(!answer.headers.contains_key("content-encoding"));
    }
}

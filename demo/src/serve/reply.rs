//! Owns an answer as the APIs give it: status, headers, and a body in pieces that are shared, not copied.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) chunks: Vec<Bytes>,
}

impl Reply {
    /// An answer with the headers every kube-apiserver answer has [recorded: `index.json`].
    pub(crate) fn new(status: StatusCode, content_type: &'static str, chunks: Vec<Bytes>) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-cache, private"),
        );
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Reply {
            status,
            headers,
            chunks,
        }
    }

    /// A JSON answer from one piece.
    pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Reply {
        Reply::new(status, "application/json", vec![body.into()])
    }

    /// A text answer, as kube-apiserver gives where no API object is involved.
    pub(crate) fn text(status: StatusCode, body: &'static str) -> Reply {
        Reply::new(
            status,
            "text/plain; charset=utf-8",
            vec![Bytes::from_static(body.as_bytes())],
        )
    }

    /// The answer with one more header.
    pub(crate) fn with(mut self, name: HeaderName, value: &'static str) -> Reply {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// The length of the body in bytes.
    pub(crate) fn len(&self) -> usize {
        self.chunks.iter().map(Bytes::len).sum()
    }
}

#[cfg(test)]
impl Reply {
    /// The body in one piece.
    pub(crate) fn body(&self) -> Vec<u8> {
        self.chunks.concat()
    }

    /// The body as JSON.
    pub(crate) fn value(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body()).unwrap()
    }
}

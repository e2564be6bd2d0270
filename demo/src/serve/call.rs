//! Owns a request as the APIs see it: read whole, with its query decoded.

use bytes::Bytes;
use http::{HeaderMap, Method};

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The path as it was sent, still percent-encoded.
    pub(crate) path: String,
    /// The query's pairs, decoded, in their order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the client presented a certificate of the fleet's own authority.
    pub(crate) certified: bool,
}

impl Call {
    /// A header as text; one that is not text counts as absent.
    pub(crate) fn header(&self, name: http::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The first value of a query parameter; an empty one counts as absent, as it does for kube-apiserver.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

impl Call {
    /// A GET that did not come over a network, as with a client certificate.
    pub(crate) fn get(target: &str, accept: &str) -> Call {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = HeaderMap::new();
        if let Ok(accept) = accept.parse() {
            headers.insert(http::header::ACCEPT, accept);
        }
        Call {
            method: Method::GET,
            path: path.to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers,
            body: Bytes::new(),
            certified: true,
        }
    }
}

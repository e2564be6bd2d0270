//! A request as the remote sees it, and an answer: what recordings are made of. Owns when two requests are the same one; knows no
//! file and no network.

use std::fmt;

use bytes::Bytes;
use trawl_sdk::recorded;

/// What was asked of the remote. Two are equal when they mean the same: the order of a query's pairs does not matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asked {
    /// `GET`, `HEAD` or `POST`.
    pub method: String,
    /// Segments of the path, decoded.
    pub path: Vec<String>,
    /// Names and values, decoded and sorted.
    pub query: Vec<(String, String)>,
    /// The value of `X-Amz-Target`: requests to AWS differ in nothing else.
    pub action: Option<String>,
    /// The body; empty where there is none.
    pub body: Bytes,
}

impl Asked {
    /// A request by its parts as they stand in a request line: `/a/b%20c?x=1&y=2`. None where the target is no path.
    pub fn new(method: &str, target: &str, action: Option<&str>, body: Bytes) -> Option<Self> {
        let request = recorded::Asked::of_target(method, target)?;
        let mut query = request.query;
        query.sort();
        Some(Self {
            method: request.method,
            path: request.path,
            query,
            action: action.map(str::to_owned),
            body,
        })
    }

    /// As recordings are made of it, with these headers.
    pub(crate) fn recorded(&self, headers: &[(String, String)]) -> recorded::Asked {
        let action = self.action.iter();
        let action = action.map(|it| (ACTION_HEADER.to_owned(), it.clone()));
        recorded::Asked {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: headers
                .iter()
                .filter(|(name, _)| name != ACTION_HEADER)
                .cloned()
                .chain(action)
                .collect(),
            body: Some(self.body.to_vec()).filter(|body| !body.is_empty()),
        }
    }

    /// Whether they differ in nothing but what they say of a page: their queries or bodies.
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.method, &self.path, &self.action) == (&other.method, &other.path, &other.action)
    }
}

/// Names an action of AWS.
pub(crate) const ACTION_HEADER: &str = "x-amz-target";

/// Characters of a body that a message shows.
const SHOWN_BODY_CHARS: usize = 200;

impl fmt::Display for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} /{}", self.method, self.path.join("/"))?;
        for (position, (name, value)) in self.query.iter().enumerate() {
            let mark = if position == 0 { '?' } else { '&' };
            write!(out, "{mark}{name}={value}")?;
        }
        if let Some(action) = &self.action {
            write!(out, " {action}")?;
        }
        if !self.body.is_empty() {
            let body = String::from_utf8_lossy(&self.body);
            let shown: String = body.chars().take(SHOWN_BODY_CHARS).collect();
            let more = if shown.len() < body.len() { "…" } else { "" };
            write!(out, " {shown}{more}")?;
        }
        Ok(())
    }
}

/// What the remote answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values. Never a credential: recordings hold approved headers alone.
    pub headers: Vec<(String, String)>,
    /// The body as it came, decompressed.
    pub body: Bytes,
}

impl Reply {
    /// An answer with a body of this type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    /// The same with another body.
    #[must_use]
    pub fn with_body(&self, body: impl Into<Bytes>) -> Self {
        Self {
            status: self.status,
            headers: self.headers.clone(),
            body: body.into(),
        }
    }

    /// The body as JSON, where it is some.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(target: &str) -> Asked {
        Asked::new("GET", target, None, Bytes::new()).unwrap()
    }

    #[test]
    fn the_order_of_a_query_does_not_matter_and_its_encoding_neither() {
        let (a, b) = (asked("/a%20b/c?y=2&x=a+b"), asked("/a%20b/c?x=a%20b&y=2"));
        assert_eq!(a, b);
        assert_eq!(a.to_string(), "GET /a b/c?x=a b&y=2");
        let c = asked("/a%20b/c?x=1");
        assert!(a != c && a.is_like(&c));
    }

    #[test]
    fn a_slash_in_a_segment_is_no_separator() {
        assert_ne!(asked("/a%2Fb"), asked("/a/b"));
    }
}

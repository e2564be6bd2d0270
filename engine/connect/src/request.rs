//! A request as a guest names it, and its shape: segments and pairs are checked and encoded here, so
//! that no guest can name a host, climb out of its endpoint or break a line.

use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
pub use trawl_fleet::Method;

use crate::error::{Error, malformed};
use crate::limits::{
    MAX_QUERY_PAIRS, MAX_REQUEST_BODY_BYTES, MAX_SEGMENT_BYTES, MAX_SEGMENTS, MAX_TARGET_BYTES,
};

/// Everything but RFC 3986's unreserved characters, so that no byte of a guest means anything in a URL.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// As the clients' libraries name it.
pub(crate) fn http_method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
    }
}

/// A request below an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Segments below the endpoint, not encoded; none is the endpoint itself. A segment that is
    /// empty, `.` or `..`, or that holds a slash or a control character, is refused.
    pub path: Vec<String>,
    /// Names and values, not encoded.
    pub query: Vec<(String, String)>,
    /// Those that are not approved are dropped.
    pub headers: Vec<(String, String)>,
    /// For POST.
    pub body: Option<Bytes>,
    /// Until the head of the response is there, retries included; none: the endpoint's default. The
    /// body has an idle timeout instead, since a slow reader is no fault of the remote.
    pub timeout: Option<Duration>,
}

impl Request {
    /// Refuses a request whose shape could mean something else than it says.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.path.len() > MAX_SEGMENTS {
            return Err(malformed(format!(
                "a path of {} segments: expected at most {MAX_SEGMENTS}",
                self.path.len()
            )));
        }
        for segment in &self.path {
            let wrong = match segment.as_str() {
                "" => "it is empty",
                "." | ".." => "it would climb out of the endpoint",
                s if s.contains(['/', '\\']) => "it holds a slash",
                s if s.chars().any(char::is_control) => "it holds a control character",
                s if s.len() > MAX_SEGMENT_BYTES => "it is longer than 2048 bytes",
                _ => continue,
            };
            return Err(malformed(format!(
                "the path segment {:?} is refused: {wrong}",
                segment.chars().take(60).collect::<String>()
            )));
        }
        if self.query.len() > MAX_QUERY_PAIRS {
            return Err(malformed(format!(
                "{} query pairs: expected at most {MAX_QUERY_PAIRS}",
                self.query.len()
            )));
        }
        let body = self.body.as_ref().map_or(0, Bytes::len);
        if body > MAX_REQUEST_BODY_BYTES {
            return Err(malformed(format!(
                "a request body of {body} bytes: expected at most {MAX_REQUEST_BODY_BYTES}"
            )));
        }
        if body > 0 && self.method != Method::Post {
            return Err(malformed(format!(
                "a {} with a body: only POST may have one",
                self.method
            )));
        }
        Ok(())
    }

    /// The path, encoded: it always starts with a slash.
    pub(crate) fn encoded_path(&self) -> String {
        if self.path.is_empty() {
            return "/".to_owned();
        }
        self.path
            .iter()
            .map(|segment| format!("/{}", utf8_percent_encode(segment, ENCODED)))
            .collect()
    }

    /// Path and query, encoded.
    pub(crate) fn encoded_target(&self) -> Result<String, Error> {
        let mut target = self.encoded_path();
        for (at, (name, value)) in self.query.iter().enumerate() {
            target.push(if at == 0 { '?' } else { '&' });
            target.extend(utf8_percent_encode(name, ENCODED));
            target.push('=');
            target.extend(utf8_percent_encode(value, ENCODED));
        }
        if target.len() > MAX_TARGET_BYTES {
            return Err(malformed(format!(
                "a path and query of {} bytes: expected at most {MAX_TARGET_BYTES}; send it by POST",
                target.len()
            )));
        }
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &[&str]) -> Request {
        Request {
            method: Method::Get,
            path: path.iter().map(|s| (*s).to_owned()).collect(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            timeout: None,
        }
    }

    #[test]
    fn segments_are_encoded_whatever_they_hold() {
        for (path, encoded) in [
            (vec![], "/"),
            (vec!["api", "v1", "pods"], "/api/v1/pods"),
            (
                vec!["a b", "ü", "x?y#z", "100%"],
                "/a%20b/%C3%BC/x%3Fy%23z/100%25",
            ),
            (vec!["%2e%2e", "a:b@c"], "/%252e%252e/a%3Ab%40c"),
            (vec!["..."], "/..."),
        ] {
            let request = get(&path);
            assert!(request.check().is_ok(), "{path:?}");
            assert_eq!(request.encoded_path(), encoded);
        }
    }

    #[test]
    fn segments_that_climb_or_split_are_refused() {
        for segment in [
            "", ".", "..", "a/b", "/", "//evil", "a\\b", "a\r\nb", "a\u{0}", "\u{7f}",
        ] {
            let error = get(&["api", segment]).check().expect_err(segment);
            assert_eq!(error.kind, crate::ErrorKind::InvalidQuery, "{segment:?}");
        }
        assert!(get(&["x".repeat(2_049).as_str()]).check().is_err());
        assert!(get(&["x"; 65]).check().is_err());
    }

    #[test]
    fn query_pairs_are_encoded() {
        let mut request = get(&["q"]);
        request.query = vec![
            ("query".into(), "up{a=\"b\"}&x=1".into()),
            ("e\r\n".into(), String::new()),
        ];
        assert_eq!(
            request.encoded_target().unwrap(),
            "/q?query=up%7Ba%3D%22b%22%7D%26x%3D1&e%0D%0A="
        );
        request.query = vec![("q".into(), "x".repeat(70_000))];
        assert!(request.encoded_target().is_err());
    }

    #[test]
    fn only_post_has_a_body() {
        let mut request = get(&["q"]);
        request.body = Some(Bytes::from_static(b"x"));
        assert!(request.check().is_err());
        request.method = Method::Post;
        assert!(request.check().is_ok());
        request.body = Some(Bytes::from(vec![0; MAX_REQUEST_BODY_BYTES + 1]));
        assert!(request.check().is_err());
    }

    proptest::proptest! {
        /// Whatever a guest writes, the URL stays below the endpoint and says the same segments.
        #[test]
        fn no_request_leaves_its_endpoint(
            path in proptest::collection::vec(".{0,12}|\\.\\.|//.*|%2e%2e", 0..6),
            query in proptest::collection::vec((".{0,8}", ".{0,8}"), 0..4),
        ) {
            let request = Request { path, query, ..get(&[]) };
            if request.check().is_ok() {
                let target = request.encoded_target().unwrap();
                let url = url::Url::parse(&format!("https://host:1/base{target}")).unwrap();
                assert_eq!(url.host_str(), Some("host"));
                assert_eq!(url.port(), Some(1));
                assert!(url.fragment().is_none() && url.username().is_empty());
                let segments: Vec<String> = url
                    .path_segments()
                    .unwrap()
                    .skip(1)
                    .filter(|segment| !segment.is_empty())
                    .map(|s| percent_encoding::percent_decode_str(s).decode_utf8().unwrap().into_owned())
                    .collect();
                assert_eq!(segments, request.path);
                let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
                assert_eq!(pairs, request.query);
            }
        }
    }
}

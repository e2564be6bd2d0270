//! Owns the building of requests and their pending answers; refuses retries, which are the host's.

use serde::de::DeserializeOwned;

use super::pages::{asked, decode};
use super::{Exchange, Follow, MAX_BODY_BYTES, Pages, Transport, failure};
use crate::types::{Error, Method, Request, ResponseHead};

/// A request that is being put together.
#[derive(Debug, Clone)]
pub struct RequestBuilder {
    endpoint: String,
    request: Request,
}

/// A GET of `segments` below an endpoint. Segments are not encoded; the host does that.
pub fn get<I: IntoIterator<Item = S>, S: Into<String>>(
    endpoint: &str,
    segments: I,
) -> RequestBuilder {
    RequestBuilder::new(endpoint, Method::Get, segments)
}

/// A POST, for APIs that read by POST.
pub fn post<I: IntoIterator<Item = S>, S: Into<String>>(
    endpoint: &str,
    segments: I,
) -> RequestBuilder {
    RequestBuilder::new(endpoint, Method::Post, segments)
}

impl RequestBuilder {
    fn new<I: IntoIterator<Item = S>, S: Into<String>>(
        endpoint: &str,
        method: Method,
        segments: I,
    ) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            request: Request {
                method,
                path: segments.into_iter().map(Into::into).collect(),
                query: Vec::new(),
                headers: Vec::new(),
                body: None,
                timeout_ms: None,
            },
        }
    }

    /// Adds a query parameter; neither part is encoded.
    #[must_use]
    pub fn query(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.query.push((key.into(), value.into()));
        self
    }

    /// Sets a query parameter: those of that name before it are taken out.
    #[must_use]
    pub fn set_query(mut self, key: &str, value: impl Into<String>) -> Self {
        self.request.query.retain(|(name, _)| name != key);
        self.query(key, value)
    }

    /// Adds query parameters: those that conditions became.
    #[must_use]
    pub fn queries<K: Into<String>, V: Into<String>>(
        self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let pairs = pairs.into_iter();
        pairs.fold(self, |built, (key, value)| built.query(key, value))
    }

    pub(super) fn no_query(mut self) -> Self {
        self.request.query.clear();
        self
    }

    pub(super) fn path(mut self, segments: Vec<String>) -> Self {
        self.request.path = segments;
        self
    }

    /// Adds a header; the endpoint's declaration must name it.
    #[must_use]
    pub fn header(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.headers.push((key.into(), value.into()));
        self
    }

    /// Sets an `application/x-www-form-urlencoded` body and its content type.
    #[must_use]
    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        let mut body = String::new();
        for (key, value) in pairs {
            if !body.is_empty() {
                body.push('&');
            }
            encode_form(key, &mut body);
            body.push('=');
            encode_form(value, &mut body);
        }
        self.request.body = Some(body.into_bytes());
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Sets a body and its content type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.request.body = Some(body.into());
        self.header("content-type", content_type)
    }

    /// The request as the host will see it.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Sends it, waits, and decodes the answer as JSON.
    ///
    /// # Errors
    /// The [`failure`] that a status beyond 2xx means, and `protocol` when the body is no `T`.
    pub fn json<T: DeserializeOwned>(self, transport: &dyn Transport) -> Result<T, Error> {
        let asked = asked(&self.request);
        let (head, body) = self.start(transport)?.finish()?;
        if !(200..300).contains(&head.status) {
            return Err(failure(&asked, &head, &body));
        }
        decode(&asked, &body)
    }

    /// The pages that begin with it; see [`Pages`].
    pub fn pages<'t>(self, transport: &'t dyn Transport, follow: Follow<'t>) -> Pages<'t> {
        Pages::new(transport, self, follow)
    }

    /// Starts it; returns at once.
    ///
    /// # Errors
    /// When the request is refused before anything is sent.
    pub fn start(self, transport: &dyn Transport) -> Result<Pending, Error> {
        Ok(Pending {
            exchange: transport.start(&self.endpoint, self.request)?,
        })
    }
}

/// A request under way. Dropping it cancels the request.
pub struct Pending {
    exchange: Box<dyn Exchange>,
}

impl Pending {
    /// Waits for the status and headers.
    ///
    /// # Errors
    /// When no answer came.
    pub fn head(&mut self) -> Result<ResponseHead, Error> {
        self.exchange.head()
    }

    /// At most `max` bytes of the body; none at the end.
    ///
    /// # Errors
    /// When the body broke off.
    pub fn read(&mut self, max: u32) -> Result<Option<Vec<u8>>, Error> {
        self.exchange.read(max)
    }

    /// The next `length` bytes of the body, fewer at its end, none behind it: windows of a body that is worked through without
    /// holding all of it.
    ///
    /// # Errors
    /// When the body broke off.
    pub fn fill(&mut self, length: u32) -> Result<Option<Vec<u8>>, Error> {
        self.exchange.fill(length)
    }

    /// The rest of the body.
    ///
    /// # Errors
    /// When it broke off, or is larger than [`MAX_BODY_BYTES`].
    pub fn read_all(&mut self) -> Result<Vec<u8>, Error> {
        self.exchange.read_all(MAX_BODY_BYTES)
    }

    /// The status, the headers and the whole body.
    ///
    /// # Errors
    /// As [`head`](Self::head) and [`read_all`](Self::read_all).
    pub fn finish(mut self) -> Result<(ResponseHead, Vec<u8>), Error> {
        let head = self.head()?;
        let body = self.read_all()?;
        Ok((head, body))
    }
}

/// Percent-encoding of forms, <https://url.spec.whatwg.org/#urlencoded-serializing>.
fn encode_form(text: &str, into: &mut String) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                into.push(char::from(byte));
            }
            b' ' => into.push('+'),
            _ => {
                into.push('%');
                into.extend(HEX.get(usize::from(byte >> 4)));
                into.extend(HEX.get(usize::from(byte & 15)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_a_request() {
        let built = get("api", ["a", "b c"])
            .query("q", "1&2")
            .header("accept", "application/json");
        let request = built.request();
        assert_eq!(request.path, ["a", "b c"]);
        assert_eq!(request.query, [("q".to_owned(), "1&2".to_owned())]);
        assert_eq!(request.method, Method::Get);
    }

    #[test]
    fn forms_are_encoded() {
        let built = post("api", ["q"]).form(&[("query", "up{a=\"é\"} + 1"), ("t", "1")]);
        assert_eq!(
            built.request().body.as_deref(),
            Some(&b"query=up%7Ba%3D%22%C3%A9%22%7D+%2B+1&t=1"[..])
        );
    }
}

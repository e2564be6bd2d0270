//! The answer to a request: head, then body chunk by chunk, bounded in size and in silence.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;

use crate::answers::Keeping;
use crate::cause;
use crate::error::{Error, ErrorKind};
use crate::limits::Bounds;
use crate::quiet::quiet;

/// Whatever a client library calls an error.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// A body of either client.
pub(crate) type Body = UnsyncBoxBody<Bytes, BoxError>;

/// A response whose head has arrived. Dropping it cancels the rest.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Only the approved ones, `content-type` and `retry-after`; names in lower case.
    pub headers: Vec<(String, String)>,
    /// Names of request headers that were not approved and did not go out, in lower case.
    pub dropped_headers: Vec<String>,
    /// It was kept on this machine's disk: no request was sent for it.
    pub from_disk: bool,
    /// To be kept once its whole body was read.
    keeping: Option<Keeping>,
    body: Body,
    /// Method and URL, for messages.
    request: String,
    idle_timeout: Duration,
    max_bytes: u64,
    read_bytes: u64,
    ended: bool,
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Response")
            .field("request", &self.request)
            .field("status", &self.status)
            .field("read_bytes", &self.read_bytes)
            .finish_non_exhaustive()
    }
}

impl Response {
    pub(crate) fn new(
        status: u16,
        headers: Vec<(String, String)>,
        body: Body,
        request: String,
        bounds: &Bounds,
    ) -> Response {
        Response {
            status,
            headers,
            dropped_headers: Vec::new(),
            from_disk: false,
            keeping: None,
            body,
            request,
            idle_timeout: bounds.idle_timeout,
            max_bytes: bounds.max_body_bytes,
            read_bytes: 0,
            ended: false,
        }
    }

    /// The same, kept when its body has ended.
    pub(crate) fn keeping(mut self, keeping: Option<Keeping>) -> Response {
        self.keeping = keeping;
        self
    }

    /// The same, to a request that went out without these headers.
    pub(crate) fn without(mut self, dropped_headers: Vec<String>) -> Response {
        self.dropped_headers = dropped_headers;
        self
    }

    /// The same, marked as one that was kept.
    pub(crate) fn kept(mut self) -> Response {
        self.from_disk = true;
        self
    }

    /// The next piece of the decoded body; none at its end.
    ///
    /// # Errors
    /// The body broke (`Unavailable`), stalled (`Timeout`), or grew above its limit (`Protocol`).
    /// After an error there is nothing more.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if self.ended {
            return Ok(None);
        }
        // Dropping this future in the middle loses nothing: a frame is taken whole or not at all.
        let frame = tokio::time::timeout(self.idle_timeout, self.data()).await;
        let result = match frame {
            Ok(Ok(Some(data))) => self.count(data),
            Ok(Ok(None)) => Ok(None),
            Ok(Err(error)) => Err(self.broken(&*error)),
            Err(_) => Err(self.error(
                ErrorKind::Timeout,
                &format!(
                    "the body stalled: nothing came for {}",
                    seconds(self.idle_timeout)
                ),
            )),
        };
        self.ended = !matches!(result, Ok(Some(_)));
        self.keep(&result).await;
        result
    }

    /// Only a body that came to its end is whole.
    async fn keep(&mut self, result: &Result<Option<Bytes>, Error>) {
        match (&mut self.keeping, result) {
            (None, _) => {}
            (Some(keeping), Ok(Some(piece))) => {
                if !keeping.add(piece) {
                    self.keeping = None;
                }
            }
            (Some(_), Ok(None)) => {
                if let Some(keeping) = self.keeping.take() {
                    keeping.finish().await;
                }
            }
            (Some(_), Err(_)) => self.keeping = None,
        }
    }

    async fn data(&mut self) -> Result<Option<Bytes>, BoxError> {
        while let Some(frame) = quiet(self.body.frame()).await {
            // Trailers and empty frames say nothing to a reader.
            if let Ok(data) = frame?.into_data()
                && !data.is_empty()
            {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    fn count(&mut self, data: Bytes) -> Result<Option<Bytes>, Error> {
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.read_bytes = self.read_bytes.saturating_add(length);
        if self.read_bytes > self.max_bytes {
            let words = format!(
                "the body is larger than the limit of {} bytes",
                self.max_bytes
            );
            return Err(self
                .error(ErrorKind::Protocol, &words)
                .hint("ask for less, or raise `limits: {max_body_bytes: …}` of the connection"));
        }
        Ok(Some(data))
    }

    fn broken(&self, error: &(dyn std::error::Error + 'static)) -> Error {
        let cause = cause::of(error);
        let words = if cause.kind == ErrorKind::Unavailable && !cause.reconnect {
            "the body broke off or could not be decoded".to_owned()
        } else {
            cause.words
        };
        let words = format!("after {} bytes of the body: {words}", self.read_bytes);
        self.error(cause.kind, &words)
    }

    fn error(&self, kind: ErrorKind, words: &str) -> Error {
        Error::new(kind, format!("{}: {words}", self.request)).status(self.status)
    }
}

/// A time for messages.
pub(crate) fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::IDLE_TIMEOUT;
    use futures::stream::{self, StreamExt};
    use http_body::Frame;
    use http_body_util::StreamBody;

    fn response(body: Body) -> Response {
        let bounds = Bounds::of(&trawl_fleet::Limits::default());
        Response::new(200, Vec::new(), body, "GET http://h/x".to_owned(), &bounds)
    }

    fn frame(data: &'static str) -> Result<Frame<Bytes>, BoxError> {
        Ok(Frame::data(Bytes::from_static(data.as_bytes())))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_ends_after_the_idle_timeout() {
        let frames = stream::iter([frame("a")]).chain(stream::pending());
        let mut response = response(BodyExt::boxed_unsync(StreamBody::new(frames)));
        assert_eq!(response.chunk().await.unwrap().unwrap(), "a");
        let before = tokio::time::Instant::now();
        let error = response.chunk().await.unwrap_err();
        assert_eq!(
            before.elapsed().as_secs(),
            IDLE_TIMEOUT.as_secs(),
            "on the paused clock"
        );
        assert_eq!(error.kind, ErrorKind::Timeout);
        assert_eq!(
            error.message,
            "GET http://h/x: the body stalled: nothing came for 10 s"
        );
        assert_eq!(response.chunk().await, Ok(None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_no_fault_of_the_remote() {
        let frames = stream::iter([frame("a"), frame(""), frame("b")]);
        let mut response = response(BodyExt::boxed_unsync(StreamBody::new(frames)));
        assert_eq!(response.chunk().await.unwrap().unwrap(), "a");
        tokio::time::advance(IDLE_TIMEOUT * 10).await;
        assert_eq!(
            response.chunk().await.unwrap().unwrap(),
            "b",
            "empty frames are passed over"
        );
        assert_eq!(response.chunk().await, Ok(None));
    }
}

//! The answer to a request: head, then body chunk by chunk.

use bytes::Bytes;

use crate::error::Error;

/// A response whose head has arrived. Dropping it cancels the rest.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Only the approved ones, `content-type` and `retry-after`; names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Response {
    /// The next piece of the decoded body; none at its end.
    ///
    /// # Errors
    /// The body broke, stalled, or grew above its limit.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        Ok(None)
    }
}

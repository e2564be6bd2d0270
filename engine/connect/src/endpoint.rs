//! An endpoint: where a connection's requests go.

use std::sync::Arc;

use trawl_fleet::EndpointSpec;

use crate::approval::Approval;
use crate::error::{Error, ErrorKind};
use crate::request::Request;
use crate::response::Response;

/// A remote API with its credentials and what was approved for it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Endpoint {
    inner: Arc<(EndpointSpec, Approval)>,
}

impl Endpoint {
    /// An endpoint. Nothing is read or contacted until the first send.
    pub fn new(spec: EndpointSpec, approval: Approval) -> Endpoint {
        Endpoint {
            inner: Arc::new((spec, approval)),
        }
    }

    /// Sends a request and waits for the head of its response. Dropping the future cancels it.
    ///
    /// # Errors
    /// See [`ErrorKind`]. A status of 4xx or 5xx is a response, not an error.
    pub async fn send(&self, _request: Request) -> Result<Response, Error> {
        Err(Error {
            kind: ErrorKind::Unsupported,
            message: String::new(),
            hint: None,
            http_status: None,
            retry_after: None,
        })
    }

    /// The endpoint for messages: a URL or a context, without credentials.
    pub fn describe(&self) -> String {
        format!("{:?}", self.inner.0)
    }
}

//! A request that passed every check and was encoded: what the clients send. There is no other way to
//! make one than through the checks.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderValue, USER_AGENT};
use trawl_fleet::EndpointSpec;

use crate::approval::Approval;
use crate::error::Error;
use crate::headers;
use crate::kubernetes_rules;
use crate::request::{Method, Request};

/// What servers see of us. Some answer a browser or curl differently.
const OUR_NAME: &str = concat!("trawl/", env!("CARGO_PKG_VERSION"));

/// A checked request.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) method: Method,
    /// Path and query below the endpoint, encoded.
    pub(crate) target: String,
    /// The path alone, for messages.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

impl Prepared {
    /// Checks shape, approval and the rules of the endpoint's kind, in this order and before anything
    /// about a credential.
    ///
    /// # Errors
    /// `InvalidQuery` for the shape, `PermissionDenied` for the rest.
    pub(crate) fn new(
        request: Request,
        spec: &EndpointSpec,
        approval: &Approval,
    ) -> Result<Prepared, Error> {
        request.check()?;
        approval.check(&request)?;
        if let EndpointSpec::Kubernetes(spec) = spec {
            kubernetes_rules::check(&request, spec)?;
        }
        let mut headers = headers::outgoing(&request, approval)?;
        headers.insert(USER_AGENT, HeaderValue::from_static(OUR_NAME));
        Ok(Prepared {
            method: request.method,
            target: request.encoded_target()?,
            path: request.encoded_path(),
            headers,
            body: request.body,
        })
    }
}

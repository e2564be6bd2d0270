//! What the operator approved for a plugin.

use crate::request::Method;

/// The operations and headers that were approved for one endpoint of one plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approval {
    /// A request that matches none of them is refused.
    pub operations: Vec<Operation>,
    /// Names of request headers that the guest may set, in any case.
    pub request_headers: Vec<String>,
    /// Names of response headers that the guest may see, in any case; `content-type` and
    /// `retry-after` it always may.
    pub response_headers: Vec<String>,
}

/// One approved call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The HTTP method.
    pub method: Method,
    /// Such as `/api/v1/namespaces/{ns}/pods`: `{x}` is one segment, `{x...}` at the end is the
    /// rest (one segment or more), anything else is literal.
    pub path: String,
    /// The only `X-Amz-Target` that may go with it; none: the header may not be there.
    pub action: Option<String>,
}

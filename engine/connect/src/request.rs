//! A request as a guest names it.

use std::time::Duration;

use bytes::Bytes;

/// The methods that read. There are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the head alone.
    Head,
    /// For APIs that read by POST.
    Post,
}

/// A request below an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Segments below the endpoint, not encoded.
    pub path: Vec<String>,
    /// Names and values, not encoded.
    pub query: Vec<(String, String)>,
    /// Those that are not approved are dropped.
    pub headers: Vec<(String, String)>,
    /// For POST.
    pub body: Option<Bytes>,
    /// Until the head of the response is there, retries included.
    pub timeout: Option<Duration>,
}

//! The limits of the endpoint, each with its reason.

/// Bytes of a request body: a query text is at most a few hundred kilobytes, and there is nothing else to send.
pub(crate) const BODY_BYTES: usize = 1 << 20;

/// Queries that run at once; each may use the engine's memory limit, so more would only thrash.
pub(crate) const CONCURRENT_QUERIES: usize = 32;

/// Seconds after which a refused caller may try again.
pub(crate) const RETRY_AFTER_S: u64 = 1;

/// Rows of an answer when the request does not say: enough for any dashboard, too few to fill a browser.
pub(crate) const DEFAULT_MAX_ROWS: u64 = 100_000;

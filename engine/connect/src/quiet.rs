//! `kube` writes each failed request to the log as an error. Here a failure is an answer to the caller,
//! who decides what becomes of it; a dead cluster is no line on somebody's terminal.

use tracing::Dispatch;
use tracing::instrument::{WithDispatch, WithSubscriber};

/// The future without its log.
pub(crate) fn quiet<F: Future>(future: F) -> WithDispatch<F> {
    // No subscriber of our own: each new one makes tracing ask every callsite again, and this runs for every piece of a body.
    future.with_subscriber(Dispatch::none())
}

//! `kube` writes each failed request to the log as an error. Here a failure is an answer to the caller,
//! who decides what becomes of it; a dead cluster is no line on somebody's terminal.

use tracing::instrument::{WithDispatch, WithSubscriber};
use tracing::subscriber::NoSubscriber;

/// The future without its log.
pub(crate) fn quiet<F: Future>(future: F) -> WithDispatch<F> {
    future.with_subscriber(NoSubscriber::default())
}

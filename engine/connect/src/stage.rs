//! What a request waits for, so that one whose time is over can say it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trawl_fleet::EndpointSpec;

use crate::error::{Error, ErrorKind};
use crate::limits::Bounds;
use crate::response::seconds;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Waiting {
    /// Its place among the requests of this endpoint.
    #[default]
    Queue,
    /// A credential.
    Credential,
    /// The head of the answer.
    Answer,
}

/// Where one request is.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Waiting,
    /// What the remote last said, where that is the better reason.
    throttled: Option<Error>,
}

impl Stage {
    pub(crate) fn enter(&self, waiting: Waiting) {
        self.state().waiting = waiting;
    }

    /// Notes that the remote turned the request away, and what would be told if no time were left.
    pub(crate) fn throttled(&self, error: Error) {
        self.state().throttled = Some(error);
    }

    /// What is told when `timeout` is over.
    pub(crate) fn late(&self, timeout: Duration, bounds: &Bounds, spec: &EndpointSpec) -> Error {
        let time = seconds(timeout);
        let mut state = self.state();
        if let Some(error) = state.throttled.take() {
            return error;
        }
        let (words, hint) = match (state.waiting, spec) {
            (Waiting::Queue, _) => (
                format!(
                    "not sent within {time}: {} other requests were waiting for an answer",
                    bounds.requests_in_flight
                ),
                "the remote is slow; or raise `limits: {requests_in_flight: …}` of the connection",
            ),
            (Waiting::Credential, EndpointSpec::Aws(_)) => (
                format!("no AWS credential within {time}"),
                "a `credential_process`, SSO, STS or the instance's metadata is slow: try `aws sts get-caller-identity`",
            ),
            (Waiting::Credential, _) => (
                format!("no credential within {time}"),
                "the credential plugin of the kubeconfig is slow: run it by hand, or log in again",
            ),
            (Waiting::Answer, _) => (
                format!("no answer within {time}"),
                "the remote is slow or stalled; or raise `limits: {timeout: …}` of the connection",
            ),
        };
        Error::new(ErrorKind::Timeout, words).hint(hint)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

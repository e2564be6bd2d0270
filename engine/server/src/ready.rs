//! Whether queries are welcome: not before plugins are loaded, and not while the server ends.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

/// What a server is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// Plugins are being loaded; queries are answered as soon as theirs are.
    Loading,
    /// It answers.
    Ready,
    /// It ends: queries that run are finished, and others go elsewhere.
    Draining,
}

/// The phase, for all who ask. It never goes back.
#[derive(Debug, Clone)]
pub(crate) struct Readiness(Arc<watch::Sender<Phase>>);

impl Readiness {
    /// Of a server that begins.
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Phase::Loading)))
    }

    /// Now.
    pub(crate) fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    /// Plugins are loaded.
    pub(crate) fn loaded(&self) {
        self.0.send_if_modified(|phase| {
            let changed = *phase == Phase::Loading;
            if changed {
                *phase = Phase::Ready;
            }
            changed
        });
    }

    /// Ready when the server ends, perhaps before.
    pub(crate) async fn draining(&self) {
        let mut phase = self.0.subscribe();
        // The sender is ours: it cannot be gone.
        let _ = phase.wait_for(|it| *it == Phase::Draining).await;
    }

    /// The server ends.
    pub(crate) fn drain(&self) {
        self.0.send_replace(Phase::Draining);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_ends_does_not_become_ready() {
        let readiness = Readiness::new();
        assert_eq!(readiness.phase(), Phase::Loading);
        readiness.loaded();
        assert_eq!(readiness.phase(), Phase::Ready);
        readiness.drain();
        readiness.loaded();
        assert_eq!(readiness.phase(), Phase::Draining);
    }
}

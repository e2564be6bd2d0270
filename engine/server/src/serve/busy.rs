//! Whether a connection has something to do: one without a request for too long is closed, whatever version of HTTP it speaks and
//! however little of a request it has sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// How many requests a connection has at the moment.
#[derive(Clone, Default)]
pub(super) struct Busy(Arc<watch::Sender<usize>>);

/// A request that has not ended.
pub(super) struct Held(Arc<watch::Sender<usize>>);

impl Busy {
    /// A request begins.
    pub(super) fn begin(&self) -> Held {
        self.0.send_modify(|requests| *requests += 1);
        Held(Arc::clone(&self.0))
    }

    /// Ready when there has been no request for so long.
    pub(super) async fn idle(self, limit: Duration) {
        let mut requests = self.0.subscribe();
        loop {
            // The sender is ours: it cannot be gone.
            let _ = requests.wait_for(|requests| *requests == 0).await;
            // A request that begins and ends before anybody looks is one too.
            if tokio::time::timeout(limit, requests.changed())
                .await
                .is_err()
            {
                return;
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0
            .send_modify(|requests| *requests = requests.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_without_requests() {
        let limit = Duration::from_secs(30);
        let busy = Busy::default();
        let (first, second) = (busy.begin(), busy.begin());
        drop(first);
        let idle = tokio::spawn(busy.clone().idle(limit));
        tokio::time::sleep(limit * 3).await;
        assert!(!idle.is_finished());
        drop(second);
        tokio::time::sleep(limit / 2).await;
        drop(busy.begin());
        tokio::time::sleep(limit * 3 / 4).await;
        assert!(!idle.is_finished());
        idle.await.unwrap();
    }
}

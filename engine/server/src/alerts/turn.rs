//! Whose turn it is: of the servers that share a database, one evaluates alerts. It holds a lease there, and what it knows of the
//! lease lasts as long as the lease does: a database that fails for a moment stops nothing.

use std::time::Instant;

use tokio::sync::Mutex;
use trawl_exec::QueryId;
use trawl_state::Store;

use crate::limits;

/// The lease that the server which evaluates holds.
const LEASE: &str = "alerts";

/// What one server knows of the turn.
pub(super) struct Turn {
    store: Option<Store>,
    /// Names this server among those that share the database.
    holder: String,
    /// What the database said last. Evaluations that ask at once wait for one question.
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    asked: Option<Instant>,
    /// Until when it is this server's turn, whatever happens.
    until: Option<Instant>,
}

impl Turn {
    pub(super) fn new(store: Option<Store>) -> Self {
        Self {
            store,
            holder: QueryId::new().to_string(),
            told: Mutex::default(),
        }
    }

    /// Whether it is this server that evaluates. Without a database there is no other.
    pub(super) async fn is_ours(&self) -> bool {
        let Some(store) = &self.store else {
            return true;
        };
        let mut told = self.told.lock().await;
        // Before the question: the lease begins when the database hears of it, which is later.
        let now = Instant::now();
        let fresh = |asked: Instant| now.duration_since(asked) < limits::ALERT_ASK;
        if !told.asked.is_some_and(fresh) {
            told.asked = Some(now);
            let held = store.lease(LEASE, &self.holder, limits::ALERT_LEASE);
            match held.await {
                Ok(ours) => told.until = ours.then(|| now + limits::ALERT_LEASE),
                Err(error) => {
                    tracing::warn!(%error, "who evaluates alerts cannot be asked for");
                }
            }
        }
        told.until.is_some_and(|until| Instant::now() < until)
    }

    /// Leaves it to another server at once, where it is this server's: one that is started anew need not wait for the lease's end.
    pub(super) async fn leave(&self) {
        let Some(store) = &self.store else {
            return;
        };
        let mut told = self.told.lock().await;
        if told.until.take().is_some()
            && let Err(error) = store.release(LEASE, &self.holder).await
        {
            tracing::warn!(%error, "nobody evaluates alerts until the lease ends");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_server_evaluates_until_it_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let place = trawl_state::Place::File(folder.path().join("state.db"));
        let store = Store::open(&place, &folder.path().join("key"))
            .await
            .unwrap();
        let turn = || Turn::new(Some(store.clone()));
        let (one, two) = (turn(), turn());
        assert!(one.is_ours().await && !two.is_ours().await && one.is_ours().await);
        // Who has it not gives nothing away.
        two.leave().await;
        assert!(!turn().is_ours().await);
        one.leave().await;
        assert!(turn().is_ours().await);
        assert!(Turn::new(None).is_ours().await);
    }
}

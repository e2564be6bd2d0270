//! What every request shares.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use trawl_exec::Engine;

use crate::limits;

/// The engine and the room for queries. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    pub(crate) engine: Arc<Engine>,
    room: Arc<Semaphore>,
}

impl AppState {
    /// State over an engine.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            room: Arc::new(Semaphore::new(limits::CONCURRENT_QUERIES)),
        }
    }

    /// Room for one query, held until it is answered; `None` when there is none.
    pub(crate) fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room).try_acquire_owned().ok()
    }
}

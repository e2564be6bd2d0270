//! What every request shares.

use std::sync::Arc;
use std::time::Instant;

use trawl_exec::Engine;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::queue::{Place, QueryLimits, Queue};
use crate::registry::Registry;
use crate::results::Results;
use crate::running::Running;

/// The engine, the room for queries, those that run and what the last ones ended with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    pub(crate) engine: Arc<Engine>,
    /// None: clusters cannot be registered here.
    pub(crate) registry: Option<Arc<Registry>>,
    pub(crate) running: Arc<Running>,
    pub(crate) results: Arc<Results>,
    queue: Arc<Queue>,
}

impl AppState {
    /// State over an engine.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            registry: None,
            running: Arc::default(),
            results: Arc::default(),
            queue: Arc::new(Queue::new(QueryLimits::default())),
        }
    }

    /// The same with room for another number of queries.
    #[must_use]
    pub fn with_query_limits(self, limits: QueryLimits) -> Self {
        Self {
            queue: Arc::new(Queue::new(limits)),
            ..self
        }
    }

    /// The same, where clusters can be registered.
    #[must_use]
    pub fn with_registry(mut self, registry: Arc<Registry>) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Room for one query, held until it is answered.
    ///
    /// # Errors
    /// When there is none, or none until the time is over.
    pub(crate) async fn place(&self, caller: &Caller, until: Instant) -> Result<Place, ApiError> {
        Ok(self.queue.enter(&caller.name, None, until).await?)
    }

    /// Room for a question about a query that has no time of its own.
    ///
    /// # Errors
    /// As [`AppState::place`].
    pub(crate) async fn room(&self, caller: &Caller) -> Result<Place, ApiError> {
        let until = Instant::now() + trawl_exec::limits::QUERY_TIMEOUT;
        self.place(caller, until).await
    }
}

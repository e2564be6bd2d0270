//! What every request shares.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use trawl_exec::{Engine, QueryId, Summary};
use trawl_saved::Library;
use trawl_state::Store;

use crate::alerts::{AlertOptions, Alerts, Evaluator};
use crate::audit::Audit;
use crate::caller::{Caller, Callers};
use crate::error::ApiError;
use crate::library::Shelf;
use crate::metrics::{Gauges, Metrics, Outcome};
use crate::queue::{Place, QueryLimits, Queue};
use crate::ready::{Phase, Readiness};
use crate::registry::Registry;
use crate::results::Results;
use crate::running::Running;

/// The engine and what a server has around it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    pub(crate) engine: Arc<Engine>,
    /// None: clusters cannot be registered here.
    pub(crate) registry: Option<Arc<Registry>>,
    /// Who may ask.
    pub(crate) callers: Callers,
    /// Where audit lines go.
    pub(crate) audit: Audit,
    /// Names under which the server is reached.
    pub(crate) hosts: Arc<[String]>,
    pub(crate) running: Arc<Running>,
    pub(crate) results: Arc<Results>,
    pub(crate) metrics: Metrics,
    pub(crate) readiness: Readiness,
    pub(crate) alerts: Alerts,
    queue: Arc<Queue>,
    shelf: Shelf,
    folder: Option<PathBuf>,
    alert_options: Option<AlertOptions>,
    /// How old rows may be that saved queries and endpoints are answered with; none: all are read.
    max_age: Option<Duration>,
}

impl AppState {
    /// State over an engine, with the saved queries that come with trawl.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            registry: None,
            callers: Callers::everybody(),
            audit: Audit::default(),
            hosts: Arc::new([]),
            running: Arc::default(),
            results: Arc::default(),
            metrics: Metrics::new(),
            readiness: Readiness::new(),
            alerts: Alerts::default(),
            queue: Arc::new(Queue::new(QueryLimits::default())),
            shelf: Shelf::new(Library::bundled().clone()),
            folder: None,
            alert_options: None,
            max_age: None,
        }
    }

    /// The same, with a folder of saved queries that is read again when it changes.
    #[must_use]
    pub fn with_queries(mut self, folder: PathBuf) -> Self {
        self.shelf = Shelf::of(&folder);
        self.folder = Some(folder);
        self
    }

    /// The same, with the alerts among the saved queries evaluated.
    #[must_use]
    pub fn with_alerts(mut self, options: AlertOptions) -> Self {
        self.alert_options = Some(options);
        self
    }

    /// The same, with saved queries and the endpoints of dashboards answered with rows that are at most so old, where a request does
    /// not say it itself.
    #[must_use]
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// How old rows may be for who does not say it, of what is saved or trawl's own; none: all are read.
    pub(crate) fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// What goes on beside the requests, until it is dropped: loading plugins, reading saved queries, evaluating alerts.
    /// It ends by itself when the server does.
    pub async fn tend(self) {
        let loading = async {
            // Whoever cannot be loaded is told to who needs it.
            self.engine.tables(&Arc::default()).await;
            self.readiness.loaded();
        };
        let reading = async {
            if let Some(folder) = self.folder.clone() {
                self.shelf.clone().follow(folder).await;
            }
        };
        let evaluating = async {
            let draining = self.readiness.draining();
            if let Some(options) = self.alert_options.clone() {
                let (engine, store) = (Arc::clone(&self.engine), self.store().cloned());
                let alerts = self.alerts.clone();
                let around = (self.callers.clone(), Arc::clone(&self.queue));
                let mut evaluator = Evaluator::new(engine, store, alerts, options, around);
                tokio::select! {
                    () = evaluator.follow(|| self.library()) => {}
                    () = draining => {}
                }
                evaluator.leave().await;
            } else {
                draining.await;
            }
        };
        let others = async {
            tokio::join!(loading, reading);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = evaluating => {}
            () = others => {}
        }
    }

    /// Those of them that exist for a caller.
    pub(crate) fn library_of(&self, caller: &Caller) -> Arc<Library> {
        let library = self.library();
        if library.queries().all(|query| caller.sees_query(query)) {
            return library;
        }
        Arc::new(library.only(|query| caller.sees_query(query)))
    }

    /// The database, where there is one.
    pub(crate) fn store(&self) -> Option<&Store> {
        self.registry.as_ref()?.store().ok()
    }

    /// The saved queries at this moment.
    pub(crate) fn library(&self) -> Arc<Library> {
        self.shelf.library()
    }

    /// A query came to its end.
    pub(crate) fn ended(&self, id: QueryId, caller: &Arc<str>, summary: &Summary) {
        let completeness = &summary.completeness;
        let cost = (completeness, &summary.stats);
        self.metrics.query(Outcome::of(completeness), Some(cost));
        self.results.keep(id, caller, summary);
    }

    /// What is true at the moment of looking.
    pub(crate) fn gauges(&self) -> Gauges {
        let (running, waiting) = self.running.counts();
        Gauges {
            problems: self.registry.as_ref().map_or(0, |it| it.problems().len()),
            clusters: self.engine.inventory().clusters.len(),
            plugins: self.engine.plugins().len(),
            running,
            waiting,
            ready: self.readiness.phase() == Phase::Ready,
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

    /// The same for these callers alone.
    #[must_use]
    pub fn with_callers(mut self, callers: Callers) -> Self {
        self.callers = callers;
        self
    }

    /// The same with audit lines.
    #[must_use]
    pub fn with_audit(mut self, audit: Audit) -> Self {
        self.audit = audit;
        self
    }

    /// The same under these names, beside `localhost` and addresses.
    #[must_use]
    pub fn with_hosts(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        self.hosts = hosts.into_iter().collect();
        self
    }

    /// Room for one query, held until it is answered.
    ///
    /// # Errors
    /// When there is none, or none until the time is over.
    pub(crate) async fn place(&self, caller: &Caller, until: Instant) -> Result<Place, ApiError> {
        Ok(self
            .queue
            .enter(&caller.name, caller.share(), until)
            .await?)
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

//! What is asked of one connection, for one place of the query or for several: the request, the plugin's plan for it, the rows and
//! the record of what became of them. A target that fails ends its own stream and is recorded; the query goes on.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::Expr;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use trawl_host::types::{Pushed, ScanPlan, ScanRequest};
use trawl_host::{Connection, ScanContext};

use crate::cache::{Hit, Keeping, Key, ScanCache};
use crate::completeness::TargetError;
use crate::context::QueryContext;
use crate::error::Error;
use crate::namespaces::Namespaces;
use crate::partial::Check;
use crate::placement::Owner;
use crate::record::Record;
use crate::shared::Shared;

/// A request to one connection.
pub struct Fetch {
    /// Where to.
    pub connection: Connection,
    /// Whose its rows are.
    pub owner: Owner,
    /// Where its rows name their clusters, when they do.
    pub cluster_column: Option<usize>,
    /// The namespaces whose rows the caller sees, and where rows name theirs; none when it sees all.
    pub namespaces: Option<(Namespaces, usize)>,
    /// What the remote may charge the query on this connection, in millionths of a US dollar.
    pub max_cost: u64,
    /// What is asked.
    pub request: ScanRequest,
    /// The conditions that were offered, with bare column names, each with its root in the request if it has a form there.
    pub offered: Vec<(Expr, Option<usize>)>,
    /// How the plugin will answer, or why it will not.
    pub plan: std::result::Result<ScanPlan, TargetError>,
    /// Why it is not read although the plugin would answer.
    pub refused: Option<TargetError>,
    /// What becomes of it.
    pub record: Arc<Record>,
    /// What the query's scans share.
    pub context: Arc<QueryContext>,
    /// Places of the query that read it.
    pub readers: usize,
    /// For more than one reader: the rows of each partition, once somebody wants them.
    shared: Vec<OnceLock<Arc<Shared>>>,
    /// Rows of a moment ago that are good enough; then nobody is asked.
    kept: Option<Hit>,
    /// Where its rows are kept for the next one.
    keeping: Option<Arc<Keeping>>,
}

impl std::fmt::Debug for Fetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetch")
            .field("connection", &self.connection.name())
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}

/// A fetch before its plugin was asked how it will answer.
pub struct Asked {
    /// Where to.
    pub connection: Connection,
    /// As in [`Fetch`].
    pub owner: Owner,
    /// As in [`Fetch`].
    pub cluster_column: Option<usize>,
    /// As in [`Fetch`].
    pub namespaces: Option<(Namespaces, usize)>,
    /// As in [`Fetch`].
    pub max_cost: u64,
    /// Why the plugin is not asked at all.
    pub refused: Option<TargetError>,
    /// What is asked.
    pub request: ScanRequest,
    /// As in [`Fetch`].
    pub offered: Vec<(Expr, Option<usize>)>,
    /// What becomes of it.
    pub record: Arc<Record>,
    /// What the query's scans share.
    pub context: Arc<QueryContext>,
    /// Places of the query that read it.
    pub readers: usize,
}

impl Asked {
    /// Asks the plugin how it will answer.
    pub async fn plan(self) -> Fetch {
        // Until its source says that it reads nothing else.
        self.record.unconfined(self.namespaces.is_some());
        let within = ScanContext {
            deadline: self.context.plan_deadline(),
            stats: Arc::clone(&self.record.stats),
            memory: Some(self.context.memory.clone()),
        };
        let cached = self.cached();
        let key = cached.as_ref().map(|_| self.key());
        let kept = cached.as_ref().zip(key.as_ref());
        let kept = kept.and_then(|((cache, max_age), key)| cache.find(key, *max_age));
        let plan = match self.refused {
            Some(error) => Err(error),
            None => match &kept {
                Some(kept) => {
                    self.record.kept(kept.age);
                    Ok(kept.plan.clone())
                }
                None => {
                    let plan = self.connection.within(within).plan(&self.request).await;
                    plan.map_err(|error| self.record.told(&error))
                }
            },
        };
        match &plan {
            Ok(plan) => {
                self.record.partitions(plan.partitions.len());
                if plan.limit != Pushed::NotPushed {
                    self.record.limit();
                }
            }
            Err(error) => self.record.fail(error.clone()),
        }
        let partitions = plan.as_ref().map_or(0, |plan| plan.partitions.len());
        let keeping = match (&plan, cached, key) {
            (Ok(plan), Some((cache, _)), Some(key)) if kept.is_none() => {
                Some(Arc::new(Keeping::new(&cache, key, plan)))
            }
            _ => None,
        };
        let fetch = Fetch {
            connection: self.connection,
            owner: self.owner,
            cluster_column: self.cluster_column,
            namespaces: self.namespaces,
            max_cost: self.max_cost,
            request: self.request,
            offered: self.offered,
            plan,
            refused: None,
            record: self.record,
            context: self.context,
            readers: self.readers,
            shared: (0..partitions).map(|_| OnceLock::new()).collect(),
            kept,
            keeping,
        };
        if let Some((namespaces, _)) = &fetch.namespaces {
            let exactly = fetch.pushed(&namespaces.condition()) == Pushed::Exact;
            fetch.record.unconfined(!exactly);
        }
        fetch
    }

    /// Where rows of a moment ago are, and how old they may be: as the query says, but not older than the inventory says of the table.
    fn cached(&self) -> Option<(Arc<ScanCache>, Duration)> {
        let (cache, max_age) = self.context.cache.as_ref()?;
        if self.refused.is_some() {
            return None;
        }
        let (source, table) = (&self.record.source, &self.record.table);
        let qualified = format!("{source}.{table}");
        let said = self.context.view.inventory.ages.of(&[table, &qualified]);
        let max_age = match said {
            None => *max_age,
            // Nobody may be given them, so they are not kept either.
            Some(said) if said.is_zero() => return None,
            Some(said) => said.min(*max_age),
        };
        Some((Arc::clone(cache), max_age))
    }

    /// What its rows are kept under. What a connection gives without asking who it is is the same for all who may see as much.
    fn key(&self) -> Key {
        let context = &self.context;
        let scope = match self.connection.is_callers() {
            true => Arc::clone(&context.scope),
            false => context.scope.of_anybody(),
        };
        let (source, connection) = (&self.record.source, self.connection.name());
        Key::new(context.generation, scope, source, connection, &self.request)
    }
}

impl Fetch {
    /// Pieces that the plugin cut its work into; none when it will not answer, or is not let.
    pub fn partitions(&self) -> usize {
        match &self.plan {
            Ok(plan) if self.refused.is_none() => plan.partitions.len(),
            _ => 0,
        }
    }

    /// Does not read it, and says why.
    pub fn refuse(&mut self, why: TargetError) {
        self.record.fail(why.clone());
        self.refused = Some(why);
    }

    /// How the source takes a condition (with bare column names).
    pub fn pushed(&self, condition: &Expr) -> Pushed {
        let root = self
            .offered
            .iter()
            .find(|(offered, _)| offered == condition)
            .and_then(|(_, root)| *root);
        let (Some(root), Ok(plan)) = (root, &self.plan) else {
            return Pushed::NotPushed;
        };
        plan.filters.get(root).copied().unwrap_or(Pushed::NotPushed)
    }

    /// The rows of one partition for one of the readers, with the request's columns.
    pub fn read(
        &self,
        partition: usize,
        reader: usize,
        task: &TaskContext,
    ) -> BoxStream<'static, Result<RecordBatch>> {
        let Ok(plan) = &self.plan else {
            return futures::stream::empty().boxed();
        };
        match self.shared.get(partition).filter(|_| self.readers > 1) {
            None => self.rows(plan, partition),
            Some(shared) => {
                let shared = shared.get_or_init(|| {
                    let rows = self.rows(plan, partition);
                    let spool = self.context.spool(task);
                    Arc::new(Shared::new(rows, self.readers, spool))
                });
                shared.read(reader).boxed()
            }
        }
    }

    /// The rows of one partition, without those of clusters that were not asked for and of namespaces that the caller does not see.
    fn rows(&self, plan: &ScanPlan, partition: usize) -> BoxStream<'static, Result<RecordBatch>> {
        let rows = self.scan(plan, partition).boxed();
        let rows = match &self.namespaces {
            Some((namespaces, column)) => {
                let (namespaces, column) = (namespaces.clone(), *column);
                let record = Arc::clone(&self.record);
                rows.map(move |batch| namespaces.seen(batch?, column, &record))
                    .boxed()
            }
            None => rows,
        };
        match (&self.owner, self.cluster_column) {
            (Owner::PerRow(per_row), Some(column)) => {
                let (per_row, record) = (per_row.clone(), Arc::clone(&self.record));
                rows.map(move |batch| per_row.wanted(batch?, column, &record))
                    .boxed()
            }
            _ => rows,
        }
    }

    /// Asks the plugin once more, for rows.
    pub async fn without_aggregate(self) -> Self {
        let asked = Asked {
            connection: self.connection,
            owner: self.owner,
            cluster_column: self.cluster_column,
            namespaces: self.namespaces,
            max_cost: self.max_cost,
            refused: self.refused,
            request: ScanRequest {
                aggregate: None,
                ..self.request
            },
            offered: self.offered,
            record: self.record,
            context: self.context,
            readers: self.readers,
        };
        asked.plan().await
    }

    /// Whether its rows are partial results.
    pub fn is_aggregated(&self) -> bool {
        self.plan.as_ref().is_ok_and(|plan| plan.aggregated)
    }

    fn scan(&self, plan: &ScanPlan, partition: usize) -> TargetStream {
        self.record.begin();
        let context = ScanContext {
            deadline: self.context.scan_deadline(),
            stats: Arc::clone(&self.record.stats),
            memory: Some(self.context.memory.clone()),
        };
        let aggregate = self.request.aggregate.as_ref();
        let rows = match &self.kept {
            Some(kept) => {
                let stats = Arc::clone(&self.record.stats);
                let rows = futures::stream::iter(kept.rows(partition));
                let counted = rows.inspect(move |batch| {
                    let rows = u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
                    stats.rows.fetch_add(rows, Ordering::Relaxed);
                });
                counted.map(Ok).boxed()
            }
            None => {
                let span = tracing::info_span!(
                    parent: &self.context.span,
                    "scan",
                    connection = self.connection.name(),
                    table = self.record.table
                );
                let rows = span.in_scope(|| {
                    let connection = &self.connection;
                    connection.scan(&self.request, plan, partition, context)
                });
                rows.boxed()
            }
        };
        TargetStream {
            rows,
            partition,
            keeping: self.keeping.clone(),
            check: aggregate.filter(|_| plan.aggregated).map(Check::of),
            record: Arc::clone(&self.record),
            open: true,
        }
    }
}

/// The rows of one partition of a target as the plugin gives them; its failure is told to the record.
struct TargetStream {
    rows: BoxStream<'static, std::result::Result<RecordBatch, trawl_host::Error>>,
    partition: usize,
    keeping: Option<Arc<Keeping>>,
    /// For partial results.
    check: Option<Check>,
    record: Arc<Record>,
    open: bool,
}

impl TargetStream {
    /// Ends the stream, and tells why.
    fn failed(&mut self, error: TargetError) -> Poll<Option<Result<RecordBatch>>> {
        self.open = false;
        self.record.fail(error);
        Poll::Ready(None)
    }
}

impl Stream for TargetStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.open {
            return Poll::Ready(None);
        }
        match self.rows.poll_next_unpin(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(batch))) => {
                if let Some(keeping) = &self.keeping {
                    keeping.rows(self.partition, &batch);
                }
                let checked = match &self.check {
                    Some(check) => check.groups(batch),
                    None => Ok(batch),
                };
                match checked {
                    Ok(batch) => Poll::Ready(Some(Ok(batch))),
                    Err(wrong) => {
                        let wrong = format!("{}: {wrong}", self.record.source);
                        self.failed(TargetError::defect(&Error::Internal(wrong)))
                    }
                }
            }
            Poll::Ready(Some(Err(error))) => {
                let told = self.record.told(&error);
                self.failed(told)
            }
            Poll::Ready(None) => {
                self.open = false;
                self.record.end();
                if let Some(keeping) = &self.keeping {
                    keeping.ended(self.partition, &self.record);
                }
                Poll::Ready(None)
            }
        }
    }
}

impl Drop for TargetStream {
    fn drop(&mut self) {
        if self.open {
            self.record.stop();
        }
    }
}

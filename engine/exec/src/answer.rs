//! An answer: rows as they come, then how complete they are. Owns the query's deadline, its row limit and `require`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::RecordBatch;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::physical_plan::SendableRecordBatchStream;
use futures::StreamExt;
use serde::Serialize;
use trawl_lang::Diagnostic;
use trawl_plan::{Render, Type};

use crate::completeness::Completeness;
use crate::context::QueryContext;
use crate::error::Error;
use crate::progress::Monitor;
use crate::request::{QueryRequest, Require};
use crate::sides::Sides;
use crate::spool::{Kept, Quota, Spool};

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AnswerColumn {
    /// Its name.
    pub name: String,
    /// Its type in the language.
    #[serde(rename = "type", serialize_with = "as_text")]
    #[schema(value_type = String)]
    pub ty: Type,
}

impl AnswerColumn {
    /// The columns of a plan.
    pub(crate) fn all(columns: Vec<(String, Type)>) -> Vec<Self> {
        columns
            .into_iter()
            .map(|(name, ty)| Self { name, ty })
            .collect()
    }

    /// Whether it holds numbers, which are read best when they end in one line.
    pub fn is_number(&self) -> bool {
        self.ty.is_number()
    }

    /// Whether it holds objects, lists or maps: of no use to the eye when they are long.
    pub fn is_nested(&self) -> bool {
        self.ty.is_nested() || self.ty == Type::Dynamic
    }
}

fn as_text<S: serde::Serializer>(ty: &Type, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(ty)
}

/// What a query cost; nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Stats {
    /// From the request to the last row.
    pub elapsed_ms: u64,
    /// Rows of the answer.
    pub rows: u64,
    /// Bytes that the remotes sent.
    pub bytes_decoded: u64,
    /// HTTP requests, those that asked what a table looks like included.
    pub requests: u64,
    /// Time that plugins computed.
    pub guest_cpu_ms: u64,
    /// The most memory that one plugin instance had, in bytes.
    pub peak_memory: u64,
}

/// What is known when the last row is out. The default is that of an answer for which nobody had to be asked.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct Summary {
    /// How complete the answer is.
    pub completeness: Completeness,
    /// The rows after which `max_rows` cut the answer, where it did: how many more there are nobody has counted. The completeness is that
    /// of the targets until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_at: Option<u64>,
    /// Things worth saying.
    pub warnings: Vec<String>,
    /// What the comparison with a run without pushdown found, when it was asked for and both agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<String>,
    /// What it cost.
    pub stats: Stats,
    /// How the rows wish to be shown.
    #[schema(value_type = Option<crate::shapes::Render>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub render: Option<Render>,
}

/// What is known of an answer before its first row.
pub(crate) struct Head {
    /// Names and types of its columns.
    pub columns: Vec<(String, Type)>,
    /// How it wishes to be shown.
    pub render: Option<Render>,
    /// What the parser and planner found worth saying.
    pub diagnostics: Vec<Diagnostic>,
    /// What an incomplete side of a join does to the rows.
    pub sides: Sides,
}

/// Rows on their way.
pub struct Answer {
    columns: Vec<AnswerColumn>,
    render: Option<Render>,
    rows: Rows,
    /// The memory of the query's relational part.
    runtime: Arc<RuntimeEnv>,
    /// Rows that were read before anybody asked for them.
    ahead: Option<RecordBatch>,
    diagnostics: Vec<Diagnostic>,
    context: Arc<QueryContext>,
    monitor: Arc<Monitor>,
    /// What an incomplete side of a join does to the rows.
    sides: Sides,
    max_rows: Option<u64>,
    given: u64,
    /// Whether `max_rows` cut it.
    cut: bool,
    verified: Option<String>,
    left_open: Option<&'static str>,
}

enum Rows {
    Streaming(SendableRecordBatchStream),
    /// Held back until all of them were known.
    Held(Held),
    Done,
}

/// Rows that are given when all of them are known: in memory as far as the query may have it, beyond that on disk.
pub(crate) struct Held {
    spool: Arc<Spool>,
    kept: VecDeque<Kept>,
}

impl Held {
    fn new(runtime: &RuntimeEnv) -> Self {
        let what = "rows that are held until every target has ended";
        Self {
            spool: Arc::new(Spool::new(runtime, Quota::default(), what)),
            kept: VecDeque::new(),
        }
    }

    /// Puts rows behind those that are held.
    pub(crate) async fn push(&mut self, batch: RecordBatch) -> Result<(), Error> {
        self.kept.push_back(self.spool.keep(batch).await?);
        Ok(())
    }

    /// The first rows that are held, which are held no longer.
    async fn pop(&mut self) -> Result<Option<RecordBatch>, Error> {
        let Some(kept) = self.kept.pop_front() else {
            return Ok(None);
        };
        let batch = self.spool.read(&kept).await;
        self.spool.release(&kept);
        Ok(Some(batch?))
    }
}

impl Answer {
    pub(crate) async fn new(
        rows: SendableRecordBatchStream,
        runtime: Arc<RuntimeEnv>,
        head: Head,
        context: Arc<QueryContext>,
        request: &QueryRequest,
    ) -> Result<Self, Error> {
        let mut answer = Self {
            columns: AnswerColumn::all(head.columns),
            render: head.render,
            rows: Rows::Streaming(rows),
            runtime,
            ahead: None,
            diagnostics: head.diagnostics,
            context,
            monitor: Arc::clone(&request.monitor),
            sides: head.sides,
            max_rows: request.max_rows,
            given: 0,
            cut: false,
            verified: None,
            left_open: None,
        };
        if let Some(require) = request.require.filter(|it| *it != Require::Any) {
            answer.hold(require).await?;
        } else if request.ahead {
            // A mistake that only rows show is told instead of an answer, not after a door has begun to give one.
            answer.ahead = answer.read().await?;
        }
        Ok(answer)
    }

    /// Reads everything, and refuses to give it when too few targets answered.
    async fn hold(&mut self, require: Require) -> Result<(), Error> {
        let mut held = self.holding();
        while let Some(batch) = self.next().await? {
            held.push(batch).await?;
        }
        let completeness = self.context.completeness();
        if !require.is_met(&completeness) {
            return Err(Error::Incomplete(
                Box::new(completeness),
                require.to_string(),
            ));
        }
        // Whether they were cut is known, and stays so when they are given.
        (self.given, self.rows) = (0, Rows::Held(held));
        Ok(())
    }

    /// The rows given so far once more from the first, up to a limit, after a comparison that found no difference.
    pub(crate) fn again(&mut self, rows: Held, max_rows: Option<u64>, verified: String) {
        self.rows = Rows::Held(rows);
        self.given = 0;
        self.max_rows = max_rows;
        self.verified = Some(verified);
    }

    /// An empty place for rows that are held.
    pub(crate) fn holding(&self) -> Held {
        Held::new(&self.runtime)
    }

    /// Memory of the query that holds something else than rows of its plan.
    pub(crate) fn reserve(&self, what: &'static str) -> MemoryReservation {
        MemoryConsumer::new(what).register(&self.runtime.memory_pool)
    }

    /// What the query leaves open, so that two right answers may differ.
    pub(crate) fn left_open(&self) -> Option<&'static str> {
        self.left_open
    }

    /// Notes what the query leaves open.
    pub(crate) fn leaving_open(self, left_open: Option<&'static str>) -> Self {
        Self { left_open, ..self }
    }

    /// How complete it is at this moment.
    pub(crate) fn completeness(&self) -> Completeness {
        self.context.completeness()
    }

    /// How complete it is, when the query's time was over before its first row.
    pub fn overdue(&self) -> Option<Completeness> {
        let none = self.given == 0 && self.ahead.is_none();
        let ended = matches!(self.rows, Rows::Done);
        (none && ended)
            .then(|| self.context.completeness())
            .filter(|completeness| completeness.timed_out)
    }

    /// Its columns.
    pub fn columns(&self) -> &[AnswerColumn] {
        &self.columns
    }

    /// How its rows wish to be shown, where the query says so.
    pub fn render(&self) -> Option<&Render> {
        self.render.as_ref()
    }

    /// What the parser and planner found worth saying, with places in the text.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The next rows; `None` at the end, or when the query's time is over.
    ///
    /// # Errors
    /// When the query exceeds a limit of its own, or for a bug of ours. A target that fails is no error.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>, Error> {
        let batch = match self.ahead.take() {
            Some(batch) => Some(batch),
            None => self.read().await?,
        };
        let Some(batch) = batch else {
            self.rows = Rows::Done;
            return Ok(None);
        };
        // Sort keys that the plan carried behind the query's own columns end here.
        let width = self.columns.len().min(batch.num_columns());
        let batch = batch
            .project(&(0..width).collect::<Vec<_>>())
            .map_err(|error| Error::Internal(error.to_string()))?;
        let batch = self.cut(batch);
        self.monitor.gave(self.given);
        Ok(Some(batch))
    }

    /// The next rows as the plan gives them; `None` at the end of the rows or of the query's time.
    async fn read(&mut self) -> Result<Option<RecordBatch>, Error> {
        let batch = match &mut self.rows {
            Rows::Done => None,
            Rows::Held(held) => held.pop().await?,
            Rows::Streaming(stream) => {
                let deadline = tokio::time::Instant::from_std(self.context.deadline());
                tokio::select! {
                    biased;
                    () = self.monitor.cancelled() => {
                        self.context.cancel();
                        None
                    }
                    batch = stream.next() => batch.transpose()?,
                    () = tokio::time::sleep_until(deadline) => {
                        self.context.expire();
                        None
                    }
                }
            }
        };
        if batch.is_none() {
            self.rows = Rows::Done;
        }
        self.sides.check(&self.context)?;
        Ok(batch)
    }

    /// Keeps the row limit, and says so.
    fn cut(&mut self, batch: RecordBatch) -> RecordBatch {
        let rows = u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
        let left = self
            .max_rows
            .map_or(u64::MAX, |max| max.saturating_sub(self.given));
        if rows <= left {
            self.given += rows;
            return batch;
        }
        self.given += left;
        self.cut = true;
        self.rows = Rows::Done;
        self.context.warn(format!(
            "the answer was cut at {} rows (`max_rows`); how many more there are is not known",
            self.given
        ));
        batch.slice(0, usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// How it went, once `next` gave `None`.
    pub fn finish(self) -> Summary {
        drop(self.rows);
        let mut warnings: Vec<String> = self
            .diagnostics
            .iter()
            .map(|d| format!("{}: {}", d.code, d.message))
            .collect();
        warnings.extend(self.context.warnings());
        warnings.extend(self.sides.warnings());
        let records = self.context.records();
        let sum = |get: fn(&trawl_host::ScanStats) -> u64| {
            let rows: u64 = records.iter().map(|record| get(&record.stats)).sum();
            rows + get(&self.context.described)
        };
        let stats = Stats {
            elapsed_ms: u64::try_from(self.context.started.elapsed().as_millis())
                .unwrap_or(u64::MAX),
            rows: self.given,
            bytes_decoded: sum(|stats| stats.bytes.load(Ordering::Relaxed)),
            requests: sum(|stats| stats.requests.load(Ordering::Relaxed)),
            guest_cpu_ms: sum(|stats| stats.guest_cpu_ns.load(Ordering::Relaxed)) / 1_000_000,
            peak_memory: records
                .iter()
                .map(|r| r.stats.memory_peak.load(Ordering::Relaxed))
                .max()
                .unwrap_or(0),
        };
        Summary {
            completeness: self.context.completeness(),
            cut_at: self.cut.then_some(self.given),
            warnings,
            verified: self.verified,
            stats,
            render: self.render,
        }
    }
}

#[cfg(test)]
#[allow(clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::context::{Purpose, Pushdown};
    use crate::fleet::View;
    use arrow::array::{ArrayRef, Int64Array};
    use datafusion::execution::memory_pool::GreedyMemoryPool;
    use datafusion::execution::runtime_env::RuntimeEnvBuilder;
    use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
    use trawl_fleet::{Inventory, Origin};

    #[tokio::test]
    async fn rows_that_are_held_are_the_querys_memory_and_go_to_disk_beyond_it() {
        let batch = |n: i64| {
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(n..n + 1_000));
            RecordBatch::try_from_iter([("n", numbers)]).unwrap()
        };
        let rows = futures::stream::iter((0..9).map(move |n| Ok(batch(n))));
        let rows = RecordBatchStreamAdapter::new(batch(0).schema(), rows);
        let pool = Arc::new(GreedyMemoryPool::new(20_000));
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool);
        let inventory = Inventory::of(vec![], vec![], Origin::Kubeconfig(vec![]));
        let view = View::new(Arc::new(inventory), &[]).unwrap();
        let timeout = crate::limits::QUERY_TIMEOUT;
        let context = QueryContext::new(view, 0, timeout, Purpose::Run, Pushdown::Everything);
        let head = Head {
            columns: vec![("n".to_owned(), Type::Long)],
            render: None,
            diagnostics: vec![],
            sides: Sides::default(),
        };
        let request = QueryRequest {
            require: Some(Require::All),
            max_rows: Some(8_500),
            ..QueryRequest::new("")
        };
        let runtime = runtime.build_arc().unwrap();
        let rows: SendableRecordBatchStream = Box::pin(rows);
        let answer = Answer::new(rows, runtime, head, Arc::new(context), &request);
        let mut answer = answer.await.unwrap();
        let Rows::Held(held) = &answer.rows else {
            panic!("they are held");
        };
        let on_disk = |kept: &&Kept| matches!(kept, Kept::Disk { .. });
        assert_eq!(held.kept.iter().filter(on_disk).count(), 7);
        for n in 0..8 {
            assert_eq!(answer.next().await.unwrap().unwrap(), batch(n));
        }
        let last = answer.next().await.unwrap().unwrap();
        assert_eq!(last, batch(8).slice(0, 500));
        assert!(answer.next().await.unwrap().is_none());
        assert_eq!(answer.finish().cut_at, Some(8_500));
    }
}

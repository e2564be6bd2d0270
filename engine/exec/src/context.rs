//! What all scans of one query share: the fleet it sees, its clock and deadline, and the record of its targets.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use datafusion::execution::TaskContext;
use trawl_host::{QueryMemory, ScanContext, ScanStats};

use crate::cache::ScanCache;
use crate::completeness::{Completeness, End, TargetError, cancelled, overdue};
use crate::fleet::View;
use crate::limits;
use crate::memory::EngineMemory;
use crate::record::Record;
use crate::scope::Scope;
use crate::spool::{Quota, Spool};

/// What sources are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushdown {
    /// All that they may take: filters, limits, paths below columns.
    Everything,
    /// Nothing but the names of columns: what `--verify-pushdown` compares with.
    Nothing,
}

/// What a query is planned for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Its rows.
    Run,
    /// What is known of it: tables need no connection.
    Read,
}

/// One query on its way.
#[derive(Debug)]
pub struct QueryContext {
    /// The clusters that it may see.
    pub view: View,
    /// What else its caller may see.
    pub scope: Arc<Scope>,
    /// Its `now()`, in nanoseconds since the Unix epoch.
    pub now_ns: i64,
    /// When it came: since then its time counts.
    pub started: Instant,
    /// When its planning began: it may have waited for its turn until then.
    begun: Instant,
    /// The time it has.
    pub timeout: Duration,
    /// What it is planned for.
    pub purpose: Purpose,
    /// What its sources are offered.
    pub pushdown: Pushdown,
    /// What all remotes together may charge for it, in millionths of a US dollar, where the request says so.
    pub max_cost: Option<u64>,
    /// What was read a moment ago, and how old it may be; none: everything is read.
    pub cache: Option<(Arc<ScanCache>, Duration)>,
    /// Which inventory and plugins it sees.
    pub generation: u64,
    /// What it costs to learn what its tables look like.
    pub described: Arc<ScanStats>,
    /// What its plugins have together.
    pub memory: QueryMemory,
    /// What its logs and traces stand in.
    pub span: tracing::Span,
    end: Mutex<End>,
    records: Mutex<Vec<Arc<Record>>>,
    /// Connection and table of what some scan left out.
    pruned: Mutex<BTreeSet<(String, String)>>,
    spool: OnceLock<Arc<Spool>>,
    warnings: Mutex<Vec<String>>,
}

impl QueryContext {
    /// A query that begins now.
    pub fn new(
        view: View,
        now_ns: i64,
        timeout: Duration,
        purpose: Purpose,
        pushdown: Pushdown,
    ) -> Self {
        let now = Instant::now();
        Self {
            view,
            scope: Arc::default(),
            now_ns,
            started: now,
            begun: now,
            timeout,
            purpose,
            pushdown,
            max_cost: None,
            cache: None,
            generation: 0,
            described: Arc::default(),
            memory: EngineMemory::default().plugins(limits::PLUGIN_MEMORY_BYTES),
            span: tracing::Span::current(),
            end: Mutex::default(),
            records: Mutex::default(),
            pruned: Mutex::default(),
            spool: OnceLock::new(),
            warnings: Mutex::default(),
        }
    }

    /// The context of a question about a table rather than for its rows.
    pub fn describing(&self) -> ScanContext {
        ScanContext {
            deadline: self.part(limits::DESCRIBE_DEADLINE_PERCENT),
            stats: Arc::clone(&self.described),
            memory: Some(self.memory.clone()),
        }
    }

    /// When the whole query ends.
    pub fn deadline(&self) -> Instant {
        self.started + self.timeout
    }

    /// When its planning ends: what is not planned by then has failed.
    pub fn plan_deadline(&self) -> Instant {
        self.part(limits::PLAN_DEADLINE_PERCENT)
    }

    /// When its scans end: earlier, so that there is time for an answer.
    pub fn scan_deadline(&self) -> Instant {
        self.part(limits::SCAN_DEADLINE_PERCENT)
    }

    /// When this part of the time is over that it had left when its planning began, in percent. Of the whole time it would have been
    /// over before, where a query waited long for its turn.
    fn part(&self, percent: u32) -> Instant {
        let left = self.deadline().saturating_duration_since(self.begun);
        self.begun + left * percent / 100
    }

    /// Notes a target that is asked.
    pub fn record(&self, record: Record) -> Arc<Record> {
        let record = Arc::new(record);
        lock(&self.records).push(Arc::clone(&record));
        record
    }

    /// Notes a target that a scan's scope left out: a connection and a table.
    pub fn prune(&self, connection: &str, table: &str) {
        lock(&self.pruned).insert((connection.to_owned(), table.to_owned()));
    }

    /// Where rows wait that several places of the query read.
    pub fn spool(&self, task: &TaskContext) -> Arc<Spool> {
        let spool = self.spool.get_or_init(|| {
            let what = "rows that several parts of the query read";
            Arc::new(Spool::new(&task.runtime_env(), Quota::default(), what))
        });
        Arc::clone(spool)
    }

    /// Notes something worth saying.
    pub fn warn(&self, message: String) {
        let mut warnings = lock(&self.warnings);
        if !warnings.contains(&message) {
            warnings.push(message);
        }
    }

    /// What was worth saying so far.
    pub fn warnings(&self) -> Vec<String> {
        lock(&self.warnings).clone()
    }

    /// How complete the answer is at this moment.
    pub fn completeness(&self) -> Completeness {
        let records = self.records();
        // What one scan leaves out another one may ask.
        let asked = |connection: &str, table: &str| {
            records
                .iter()
                .any(|record| record.connection == connection && record.table == table)
        };
        let pruned = lock(&self.pruned);
        let pruned = pruned
            .iter()
            .filter(|(connection, table)| !asked(connection, table));
        Completeness::of(&records, pruned.count(), *lock(&self.end))
    }

    /// The time is over: the answer is not whole, and targets that still run have failed.
    pub fn expire(&self) {
        self.cut(End::TimedOut, overdue(self.timeout.as_millis()));
        self.warn(format!(
            "the query's time of {} ms was over before all rows were there",
            self.timeout.as_millis()
        ));
    }

    /// Somebody ended the query: likewise.
    pub fn cancel(&self) {
        self.cut(End::Cancelled, cancelled());
        self.warn("the query was cancelled before all rows were there".to_owned());
    }

    fn cut(&self, end: End, why: TargetError) {
        *lock(&self.end) = end;
        for record in lock(&self.records).iter().filter(|record| record.is_open()) {
            record.fail(why.clone());
        }
    }

    /// How its rows came to their end.
    pub fn end(&self) -> End {
        *lock(&self.end)
    }

    /// The records of all targets.
    pub fn records(&self) -> Vec<Arc<Record>> {
        lock(&self.records).clone()
    }
}

/// A lock that another thread's panic does not take away: every value here is whole at all times.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Rows that were read a moment ago, for queries that say how old they may be. Kept is what one scan of one connection gave whole, for
//! callers of the same rights. A later scan gets it when it asks the same, or less of it: fewer columns of rows that no filter, limit or
//! aggregate has narrowed; its own conditions are then checked here. Bounded in bytes, the oldest go first; so is what is on its way into it.

mod keeping;

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use trawl_host::types::{Pushed, ScanPlan, ScanRequest};

use crate::limits;
use crate::scope::Scope;

pub use keeping::Keeping;

/// What is kept for all queries of an engine.
#[derive(Debug)]
pub struct ScanCache {
    bytes: usize,
    kept: Mutex<Kept>,
    /// Bytes of the scans that are read and may be kept.
    open: AtomicUsize,
}

#[derive(Debug, Default)]
struct Kept {
    /// The oldest first.
    scans: VecDeque<Arc<Scan>>,
    bytes: usize,
}

/// Whose rows they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Which inventory and plugins were there: others have other rows under the same names.
    pub generation: u64,
    /// What the caller may see, and who it is where the connection asks in its name.
    pub scope: Arc<Scope>,
    /// The plugin.
    pub source: String,
    /// The connection.
    pub connection: String,
    /// What was asked, without its moment: how old the answer is is told instead.
    pub request: ScanRequest,
}

/// A scan that was read whole.
#[derive(Debug)]
struct Scan {
    key: Key,
    plan: ScanPlan,
    /// The rows of each partition.
    partitions: Vec<Vec<RecordBatch>>,
    /// When it was begun: rows are at most that old.
    since: Instant,
    bytes: usize,
}

/// Rows that are served instead of being read.
#[derive(Debug)]
pub struct Hit {
    scan: Arc<Scan>,
    /// How the scan is answered.
    pub plan: ScanPlan,
    /// Which columns of the kept rows; none: all.
    columns: Option<Vec<usize>>,
    /// How old they are.
    pub age: Duration,
}

impl Key {
    /// What a scan of this request is kept under.
    pub fn new(
        generation: u64,
        scope: Arc<Scope>,
        source: &str,
        connection: &str,
        request: &ScanRequest,
    ) -> Self {
        Self {
            generation,
            scope,
            source: source.to_owned(),
            connection: connection.to_owned(),
            request: ScanRequest {
                now_ns: 0,
                ..request.clone()
            },
        }
    }

    /// Bytes that it takes itself: a scan without rows is kept under a condition of any length.
    fn bytes(&self) -> usize {
        // What it says of itself is about as long as what it holds.
        limits::CACHED_KEY_BYTES.saturating_add(format!("{:?}", self.request).len())
    }

    /// Whether rows of the one are rows of the other one, but for what the request narrows them to.
    fn has_rows_of(&self, other: &Self) -> bool {
        let (own, wanted) = (&self.request, &other.request);
        self.generation == other.generation
            && self.scope == other.scope
            && self.source == other.source
            && self.connection == other.connection
            && own.table == wanted.table
            && own.arguments == wanted.arguments
            && own.clusters == wanted.clusters
            && own.others == wanted.others
            && own.unplaced == wanted.unplaced
    }
}

impl ScanCache {
    /// One that holds this many bytes.
    pub fn new(bytes: usize) -> Self {
        Self {
            bytes,
            kept: Mutex::default(),
            open: AtomicUsize::new(0),
        }
    }

    /// Rows for a scan that are not older than this.
    pub fn find(&self, key: &Key, max_age: Duration) -> Option<Hit> {
        let kept = self.kept();
        // The youngest first.
        let young = kept.scans.iter().rev();
        let young: Vec<&Arc<Scan>> = young
            .take_while(|scan| scan.since.elapsed() <= max_age)
            .filter(|scan| scan.key.has_rows_of(key))
            .collect();
        let same = young.iter().find(|scan| scan.key == *key);
        let same = same.map(|scan| scan.hit(scan.plan.clone(), None));
        same.or_else(|| young.iter().find_map(|scan| scan.narrowed(key)))
    }

    /// The most bytes that one scan may have to be kept.
    fn scan_bytes(&self) -> usize {
        self.bytes / limits::CACHED_SCAN_PART
    }

    fn keep(&self, scan: Scan) {
        let mut kept = self.kept();
        // A newer answer to the same question takes the place of the older one.
        let same = kept.scans.iter().position(|old| old.key == scan.key);
        if let Some(old) = same.and_then(|at| kept.scans.remove(at)) {
            kept.bytes = kept.bytes.saturating_sub(old.bytes);
        }
        kept.bytes = kept.bytes.saturating_add(scan.bytes);
        // By their ages, whichever was read to its end first.
        let at = kept.scans.partition_point(|old| old.since <= scan.since);
        kept.scans.insert(at, Arc::new(scan));
        let is_old = |scan: &Arc<Scan>| scan.since.elapsed() > limits::CACHE_MAX_AGE;
        while (kept.bytes > self.bytes || kept.scans.front().is_some_and(is_old))
            && let Some(oldest) = kept.scans.pop_front()
        {
            kept.bytes = kept.bytes.saturating_sub(oldest.bytes);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scan {
    fn hit(self: &Arc<Self>, plan: ScanPlan, columns: Option<Vec<usize>>) -> Hit {
        Hit {
            scan: Arc::clone(self),
            plan: ScanPlan { cost: None, ..plan },
            columns,
            age: self.since.elapsed(),
        }
    }

    /// It for a scan that wants no more columns, when nothing has narrowed it. What the scan asks besides is left to who asks.
    fn narrowed(self: &Arc<Self>, key: &Key) -> Option<Hit> {
        let own = &self.key.request;
        let narrow = !own.filters.roots.is_empty()
            || own.limit.is_some()
            || own.aggregate.is_some()
            || self.plan.aggregated;
        let wanted = &key.request.projection;
        // Rows without columns are told by their number, which is an aggregate.
        if narrow || wanted.is_empty() {
            return None;
        }
        let place = |column| own.projection.iter().position(|it| it == column);
        let columns = wanted.iter().map(place).collect::<Option<Vec<_>>>()?;
        let plan = ScanPlan {
            filters: vec![Pushed::NotPushed; key.request.filters.roots.len()],
            limit: Pushed::NotPushed,
            sorted: false,
            aggregated: false,
            explain: format!("rows of {} ms ago", self.since.elapsed().as_millis()),
            ..self.plan.clone()
        };
        Some(self.hit(plan, Some(columns)))
    }
}

impl Hit {
    /// The rows of a partition.
    pub fn rows(&self, partition: usize) -> Vec<RecordBatch> {
        let rows = self.scan.partitions.get(partition);
        let rows = rows.map(Vec::as_slice).unwrap_or_default().iter();
        match &self.columns {
            None => rows.cloned().collect(),
            // Every batch has the columns of its request.
            Some(columns) => rows.filter_map(|it| it.project(columns).ok()).collect(),
        }
    }
}

//! What all scans of one query share: the fleet it sees, its clock and deadline, and the record of its targets.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::completeness::{Completeness, Record, overdue};
use crate::fleet::View;
use crate::limits;

/// One query on its way.
#[derive(Debug)]
pub struct QueryContext {
    /// The clusters that it may see.
    pub view: View,
    /// Its `now()`, in nanoseconds since the Unix epoch.
    pub now_ns: i64,
    /// When it began.
    pub started: Instant,
    /// The time it has.
    pub timeout: Duration,
    expired: AtomicBool,
    records: Mutex<Vec<Arc<Record>>>,
    pruned: Mutex<usize>,
    warnings: Mutex<Vec<String>>,
}

impl QueryContext {
    /// A query that begins now.
    pub fn new(view: View, now_ns: i64, timeout: Duration) -> Self {
        Self {
            view,
            now_ns,
            started: Instant::now(),
            timeout,
            expired: AtomicBool::new(false),
            records: Mutex::default(),
            pruned: Mutex::default(),
            warnings: Mutex::default(),
        }
    }

    /// When the whole query ends.
    pub fn deadline(&self) -> Instant {
        self.started + self.timeout
    }

    /// When its planning ends: what is not planned by then has failed.
    pub fn plan_deadline(&self) -> Instant {
        self.started + self.timeout * limits::PLAN_DEADLINE_PERCENT / 100
    }

    /// When its scans end: earlier, so that there is time for an answer.
    pub fn scan_deadline(&self) -> Instant {
        self.started + self.timeout * limits::SCAN_DEADLINE_PERCENT / 100
    }

    /// Notes a target that is asked.
    pub fn record(&self, record: Record) -> Arc<Record> {
        let record = Arc::new(record);
        lock(&self.records).push(Arc::clone(&record));
        record
    }

    /// Notes targets that the scope left out.
    pub fn prune(&self, count: usize) {
        *lock(&self.pruned) += count;
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
        Completeness::of(
            &lock(&self.records),
            *lock(&self.pruned),
            self.expired.load(Ordering::Relaxed),
        )
    }

    /// The time is over: the answer is not whole, and targets that still run have failed.
    pub fn expire(&self) {
        self.expired.store(true, Ordering::Relaxed);
        for record in lock(&self.records).iter().filter(|record| record.is_open()) {
            record.fail(overdue(self.timeout.as_millis()));
        }
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

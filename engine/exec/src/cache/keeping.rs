//! A scan on its way into the cache: its partitions are collected while they are read, and it is kept when all of them have ended well.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use arrow::array::RecordBatch;
use trawl_host::types::ScanPlan;

use super::{Key, Scan, ScanCache};
use crate::completeness::Status;
use crate::record::Record;

/// A scan that is read and may be kept.
#[derive(Debug)]
pub struct Keeping {
    cache: Arc<ScanCache>,
    since: Instant,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    key: Key,
    plan: ScanPlan,
    partitions: Vec<Partition>,
    bytes: usize,
}

#[derive(Debug, Clone, Default)]
struct Partition {
    rows: Vec<RecordBatch>,
    ended: bool,
}

impl Keeping {
    /// For a scan that begins now.
    pub fn new(cache: &Arc<ScanCache>, key: Key, plan: &ScanPlan) -> Self {
        Self {
            cache: Arc::clone(cache),
            since: Instant::now(),
            open: Mutex::new(Some(Open {
                key,
                plan: plan.clone(),
                partitions: vec![Partition::default(); plan.partitions.len()],
                bytes: 0,
            })),
        }
    }

    /// Some rows of a partition. A scan that is too large is given up.
    pub fn rows(&self, partition: usize, batch: &RecordBatch) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(scan) = open.as_mut() else {
            return;
        };
        scan.bytes = scan.bytes.saturating_add(batch.get_array_memory_size());
        if scan.bytes > self.cache.scan_bytes() {
            *open = None;
        } else if let Some(partition) = scan.partitions.get_mut(partition) {
            partition.rows.push(batch.clone());
        }
    }

    /// A partition was read to its end. With the last one the scan is kept, if nothing of it is missing or in doubt.
    pub fn ended(&self, partition: usize, record: &Record) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(scan) = open.as_mut() else {
            return;
        };
        if let Some(partition) = scan.partitions.get_mut(partition) {
            partition.ended = true;
        }
        if !scan.partitions.iter().all(|partition| partition.ended) {
            return;
        }
        let target = record.target();
        let whole = target.status == Status::Ok && target.notes.is_empty();
        if let Some(scan) = open.take().filter(|_| whole) {
            let partitions = scan.partitions.into_iter();
            self.cache.keep(Scan {
                key: scan.key,
                plan: scan.plan,
                partitions: partitions.map(|it| it.rows).collect(),
                since: self.since,
                bytes: scan.bytes,
            });
        }
    }
}

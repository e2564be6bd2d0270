//! A scan on its way into the cache: its partitions are collected while they are read, and it is kept when all of them have ended well.

use std::sync::atomic::Ordering;
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
    room: Room,
}

/// Bytes of what is on its way, given back when it has arrived or is given up.
#[derive(Debug)]
struct Room {
    cache: Arc<ScanCache>,
    bytes: usize,
}

impl Room {
    /// Takes more of it; false: there is none, for one scan or for all of them together.
    fn take(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        let before = self.cache.open.fetch_add(bytes, Ordering::Relaxed);
        let all = before.saturating_add(bytes);
        self.bytes <= self.cache.scan_bytes() && all <= self.cache.bytes
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.cache.open.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[derive(Debug, Clone, Default)]
struct Partition {
    rows: Vec<RecordBatch>,
    ended: bool,
}

impl Keeping {
    /// For a scan that begins now.
    pub fn new(cache: &Arc<ScanCache>, key: Key, plan: &ScanPlan) -> Self {
        let mut room = Room {
            cache: Arc::clone(cache),
            bytes: 0,
        };
        let fits = room.take(key.bytes());
        let partitions = vec![Partition::default(); plan.partitions.len()];
        let open = Open {
            key,
            plan: plan.clone(),
            partitions,
            room,
        };
        Self {
            cache: Arc::clone(cache),
            since: Instant::now(),
            open: Mutex::new(fits.then_some(open)),
        }
    }

    /// Some rows of a partition. A scan that is too large is given up.
    pub fn rows(&self, partition: usize, batch: &RecordBatch) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(scan) = open.as_mut() else {
            return;
        };
        if !scan.room.take(batch.get_array_memory_size()) {
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
                bytes: scan.room.bytes,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array};
    use trawl_host::types::{Filters, Pushed, ScanRequest, Schema};

    use super::*;
    use crate::scope::Scope;

    fn key(table: &str) -> Key {
        let request = ScanRequest {
            table: vec![table.to_owned()],
            arguments: Vec::new(),
            now_ns: 0,
            clusters: Vec::new(),
            others: Vec::new(),
            unplaced: false,
            projection: Vec::new(),
            refs: Vec::new(),
            filters: Filters {
                nodes: Vec::new(),
                roots: Vec::new(),
            },
            limit: None,
            sort: Vec::new(),
            aggregate: None,
            max_partitions: 1,
        };
        Key::new(
            0,
            Arc::new(Scope::everything()),
            "kube",
            "eu/kube",
            &request,
        )
    }

    fn plan() -> ScanPlan {
        ScanPlan {
            schema: Schema { fields: Vec::new() },
            estimated_rows: None,
            partitions: vec![String::new()],
            filters: Vec::new(),
            limit: Pushed::NotPushed,
            sorted: false,
            aggregated: false,
            explain: String::new(),
            cost: None,
        }
    }

    fn batch(rows: i64) -> RecordBatch {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
        RecordBatch::try_from_iter([("n", column)]).unwrap()
    }

    fn open(cache: &ScanCache) -> usize {
        cache.open.load(Ordering::Relaxed)
    }

    #[test]
    fn what_is_on_its_way_is_bounded_and_given_back() {
        let cache = Arc::new(ScanCache::new(1 << 20));
        let many: Vec<Keeping> = (0..100)
            .map(|at| Keeping::new(&cache, key(&format!("t{at}")), &plan()))
            .collect();
        for keeping in &many {
            keeping.rows(0, &batch(5_000));
        }
        let all = open(&cache);
        assert!(all <= 1 << 20, "{all} bytes");
        assert!(many.iter().any(|it| it.open.lock().unwrap().is_none()));
        drop(many);
        assert_eq!(open(&cache), 0);
        // One that is too large for its part takes nothing from others.
        let large = Keeping::new(&cache, key("large"), &plan());
        large.rows(0, &batch(50_000));
        assert_eq!(open(&cache), 0);
    }

    #[test]
    fn scans_without_rows_are_not_kept_without_end() {
        let cache = Arc::new(ScanCache::new(1 << 20));
        for at in 0..1_000 {
            let key = key(&format!("t{at}"));
            let bytes = key.bytes();
            cache.keep(Scan {
                key,
                plan: plan(),
                partitions: vec![Vec::new()],
                since: Instant::now(),
                bytes,
            });
        }
        let kept = cache.kept();
        assert!(
            (100..=256).contains(&kept.scans.len()),
            "{}",
            kept.scans.len()
        );
    }
}

//! What answers ended with, kept for a while for who could not read it where it stood. Bounded by number, bytes and time; only who asked
//! sees it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use trawl_exec::{QueryId, Summary};

use crate::caller::Caller;
use crate::limits;

/// What is kept of all answers.
#[derive(Debug)]
pub(crate) struct Results {
    bounds: Bounds,
    kept: Mutex<Kept>,
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    number: usize,
    bytes: usize,
    time: Duration,
}

#[derive(Debug, Default)]
struct Kept {
    records: HashMap<QueryId, Record>,
    /// Their names, the oldest first.
    order: VecDeque<QueryId>,
    bytes: usize,
}

#[derive(Debug)]
struct Record {
    caller: Arc<str>,
    since: Instant,
    /// As JSON.
    summary: Bytes,
}

impl Default for Results {
    fn default() -> Self {
        Self::within(Bounds {
            number: limits::KEPT_RESULTS,
            bytes: limits::KEPT_RESULT_BYTES,
            time: limits::KEPT_RESULTS_FOR,
        })
    }
}

impl Results {
    fn within(bounds: Bounds) -> Self {
        Self {
            bounds,
            kept: Mutex::default(),
        }
    }

    /// Keeps what an answer ended with.
    pub(crate) fn keep(&self, id: QueryId, caller: &Arc<str>, summary: &Summary) {
        let Ok(summary) = serde_json::to_vec(summary) else {
            return;
        };
        let mut kept = self.kept();
        kept.bytes = kept.bytes.saturating_add(summary.len());
        let record = Record {
            caller: Arc::clone(caller),
            since: Instant::now(),
            summary: summary.into(),
        };
        kept.records.insert(id, record);
        kept.order.push_back(id);
        while kept.order.len() > self.bounds.number || kept.bytes > self.bounds.bytes {
            if !kept.forget_oldest() {
                break;
            }
        }
    }

    /// It as JSON, for who asked; none where there was none, or it is too long ago.
    pub(crate) fn find(&self, id: QueryId, caller: &Caller) -> Option<Bytes> {
        let mut kept = self.kept();
        while kept
            .oldest()
            .is_some_and(|it| it.since.elapsed() > self.bounds.time)
        {
            kept.forget_oldest();
        }
        let record = kept.records.get(&id)?;
        (record.caller == caller.name).then(|| record.summary.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn oldest(&self) -> Option<&Record> {
        self.order.front().and_then(|id| self.records.get(id))
    }

    /// Whether there was one.
    fn forget_oldest(&mut self) -> bool {
        let Some(id) = self.order.pop_front() else {
            return false;
        };
        if let Some(record) = self.records.remove(&id) {
            self.bytes = self.bytes.saturating_sub(record.summary.len());
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Caller {
        Caller {
            name: Arc::from(name),
            ..Caller::local()
        }
    }

    #[test]
    fn only_who_asked_finds_it_and_the_oldest_go_first() {
        let length = serde_json::to_vec(&Summary::default()).unwrap().len();
        let hour = Duration::from_secs(3_600);
        for (number, bytes) in [(2, usize::MAX), (100, 2 * length)] {
            let results = Results::within(Bounds {
                number,
                bytes,
                time: hour,
            });
            let (anna, ben) = (named("anna"), named("ben"));
            let ids: Vec<QueryId> = (0..3).map(|_| QueryId::new()).collect();
            for id in &ids {
                results.keep(*id, &anna.name, &Summary::default());
            }
            assert!(results.find(ids[0], &anna).is_none());
            assert!(results.find(ids[2], &anna).is_some());
            assert!(results.find(ids[2], &ben).is_none());
        }
    }

    #[test]
    fn nothing_is_kept_beyond_its_time() {
        let results = Results::within(Bounds {
            number: 10,
            bytes: usize::MAX,
            time: Duration::ZERO,
        });
        let anna = named("anna");
        let id = QueryId::new();
        results.keep(id, &anna.name, &Summary::default());
        assert!(results.find(id, &anna).is_none());
        assert_eq!(results.kept().bytes, 0);
    }
}

//! The memory that all queries of an engine have together: a half for the relational parts of queries, a half for their plugins, since
//! what waits in one is not given back by the other. Owns what a query is told that finds none; each query has its own limits besides.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};
use trawl_host::QueryMemory;

use crate::limits;

/// What raises it.
const SETTING: &str = "`--memory`";

/// How the error begins of a query that finds no memory because others have it.
pub(crate) const TAKEN: &str = "all queries that run have as much memory as there is for them";

/// The memory of an engine.
#[derive(Debug, Clone)]
pub(crate) struct EngineMemory {
    relational: Arc<Total>,
    plugins: Option<QueryMemory>,
}

/// Bytes that were given out, of so many.
#[derive(Debug)]
struct Total {
    limit: usize,
    used: AtomicUsize,
}

impl Default for EngineMemory {
    /// Without a bound but those of each query: for who runs one.
    fn default() -> Self {
        Self {
            relational: Arc::new(Total::new(usize::MAX)),
            plugins: None,
        }
    }
}

impl EngineMemory {
    /// So many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        let half = bytes / 2;
        Self {
            relational: Arc::new(Total::new(half)),
            plugins: Some(QueryMemory::of_all_queries(half, SETTING)),
        }
    }

    /// What the relational part of one more query has.
    pub(crate) fn pool(&self) -> Arc<dyn MemoryPool> {
        Arc::new(QueryPool {
            own: FairSpillPool::new(limits::QUERY_MEMORY_BYTES),
            all: Arc::clone(&self.relational),
        })
    }

    /// What the plugins of one more query have, of which each query has so many bytes at most.
    pub(crate) fn plugins(&self, bytes: usize) -> QueryMemory {
        let own = QueryMemory::new(bytes, "`--plugin-memory`");
        match &self.plugins {
            Some(all) => own.within(all),
            None => own,
        }
    }
}

impl Total {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            used: AtomicUsize::new(0),
        }
    }

    fn try_take(&self, bytes: usize) -> Result<()> {
        let taken = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        let took = self
            .used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, taken);
        took.map(drop).map_err(|used| {
            DataFusionError::ResourcesExhausted(format!(
                "{TAKEN}: {} of {} MiB are taken, {} KiB more were wanted",
                used >> 20,
                self.limit >> 20,
                bytes >> 10
            ))
        })
    }

    fn take(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::AcqRel);
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }
}

/// The pool of one query: what it gives it has of its own and of the whole.
#[derive(Debug)]
struct QueryPool {
    own: FairSpillPool,
    all: Arc<Total>,
}

impl fmt::Display for QueryPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.own, self.all.limit)
    }
}

impl MemoryPool for QueryPool {
    fn name(&self) -> &str {
        "a query's part of the engine's memory"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.own.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.own.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.own.grow(reservation, additional);
        self.all.take(additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.all.give_back(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.all.try_take(additional)?;
        let own = self.own.try_grow(reservation, additional);
        if own.is_err() {
            self.all.give_back(additional);
        }
        own
    }

    fn reserved(&self) -> usize {
        self.own.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(limits::QUERY_MEMORY_BYTES.min(self.all.limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    const MIB: usize = 1 << 20;

    #[test]
    fn queries_have_together_what_there_is_and_give_it_back() {
        let memory = EngineMemory::of(200 * MIB);
        let (one, two) = (memory.pool(), memory.pool());
        let first = MemoryConsumer::new("a").register(&one);
        let second = MemoryConsumer::new("b").register(&two);
        first.try_grow(80 * MIB).unwrap();
        second.try_grow(20 * MIB).unwrap();
        let error = second.try_grow(1).unwrap_err();
        assert!(matches!(error, DataFusionError::ResourcesExhausted(_)));
        let told = Error::from(error).to_string();
        assert!(told.starts_with(TAKEN), "{told}");
        assert!(told.contains("100 of 100 MiB"), "{told}");
        assert!(told.contains("raise `--memory`"), "{told}");
        assert_eq!((one.reserved(), two.reserved()), (80 * MIB, 20 * MIB));
        first.shrink(30 * MIB);
        second.try_grow(30 * MIB).unwrap();
        drop((first, second));
        assert_eq!(memory.relational.used.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_query_has_its_own_limit_and_leaves_the_whole_alone_beyond_it() {
        let memory = EngineMemory::default();
        let pool = memory.pool();
        let one = MemoryConsumer::new("a").register(&pool);
        let error = one.try_grow(limits::QUERY_MEMORY_BYTES + 1).unwrap_err();
        let told = Error::from(error).to_string();
        assert!(told.starts_with("the query needs more memory"), "{told}");
        assert_eq!(memory.relational.used.load(Ordering::Relaxed), 0);
    }
}

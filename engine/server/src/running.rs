//! The queries that run or wait for their turn: who asks what since when, and how to end one. A query is in it as long as its
//! [`Listed`] lives.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use trawl_exec::{Monitor, QueryId};

use crate::caller::Caller;

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Running {
    queries: Mutex<BTreeMap<QueryId, Arc<Query>>>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) id: QueryId,
    pub(crate) caller: Arc<str>,
    pub(crate) text: String,
    pub(crate) received: SystemTime,
    pub(crate) since: Instant,
    pub(crate) monitor: Arc<Monitor>,
    turn: AtomicBool,
}

/// Keeps a query in the list.
#[derive(Debug)]
pub(crate) struct Listed {
    running: Arc<Running>,
    query: Arc<Query>,
}

impl Running {
    /// Lists a query that was received now; it waits for its turn.
    pub(crate) fn list(
        self: &Arc<Self>,
        id: QueryId,
        caller: &Caller,
        text: &str,
        monitor: Arc<Monitor>,
    ) -> Listed {
        let query = Arc::new(Query {
            id,
            caller: Arc::clone(&caller.name),
            text: text.to_owned(),
            received: SystemTime::now(),
            since: Instant::now(),
            monitor,
            turn: AtomicBool::new(false),
        });
        self.queries().insert(id, Arc::clone(&query));
        Listed {
            running: Arc::clone(self),
            query,
        }
    }

    /// Those that a caller may see, the oldest first: its own, and an operator everybody's.
    pub(crate) fn seen_by(&self, caller: &Caller) -> Vec<Arc<Query>> {
        let queries = self.queries();
        let seen = queries.values().filter(|query| query.is_seen_by(caller));
        seen.cloned().collect()
    }

    /// One of those.
    pub(crate) fn find(&self, id: QueryId, caller: &Caller) -> Option<Arc<Query>> {
        let query = self.queries().get(&id).cloned()?;
        query.is_seen_by(caller).then_some(query)
    }

    /// How many run and how many wait.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let queries = self.queries();
        let run = queries.values().filter(|query| query.has_turn()).count();
        (run, queries.len().saturating_sub(run))
    }

    fn queries(&self) -> MutexGuard<'_, BTreeMap<QueryId, Arc<Query>>> {
        self.queries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Query {
    /// Whether it waits no more.
    pub(crate) fn has_turn(&self) -> bool {
        self.turn.load(Ordering::Relaxed)
    }

    fn is_seen_by(&self, caller: &Caller) -> bool {
        caller.oversees() || self.caller == caller.name
    }
}

impl Listed {
    /// It waits no more.
    pub(crate) fn runs(&self) {
        self.query.turn.store(true, Ordering::Relaxed);
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.running.queries().remove(&self.query.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Role;

    fn caller(name: &str, role: Role) -> Caller {
        Caller {
            name: Arc::from(name),
            role,
            ..Caller::local()
        }
    }

    #[test]
    fn a_caller_sees_its_own_and_an_operator_all() {
        let running = Arc::new(Running::default());
        let anna = caller("anna", Role::Reader);
        let ben = caller("ben", Role::Reader);
        let first = running.list(QueryId::new(), &anna, "pods", Arc::default());
        let second = running.list(QueryId::new(), &ben, "nodes", Arc::default());
        let texts = |caller: &Caller| -> Vec<String> {
            let seen = running.seen_by(caller);
            seen.iter().map(|query| query.text.clone()).collect()
        };
        assert_eq!(texts(&anna), ["pods"]);
        assert_eq!(texts(&caller("olga", Role::Operator)), ["pods", "nodes"]);
        assert!(running.find(second.query.id, &anna).is_none());
        assert_eq!(running.counts(), (0, 2));
        first.runs();
        assert_eq!(running.counts(), (1, 1));
        drop(first);
        assert!(texts(&anna).is_empty());
    }
}

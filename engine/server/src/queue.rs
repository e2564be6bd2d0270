//! Room for queries: some run, some wait for their turn in the order of their coming, all others are refused. A caller may have a share
//! of it. Whoever drops what it waits with leaves the queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits;

/// How many queries a server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimits {
    /// Queries that run at once.
    pub concurrent: usize,
    /// Queries that wait for their turn.
    pub queued: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            concurrent: limits::CONCURRENT_QUERIES,
            queued: limits::QUEUED_QUERIES,
        }
    }
}

/// Why there is no room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    #[error(
        "{} queries run and {} wait already (`--concurrent-queries`, `--queued-queries`); try again later",
        .0.concurrent, .0.queued
    )]
    Queue(QueryLimits),
    #[error(
        "the query's time was over before its turn came; {} run at once (`--concurrent-queries`), try again later",
        .0.concurrent
    )]
    Time(QueryLimits),
    #[error(
        "{0} of your queries run or wait already, as many as you may have at once (`concurrent` in the budget of the token)"
    )]
    Share(usize),
}

/// The room.
#[derive(Debug)]
pub(crate) struct Queue {
    limits: QueryLimits,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    shares: Arc<Shares>,
}

/// Queries of each caller, those that wait included.
#[derive(Debug, Default)]
struct Shares(Mutex<HashMap<Arc<str>, usize>>);

/// A place among those that run, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _running: OwnedSemaphorePermit,
    _share: Share,
}

#[derive(Debug)]
struct Share {
    caller: Arc<str>,
    shares: Arc<Shares>,
}

impl Queue {
    pub(crate) fn new(limits: QueryLimits) -> Self {
        Self {
            limits,
            running: Arc::new(Semaphore::new(
                limits.concurrent.min(Semaphore::MAX_PERMITS),
            )),
            waiting: Arc::new(Semaphore::new(limits.queued.min(Semaphore::MAX_PERMITS))),
            shares: Arc::default(),
        }
    }

    /// A place, at once or when the turn comes.
    ///
    /// # Errors
    /// When the queue is full, the time is over before the turn comes, or the caller has its share.
    pub(crate) async fn enter(
        &self,
        caller: &Arc<str>,
        share: Option<usize>,
        until: Instant,
    ) -> Result<Place, Full> {
        let share = Shares::take(&self.shares, caller, share)?;
        let running = match Arc::clone(&self.running).try_acquire_owned() {
            Ok(running) => running,
            Err(_) => {
                let waiting = Arc::clone(&self.waiting).try_acquire_owned();
                let _waiting = waiting.map_err(|_| Full::Queue(self.limits))?;
                let turn = Arc::clone(&self.running).acquire_owned();
                match tokio::time::timeout_at(until.into(), turn).await {
                    Ok(Ok(running)) => running,
                    // It is never closed: the turn did not come.
                    Ok(Err(_)) | Err(_) => return Err(Full::Time(self.limits)),
                }
            }
        };
        Ok(Place {
            _running: running,
            _share: share,
        })
    }
}

impl Shares {
    fn take(shares: &Arc<Self>, caller: &Arc<str>, most: Option<usize>) -> Result<Share, Full> {
        let mut taken = shares.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.entry(Arc::clone(caller)).or_default();
        if let Some(most) = most
            && *own >= most
        {
            return Err(Full::Share(most));
        }
        *own += 1;
        Ok(Share {
            caller: Arc::clone(caller),
            shares: Arc::clone(shares),
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let shares = &self.shares.0;
        let mut taken = shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.caller) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt;

    use super::*;

    const SMALL: QueryLimits = QueryLimits {
        concurrent: 1,
        queued: 1,
    };

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    fn caller(name: &str) -> Arc<str> {
        Arc::from(name)
    }

    #[tokio::test]
    async fn one_runs_one_waits_and_others_are_refused() {
        let queue = Queue::new(SMALL);
        let anna = caller("anna");
        let runs = queue.enter(&anna, None, later()).await.unwrap();
        let mut waits = Box::pin(queue.enter(&anna, None, later()));
        assert!(waits.as_mut().now_or_never().is_none());
        let refused = queue.enter(&anna, None, later()).await.unwrap_err();
        assert_eq!(refused, Full::Queue(SMALL));
        drop(runs);
        waits.await.unwrap();
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_queue() {
        let queue = Queue::new(SMALL);
        let anna = caller("anna");
        let _runs = queue.enter(&anna, None, later()).await.unwrap();
        for _ in 0..3 {
            let mut waits = Box::pin(queue.enter(&anna, None, later()));
            assert!(waits.as_mut().now_or_never().is_none());
        }
    }

    #[tokio::test]
    async fn waiting_is_a_part_of_the_time() {
        let queue = Queue::new(SMALL);
        let anna = caller("anna");
        let _runs = queue.enter(&anna, None, later()).await.unwrap();
        let over = queue.enter(&anna, None, Instant::now()).await.unwrap_err();
        assert_eq!(over, Full::Time(SMALL));
    }

    #[tokio::test]
    async fn a_caller_has_its_share_and_no_more() {
        let queue = Queue::new(QueryLimits {
            concurrent: 4,
            queued: 0,
        });
        let (anna, ben) = (caller("anna"), caller("ben"));
        let one = queue.enter(&anna, Some(1), later()).await.unwrap();
        let more = queue.enter(&anna, Some(1), later()).await.unwrap_err();
        assert_eq!(more, Full::Share(1));
        let _other = queue.enter(&ben, Some(1), later()).await.unwrap();
        drop(one);
        let _again = queue.enter(&anna, Some(1), later()).await.unwrap();
    }
}

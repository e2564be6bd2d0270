//! What is known of a query while it runs, and the way to end it early. A door makes a [`Monitor`] before it asks, and keeps it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::sync::watch;

use crate::completeness::{Status, Target, TargetError};
use crate::context::QueryContext;

/// One query as it is seen from outside. Until the query is planned there is nothing to see of it.
#[derive(Debug, Default)]
pub struct Monitor {
    context: Mutex<Option<Arc<QueryContext>>>,
    rows: AtomicU64,
    cancelled: watch::Sender<bool>,
}

impl Monitor {
    /// Ends the query: what it has is its answer, and its completeness says that it was cancelled.
    pub fn cancel(&self) {
        self.cancelled.send_replace(true);
    }

    /// Whether somebody ended it.
    pub fn is_cancelled(&self) -> bool {
        *self.cancelled.borrow()
    }

    /// Rows that its answer has given so far.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// How far each of its targets is.
    pub fn targets(&self) -> Vec<Progress> {
        let context = self.context();
        context.map_or_else(Vec::new, |context| {
            let records = context.records();
            records.iter().map(|record| record.progress()).collect()
        })
    }

    /// Ready when somebody has ended it, perhaps before.
    pub async fn cancelled(&self) {
        let mut cancelled = self.cancelled.subscribe();
        // The sender is ours: it cannot be gone.
        let _ = cancelled.wait_for(|it| *it).await;
    }

    /// The query that it shows from now on.
    pub(crate) fn show(&self, context: &Arc<QueryContext>) {
        let mut shown = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = Some(Arc::clone(context));
    }

    /// Notes how many rows were given.
    pub(crate) fn gave(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }

    fn context(&self) -> Option<Arc<QueryContext>> {
        let shown = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        shown.clone()
    }
}

/// How far a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum State {
    /// It has not come to its end.
    Open(Open),
    /// It has, and this is what became of it.
    Ended(Status),
}

/// What a target that has not come to its end is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Open {
    /// Nobody has asked it for rows yet.
    Waiting,
    /// It is being read.
    Running,
}

/// A target of a query that runs.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Progress {
    /// The cluster; null for a connection that belongs to none or to several.
    pub cluster: Option<String>,
    /// The connection's name, when it is not the cluster's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// The plugin.
    pub source: String,
    /// The table.
    pub table: String,
    /// How far it is.
    #[schema(inline)]
    pub status: State,
    /// Why it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<TargetError>,
    /// Rows that it gave so far.
    pub rows: u64,
    /// HTTP requests so far.
    pub requests: u64,
    /// Bytes of their answers.
    pub bytes: u64,
    /// From the first contact to now, or to its end.
    pub elapsed_ms: u64,
}

impl Progress {
    /// A target that is at this point.
    pub(crate) fn of(target: Target, status: State, elapsed_ms: u64) -> Self {
        Self {
            cluster: target.cluster,
            connection: target.connection,
            source: target.source,
            table: target.table,
            status,
            error: target.error,
            rows: target.rows,
            requests: target.requests,
            bytes: target.bytes,
            elapsed_ms,
        }
    }

    /// Whether anything but the time is different.
    #[must_use]
    pub fn differs(&self, before: &Self) -> bool {
        let timeless = |it: &Self| Self {
            elapsed_ms: 0,
            ..it.clone()
        };
        timeless(self) != timeless(before)
    }
}

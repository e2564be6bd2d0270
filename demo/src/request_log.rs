//! Owns the record of what a cluster was asked, for tests that assert it. It keeps no header but `Accept` and the name of
//! an action, and so never a credential.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// The oldest lines go when there are more: a benchmark makes millions of requests against one fleet.
const MAX_LINES: usize = 10_000;
/// Of a longer body than this only the beginning is kept.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The requests of one cluster, counted and written down.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    inner: Mutex<(u64, VecDeque<String>)>,
    /// Requests without an answer yet.
    open: watch::Sender<u64>,
}

/// A request without an answer yet. It ends with the answer, or with the client that goes away.
#[derive(Debug)]
pub(crate) struct OpenRequest(Arc<RequestLog>);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0
            .open
            .send_modify(|open| *open = open.saturating_sub(1));
    }
}

impl RequestLog {
    /// Counts one request and keeps its line: method, path with query or action, `Accept`, and the body where there is one.
    pub(crate) fn record(&self, method: &str, target: &str, accept: &str, body: &[u8]) {
        let body = String::from_utf8_lossy(body.get(..MAX_BODY_BYTES).unwrap_or(body));
        let parts = [method, target, accept, &body];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let line = parts.join(" ");
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.0 = inner.0.saturating_add(1);
        if inner.1.len() >= MAX_LINES {
            inner.1.pop_front();
        }
        inner.1.push_back(line);
    }

    /// Counts a request among those without an answer.
    pub(crate) fn open(self: &Arc<Self>) -> OpenRequest {
        self.open.send_modify(|open| *open = open.saturating_add(1));
        OpenRequest(Arc::clone(self))
    }

    /// How many requests have no answer yet, now and whenever that changes.
    pub(crate) fn watch_open(&self) -> watch::Receiver<u64> {
        self.open.subscribe()
    }

    /// How many requests came since the start.
    pub(crate) fn count(&self) -> u64 {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// The latest lines, oldest first.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .iter()
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_goes_on_when_old_lines_go() {
        let log = RequestLog::default();
        for number in 0..MAX_LINES + 5 {
            log.record("GET", &format!("/{number}"), "", b"");
        }
        assert_eq!(log.count(), 10_005);
        assert_eq!(log.lines().len(), MAX_LINES);
        assert_eq!(log.lines()[0], "GET /5");
        log.record("POST", "/api/v1/query", "*/*", b"query=up");
        let last = log.lines().pop();
        assert_eq!(last.as_deref(), Some("POST /api/v1/query */* query=up"));
    }
}

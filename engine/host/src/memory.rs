//! The linear memory of guests: what one instance may have, and what all guests of a query may have together. Owns who waits for
//! memory and who is ended for it; refuses to let one guest keep the others from the little that they need.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, oneshot};
use wasmtime::ResourceLimiterAsync;

use crate::bindings::types::ErrorCode;
use crate::error::{Failure, failure_with};
use crate::instance::LastWords;
use crate::limits;
use crate::stats::locked;

/// What the guests of one query may have together. Clones are the same memory; a guest gives back what it had when it ends, in
/// whatever way.
///
/// Where there is no more, a guest waits for what others give back, so that a query over many clusters becomes slower instead of
/// failing. Nobody waits for the first megabytes. One guest is ended, the one that holds the most, when all wait, and when one waits that
/// would still have no more than its part of the whole.
#[derive(Debug, Clone)]
pub struct QueryMemory {
    inner: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: usize,
    setting: String,
    state: Mutex<State>,
    /// Somebody gave something back.
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    used: usize,
    peak: usize,
    next: u64,
    guests: BTreeMap<u64, Holding>,
}

#[derive(Debug)]
struct Holding {
    held: usize,
    /// What it would have, were it not waiting for it.
    wanted: Option<usize>,
    /// Ends it; none: it was ended, and its memory is about to come back.
    end: Option<oneshot::Sender<Failure>>,
}

impl QueryMemory {
    /// This many bytes; `setting` is what raises them.
    #[must_use]
    pub fn new(limit: usize, setting: impl Into<String>) -> Self {
        Self {
            inner: Arc::new(Shared {
                limit,
                setting: setting.into(),
                state: Mutex::default(),
                freed: Notify::new(),
            }),
        }
    }

    /// Bytes that guests have now.
    #[must_use]
    pub fn used(&self) -> usize {
        locked(&self.inner.state).used
    }

    /// The most that they had at one time.
    #[must_use]
    pub fn peak(&self) -> usize {
        locked(&self.inner.state).peak
    }

    /// A part for one more guest, and what tells that the guest has to end.
    pub(crate) fn join(&self) -> (Share, oneshot::Receiver<Failure>) {
        let (end, ended) = oneshot::channel();
        let mut state = locked(&self.inner.state);
        let id = state.next;
        state.next = id.wrapping_add(1);
        let holding = Holding {
            held: 0,
            wanted: None,
            end: Some(end),
        };
        state.guests.insert(id, holding);
        let memory = Arc::clone(&self.inner);
        (Share { memory, id }, ended)
    }
}

/// What one guest has of it.
#[derive(Debug)]
pub(crate) struct Share {
    memory: Arc<Shared>,
    id: u64,
}

impl Share {
    /// Waits until the guest may have so many bytes in all.
    async fn grow(&self, total: usize, words: &LastWords) {
        loop {
            let mut freed = std::pin::pin!(self.memory.freed.notified());
            // From here on nothing that is given back goes unheard.
            freed.as_mut().enable();
            if self.memory.take(self.id, total) {
                words.waits_for(None);
                return;
            }
            words.waits_for(Some(format!(
                "it waited for memory that other plugins of the query have, of {} MiB together ({})",
                self.memory.limit >> 20,
                self.memory.setting
            )));
            freed.await;
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut state = locked(&self.memory.state);
        if let Some(guest) = state.guests.remove(&self.id) {
            state.used = state.used.saturating_sub(guest.held);
        }
        drop(state);
        self.memory.freed.notify_waiters();
    }
}

impl Shared {
    /// Gives a guest so many bytes in all, where there is room for them.
    fn take(&self, id: u64, total: usize) -> bool {
        let mut state = locked(&self.state);
        let used = state.used;
        let Some(guest) = state.guests.get_mut(&id) else {
            return false;
        };
        let after = used.saturating_sub(guest.held).saturating_add(total);
        if total > limits::UNSHARED_MEMORY && after > self.limit {
            guest.wanted = Some(total);
            self.make_room(&mut state);
            return false;
        }
        guest.held = total;
        guest.wanted = None;
        state.used = after;
        state.peak = state.peak.max(after);
        true
    }

    /// Ends a guest, where waiting would not help or would not be fair.
    fn make_room(&self, state: &mut State) {
        if state.guests.values().any(|guest| guest.end.is_none()) {
            return;
        }
        let part = self.limit.checked_div(state.guests.len()).unwrap_or(0);
        let all_wait = state.guests.values().all(|guest| guest.wanted.is_some());
        let mut wanted = state.guests.values().filter_map(|guest| guest.wanted);
        let is_modest = wanted.any(|wanted| wanted <= part);
        let largest = state.guests.values_mut().max_by_key(|guest| guest.held);
        let Some(largest) = largest.filter(|it| all_wait || is_modest && it.held > part) else {
            return;
        };
        let failure = failure_with(
            ErrorCode::Internal,
            format!(
                "the plugins of the query needed more memory than they may have together, {} MiB; this one had the most, {} MiB, and was stopped",
                self.limit >> 20,
                largest.held >> 20
            ),
            format!(
                "ask for less (a filter, fewer columns, fewer clusters at once), or raise {}",
                self.setting
            ),
        );
        if let Some(end) = largest.end.take() {
            // The guest ended by itself meanwhile: then its memory comes back anyway.
            let _ = end.send(failure);
        }
    }
}

/// Counts the memory and the table elements of all modules of an instance together, and notes when memory is refused: a Rust guest that
/// gets no memory aborts without a word.
pub(crate) struct MemoryLimit {
    pub(crate) limit: usize,
    used: usize,
    pub(crate) peak: usize,
    pub(crate) refused: Option<usize>,
    elements: usize,
    /// Table elements that it was refused.
    pub(crate) refused_elements: Option<usize>,
    /// What it has of the query's; none: the call belongs to no query.
    share: Option<Share>,
    words: Arc<LastWords>,
}

impl MemoryLimit {
    pub(crate) fn new(limit: usize, share: Option<Share>, words: Arc<LastWords>) -> Self {
        Self {
            limit,
            used: 0,
            peak: 0,
            refused: None,
            elements: 0,
            refused_elements: None,
            share,
            words,
        }
    }

    async fn grow(&mut self, current: usize, desired: usize) -> bool {
        let wanted = self.used.saturating_sub(current).saturating_add(desired);
        if wanted > self.limit {
            self.refused = Some(wanted);
            return false;
        }
        if let Some(share) = &self.share {
            share.grow(wanted, &self.words).await;
        }
        self.used = wanted;
        self.peak = self.peak.max(wanted);
        true
    }

    fn grow_table(&mut self, current: usize, desired: usize) -> bool {
        let others = self.elements.saturating_sub(current);
        let wanted = others.saturating_add(desired);
        if wanted > limits::TABLE_ELEMENTS {
            self.refused_elements = Some(wanted);
            return false;
        }
        self.elements = wanted;
        true
    }
}

/// As wasmtime's trait wants it, which is written with a macro.
type Answer<'a> = Pin<Box<dyn Future<Output = wasmtime::Result<bool>> + Send + 'a>>;

impl ResourceLimiterAsync for MemoryLimit {
    fn memory_growing<'a, 'b>(
        &'a mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Answer<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move { Ok(self.grow(current, desired).await) })
    }

    fn table_growing<'a, 'b>(
        &'a mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Answer<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        let grown = self.grow_table(current, desired);
        Box::pin(async move { Ok(grown) })
    }
}

#[cfg(test)]
mod tests;

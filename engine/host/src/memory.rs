//! The linear memory of guests: what one instance may have, what all guests of a query may have together, and all of a process. Owns who
//! waits for memory and who is ended for it; refuses to let one guest keep the others from the little that they need.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, oneshot};
use wasmtime::ResourceLimiterAsync;

use crate::bindings::types::ErrorCode;
use crate::error::{Failure, failure_with};
use crate::instance::LastWords;
use crate::limits;
use crate::stats::locked;

/// What the guests of one query may have together, or all of a process. Clones are the same memory; a guest gives back what it had when it
/// ends, in whatever way.
///
/// Where there is no more, a guest waits for what others give back, so that a query over many clusters becomes slower instead of
/// failing. In a query nobody waits for the first megabytes. One guest is ended, the one that holds the most, when all wait, and when one
/// waits that would still have no more than its part of the whole.
#[derive(Debug, Clone)]
pub struct QueryMemory {
    inner: Arc<Shared>,
    /// What it is a part of.
    whole: Option<Arc<Shared>>,
}

#[derive(Debug)]
struct Shared {
    limit: usize,
    setting: String,
    whose: Whose,
    state: Mutex<State>,
    /// Somebody gave something back.
    freed: Notify,
}

/// Whose guests share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    OneQuery,
    AllQueries,
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
    /// What it would have, were it not waiting for it here.
    wanted: Option<usize>,
    /// It waits for its part of the other memory that it shares.
    elsewhere: bool,
    end: End,
}

/// Ends a guest, once.
#[derive(Debug, Clone)]
struct End(Arc<Mutex<Option<oneshot::Sender<Failure>>>>);

impl End {
    /// Whether it was used: the guest's memory is about to come back.
    fn is_used(&self) -> bool {
        locked(&self.0).is_none()
    }

    fn with(&self, failure: Failure) {
        if let Some(end) = locked(&self.0).take() {
            // The guest ended by itself meanwhile: then its memory comes back anyway.
            let _ = end.send(failure);
        }
    }
}

impl QueryMemory {
    /// This many bytes for a query; `setting` is what raises them.
    #[must_use]
    pub fn new(limit: usize, setting: impl Into<String>) -> Self {
        Self::of(Whose::OneQuery, limit, setting.into())
    }

    /// This many bytes for all queries of a process, of each of which the memory is a part: [`Self::within`].
    #[must_use]
    pub fn of_all_queries(limit: usize, setting: impl Into<String>) -> Self {
        Self::of(Whose::AllQueries, limit, setting.into())
    }

    fn of(whose: Whose, limit: usize, setting: String) -> Self {
        Self {
            inner: Arc::new(Shared {
                limit,
                setting,
                whose,
                state: Mutex::default(),
                freed: Notify::new(),
            }),
            whole: None,
        }
    }

    /// The same as a part of a whole: what its guests have they have of both.
    #[must_use]
    pub fn within(self, whole: &Self) -> Self {
        Self {
            whole: Some(Arc::clone(&whole.inner)),
            ..self
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
        let end = End(Arc::new(Mutex::new(Some(end))));
        let joined = |memory: &Arc<Shared>| Part {
            id: memory.join(end.clone()),
            memory: Arc::clone(memory),
        };
        let share = Share {
            own: joined(&self.inner),
            whole: self.whole.as_ref().map(joined),
        };
        (share, ended)
    }
}

/// What one guest has.
#[derive(Debug)]
pub(crate) struct Share {
    own: Part,
    whole: Option<Part>,
}

/// What it has of one memory.
#[derive(Debug)]
struct Part {
    memory: Arc<Shared>,
    id: u64,
}

impl Share {
    /// Waits until the guest may have so many bytes in all.
    async fn grow(&self, total: usize, words: &LastWords) {
        loop {
            let own = self.own.freed();
            let whole = self.whole.as_ref().map(Part::freed);
            let (mut own, mut whole) = (std::pin::pin!(own), std::pin::pin!(whole));
            // From here on nothing that is given back goes unheard.
            own.as_mut().enable();
            if let Some(mut whole) = whole.as_mut().as_pin_mut() {
                whole.as_mut().enable();
            }
            if !self.own.take(total) {
                self.whole.iter().for_each(|it| it.waits_elsewhere(true));
                words.waits_for(Some(self.own.memory.what_for()));
                own.await;
            } else if let Some(part) = self.whole.as_ref().filter(|it| !it.take(total)) {
                self.own.waits_elsewhere(true);
                words.waits_for(Some(part.memory.what_for()));
                if let Some(freed) = whole.as_pin_mut() {
                    freed.await;
                }
            } else {
                self.own.waits_elsewhere(false);
                self.whole.iter().for_each(|it| it.waits_elsewhere(false));
                words.waits_for(None);
                return;
            }
        }
    }
}

impl Part {
    fn freed(&self) -> Notified<'_> {
        self.memory.freed.notified()
    }

    fn take(&self, total: usize) -> bool {
        self.memory.take(self.id, total)
    }

    fn waits_elsewhere(&self, waits: bool) {
        self.memory.waits_elsewhere(self.id, waits);
    }
}

impl Drop for Part {
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
    fn join(&self, end: End) -> u64 {
        let mut state = locked(&self.state);
        let id = state.next;
        state.next = id.wrapping_add(1);
        let holding = Holding {
            held: 0,
            wanted: None,
            elsewhere: false,
            end,
        };
        state.guests.insert(id, holding);
        id
    }

    /// What a guest that waits here waits for.
    fn what_for(&self) -> String {
        let others = match self.whose {
            Whose::OneQuery => "other plugins of the query",
            Whose::AllQueries => "plugins of other queries",
        };
        format!(
            "it waited for memory that {others} have, of {} MiB together ({})",
            self.limit >> 20,
            self.setting
        )
    }

    /// Gives a guest so many bytes in all, where there is room for them.
    fn take(&self, id: u64, total: usize) -> bool {
        let mut state = locked(&self.state);
        let used = state.used;
        let unshared = match self.whose {
            Whose::OneQuery => limits::UNSHARED_MEMORY,
            Whose::AllQueries => 0,
        };
        let Some(guest) = state.guests.get_mut(&id) else {
            return false;
        };
        let after = used.saturating_sub(guest.held).saturating_add(total);
        guest.elsewhere = false;
        if total > unshared && after > self.limit {
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

    /// Notes whether a guest waits for its other memory: it gives nothing back here meanwhile.
    fn waits_elsewhere(&self, id: u64, waits: bool) {
        let mut state = locked(&self.state);
        if let Some(guest) = state.guests.get_mut(&id) {
            guest.elsewhere = waits;
        }
        if waits && state.guests.values().any(|guest| guest.wanted.is_some()) {
            self.make_room(&mut state);
        }
    }

    /// Ends a guest, where waiting would not help or would not be fair.
    fn make_room(&self, state: &mut State) {
        if state.guests.values().any(|guest| guest.end.is_used()) {
            return;
        }
        let least = match self.whose {
            Whose::OneQuery => 0,
            Whose::AllQueries => limits::UNDISTURBED_MEMORY,
        };
        let part = self.limit.checked_div(state.guests.len()).unwrap_or(0);
        let all_wait = state
            .guests
            .values()
            .all(|guest| guest.wanted.is_some() || guest.elsewhere);
        let mut wanted = state.guests.values().filter_map(|guest| guest.wanted);
        let is_modest = wanted.any(|wanted| wanted <= part);
        let largest = state.guests.values().max_by_key(|guest| guest.held);
        let Some(largest) = largest.filter(|it| all_wait || is_modest && it.held > part.max(least))
        else {
            return;
        };
        let whose = match self.whose {
            Whose::OneQuery => "the plugins of the query",
            Whose::AllQueries => "the plugins of all queries",
        };
        largest.end.with(failure_with(
            ErrorCode::Internal,
            format!(
                "{whose} needed more memory than they may have together, {} MiB; this one had the most, {} MiB, and was stopped",
                self.limit >> 20,
                largest.held >> 20
            ),
            format!(
                "ask for less (a filter, fewer columns, fewer clusters at once), or raise {}",
                self.setting
            ),
        ));
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

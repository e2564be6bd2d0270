//! Owns the fault of one running API: it can be set and lifted, and it counts the requests that meet it.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::Fault;

/// The fault of one API, settable while it runs. It counts the requests since the fault was set, so that
/// `once` and `after` are decided in one place.
#[derive(Debug)]
pub(crate) struct FaultCell {
    active: Mutex<(Option<Fault>, u64)>,
    /// Counts the changes, so that whoever waits or holds a connection learns of them.
    changes: watch::Sender<u64>,
}

impl FaultCell {
    /// A cell that starts with this fault.
    pub(crate) fn new(fault: Option<Fault>) -> FaultCell {
        FaultCell {
            active: Mutex::new((fault, 0)),
            changes: watch::Sender::new(0),
        }
    }

    /// Replaces the fault, and tells the connections that it changed.
    pub(crate) fn set(&self, fault: Option<Fault>) {
        *self.active.lock().unwrap_or_else(PoisonError::into_inner) = (fault, 0);
        self.changes
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The fault as it was set, without counting a request.
    pub(crate) fn current(&self) -> Option<Fault> {
        self.active
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .clone()
    }

    /// The fault that the next request meets; counts it.
    pub(crate) fn next_request(&self) -> Option<Fault> {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let before = active.1;
        active.1 = before.saturating_add(1);
        match &active.0 {
            Some(Fault::Once(inner)) => (before == 0).then(|| (**inner).clone()),
            Some(Fault::Times(count, inner)) => (before < *count).then(|| (**inner).clone()),
            Some(Fault::After(count, inner)) => (before >= *count).then(|| (**inner).clone()),
            other => other.clone(),
        }
    }

    /// A receiver that changes whenever the fault is set.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

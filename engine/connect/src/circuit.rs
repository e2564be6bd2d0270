//! Circuit breakers: a remote that could not be reached several times in a row is not tried again for a moment, and whoever asks is told
//! at once what is wrong with it. Owns when a remote is tried; that a remote answers something bad is nothing that is counted here.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::cause::Cause;
use crate::error::{Error, ErrorKind};
use crate::limits::{
    CIRCUIT_FAILURES, CIRCUIT_PAUSE, CIRCUITS, CIRCUITS_FORGOTTEN_AFTER, MAX_CIRCUIT_PAUSE,
};
use crate::response::seconds;

/// The circuit breakers of a process that runs for long. Clones are the same ones.
#[derive(Debug, Clone, Default)]
pub struct Circuits {
    /// Remotes that could not be reached the last time.
    remotes: Arc<Mutex<HashMap<Key, Circuit>>>,
}

/// What can be reached or not: host and port, and for whom. What came over HTTP may lead to fewer addresses of a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    authority: String,
    is_guarded: bool,
}

/// A remote that could not be reached the last time.
#[derive(Debug)]
struct Circuit {
    /// Requests in a row, each with its own retries.
    failures: u32,
    since: Instant,
    last: Instant,
    why: Why,
    /// Since there were too many.
    open: Option<Open>,
}

#[derive(Debug, Clone)]
struct Why {
    kind: ErrorKind,
    words: String,
    hint: Option<&'static str>,
}

/// When it is tried again.
#[derive(Debug, Clone, Copy)]
struct Open {
    pause: Duration,
    until: Instant,
    /// Somebody tries.
    probed: bool,
}

/// The right to try. Whoever drops it without a word has found nothing out.
#[derive(Debug)]
pub(crate) struct Attempt {
    circuits: Circuits,
    key: Key,
    is_probe: bool,
}

impl Circuits {
    /// Whether a remote may be tried now.
    ///
    /// # Errors
    /// What the last tries came to, since when, and when the next one is made.
    pub(crate) fn attempt(&self, address: &str, is_guarded: bool) -> Result<Attempt, Error> {
        let key = Key {
            authority: authority(address),
            is_guarded,
        };
        let mut is_probe = false;
        if let Some(circuit) = self.lock().get_mut(&key)
            && let Some(open) = &mut circuit.open
        {
            let now = Instant::now();
            if open.probed || now < open.until {
                return Err(circuit.refusal(now));
            }
            open.probed = true;
            is_probe = true;
        }
        Ok(Attempt {
            circuits: self.clone(),
            key,
            is_probe,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Circuit>> {
        self.remotes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Circuit {
    /// What whoever is not let through is told.
    fn refusal(&self, now: Instant) -> Error {
        let since = whole_seconds(now.saturating_duration_since(self.since));
        let again = self
            .open
            .map(|open| open.until.saturating_duration_since(now));
        let again = match again {
            Some(left) if !left.is_zero() => {
                format!("it is tried again in {}", whole_seconds(left))
            }
            _ => "another request tries it now".to_owned(),
        };
        let words = format!(
            "{}; it was not asked, since {} requests in a row could not reach it, the first {since} ago: {again}",
            self.why.words, self.failures
        );
        let error = Error::new(self.why.kind, words);
        match self.why.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl Attempt {
    /// There is somebody, whatever was answered.
    pub(crate) fn reached(&self) {
        self.circuits.lock().remove(&self.key);
    }

    /// Nobody was reached.
    pub(crate) fn failed(&mut self, cause: &Cause) {
        let now = Instant::now();
        let why = Why {
            kind: cause.kind,
            words: cause.words.clone(),
            hint: cause.hint,
        };
        let mut all = self.circuits.lock();
        if all.len() >= CIRCUITS {
            all.retain(|_, it| now.saturating_duration_since(it.last) < CIRCUITS_FORGOTTEN_AFTER);
        }
        let is_full = all.len() >= CIRCUITS;
        let circuit = match all.entry(self.key.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if is_full => return,
            Entry::Vacant(entry) => entry.insert(Circuit {
                failures: 0,
                since: now,
                last: now,
                why: why.clone(),
                open: None,
            }),
        };
        circuit.failures = circuit.failures.saturating_add(1);
        circuit.last = now;
        circuit.why = why;
        let pause = match circuit.open {
            // Those that were under way with the one that was too many say nothing new.
            Some(_) if !self.is_probe => return,
            Some(open) => open.pause.saturating_mul(2).min(MAX_CIRCUIT_PAUSE),
            None if circuit.failures < CIRCUIT_FAILURES => return,
            None => CIRCUIT_PAUSE,
        };
        self.is_probe = false;
        circuit.open = Some(Open {
            pause,
            until: now + pause,
            probed: false,
        });
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        // A probe that was broken off: the next request is one.
        if self.is_probe
            && let Some(circuit) = self.circuits.lock().get_mut(&self.key)
            && let Some(open) = &mut circuit.open
        {
            open.probed = false;
        }
    }
}

fn whole_seconds(time: Duration) -> String {
    let whole = time.as_millis().div_ceil(1_000);
    seconds(Duration::from_secs(
        u64::try_from(whole).unwrap_or(u64::MAX),
    ))
}

/// Host and port of an address.
fn authority(address: &str) -> String {
    let url = Url::parse(address.trim_end());
    let authority = url.ok().and_then(|url| {
        let host = url.host_str()?;
        Some(format!("{host}:{}", url.port_or_known_default()?))
    });
    authority.unwrap_or_else(|| address.to_owned())
}

#[cfg(test)]
mod tests;

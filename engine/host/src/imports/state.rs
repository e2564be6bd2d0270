//! The small cache of a connection. It belongs to one connection and one build of the plugin, since
//! that is whose `Connection` it lives in; no other guest can name it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::bindings::state::Host;
use crate::instance::Guest;
use crate::limits;
use crate::stats::locked;

impl Host for Guest {
    async fn get(&mut self, key: String) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.site.state.get(&key, Instant::now()))
    }

    async fn put(&mut self, key: String, value: Vec<u8>, ttl_ms: u64) -> wasmtime::Result<()> {
        self.site
            .state
            .put(key, value, Duration::from_millis(ttl_ms), Instant::now());
        Ok(())
    }
}

/// Values with an expiry, bounded in number and bytes; those that expire first make room.
#[derive(Debug, Default)]
pub(crate) struct StateCache {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<String, Entry>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    value: Vec<u8>,
    expires: Instant,
}

impl StateCache {
    fn get(&self, key: &str, now: Instant) -> Option<Vec<u8>> {
        let mut inner = locked(&self.inner);
        if inner.entries.get(key)?.expires <= now {
            inner.remove(key);
            return None;
        }
        inner.entries.get(key).map(|entry| entry.value.clone())
    }

    fn put(&self, key: String, value: Vec<u8>, ttl: Duration, now: Instant) {
        let mut inner = locked(&self.inner);
        inner.remove(&key);
        let size = key.len().saturating_add(value.len());
        // An expiry beyond what the clock can say is as good as none at all.
        let Some(expires) = now.checked_add(ttl) else {
            return;
        };
        if size > limits::STATE_BYTES / 4 || ttl.is_zero() {
            return;
        }
        while inner.entries.len() >= limits::STATE_ENTRIES
            || inner.bytes.saturating_add(size) > limits::STATE_BYTES
        {
            let first = inner.entries.iter().min_by_key(|(_, entry)| entry.expires);
            match first.map(|(key, _)| key.clone()) {
                Some(first) => inner.remove(&first),
                None => break,
            }
        }
        inner.bytes = inner.bytes.saturating_add(size);
        inner.entries.insert(key, Entry { value, expires });
    }
}

impl Inner {
    fn remove(&mut self, key: &str) {
        if let Some((key, entry)) = self.entries.remove_entry(key) {
            self.bytes = self
                .bytes
                .saturating_sub(key.len().saturating_add(entry.value.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_value_lives_until_it_expires() {
        let (cache, now) = (StateCache::default(), Instant::now());
        cache.put("k".into(), vec![1], HOUR, now);
        assert_eq!(cache.get("k", now), Some(vec![1]));
        cache.put("k".into(), vec![2], HOUR, now);
        assert_eq!(cache.get("k", now), Some(vec![2]));
        assert_eq!(cache.get("k", now + HOUR), None);
        assert_eq!(locked(&cache.inner).bytes, 0);
        cache.put("k".into(), vec![3], Duration::ZERO, now);
        assert_eq!(cache.get("k", now), None);
    }

    #[test]
    fn a_full_cache_drops_what_expires_first_and_never_grows() {
        let (cache, now) = (StateCache::default(), Instant::now());
        for number in 0..limits::STATE_ENTRIES as u32 + 1 {
            cache.put(
                number.to_string(),
                vec![0],
                HOUR + Duration::from_secs(number.into()),
                now,
            );
        }
        assert_eq!(cache.get("0", now), None);
        assert_eq!(cache.get("1", now), Some(vec![0]));
        for number in 0..9 {
            cache.put(
                format!("large{number}"),
                vec![0; limits::STATE_BYTES / 5],
                HOUR,
                now,
            );
            assert!(locked(&cache.inner).bytes <= limits::STATE_BYTES);
        }
        cache.put("huge".into(), vec![0; limits::STATE_BYTES], HOUR, now);
        assert_eq!(cache.get("huge", now), None);
    }
}

//! Owns values that a connection remembers for a while, as JSON; refuses to keep what the host has no room for.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Transport;
use crate::Error;

/// What was remembered under a key; none when it was not, when its time is over, and when it is no `T`: another version of the
/// plugin remembered something else.
pub fn recall<T: DeserializeOwned>(http: &dyn Transport, key: &str) -> Option<T> {
    serde_json::from_slice(&http.recall(key)?).ok()
}

/// Remembers a value for at most so long. What has no JSON form is not remembered.
pub fn remember<T: Serialize + ?Sized>(http: &dyn Transport, key: &str, value: &T, ttl: Duration) {
    if let Ok(bytes) = serde_json::to_vec(value) {
        http.remember(key, bytes, ttl);
    }
}

/// What is remembered under a key, else what `find` gives, which is remembered then. Errors are not remembered.
///
/// The memory is the connection's: all of its scans share it, no other connection and no other plugin sees it.
///
/// ```
/// use std::time::Duration;
/// use trawl_sdk::{Error, http, testing::Recorded};
/// let connection = Recorded::in_order([]);
/// let version = |found: &str| {
///     http::cached(connection.as_ref(), "version", Duration::from_secs(60), || Ok(found.to_owned()))
/// };
/// assert_eq!(version("2.8")?, "2.8");
/// assert_eq!(version("2.9")?, "2.8");
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// Those of `find`.
pub fn cached<T: Serialize + DeserializeOwned>(
    http: &dyn Transport,
    key: &str,
    ttl: Duration,
    find: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    if let Some(known) = recall(http, key) {
        return Ok(known);
    }
    let found = find()?;
    remember(http, key, &found, ttl);
    Ok(found)
}

//! Time for guests, at microsecond precision: enough for expiry, little for side channels.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::bindings::clock::Host;
use crate::instance::Guest;

/// The monotonic clock counts from here.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Host for Guest {
    async fn now_us(&mut self) -> wasmtime::Result<i64> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock before 1970 is not worth a failure.
        Ok(now.map_or(0, |now| i64::try_from(now.as_micros()).unwrap_or(i64::MAX)))
    }

    async fn monotonic_ns(&mut self) -> wasmtime::Result<u64> {
        let micros = u64::try_from(START.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok(micros.saturating_mul(1_000))
    }
}

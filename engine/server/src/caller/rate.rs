//! What a caller has used of its budget: queries that began within the last minute. Owns the count; queries at once are the queue's.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What "per minute" is.
const MINUTE: Duration = Duration::from_secs(60);

/// When a caller's last queries began.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    began: Mutex<VecDeque<Instant>>,
}

impl Rate {
    /// Counts a query that begins now, where there is room for it.
    ///
    /// # Errors
    /// How long it is until there is.
    pub(super) fn begin(&self, per_minute: u32, now: Instant) -> Result<(), Duration> {
        let mut began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(first) = began.front() {
            if now.saturating_duration_since(*first) < MINUTE {
                break;
            }
            began.pop_front();
        }
        let most = usize::try_from(per_minute).unwrap_or(usize::MAX);
        match began.front().filter(|_| began.len() >= most) {
            Some(first) => Err(MINUTE.saturating_sub(now.saturating_duration_since(*first))),
            None => {
                began.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_waits_until_the_first_is_a_minute_old() {
        let rate = Rate::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(rate.begin(2, at(0)), Ok(()));
        assert_eq!(rate.begin(2, at(20)), Ok(()));
        assert_eq!(rate.begin(2, at(30)), Err(Duration::from_secs(30)));
        assert_eq!(rate.begin(2, at(60)), Ok(()));
        assert_eq!(rate.begin(2, at(61)), Err(Duration::from_secs(19)));
        // A budget that was made smaller meanwhile.
        assert_eq!(rate.begin(1, at(62)), Err(Duration::from_secs(18)));
    }
}

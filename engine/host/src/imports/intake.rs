//! How many bytes of answers a call may still read. What is beyond ends the guest, since rows made of half an answer would be
//! wrong without a word.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::bindings::types::ErrorCode;
use crate::error::{Failure, Identity, failure_with};

/// The bytes of one call, over all of its requests.
#[derive(Debug)]
pub(crate) struct Intake {
    most: u64,
    read: AtomicU64,
    over: AtomicBool,
}

impl Intake {
    /// Room for `most` bytes.
    pub(crate) fn new(most: u64) -> Self {
        Self {
            most,
            read: AtomicU64::new(0),
            over: AtomicBool::new(false),
        }
    }

    /// Counts a piece; false when it is too much.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let before = self.read.fetch_add(bytes, Ordering::Relaxed);
        let fits = before.saturating_add(bytes) <= self.most;
        if !fits {
            self.over.store(true, Ordering::Relaxed);
        }
        fits
    }

    /// Whether more came than may be read.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// The error of a call that read too much.
    pub(crate) fn failure(&self, identity: &Identity) -> Failure {
        failure_with(
            ErrorCode::Unsupported,
            format!(
                "the answers have more than the {} that one call may read",
                shown(self.most)
            ),
            format!(
                "ask for less (a filter, a smaller time range), or raise {}",
                identity.setting("bytes")
            ),
        )
    }
}

/// Bytes in the largest unit that leaves no fraction.
fn shown(bytes: u64) -> String {
    let mut number = bytes;
    let mut units = ["bytes", "KiB", "MiB", "GiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for next in units {
        if number == 0 || !number.is_multiple_of(1024) {
            break;
        }
        number /= 1024;
        unit = next;
    }
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_is_told_with_its_setting() {
        let intake = Intake::new(3 << 20);
        assert!(intake.take(1 << 20) && intake.take(2 << 20) && !intake.is_over());
        assert!(!intake.take(1) && intake.is_over());
        let failure = intake.failure(&Identity::unread("loki"));
        assert_eq!(
            failure.message,
            "the answers have more than the 3 MiB that one call may read"
        );
        assert!(
            failure
                .hint
                .is_some_and(|hint| hint.ends_with("raise plugins.loki.limits.bytes"))
        );
    }

    #[test]
    fn sizes_are_exact() {
        assert_eq!(shown(0), "0 bytes");
        assert_eq!(shown(1_000), "1000 bytes");
        assert_eq!(shown(4 << 30), "4 GiB");
        assert_eq!(shown(4 << 40), "4096 GiB");
    }
}

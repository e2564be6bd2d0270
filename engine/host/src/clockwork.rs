//! The two clocks of a call: how long it may take (waiting for the consumer not counted), and how
//! long it has computed.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::bindings::types::ErrorCode;
use crate::error::{Failure, failure_with};
use crate::stats::{ScanStats, locked};

/// A deadline that moves on while the guest waits for room downstream: a slow consumer must not
/// make a healthy plugin time out.
#[derive(Debug)]
pub(crate) struct Allowance {
    deadline: Instant,
    begun: Instant,
    what: &'static str,
    /// The setting that moves it; none: it is the query's own.
    setting: Option<String>,
    blocked: Mutex<Blocked>,
}

#[derive(Debug, Default)]
struct Blocked {
    before: Duration,
    since: Option<Instant>,
}

impl Allowance {
    /// `what` names the call in the message about its end: "scan". `setting` is what moves the deadline, where it is not the
    /// query's own.
    pub(crate) fn new(what: &'static str, deadline: Instant, setting: Option<String>) -> Self {
        Self {
            deadline,
            begun: Instant::now(),
            what,
            setting,
            blocked: Mutex::default(),
        }
    }

    /// When it ends, as things stand.
    pub(crate) fn end(&self, now: Instant) -> Instant {
        let blocked = locked(&self.blocked);
        let current = blocked
            .since
            .map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let extra = blocked.before.saturating_add(current);
        self.deadline.checked_add(extra).unwrap_or(self.deadline)
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        now >= self.end(now)
    }

    /// What is left.
    pub(crate) fn left(&self) -> Duration {
        let now = Instant::now();
        self.end(now).saturating_duration_since(now)
    }

    /// Resolves when it has ended.
    pub(crate) async fn over(&self) {
        loop {
            let now = Instant::now();
            let end = self.end(now);
            if now >= end {
                return;
            }
            tokio::time::sleep_until(end.into()).await;
        }
    }

    /// Runs `wait` with the clock stopped, and adds its time to the statistics.
    pub(crate) async fn paused<F: Future>(&self, stats: &ScanStats, wait: F) -> F::Output {
        /// Starts the clock again, also when the guest is thrown away meanwhile.
        struct Pause<'a>(&'a Allowance, &'a ScanStats);
        impl Drop for Pause<'_> {
            fn drop(&mut self) {
                let mut blocked = locked(&self.0.blocked);
                if let Some(since) = blocked.since.take() {
                    let waited = since.elapsed();
                    blocked.before = blocked.before.saturating_add(waited);
                    ScanStats::add(&self.1.blocked_ns, nanos(waited));
                }
            }
        }
        locked(&self.blocked).since = Some(Instant::now());
        let _pause = Pause(self, stats);
        wait.await
    }

    /// The error of a call whose time is over.
    pub(crate) fn failure(&self) -> Failure {
        let allowed = self.deadline.saturating_duration_since(self.begun);
        failure_with(
            ErrorCode::Timeout,
            format!(
                "the {} did not end within its {:.1} s and was stopped",
                self.what,
                allowed.as_secs_f64()
            ),
            match &self.setting {
                Some(setting) => {
                    format!("ask for less (a filter, a smaller time range), or raise {setting}")
                }
                None => {
                    "ask for less (a filter, a smaller time range), or give the query more time"
                        .to_owned()
                }
            },
        )
    }
}

/// How long a guest has computed: the time spent in polls of its future.
#[derive(Debug)]
pub(crate) struct Meter {
    base: Instant,
    spent: AtomicU64,
    /// Nanoseconds from `base` to the beginning of the current poll, plus one; zero outside of one.
    polling: AtomicU64,
}

impl Meter {
    /// At zero.
    pub(crate) fn new() -> Self {
        Self {
            base: Instant::now(),
            spent: AtomicU64::new(0),
            polling: AtomicU64::new(0),
        }
    }

    /// The time so far, the current poll included.
    pub(crate) fn spent(&self, now: Instant) -> Duration {
        let current = match self.polling.load(Ordering::Relaxed) {
            0 => 0,
            begun => self.at(now).saturating_sub(begun),
        };
        Duration::from_nanos(self.spent.load(Ordering::Relaxed).saturating_add(current))
    }

    fn at(&self, now: Instant) -> u64 {
        nanos(now.saturating_duration_since(self.base)).saturating_add(1)
    }
}

/// A future whose polls are measured.
pub(crate) struct Metered<F> {
    inner: Pin<Box<F>>,
    meter: Arc<Meter>,
    stats: Arc<ScanStats>,
}

impl<F> Metered<F> {
    /// Measures `inner`.
    pub(crate) fn new(inner: F, meter: Arc<Meter>, stats: Arc<ScanStats>) -> Self {
        Self {
            inner: Box::pin(inner),
            meter,
            stats,
        }
    }
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let begun = Instant::now();
        let meter = Arc::clone(&self.meter);
        meter.polling.store(meter.at(begun), Ordering::Relaxed);
        let result = self.inner.as_mut().poll(context);
        let spent = nanos(begun.elapsed());
        meter.polling.store(0, Ordering::Relaxed);
        meter.spent.fetch_add(spent, Ordering::Relaxed);
        ScanStats::add(&self.stats.guest_cpu_ns, spent);
        result
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passed_deadline_is_over_and_names_the_call() {
        let allowance = Allowance::new("scan", Instant::now(), None);
        assert!(allowance.is_over(Instant::now()));
        assert_eq!(allowance.left(), Duration::ZERO);
        let failure = allowance.failure();
        assert_eq!(failure.code, ErrorCode::Timeout);
        assert!(
            failure.message.contains("the scan did not end"),
            "{}",
            failure.message
        );
    }

    #[tokio::test]
    async fn the_deadline_moves_on_while_paused_and_stays_there() {
        let stats = ScanStats::default();
        let now = Instant::now();
        let allowance = Allowance::new("scan", now + Duration::from_secs(10), None);
        allowance
            .paused(&stats, async {
                let later = Instant::now() + Duration::from_secs(60);
                assert!(!allowance.is_over(later));
            })
            .await;
        assert!(allowance.is_over(Instant::now() + Duration::from_secs(60)));
        assert!(allowance.end(now) > now + Duration::from_secs(10));
        assert!(stats.blocked_ns.load(Ordering::Relaxed) > 0);
    }

    #[tokio::test]
    async fn only_polls_are_measured() {
        let meter = Arc::new(Meter::new());
        let stats = Arc::new(ScanStats::default());
        let inner = {
            let meter = Arc::clone(&meter);
            async move {
                assert!(
                    meter.spent(Instant::now() + Duration::from_secs(5)) >= Duration::from_secs(5)
                );
            }
        };
        Metered::new(inner, Arc::clone(&meter), Arc::clone(&stats)).await;
        let spent = meter.spent(Instant::now() + Duration::from_secs(5));
        assert!(spent < Duration::from_secs(5));
        assert!(stats.guest_cpu_ns.load(Ordering::Relaxed) > 0);
    }
}

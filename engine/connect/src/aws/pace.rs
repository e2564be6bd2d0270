//! How fast AWS may be asked: it counts requests by account, region and action, whoever sends them. What is above its
//! rate waits here, inside its deadline, instead of being turned away there.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, ErrorKind};
use crate::response::seconds;

/// Requests a second by service and action: the default quotas of AWS ("CloudWatch service quotas", "CloudWatch Logs
/// quotas"; FilterLogEvents and GetLogEvents have more in some regions). Accounts can be given more: those wait
/// needlessly, and lose nothing else. Actions that are not here are not paced.
const RATES: &[(&str, &str, u32)] = &[
    ("monitoring", "GetMetricData", 50),
    ("monitoring", "ListMetrics", 25),
    ("monitoring", "DescribeAlarms", 9),
    ("logs", "FilterLogEvents", 5),
    ("logs", "GetLogEvents", 10),
];
/// More accounts, regions and actions than this are cleared of those that nobody waits for.
const MAX_TURNS: usize = 1_024;
/// How the actions begin that only read. Any other may start something, or cost.
const READING: &[&str] = &["Get", "List", "Describe", "Filter", "Test"];

/// Whether an action may be sent twice: AWS reads by POST. `StartQuery` is no such action, since each start is a
/// query that is billed.
pub(crate) fn reads(action: &str) -> bool {
    READING.iter().any(|verb| action.starts_with(verb))
}

/// The rate of an action, where AWS is known to have one.
pub(crate) fn rate(service: &str, action: &str) -> Option<u32> {
    RATES
        .iter()
        .find(|(of, name, _)| *of == service && *name == action)
        .map(|(_, _, rate)| *rate)
}

/// Whose requests AWS counts together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Counted {
    /// The account, or the key where the account is not known.
    pub(crate) account: String,
    /// Another address is another AWS.
    pub(crate) url: String,
    pub(crate) region: String,
    pub(crate) action: String,
}

/// The turns of this process.
#[derive(Default)]
pub(crate) struct Pace {
    /// When each would have an even rate's next turn: the generic cell rate algorithm, a token bucket that holds the
    /// tokens of one second.
    next: Mutex<HashMap<Counted, Instant>>,
}

impl Pace {
    /// Waits for the next turn, of `rate` a second.
    ///
    /// # Errors
    /// `RateLimited` at once where the turn comes after the deadline; it is not taken then.
    pub(crate) async fn turn(
        &self,
        counted: Counted,
        rate: u32,
        deadline: Option<Instant>,
    ) -> Result<(), Error> {
        let action = counted.action.clone();
        match self.take(counted, rate, deadline) {
            Ok(wait) if wait.is_zero() => Ok(()),
            Ok(wait) => {
                tracing::debug!(%action, ?wait, "a request to AWS waits for its turn");
                tokio::time::sleep(wait).await;
                Ok(())
            }
            Err(wait) => Err(Error::new(
                ErrorKind::RateLimited,
                format!(
                    "not sent: AWS allows an account {rate} {action} a second in one region, and the next turn is in {}, after the request's deadline",
                    seconds(wait)
                ),
            )
            .hint("ask for less at once: a shorter time, fewer groups, fewer clusters; or give the query more time")),
        }
    }

    /// How long to wait for the turn; an error with the same where that is too late.
    fn take(
        &self,
        counted: Counted,
        rate: u32,
        deadline: Option<Instant>,
    ) -> Result<Duration, Duration> {
        let now = Instant::now();
        let rate = rate.max(1);
        let interval = Duration::from_secs(1) / rate;
        // As many at once as a second may have.
        let burst = interval.saturating_mul(rate.saturating_sub(1));
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.len() >= MAX_TURNS {
            next.retain(|_, then| *then > now);
        }
        let due = next.get(&counted).copied().unwrap_or(now).max(now);
        let wait = due.saturating_duration_since(now).saturating_sub(burst);
        let too_late =
            deadline.is_some_and(|end| now.checked_add(wait).is_none_or(|then| then >= end));
        if too_late && !wait.is_zero() {
            return Err(wait);
        }
        if let Some(after) = due.checked_add(interval) {
            next.insert(counted, after);
        }
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(account: &str, action: &str) -> Counted {
        Counted {
            account: account.to_owned(),
            url: "https://logs.eu-central-1.amazonaws.com".to_owned(),
            region: "eu-central-1".to_owned(),
            action: action.to_owned(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_has_its_rate_and_no_more() {
        let pace = Pace::default();
        let began = Instant::now();
        let mut times = Vec::new();
        for _ in 0..12 {
            pace.turn(counted("1", "FilterLogEvents"), 5, None)
                .await
                .unwrap();
            times.push(began.elapsed().as_millis());
        }
        assert_eq!(times[..5], [0; 5], "as many at once as a second may have");
        assert_eq!(times[5..], [200, 400, 600, 800, 1000, 1200, 1400]);
        tokio::time::advance(Duration::from_secs(60)).await;
        let before = Instant::now();
        for _ in 0..5 {
            pace.turn(counted("1", "FilterLogEvents"), 5, None)
                .await
                .unwrap();
        }
        assert_eq!(
            before.elapsed(),
            Duration::ZERO,
            "a pause gives one second's turns back, not sixty"
        );
        pace.turn(counted("1", "FilterLogEvents"), 5, None)
            .await
            .unwrap();
        assert_eq!(before.elapsed(), Duration::from_millis(200));
    }

    #[tokio::test(start_paused = true)]
    async fn accounts_and_actions_do_not_wait_for_each_other() {
        let pace = Pace::default();
        let began = Instant::now();
        for account in ["1", "2"] {
            for action in ["FilterLogEvents", "GetLogEvents"] {
                for _ in 0..5 {
                    pace.turn(counted(account, action), 5, None).await.unwrap();
                }
            }
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_after_the_deadline_is_refused_at_once_and_not_taken() {
        let pace = Pace::default();
        let deadline = Instant::now() + Duration::from_secs(1);
        let mut sent = 0;
        let error = loop {
            match pace.take(counted("1", "FilterLogEvents"), 5, Some(deadline)) {
                Ok(_) => sent += 1,
                Err(wait) => break wait,
            }
        };
        assert_eq!(
            (sent, error),
            (9, Duration::from_secs(1)),
            "5 at once, 4 within the second"
        );
        let before = Instant::now();
        let told = pace
            .turn(counted("1", "FilterLogEvents"), 5, Some(deadline))
            .await
            .unwrap_err();
        assert_eq!(before.elapsed(), Duration::ZERO);
        assert_eq!(told.kind, ErrorKind::RateLimited);
        assert!(
            told.message.contains("5 FilterLogEvents a second"),
            "{told}"
        );
        assert!(told.message.contains("the next turn is in 1 s"), "{told}");
    }

    #[test]
    fn what_nobody_waits_for_is_forgotten() {
        let pace = Pace::default();
        for number in 0..MAX_TURNS * 3 {
            // No runtime: the clock is the real one, and each turn is over after a millisecond.
            pace.take(counted(&number.to_string(), "x"), u32::MAX, None)
                .unwrap();
        }
        assert!(pace.next.lock().unwrap().len() <= MAX_TURNS + 1);
    }

    #[test]
    fn reading_actions_may_be_sent_twice() {
        for (action, expected) in [
            ("GetMetricData", true),
            ("ListMetrics", true),
            ("DescribeAlarms", true),
            ("FilterLogEvents", true),
            ("StartQuery", false),
            ("StopQuery", false),
            ("", false),
        ] {
            assert_eq!(reads(action), expected, "{action}");
        }
        assert_eq!(rate("logs", "FilterLogEvents"), Some(5));
        assert_eq!(rate("monitoring", "FilterLogEvents"), None);
    }
}

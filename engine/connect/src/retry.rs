//! When a request is sent again: pauses, and what Retry-After means. Everything here is bounded, and the
//! caller's deadline bounds it again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderMap, RETRY_AFTER};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::Instant;

use crate::limits::{
    MAX_BUSY_RETRIES, MAX_RETRY_AFTER, MAX_THROTTLE_PAUSE, MAX_THROTTLE_RETRIES, RECONNECT_PAUSE,
    THROTTLE_PAUSE,
};

/// The pause before another connection: doubled each time, then anywhere between a half and the whole
/// of it, so that clients that failed together do not come back together.
pub(crate) fn reconnect_pause(attempt: u32) -> Duration {
    let pause = RECONNECT_PAUSE.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX));
    let half = pause / 2;
    half.saturating_add(a_part_of(half))
}

/// How long to wait before a busy remote is asked again; none where it is not busy, does not say for how
/// long, or the answer is better given to the caller now. `tries` is how often it was asked again already.
pub(crate) fn busy_pause<B>(
    repeatable: bool,
    response: &http::Response<B>,
    tries: u32,
    deadline: Option<Instant>,
) -> Option<Duration> {
    let refused = match response.status() {
        // It was turned away at the door: whatever it asked for was not begun.
        StatusCode::TOO_MANY_REQUESTS => true,
        // It may have been, behind a gateway.
        StatusCode::SERVICE_UNAVAILABLE => repeatable,
        _ => false,
    };
    if !refused || tries >= MAX_BUSY_RETRIES {
        return None;
    }
    let pause = retry_after(response.headers()).filter(|pause| *pause <= MAX_RETRY_AFTER)?;
    // Later than it asked for, never earlier; all who were turned away were told the same.
    let spread = pause.saturating_add(a_part_of((pause / 4).max(RECONNECT_PAUSE)));
    [spread, pause]
        .into_iter()
        .find(|pause| fits(*pause, deadline))
}

/// How long to wait after a throttle of AWS, which says no time: doubled each time up to a limit, anywhere between a
/// half and the whole of it. None where it was asked often enough, or there is no time left.
pub(crate) fn throttle_pause(tries: u32, deadline: Option<Instant>) -> Option<Duration> {
    let doubled = THROTTLE_PAUSE.saturating_mul(1_u32.checked_shl(tries).unwrap_or(u32::MAX));
    let half = doubled.min(MAX_THROTTLE_PAUSE) / 2;
    let pause = half.saturating_add(a_part_of(half));
    (tries < MAX_THROTTLE_RETRIES && fits(pause, deadline)).then_some(pause)
}

/// Whether something can still be sent after the pause.
pub(crate) fn fits(pause: Duration, deadline: Option<Instant>) -> bool {
    match (Instant::now().checked_add(pause), deadline) {
        (Some(then), Some(deadline)) => then < deadline,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// Anything from nothing to nearly the whole of it.
fn a_part_of(whole: Duration) -> Duration {
    let share = RandomState::new().build_hasher().finish() % 1_000;
    let share = u32::try_from(share).unwrap_or(0);
    whole.saturating_mul(share) / 1_000
}

/// How long the remote wants us to wait: seconds or a date, as RFC 9110 has it.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that does not fit is a very long time.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = OffsetDateTime::parse(value, &Rfc2822).ok()?;
    Some(Duration::try_from(date - OffsetDateTime::now_utc()).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Method;
    use http::header::HeaderValue;

    fn of(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
        retry_after(&headers)
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        assert_eq!(of("0"), Some(Duration::ZERO));
        assert_eq!(of(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(
            of("99999999999999999999999"),
            Some(Duration::from_secs(u64::MAX))
        );
        assert_eq!(of("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        let far = of("Wed, 21 Oct 2099 07:28:00 GMT").unwrap();
        assert!(far > Duration::from_secs(86_400));
        for nonsense in ["", "soon", "-1", "1.5", "Wed, 99 Oct 2015"] {
            assert_eq!(of(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn pauses_grow_and_stay_bounded() {
        for attempt in 0..40 {
            let pause = reconnect_pause(attempt);
            let whole =
                RECONNECT_PAUSE.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX));
            assert!(pause >= whole / 2 && pause <= whole, "{attempt}: {pause:?}");
        }
    }

    /// The pause after an answer of this status, within four seconds.
    fn pause(method: Method, status: u16, after: Option<&str>, tries: u32) -> Option<Duration> {
        let mut response = http::Response::builder().status(status);
        if let Some(after) = after {
            response = response.header(RETRY_AFTER, after);
        }
        let deadline = Instant::now().checked_add(Duration::from_secs(4));
        let repeatable = method != Method::Post;
        busy_pause(repeatable, &response.body(()).unwrap(), tries, deadline)
    }

    #[test]
    fn a_busy_remote_is_asked_again_when_it_says_when_and_there_is_time() {
        use Method::{Get, Head, Post};
        let past = Some("Wed, 21 Oct 2015 07:28:00 GMT");
        let far = Some("Wed, 21 Oct 2099 07:28:00 GMT");
        for (method, status, after, tries, expected) in [
            (Get, 429, Some("0"), 0, Some(0)),
            (Get, 429, Some("2"), 2, Some(2)),
            (Get, 429, past, 0, Some(0)),
            (Head, 503, Some("1"), 0, Some(1)),
            (Post, 429, Some("1"), 0, Some(1)),
            (Post, 503, Some("1"), 0, None),
            (Get, 429, Some("0"), MAX_BUSY_RETRIES, None),
            (Get, 429, Some("4"), 0, None),
            (Get, 429, Some("31"), 0, None),
            (Get, 429, Some("99999999999999999999"), 0, None),
            (Get, 429, far, 0, None),
            (Get, 429, Some("soon"), 0, None),
            (Get, 429, None, 0, None),
            (Get, 503, None, 0, None),
            (Get, 500, Some("0"), 0, None),
            (Get, 200, Some("0"), 0, None),
        ] {
            let pause = pause(method, status, after, tries);
            let shown = format!("{method} {status} {after:?} {tries}: {pause:?}");
            match (pause, expected.map(Duration::from_secs)) {
                (None, None) => {}
                (Some(pause), Some(asked)) => {
                    let most = (asked / 4).max(RECONNECT_PAUSE);
                    assert!(pause >= asked && pause <= asked + most, "{shown}");
                }
                _ => panic!("{shown}"),
            }
        }
    }

    #[test]
    fn a_pause_that_only_just_fits_is_not_spread_beyond_the_deadline() {
        let asked = Duration::from_secs(20);
        let response = http::Response::builder()
            .status(429)
            .header(RETRY_AFTER, "20")
            .body(())
            .unwrap();
        for _ in 0..100 {
            let deadline = Instant::now().checked_add(asked + Duration::from_secs(1));
            let pause = busy_pause(true, &response, 0, deadline).unwrap();
            assert!(pause >= asked && pause < asked + Duration::from_secs(1));
        }
    }

    #[test]
    fn throttles_are_waited_out_longer_each_time_and_not_for_ever() {
        for tries in 0..MAX_THROTTLE_RETRIES {
            let whole = THROTTLE_PAUSE * 2_u32.pow(tries);
            let whole = whole.min(MAX_THROTTLE_PAUSE);
            let pause = throttle_pause(tries, None).unwrap();
            assert!(pause >= whole / 2 && pause <= whole, "{tries}: {pause:?}");
        }
        assert_eq!(throttle_pause(MAX_THROTTLE_RETRIES, None), None);
        let deadline = Instant::now().checked_add(THROTTLE_PAUSE / 2);
        assert_eq!(throttle_pause(0, deadline), None, "there is no time left");
    }

    #[test]
    fn those_who_were_turned_away_together_do_not_come_back_together() {
        let pauses: std::collections::BTreeSet<Duration> = (0..100)
            .filter_map(|_| pause(Method::Get, 429, Some("1"), 0))
            .collect();
        assert!(pauses.len() > 10, "{pauses:?}");
    }
}

//! When a request is sent again: pauses, and what Retry-After means. Everything here is bounded, and the
//! caller's deadline bounds it again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use http::header::{HeaderMap, RETRY_AFTER};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::limits::RECONNECT_PAUSE;

/// The pause before another connection: doubled each time, then anywhere between a half and the whole
/// of it, so that clients that failed together do not come back together.
pub(crate) fn reconnect_pause(attempt: u32) -> Duration {
    let pause = RECONNECT_PAUSE.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX));
    let half = pause / 2;
    let share = RandomState::new().build_hasher().finish() % 1_000;
    let share = u32::try_from(share).unwrap_or(0);
    half.saturating_add(half.saturating_mul(share) / 1_000)
}

/// How long the remote wants us to wait: seconds or a date, as RFC 9110 has it.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
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
}

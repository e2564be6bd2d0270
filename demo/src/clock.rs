//! Owns the fleet's idea of now and how instants are written. A fleet's content is relative to one instant
//! that is fixed when it starts, so that the same seed and the same instant give the same bytes.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A fixed instant, in whole seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    now_s: i64,
}

impl Clock {
    /// The clock that stands at `now_s`.
    pub(crate) fn at(now_s: i64) -> Clock {
        Clock { now_s }
    }

    /// The instant `seconds` ago as Kubernetes writes it: RFC 3339, whole seconds, UTC.
    pub(crate) fn ago(self, seconds: u64) -> String {
        rfc3339(self.ago_s(seconds))
    }

    /// The instant `seconds` from now, as Kubernetes writes it.
    pub(crate) fn ahead(self, seconds: u64) -> String {
        rfc3339(self.now_s.saturating_add_unsigned(seconds))
    }

    /// The instant `seconds` ago in seconds since 1970.
    pub(crate) fn ago_s(self, seconds: u64) -> i64 {
        self.now_s.saturating_sub_unsigned(seconds)
    }
}

/// Seconds since 1970 as RFC 3339; an instant beyond what the format can write becomes the epoch.
pub(crate) fn rfc3339(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// The system's clock, in whole seconds since 1970.
pub(crate) fn system_now_s() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// An RFC 3339 text as seconds since 1970, if it is one.
pub(crate) fn parse_s(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .map(OffsetDateTime::unix_timestamp)
}

/// A duration as kubectl's AGE column writes it (apimachinery `duration.HumanDuration`): the two leading
/// units while the first is small, one unit from there on.
pub(crate) fn human_duration(seconds: i64) -> String {
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    let seconds = seconds.max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |big: i64, big_unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{big}{big_unit}"),
        small => format!("{big}{big_unit}{small}{small_unit}"),
    };
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        two(minutes, "m", seconds % 60, "s")
    } else if minutes < 180 {
        format!("{minutes}m")
    } else if hours < 8 {
        two(hours, "h", minutes % 60, "m")
    } else if hours < 48 {
        format!("{hours}h")
    } else if days < 8 {
        two(days, "d", hours % 24, "h")
    } else if days < 365 * 2 {
        format!("{days}d")
    } else if days < 365 * 8 {
        two(days / 365, "y", days % 365, "d")
    } else {
        format!("{}y", days / 365)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_whole_seconds() {
        let clock = Clock::at(1_795_249_000);
        assert_eq!(clock.ago(0), "2026-11-21T08:16:40Z");
        assert_eq!(parse_s(&clock.ago(60)), Some(1_795_248_940));
        assert_eq!(parse_s("yesterday"), None);
        assert_eq!(Clock::at(i64::MAX).ago(0), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn durations_read_as_kubectl_writes_them() {
        for (seconds, text) in [
            (-5, "<invalid>"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (150, "2m30s"),
            (660, "11m"),
            (10_800, "3h"),
            (12_000, "3h20m"),
            (86_400, "24h"),
            (172_800, "2d"),
            (180_000, "2d2h"),
            (1_209_600, "14d"),
            (63_072_000, "2y"),
            (315_360_000, "10y"),
        ] {
            assert_eq!(human_duration(seconds), text, "{seconds} s");
        }
    }
}

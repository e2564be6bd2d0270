//! Owns points in time as rows and filters have them; refuses calendars and zones.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::columns::{format_rfc3339, parse_rfc3339_ns};

/// A point in time: nanoseconds since the Unix epoch, from 1677 to 2262. As JSON it is an RFC 3339 text.
///
/// ```
/// use trawl_sdk::Timestamp;
/// let noon = Timestamp::parse("2026-11-21T12:00:00.5Z").unwrap();
/// assert_eq!(noon, Timestamp::from_ms(1_795_262_400_500));
/// assert_eq!(noon.to_string(), "2026-11-21T12:00:00.5Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From nanoseconds since the epoch.
    pub const fn from_ns(ns: i64) -> Self {
        Self(ns)
    }

    /// From milliseconds since the epoch; beyond what nanoseconds hold, the nearest that they do.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms.saturating_mul(1_000_000))
    }

    /// From seconds since the epoch; beyond what nanoseconds hold, the nearest that they do.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// From an RFC 3339 text; none when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        parse_rfc3339_ns(text).map(Self)
    }

    /// Nanoseconds since the epoch.
    pub const fn ns(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match format_rfc3339(self.0) {
            Some(text) => f.write_str(&text),
            None => write!(f, "{}ns", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("expected an RFC 3339 time, got `{text}`")))
    }
}

//! `/// @alert`: what makes a saved query an alert, and when it is looked at.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use crate::limits;

/// A saved query that is evaluated on a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Alert {
    /// How often in seconds; none: as often as the server is told to.
    #[serde(rename = "every_s", serialize_with = "seconds")]
    #[schema(value_type = Option<u64>)]
    pub every: Option<Duration>,
    /// What fires.
    pub fires: Fires,
}

/// What of an answer fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fires {
    /// Each row.
    Rows,
    /// Each cluster that did not answer; rows mean nothing.
    Unreachable,
}

fn seconds<S: serde::Serializer>(every: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    every.map(|every| every.as_secs()).serialize(to)
}

impl Alert {
    /// Reads what stands behind `@alert`: `[unreachable] [every DURATION]`.
    ///
    /// # Errors
    /// Says what was expected.
    pub(crate) fn read(words: &str) -> Result<Self, String> {
        let mut alert = Self {
            every: None,
            fires: Fires::Rows,
        };
        let mut words = words.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "unreachable" => alert.fires = Fires::Unreachable,
                "every" => {
                    alert.every = Some(duration(words.next().unwrap_or_default())?);
                }
                other => {
                    return Err(format!(
                        "expected `@alert [unreachable] [every DURATION]`, got `{other}`"
                    ));
                }
            }
        }
        Ok(alert)
    }
}

/// `30s`, `5m`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(60 * 60),
        _ => None,
    };
    let seconds = number.parse::<u64>().ok().zip(scale);
    let every = seconds.and_then(|(number, scale)| number.checked_mul(scale));
    let allowed = limits::ALERT_EVERY_MIN..=limits::ALERT_EVERY_MAX;
    let every = every.map(Duration::from_secs);
    every.filter(|every| allowed.contains(every)).ok_or_else(|| {
        format!(
            "expected a duration from {} s to {} h such as `30s` or `5m` behind `every`, got `{text}`",
            limits::ALERT_EVERY_MIN.as_secs(),
            limits::ALERT_EVERY_MAX.as_secs() / 3600
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_says_what_fires_and_how_often() {
        let rows = |every| Alert {
            every,
            fires: Fires::Rows,
        };
        assert_eq!(Alert::read(""), Ok(rows(None)));
        let minutes = Duration::from_secs(300);
        assert_eq!(Alert::read(" every 5m "), Ok(rows(Some(minutes))));
        let unreachable = Alert::read("unreachable every 30s").unwrap();
        assert_eq!(unreachable.fires, Fires::Unreachable);
        for wrong in [
            "often",
            "every",
            "every 5",
            "every 1s",
            "every 2d",
            "every -5m",
            "every 99999999999999999999h",
        ] {
            let message = Alert::read(wrong).unwrap_err();
            assert!(message.starts_with("expected "), "{message}");
        }
    }
}

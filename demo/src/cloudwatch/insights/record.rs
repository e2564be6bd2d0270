//! Owns a log event as Logs Insights sees it: named fields with texts as values.

use serde_json::Value;

use crate::clock::rfc3339;

/// One event.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) at_ms: i64,
    pub(super) ingested_ms: i64,
    pub(super) stream: &'a str,
    /// `ACCOUNT:GROUP`.
    pub(super) log: &'a str,
    pub(super) message: String,
    /// The message, if it is a JSON object.
    pub(super) parsed: Option<Value>,
}

impl Record<'_> {
    /// The value of a field, if the event has it.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        match name {
            "@timestamp" => Some(instant(self.at_ms)),
            "@ingestionTime" => Some(instant(self.ingested_ms)),
            "@message" => Some(self.message.clone()),
            "@logStream" => Some(self.stream.to_owned()),
            "@log" => Some(self.log.to_owned()),
            path => {
                let mut at = self.parsed.as_ref()?;
                for part in path.split('.') {
                    at = at.get(part)?;
                }
                Some(match at {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                })
            }
        }
    }
}

/// An instant as Insights writes it: `2026-11-21 08:16:40.000`, UTC.
pub(super) fn instant(at_ms: i64) -> String {
    let seconds = rfc3339(at_ms.div_euclid(1000));
    let seconds = seconds.trim_end_matches('Z').replace('T', " ");
    format!("{seconds}.{:03}", at_ms.rem_euclid(1000))
}

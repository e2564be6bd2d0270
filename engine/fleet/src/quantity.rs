//! Times and sizes as an inventory writes them: `20s`, `128MiB`.

use std::time::Duration;

use crate::check::Check;
use crate::yaml::{Node, Value};

/// A day: nothing that waits longer is a query.
const MAX_TIME: Duration = Duration::from_secs(86_400);

/// `500ms`, `10s` or `2m`.
pub(crate) fn duration(node: &Node, what: &str, check: &mut Check) -> Option<Duration> {
    let parsed = match &node.value {
        Value::Text(text) => measured(text)
            .and_then(|(number, unit)| {
                let milliseconds = match unit {
                    "ms" => 1_u64,
                    "s" => 1_000,
                    "m" => 60_000,
                    _ => return None,
                };
                number.checked_mul(milliseconds)
            })
            .map(Duration::from_millis)
            .filter(|d| !d.is_zero() && *d <= MAX_TIME),
        _ => None,
    };
    if parsed.is_none() {
        check.problem(
            node.at,
            format!(
                "{what}: expected a time such as `500ms`, `10s` or `2m`, at most a day, found {}",
                node.kind()
            ),
        );
    }
    parsed
}

/// `64KiB`, `128MiB` or `2GiB` in bytes; none for zero and for anything else.
#[must_use]
pub fn parse_bytes(text: &str) -> Option<u64> {
    let (number, unit) = measured(text)?;
    let shift = match unit {
        "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return None,
    };
    let bytes = number.checked_mul(1_u64 << shift)?;
    (bytes > 0).then_some(bytes)
}

/// `64KiB`, `128MiB` or `2GiB`, or a number of bytes.
pub(crate) fn bytes(node: &Node, what: &str, check: &mut Check) -> Option<u64> {
    let parsed = match &node.value {
        Value::Number(number) => number.as_u64(),
        Value::Text(text) => parse_bytes(text),
        _ => None,
    };
    let parsed = parsed.filter(|bytes| *bytes > 0);
    if parsed.is_none() {
        check.problem(
            node.at,
            format!(
                "{what}: expected a size such as `64KiB`, `128MiB` or `2GiB`, found {}",
                node.kind()
            ),
        );
    }
    parsed
}

/// A number and what is behind it.
fn measured(text: &str) -> Option<(u64, &str)> {
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    Some((number.parse().ok()?, unit.trim_start()))
}

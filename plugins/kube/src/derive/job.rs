//! Owns what kubectl shows of a job: printJob of pkg/printers/internalversion/printers.go, v1.36.

use serde::Deserialize;
use serde::de::IgnoredAny;
use trawl_sdk::columns::parse_rfc3339_ns;

use super::input;
use crate::kinds::Value;

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    of: String,
    #[serde(default)]
    status: String,
}

/// kubectl's STATUS. Inputs: the conditions, and the time of deletion.
pub(crate) fn job_state(inputs: &[Option<&str>]) -> Value {
    let conditions: Vec<Condition> = input(inputs, 0).unwrap_or_default();
    let holds = |of: &str| conditions.iter().any(|c| c.of == of && c.status == "True");
    let state = if holds("Complete") {
        "Complete"
    } else if holds("Failed") {
        "Failed"
    } else if input::<IgnoredAny>(inputs, 1).is_some() {
        "Terminating"
    } else if holds("Suspended") {
        "Suspended"
    } else if holds("FailureTarget") {
        "FailureTarget"
    } else {
        "Running"
    };
    Value::Text(state.to_owned())
}

/// kubectl's COMPLETIONS: `2/3`, or `0/1 of 4` where any of several pods will do.
///
/// Inputs: pods that succeeded, pods that must, and pods that run at once.
pub(crate) fn job_progress(inputs: &[Option<&str>]) -> Value {
    let succeeded: i64 = input(inputs, 0).unwrap_or(0);
    let wanted: Option<i64> = input(inputs, 1);
    let parallelism: i64 = input(inputs, 2).unwrap_or(0);
    Value::Text(match wanted {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        None => format!("{succeeded}/1"),
    })
}

/// From its start to its completion; null before, where kubectl counts on. Inputs: both times.
pub(crate) fn job_duration(inputs: &[Option<&str>]) -> Value {
    let time = |index| parse_rfc3339_ns(&input::<String>(inputs, index)?);
    match (time(0), time(1)) {
        (Some(start), Some(end)) => end
            .checked_sub(start)
            .map_or(Value::Null, |ns| Value::Text(format!("{ns}ns"))),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_in_their_order() {
        let deleted = Some("\"2026-11-21T08:00:00Z\"");
        for (conditions, deleted, expected) in [
            (&[][..], None, "Running"),
            (&["FailureTarget"], None, "FailureTarget"),
            (&["FailureTarget", "Suspended"], None, "Suspended"),
            (&["Suspended"], deleted, "Terminating"),
            (&["FailureTarget", "Failed"], deleted, "Failed"),
            (&["SuccessCriteriaMet", "Complete"], deleted, "Complete"),
        ] {
            let each = conditions
                .iter()
                .map(|of| format!(r#"{{"type":"{of}","status":"True"}}"#));
            let list = format!("[{}]", each.collect::<Vec<_>>().join(","));
            assert_eq!(
                job_state(&[Some(&list), deleted]),
                Value::Text(expected.into())
            );
        }
        let not = r#"[{"type":"Complete","status":"False"}]"#;
        assert_eq!(job_state(&[Some(not)]), Value::Text("Running".into()));
    }

    #[test]
    fn progress_and_duration() {
        for (inputs, expected) in [
            ([None, Some("3"), None], "0/3"),
            ([Some("3"), Some("3"), Some("2")], "3/3"),
            ([Some("1"), None, Some("4")], "1/1 of 4"),
            ([None, None, Some("1")], "0/1"),
        ] {
            assert_eq!(job_progress(&inputs), Value::Text(expected.into()));
        }
        let (start, end) = (
            Some("\"2026-11-21T08:00:00Z\""),
            Some("\"2026-11-21T08:01:30Z\""),
        );
        assert_eq!(
            job_duration(&[start, end]),
            Value::Text("90000000000ns".into())
        );
        assert_eq!(job_duration(&[start, None]), Value::Null);
        assert_eq!(job_duration(&[Some("5"), end]), Value::Null);
    }
}

//! Alerts as series of Prometheus, written from what is known at the moment of looking: an alert or a cluster that is no more has none.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::state::AlertState;

/// What alerts came to in Prometheus' [text format](https://prometheus.io/docs/instrumenting/exposition_formats/).
pub(super) fn text(alerts: &BTreeMap<String, AlertState>) -> String {
    let mut text = String::new();
    let mut series = |name: &str, help: &str, samples: Vec<(String, u64)>| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in samples {
            let _ = writeln!(text, "{name}{{{labels}}} {value}");
        }
    };
    let query = |name: &str| format!("query=\"{}\"", escaped(name));
    let rows = alerts.iter().flat_map(|(name, state)| {
        state.clusters.iter().map(move |firing| {
            let cluster = escaped(firing.cluster.as_deref().unwrap_or_default());
            (
                format!("{},cluster=\"{cluster}\"", query(name)),
                firing.rows,
            )
        })
    });
    series(
        "trawl_alert_rows",
        "Rows of an alert at its last answer, kept where the cluster gave none.",
        rows.collect(),
    );
    let complete = alerts.iter();
    let complete = complete.map(|(name, state)| (query(name), u64::from(state.complete)));
    series(
        "trawl_alert_complete",
        "Whether all targets answered the last evaluation of an alert.",
        complete.collect(),
    );
    let success = alerts.iter();
    let success = success.filter_map(|(name, state)| Some((query(name), state.last_success_s?)));
    series(
        "trawl_alert_last_success_timestamp_seconds",
        "When all targets last answered an alert.",
        success.collect(),
    );
    text
}

/// The value of a label.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::Firing;

    #[test]
    fn each_alert_has_its_series() {
        let firing = |cluster: Option<&str>, rows| Firing {
            cluster: cluster.map(str::to_owned),
            rows,
            since_s: None,
            stale: false,
        };
        let known = AlertState {
            last_success_s: Some(100),
            complete: true,
            clusters: vec![firing(Some("e\"u\\\n"), 2), firing(None, 0)],
            ..AlertState::default()
        };
        let never = AlertState::default();
        let alerts = [("a.b", known), ("c", never)].map(|(name, it)| (name.to_owned(), it));
        let text = text(&alerts.into());
        let samples: Vec<&str> = text.lines().filter(|it| !it.starts_with('#')).collect();
        assert_eq!(
            samples,
            [
                r#"trawl_alert_rows{query="a.b",cluster="e\"u\\\n"} 2"#,
                r#"trawl_alert_rows{query="a.b",cluster=""} 0"#,
                r#"trawl_alert_complete{query="a.b"} 1"#,
                r#"trawl_alert_complete{query="c"} 0"#,
                r#"trawl_alert_last_success_timestamp_seconds{query="a.b"} 100"#,
            ]
        );
        assert_eq!(
            text.lines().filter(|it| it.starts_with("# TYPE")).count(),
            3
        );
    }
}

//! Owns what kubectl shows of a horizontal pod autoscaler: formatHPAMetrics of pkg/printers/internalversion/printers.go, v1.36,
//! without its cut after two.

use serde::Deserialize;
use serde_json::json;

use super::{input, joined};
use crate::kinds::Value;

/// A metric of a specification or of a status; which of the parts is there depends on the type.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Metric {
    #[serde(rename = "type")]
    of: String,
    external: Option<Part>,
    pods: Option<Part>,
    object: Option<Part>,
    resource: Option<Part>,
    container_resource: Option<Part>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Part {
    name: String,
    /// In a specification.
    target: Measure,
    /// In a status.
    current: Measure,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Measure {
    value: Option<String>,
    average_value: Option<String>,
    average_utilization: Option<i64>,
}

impl Metric {
    fn part(&self, of: &str) -> Option<&Part> {
        match of {
            "External" => self.external.as_ref(),
            "Pods" => self.pods.as_ref(),
            "Object" => self.object.as_ref(),
            "Resource" => self.resource.as_ref(),
            "ContainerResource" => self.container_resource.as_ref(),
            _ => None,
        }
    }
}

/// kubectl's TARGETS: `cpu: 55%/80%, 12/30 (avg)`. Inputs: the metrics wanted, and those measured.
pub(crate) fn targets(inputs: &[Option<&str>]) -> Value {
    let wanted: Vec<Metric> = input(inputs, 0).unwrap_or_default();
    let measured: Vec<Metric> = input(inputs, 1).unwrap_or_default();
    let texts: Vec<String> = wanted
        .iter()
        .enumerate()
        .map(|(index, metric)| {
            let Some(part) = metric.part(&metric.of) else {
                return "<unknown type>".to_owned();
            };
            let current = measured.get(index).and_then(|it| it.part(&metric.of));
            target(&metric.of, part, current.map(|part| &part.current))
        })
        .collect();
    joined(&texts, ", ")
}

/// One metric as `current/target`.
fn target(of: &str, part: &Part, current: Option<&Measure>) -> String {
    let text = |value: Option<&String>| value.map_or("<unknown>", String::as_str).to_owned();
    let average = || text(current.and_then(|it| it.average_value.as_ref()));
    let percent = |value: Option<i64>, absent: &str| match value {
        Some(value) => format!("{value}%"),
        None => absent.to_owned(),
    };
    let Measure {
        value,
        average_value,
        average_utilization,
    } = &part.target;
    match (of, average_value) {
        ("Resource" | "ContainerResource", Some(target)) => {
            format!("{}: {}/{target}", part.name, average())
        }
        ("Resource" | "ContainerResource", None) => {
            let current = current.and_then(|it| it.average_utilization);
            format!(
                "{}: {}/{}",
                part.name,
                percent(current, "<unknown>"),
                percent(*average_utilization, "<auto>")
            )
        }
        ("Pods", target) => format!("{}/{}", average(), text(target.as_ref())),
        (_, Some(target)) => format!("{}/{target} (avg)", average()),
        (_, None) => {
            let current = text(current.and_then(|it| it.value.as_ref()));
            format!("{current}/{}", text(value.as_ref()))
        }
    }
}

#[derive(Deserialize)]
struct Target {
    kind: String,
    name: String,
}

/// What is scaled, as a workload. Inputs: the reference.
pub(crate) fn scale_target(inputs: &[Option<&str>]) -> Value {
    match input::<Target>(inputs, 0) {
        Some(target) => Value::Json(json!({"kind": target.kind, "name": target.name}).to_string()),
        None => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_metric() {
        for (wanted, measured, expected) in [
            (
                r#"{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}"#,
                r#"{"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":55,"averageValue":"110m"}}}"#,
                "cpu: 55%/80%",
            ),
            (
                r#"{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization"}}}"#,
                "{}",
                "cpu: <unknown>/<auto>",
            ),
            (
                r#"{"type":"ContainerResource","containerResource":{"name":"memory","container":"app","target":{"averageValue":"1Gi"}}}"#,
                r#"{"type":"ContainerResource","containerResource":{"name":"memory","current":{"averageValue":"512Mi"}}}"#,
                "memory: 512Mi/1Gi",
            ),
            (
                r#"{"type":"Pods","pods":{"metric":{"name":"qps"},"target":{"averageValue":"30"}}}"#,
                r#"{"type":"Pods","pods":{"current":{"averageValue":"12"}}}"#,
                "12/30",
            ),
            (
                r#"{"type":"Object","object":{"target":{"value":"2k"}}}"#,
                r#"{"type":"Object","object":{"current":{"value":"900"}}}"#,
                "900/2k",
            ),
            (
                r#"{"type":"External","external":{"target":{"averageValue":"5"}}}"#,
                r#"{"type":"External","external":{"current":{"averageValue":"7"}}}"#,
                "7/5 (avg)",
            ),
            (r#"{"type":"Later"}"#, "{}", "<unknown type>"),
        ] {
            let (wanted, measured) = (format!("[{wanted}]"), format!("[{measured}]"));
            let text = targets(&[Some(&wanted), Some(&measured)]);
            assert_eq!(text, Value::Text(expected.into()));
        }
    }

    #[test]
    fn several_metrics_and_none() {
        let cpu =
            r#"{"type":"Resource","resource":{"name":"cpu","target":{"averageUtilization":80}}}"#;
        let two = format!("[{cpu},{cpu}]");
        let expected = "cpu: <unknown>/80%, cpu: <unknown>/80%";
        assert_eq!(
            targets(&[Some(&two), Some("null")]),
            Value::Text(expected.into())
        );
        assert_eq!(targets(&[None, None]), Value::Null);
        let reference = r#"{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}"#;
        let expected = Value::Json(r#"{"kind":"Deployment","name":"web"}"#.into());
        assert_eq!(scale_target(&[Some(reference)]), expected);
        assert_eq!(scale_target(&[None]), Value::Null);
    }
}

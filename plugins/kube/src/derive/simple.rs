//! Owns the small computed columns: counts, times and the workload behind an object.

use serde::Deserialize;
use serde_json::json;
use trawl_sdk::columns::parse_rfc3339_ns;

use super::input;
use crate::kinds::Value;

/// A count that the API leaves out when it is zero.
pub(crate) fn count_or_zero(inputs: &[Option<&str>]) -> Value {
    Value::Int(input(inputs, 0).unwrap_or(0))
}

/// The first of the inputs that is a time.
pub(crate) fn event_time(inputs: &[Option<&str>]) -> Value {
    (0..inputs.len())
        .find_map(|index| parse_rfc3339_ns(&input::<String>(inputs, index)?))
        .map_or(Value::Null, Value::TimestampNs)
}

/// The deployment itself. Inputs: its name.
pub(crate) fn deployment_workload(inputs: &[Option<&str>]) -> Value {
    input::<String>(inputs, 0).map_or(Value::Null, |name| workload("Deployment", &name))
}

#[derive(Deserialize)]
struct Owner {
    kind: String,
    name: String,
    #[serde(default)]
    controller: bool,
}

/// What controls a pod. Inputs: its owners, and its label `pod-template-hash`.
///
/// A ReplicaSet of a Deployment is named `<deployment>-<hash>`, and its pods carry the hash as a label
/// (pkg/controller/deployment/sync.go). A Job stays a Job: its pod does not say whether a CronJob made it, and a name that
/// ends in digits can be anybody's.
pub(crate) fn pod_workload(inputs: &[Option<&str>]) -> Value {
    let owners: Vec<Owner> = input(inputs, 0).unwrap_or_default();
    let Some(owner) = owners.iter().find(|owner| owner.controller) else {
        return Value::Null;
    };
    let deployment = (owner.kind == "ReplicaSet")
        .then(|| input::<String>(inputs, 1))
        .flatten()
        .and_then(|hash| owner.name.strip_suffix(&format!("-{hash}")));
    match deployment {
        Some(name) => workload("Deployment", name),
        None => workload(&owner.kind, &owner.name),
    }
}

fn workload(kind: &str, name: &str) -> Value {
    Value::Json(json!({"kind": kind, "name": name}).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_default_to_zero() {
        assert_eq!(count_or_zero(&[Some("3")]), Value::Int(3));
        for absent in [None, Some("null"), Some("\"x\"")] {
            assert_eq!(count_or_zero(&[absent]), Value::Int(0));
        }
    }

    #[test]
    fn the_first_time_counts() {
        let time = Some("\"1970-01-01T00:00:01Z\"");
        let one = Value::TimestampNs(1_000_000_000);
        assert_eq!(event_time(&[None, Some("null"), time]), one);
        assert_eq!(
            event_time(&[Some("\"\""), time, Some("\"1970-01-01T00:00:02Z\"")]),
            one
        );
        assert_eq!(event_time(&[None, Some("5")]), Value::Null);
    }

    #[test]
    fn the_deployment_is_found_behind_its_replica_set() {
        let owner = |kind: &str| {
            format!(
                r#"[{{"kind":"Node","name":"x"}},{{"kind":"{kind}","name":"api-5f","controller":true}}]"#
            )
        };
        for (owners, hash, expected) in [
            (
                owner("ReplicaSet"),
                Some("\"5f\""),
                r#"{"kind":"Deployment","name":"api"}"#,
            ),
            (
                owner("ReplicaSet"),
                Some("\"6f\""),
                r#"{"kind":"ReplicaSet","name":"api-5f"}"#,
            ),
            (
                owner("ReplicaSet"),
                None,
                r#"{"kind":"ReplicaSet","name":"api-5f"}"#,
            ),
            (
                owner("Job"),
                Some("\"5f\""),
                r#"{"kind":"Job","name":"api-5f"}"#,
            ),
            (
                owner("StatefulSet"),
                None,
                r#"{"kind":"StatefulSet","name":"api-5f"}"#,
            ),
            (
                owner("Rollout.of.a/CRD"),
                Some("null"),
                r#"{"kind":"Rollout.of.a/CRD","name":"api-5f"}"#,
            ),
        ] {
            assert_eq!(
                pod_workload(&[Some(&owners), hash]),
                Value::Json(expected.into())
            );
        }
        for owners in [
            None,
            Some("[]"),
            Some("{}"),
            Some(r#"[{"kind":"Node","name":"x"}]"#),
        ] {
            assert_eq!(pod_workload(&[owners, None]), Value::Null);
        }
    }
}

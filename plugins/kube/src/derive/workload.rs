//! Owns `workload`, what controls an object, said the same way in every table so that they join by it; refuses owners of other
//! kinds than the built-in controllers make.

use serde::Deserialize;
use serde_json::json;

use super::input;
use crate::kinds::Value;

#[derive(Deserialize)]
struct Owner {
    kind: String,
    name: String,
    #[serde(default)]
    controller: bool,
}

/// The owner that controls an object; of several, the API allows one.
fn controller(inputs: &[Option<&str>], index: usize) -> Option<Owner> {
    let owners: Vec<Owner> = input(inputs, index).unwrap_or_default();
    owners.into_iter().find(|owner| owner.controller)
}

fn workload(kind: &str, name: &str) -> Value {
    Value::Json(json!({"kind": kind, "name": name}).to_string())
}

/// The object itself. Inputs: its name.
fn itself(kind: &str, inputs: &[Option<&str>]) -> Value {
    input::<String>(inputs, 0).map_or(Value::Null, |name| workload(kind, &name))
}

/// What controls the object, or the object itself. Inputs: its name, and its owners.
fn owner_or_itself(kind: &str, inputs: &[Option<&str>]) -> Value {
    match controller(inputs, 1) {
        Some(owner) => workload(&owner.kind, &owner.name),
        None => itself(kind, inputs),
    }
}

/// The deployment itself. Inputs: its name.
pub(crate) fn deployment_workload(inputs: &[Option<&str>]) -> Value {
    itself("Deployment", inputs)
}

/// The stateful set itself. Inputs: its name.
pub(crate) fn stateful_set_workload(inputs: &[Option<&str>]) -> Value {
    itself("StatefulSet", inputs)
}

/// The daemon set itself. Inputs: its name.
pub(crate) fn daemon_set_workload(inputs: &[Option<&str>]) -> Value {
    itself("DaemonSet", inputs)
}

/// The cron job itself. Inputs: its name.
pub(crate) fn cron_job_workload(inputs: &[Option<&str>]) -> Value {
    itself("CronJob", inputs)
}

/// The replica set's deployment, or itself. Inputs: its name, and its owners.
pub(crate) fn replica_set_workload(inputs: &[Option<&str>]) -> Value {
    owner_or_itself("ReplicaSet", inputs)
}

/// The job's cron job, or itself. Inputs: its name, and its owners.
pub(crate) fn job_workload(inputs: &[Option<&str>]) -> Value {
    owner_or_itself("Job", inputs)
}

/// What controls a pod. Inputs: its owners, and its label `pod-template-hash`.
///
/// A ReplicaSet of a Deployment is named `<deployment>-<hash>`, and its pods carry the hash as a label
/// (pkg/controller/deployment/sync.go). A Job stays a Job: its pod does not say whether a CronJob made it, and a name that
/// ends in digits can be anybody's.
pub(crate) fn pod_workload(inputs: &[Option<&str>]) -> Value {
    let Some(owner) = controller(inputs, 0) else {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_name_their_owner_or_themselves() {
        let name = Some("\"x-1\"");
        let owned =
            r#"[{"kind":"Node","name":"n"},{"kind":"CronJob","name":"x","controller":true}]"#;
        let own = |kind: &str| Value::Json(format!(r#"{{"kind":"{kind}","name":"x-1"}}"#));
        let owner = Value::Json(r#"{"kind":"CronJob","name":"x"}"#.into());
        for (compute, kind) in [
            (
                deployment_workload as fn(&[Option<&str>]) -> Value,
                "Deployment",
            ),
            (stateful_set_workload, "StatefulSet"),
            (daemon_set_workload, "DaemonSet"),
            (cron_job_workload, "CronJob"),
        ] {
            // A custom resource may own it; pods name the workload all the same.
            assert_eq!(compute(&[name, Some(owned)]), own(kind));
            assert_eq!(compute(&[None]), Value::Null);
        }
        for (compute, kind) in [
            (job_workload as fn(&[Option<&str>]) -> Value, "Job"),
            (replica_set_workload, "ReplicaSet"),
        ] {
            assert_eq!(compute(&[name, Some(owned)]), owner);
            assert_eq!(compute(&[name, Some("[]")]), own(kind));
            assert_eq!(compute(&[name, Some("{}")]), own(kind));
            assert_eq!(compute(&[None, None]), Value::Null);
        }
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

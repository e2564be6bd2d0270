//! Owns `metadata.managedFields`: which field was written by whom, derived from the object itself, so that it is
//! as large and as deep as on a real server (about 4 of a pod's 9 KB). It is content, not bookkeeping: nothing
//! reads it back.

use serde_json::{Map, Value, json};

/// Lists that are merged by key (`x-kubernetes-list-map-keys` of the OpenAPI schema); all others are atomic.
const LIST_KEYS: [(&str, &[&str]); 10] = [
    ("addresses", &["type"]),
    ("conditions", &["type"]),
    ("containers", &["name"]),
    ("env", &["name"]),
    ("ownerReferences", &["uid"]),
    ("podIPs", &["ip"]),
    ("ports", &["containerPort", "protocol"]),
    ("servicePorts", &["port", "protocol"]),
    ("volumeMounts", &["mountPath"]),
    ("volumes", &["name"]),
];
/// Maps that belong to one owner as a whole (`x-kubernetes-map-type: atomic`), and references.
const ATOMIC: [&str; 5] = [
    "fieldRef",
    "secretKeyRef",
    "selector",
    "involvedObject",
    "items",
];
/// Members that every object has, and so nobody owns as such: they carry no `.` entry.
const STRUCTURE: [&str; 10] = [
    "metadata",
    "spec",
    "status",
    "template",
    "strategy",
    "rollingUpdate",
    "nodeInfo",
    "daemonEndpoints",
    "kubeletEndpoint",
    "source",
];
/// Of the metadata, what a client sets; the rest is the server's and is owned by nobody.
const METADATA: [&str; 4] = ["annotations", "generateName", "labels", "ownerReferences"];

/// The entries for an object: `manager` wrote metadata and everything but the status, `status_manager` the status.
pub(crate) fn entries(
    api_version: &str,
    time: &str,
    manager: &str,
    status_manager: Option<&str>,
    metadata: &Map<String, Value>,
    rest: &Map<String, Value>,
) -> Value {
    let mut written = Map::new();
    let owned_metadata: Map<String, Value> = metadata
        .iter()
        .filter(|(name, _)| METADATA.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !owned_metadata.is_empty() {
        written.insert(
            "f:metadata".to_owned(),
            fields("metadata", &Value::Object(owned_metadata)),
        );
    }
    for (name, value) in rest
        .iter()
        .filter(|(name, _)| name.as_str() != "status" || status_manager.is_none())
    {
        written.insert(format!("f:{name}"), fields(name, value));
    }
    written.sort_keys();
    let entry = |manager: &str, fields: Value, subresource: Option<&str>| {
        let mut entry = json!({
            "manager": manager, "operation": "Update", "apiVersion": api_version, "time": time,
            "fieldsType": "FieldsV1", "fieldsV1": fields,
        });
        if let (Some(subresource), Some(entry)) = (subresource, entry.as_object_mut()) {
            entry.insert("subresource".to_owned(), json!(subresource));
        }
        entry
    };
    let mut entries = vec![entry(manager, Value::Object(written), None)];
    if let (Some(manager), Some(status)) = (status_manager, rest.get("status")) {
        entries.push(entry(
            manager,
            json!({"f:status": fields("status", status)}),
            Some("status"),
        ));
    }
    Value::Array(entries)
}

/// A value in the notation of FieldsV1: `f:` members, `k:` list items by key, `.` for the thing itself.
fn fields(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) if !members.is_empty() && !ATOMIC.contains(&name) => {
            let mut owned = Map::new();
            if !STRUCTURE.contains(&name) {
                owned.insert(".".to_owned(), json!({}));
            }
            for (member, value) in members {
                owned.insert(format!("f:{member}"), fields(member, value));
            }
            owned.sort_keys();
            Value::Object(owned)
        }
        Value::Array(items) => list_fields(name, items),
        _ => json!({}),
    }
}

fn list_fields(name: &str, items: &[Value]) -> Value {
    // A container's ports and a service's are lists of one name with different keys.
    let name = if name == "ports" && items.iter().any(|item| item.get("port").is_some()) {
        "servicePorts"
    } else {
        name
    };
    let Some((_, keys)) = LIST_KEYS.iter().find(|(list, _)| *list == name) else {
        return json!({});
    };
    let mut owned = Map::new();
    owned.insert(".".to_owned(), json!({}));
    for item in items {
        let key: Map<String, Value> = keys
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), item.get(*key)?.clone())))
            .collect();
        // The owner's reference is a unit: its members are not listed.
        let value = if name == "ownerReferences" {
            json!({})
        } else {
            fields("item", item)
        };
        owned.insert(format!("k:{}", Value::Object(key)), value);
    }
    owned.sort_keys();
    Value::Object(owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_is_that_of_the_recordings() {
        let pod = json!({
            "metadata": {
                "name": "x", "generateName": "x-", "labels": {"b": "1", "a": "2"},
                "ownerReferences": [{"uid": "u", "kind": "ReplicaSet"}]
            },
            "spec": {
                "containers": [{"name": "c", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}}],
                    "ports": [{"containerPort": 80, "protocol": "TCP"}]}],
                "tolerations": [{"key": "k"}]
            },
            "status": {"phase": "Running"}
        });
        let mut rest = pod.as_object().unwrap().clone();
        let Some(Value::Object(metadata)) = rest.shift_remove("metadata") else {
            panic!("no metadata")
        };
        let entries = entries(
            "v1",
            "2026-01-01T00:00:00Z",
            "kcm",
            Some("kubelet"),
            &metadata,
            &rest,
        );
        assert_eq!(
            entries[0]["fieldsV1"].to_string(),
            concat!(
                r#"{"f:metadata":{"f:generateName":{},"f:labels":{".":{},"f:a":{},"f:b":{}},"#,
                r#""f:ownerReferences":{".":{},"k:{\"uid\":\"u\"}":{}}},"#,
                r#""f:spec":{"f:containers":{".":{},"k:{\"name\":\"c\"}":{".":{},"#,
                r#""f:env":{".":{},"k:{\"name\":\"A\"}":{".":{},"f:name":{},"f:valueFrom":{".":{},"f:secretKeyRef":{}}}},"#,
                r#""f:name":{},"f:ports":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":"#,
                r#"{".":{},"f:containerPort":{},"f:protocol":{}}}}},"f:tolerations":{}}}"#
            )
        );
        assert_eq!(entries[1]["manager"], "kubelet");
        assert_eq!(entries[1]["subresource"], "status");
        assert_eq!(
            entries[1]["fieldsV1"].to_string(),
            r#"{"f:status":{"f:phase":{}}}"#
        );
    }
}

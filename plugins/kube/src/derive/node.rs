//! Owns what kubectl shows of a node: printNode of pkg/printers/internalversion/printers.go.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{document, input};
use crate::kinds::Value;

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type", default)]
    of: String,
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct Address {
    #[serde(rename = "type", default)]
    of: String,
    #[serde(default)]
    address: String,
}

/// kubectl's STATUS. Inputs: the conditions, and whether it is unschedulable.
pub(crate) fn node_state(inputs: &[Option<&str>]) -> Value {
    let conditions: Vec<Condition> = input(inputs, 0).unwrap_or_default();
    // kubectl keeps the last condition of a type.
    let ready = conditions.iter().rfind(|condition| condition.of == "Ready");
    let state = match ready {
        Some(condition) if condition.status == "True" => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    Value::Text(if input(inputs, 1).unwrap_or(false) {
        format!("{state},SchedulingDisabled")
    } else {
        state.to_owned()
    })
}

/// kubectl's ROLES. Inputs: the labels.
pub(crate) fn node_roles(inputs: &[Option<&str>]) -> Value {
    let labels: BTreeMap<String, String> = input(inputs, 0).unwrap_or_default();
    let roles: BTreeSet<&str> = labels
        .iter()
        .filter_map(|(key, value)| {
            match key.strip_prefix("node-role.kubernetes.io/") {
                Some(role) => Some(role),
                None if key == "kubernetes.io/role" => Some(value.as_str()),
                None => None,
            }
            .filter(|role| !role.is_empty())
        })
        .collect();
    if roles.is_empty() {
        return Value::Null;
    }
    Value::Text(roles.into_iter().collect::<Vec<_>>().join(","))
}

/// The first address of type InternalIP. Inputs: the addresses.
pub(crate) fn internal_ip(inputs: &[Option<&str>]) -> Value {
    address(inputs, "InternalIP")
}

/// The first address of type ExternalIP. Inputs: the addresses.
pub(crate) fn external_ip(inputs: &[Option<&str>]) -> Value {
    address(inputs, "ExternalIP")
}

#[derive(Deserialize)]
struct Taint {
    key: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    effect: String,
}

/// Taints as `kubectl taint` takes them: `key=value:effect`. Inputs: the taints.
pub(crate) fn node_taints(inputs: &[Option<&str>]) -> Value {
    let taints: Vec<Taint> = input(inputs, 0).unwrap_or_default();
    let text = |taint: &Taint| match taint.value.as_str() {
        "" => format!("{}:{}", taint.key, taint.effect),
        value => format!("{}={value}:{}", taint.key, taint.effect),
    };
    document(&taints.iter().map(text).collect::<Vec<_>>())
}

fn address(inputs: &[Option<&str>], of: &str) -> Value {
    let addresses: Vec<Address> = input(inputs, 0).unwrap_or_default();
    addresses
        .into_iter()
        .find(|address| address.of == of)
        .map_or(Value::Null, |address| Value::Text(address.address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states() {
        let ready = |status: &str| {
            format!(
                r#"[{{"type":"DiskPressure","status":"True"}},{{"type":"Ready","status":"{status}"}}]"#
            )
        };
        for (conditions, cordoned, expected) in [
            (Some(ready("True")), None, "Ready"),
            (Some(ready("False")), None, "NotReady"),
            (Some(ready("Unknown")), Some("false"), "NotReady"),
            (
                Some(ready("True")),
                Some("true"),
                "Ready,SchedulingDisabled",
            ),
            (None, None, "Unknown"),
            (
                Some("[]".into()),
                Some("true"),
                "Unknown,SchedulingDisabled",
            ),
        ] {
            assert_eq!(
                node_state(&[conditions.as_deref(), cordoned]),
                Value::Text(expected.into())
            );
        }
    }

    #[test]
    fn taints_as_they_are_set() {
        let taints = r#"[{"key":"dedicated","value":"db","effect":"NoSchedule"},{"key":"node.kubernetes.io/not-ready","effect":"NoExecute"}]"#;
        let expected = r#"["dedicated=db:NoSchedule","node.kubernetes.io/not-ready:NoExecute"]"#;
        assert_eq!(node_taints(&[Some(taints)]), Value::Json(expected.into()));
        assert_eq!(node_taints(&[None]), Value::Json("[]".into()));
    }

    #[test]
    fn roles_and_addresses() {
        let labels = r#"{"node-role.kubernetes.io/worker":"","node-role.kubernetes.io/":"","kubernetes.io/role":"edge","a":"b"}"#;
        assert_eq!(
            node_roles(&[Some(labels)]),
            Value::Text("edge,worker".into())
        );
        assert_eq!(node_roles(&[Some("{}")]), Value::Null);
        let addresses = r#"[{"type":"Hostname","address":"h"},{"type":"InternalIP","address":"10.0.0.1"},{"type":"InternalIP","address":"x"}]"#;
        assert_eq!(
            internal_ip(&[Some(addresses)]),
            Value::Text("10.0.0.1".into())
        );
        assert_eq!(external_ip(&[Some(addresses)]), Value::Null);
    }
}

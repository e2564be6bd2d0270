//! Owns what kubectl shows of who may do what: printRoleBinding and printCertificateSigningRequest of
//! pkg/printers/internalversion/printers.go, v1.36.

use serde::Deserialize;

use super::{document, input};
use crate::kinds::Value;

#[derive(Deserialize)]
struct RoleRef {
    kind: String,
    name: String,
}

#[derive(Deserialize)]
struct Subject {
    kind: String,
    name: String,
    #[serde(default)]
    namespace: String,
}

/// kubectl's ROLE: `ClusterRole/view`. Inputs: the reference.
pub(crate) fn role(inputs: &[Option<&str>]) -> Value {
    match input::<RoleRef>(inputs, 0) {
        Some(role) => Value::Text(format!("{}/{}", role.kind, role.name)),
        None => Value::Null,
    }
}

/// The users among the subjects.
pub(crate) fn users(inputs: &[Option<&str>]) -> Value {
    subjects(inputs, "User")
}

/// The groups among the subjects.
pub(crate) fn groups(inputs: &[Option<&str>]) -> Value {
    subjects(inputs, "Group")
}

/// The service accounts among the subjects, as `namespace/name`.
pub(crate) fn service_accounts(inputs: &[Option<&str>]) -> Value {
    subjects(inputs, "ServiceAccount")
}

/// SubjectsStrings of pkg/apis/rbac/helpers.go.
fn subjects(inputs: &[Option<&str>], kind: &str) -> Value {
    let subjects: Vec<Subject> = input(inputs, 0).unwrap_or_default();
    let names = subjects
        .into_iter()
        .filter(|subject| subject.kind == kind)
        .map(|subject| {
            if kind == "ServiceAccount" && !subject.namespace.is_empty() {
                format!("{}/{}", subject.namespace, subject.name)
            } else {
                subject.name
            }
        });
    document(&names.collect::<Vec<_>>())
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    of: String,
}

/// kubectl's CONDITION of a certificate signing request. Inputs: the conditions, and the certificate.
pub(crate) fn request_state(inputs: &[Option<&str>]) -> Value {
    let conditions: Vec<Condition> = input(inputs, 0).unwrap_or_default();
    let is = |of: &str| conditions.iter().any(|condition| condition.of == of);
    let mut state = if is("Denied") {
        "Denied"
    } else if is("Approved") {
        "Approved"
    } else {
        "Pending"
    }
    .to_owned();
    if is("Failed") {
        state.push_str(",Failed");
    }
    if input::<String>(inputs, 1).is_some_and(|certificate| !certificate.is_empty()) {
        state.push_str(",Issued");
    }
    Value::Text(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_bound_to_what() {
        let of = r#"{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"}"#;
        assert_eq!(role(&[Some(of)]), Value::Text("ClusterRole/view".into()));
        assert_eq!(role(&[None]), Value::Null);
        let subjects = r#"[{"kind":"User","name":"ann","apiGroup":"rbac.authorization.k8s.io"},
            {"kind":"ServiceAccount","name":"default","namespace":"dev"},
            {"kind":"ServiceAccount","name":"lost"},{"kind":"Group","name":"system:masters"},{"kind":"User","name":"bob"}]"#;
        for (compute, expected) in [
            (users as fn(&[Option<&str>]) -> Value, r#"["ann","bob"]"#),
            (groups, r#"["system:masters"]"#),
            (service_accounts, r#"["dev/default","lost"]"#),
        ] {
            assert_eq!(compute(&[Some(subjects)]), Value::Json(expected.into()));
            assert_eq!(compute(&[None]), Value::Json("[]".into()));
        }
    }

    #[test]
    fn the_states_of_a_request() {
        for (conditions, certificate, expected) in [
            (None, None, "Pending"),
            (Some(r#"[{"type":"Approved"}]"#), None, "Approved"),
            (
                Some(r#"[{"type":"Approved"}]"#),
                Some("\"LS0t\""),
                "Approved,Issued",
            ),
            (
                Some(r#"[{"type":"Approved"},{"type":"Failed"}]"#),
                Some("\"\""),
                "Approved,Failed",
            ),
            (
                Some(r#"[{"type":"Approved"},{"type":"Denied"}]"#),
                None,
                "Denied",
            ),
        ] {
            assert_eq!(
                request_state(&[conditions, certificate]),
                Value::Text(expected.into())
            );
        }
    }
}

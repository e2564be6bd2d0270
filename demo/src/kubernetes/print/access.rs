//! Owns the rows of service accounts and of role bindings.

use serde_json::{Value, json};

use super::{AGE, Column, NAME, Row, column, count, list, text, wide};

/// A service account's columns.
pub(super) const SERVICE_ACCOUNTS: [Column; 3] = [
    NAME,
    count(
        "Secrets",
        "Secrets is a list of the secrets in the same namespace that pods running using this ServiceAccount are allowed to use.",
    ),
    AGE,
];
/// A binding's columns.
pub(super) const BINDINGS: [Column; 6] = [
    NAME,
    column(
        "Role",
        "RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace.",
    ),
    AGE,
    wide("Users", "Users in the roleBinding"),
    wide("Groups", "Groups in the roleBinding"),
    wide("ServiceAccounts", "ServiceAccounts in the roleBinding"),
];

/// A service account's cells.
pub(super) fn service_account(row: Row<'_>) -> Vec<Value> {
    let secrets = list(&row.object["secrets"]).len();
    vec![row.name(), json!(secrets), row.age()]
}

/// A binding's cells.
pub(super) fn binding(row: Row<'_>) -> Vec<Value> {
    let role = &row.object["roleRef"];
    let subjects = |kind: &str| {
        let names: Vec<String> = list(&row.object["subjects"])
            .iter()
            .filter(|subject| subject["kind"] == kind)
            .map(|subject| match text(&subject["namespace"]) {
                "" => text(&subject["name"]).to_owned(),
                namespace => format!("{namespace}/{}", text(&subject["name"])),
            })
            .collect();
        json!(names.join(", "))
    };
    vec![
        row.name(),
        json!(format!("{}/{}", text(&role["kind"]), text(&role["name"]))),
        row.age(),
        subjects("User"),
        subjects("Group"),
        subjects("ServiceAccount"),
    ]
}

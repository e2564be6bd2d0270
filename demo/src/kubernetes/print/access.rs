//! Owns the rows of service accounts, of role bindings and of requests for certificates.

use serde_json::{Value, json};

use super::{AGE, Column, NAME, Row, column, count, list, text, wide};
use crate::clock::human_duration;

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

/// The columns of a request for a certificate.
pub(super) const REQUESTS: [Column; 6] = [
    NAME,
    AGE,
    column("SignerName", "signerName indicates the requested signer."),
    column(
        "Requestor",
        "username contains the name of the user that created the request.",
    ),
    column(
        "RequestedDuration",
        "expirationSeconds is the requested duration of validity.",
    ),
    column("Condition", "What became of the request."),
];

/// A service account's cells.
pub(super) fn service_account(row: Row<'_>) -> Vec<Value> {
    let secrets = list(&row.object["secrets"]).len();
    vec![row.name(), json!(secrets), row.age()]
}

/// The cells of a request: approved, denied or pending, and whether the certificate was issued.
pub(super) fn request(row: Row<'_>) -> Vec<Value> {
    let (spec, status) = (row.spec(), row.status());
    let conditions = list(&status["conditions"]);
    let mut state: Vec<&str> = ["Approved", "Denied", "Failed"]
        .into_iter()
        .filter(|kind| {
            conditions
                .iter()
                .any(|condition| condition["type"] == *kind)
        })
        .collect();
    if state.is_empty() {
        state.push("Pending");
    }
    if !text(&status["certificate"]).is_empty() {
        state.push("Issued");
    }
    let duration = spec["expirationSeconds"]
        .as_i64()
        .map_or_else(|| "<none>".to_owned(), human_duration);
    vec![
        row.name(),
        row.age(),
        spec["signerName"].clone(),
        spec["username"].clone(),
        json!(duration),
        json!(state.join(",")),
    ]
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

//! Owns the table of service accounts.

use trawl_sdk::schema::Type;

use super::common::document;
use super::{BASE, Column, Kind, derived, path};
use crate::derive::length;

pub(super) const KIND: Kind = Kind {
    name: "serviceaccounts",
    aliases: &["serviceaccount", "sa"],
    description: "Service accounts",
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![
        derived(
            "secrets_count",
            Type::Int64,
            &[&["secrets"]],
            length,
            "kubectl's SECRETS: how many it names",
        ),
        path(
            "automount_token",
            Type::Bool,
            &["automountServiceAccountToken"],
            "Whether pods get a token; null leaves it to the pod, which gets one by default",
        ),
        document(
            "secrets",
            &["secrets"],
            "Secrets that its pods may use",
            include_str!("../shapes/serviceaccounts.secrets.txt"),
        ),
        document(
            "imagePullSecrets",
            &["imagePullSecrets"],
            "Secrets for pulling images",
            include_str!("../shapes/serviceaccounts.imagePullSecrets.txt"),
        ),
    ]
}

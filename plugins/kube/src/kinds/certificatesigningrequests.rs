//! Owns the table of certificate signing requests.

use trawl_sdk::schema::Type;

use super::common::spec_and_status;
use super::{BASE, Column, Kind, derived, path, text};
use crate::derive::{request_state, seconds};

pub(super) const KIND: Kind = Kind {
    name: "certificatesigningrequests",
    aliases: &["certificatesigningrequest", "csr"],
    description: "Certificate signing requests",
    api: &["apis", "certificates.k8s.io", "v1"],
    namespaced: false,
    own: columns,
    // pkg/registry/certificates/certificates/strategy.go, SelectableFields.
    fields: &[text(&["spec", "signerName"], "spec.signerName")],
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        derived(
            "state",
            Type::Utf8,
            &[&["status", "conditions"], &["status", "certificate"]],
            request_state,
            "kubectl's CONDITION: Pending, Approved or Denied, and Failed or Issued",
        ),
        path(
            "signer_name",
            Type::Utf8,
            &["spec", "signerName"],
            "Who shall sign it",
        ),
        path(
            "requestor",
            Type::Utf8,
            &["spec", "username"],
            "Who asked for it",
        ),
        derived(
            "requested_duration",
            Type::Duration,
            &[&["spec", "expirationSeconds"]],
            seconds,
            "How long the certificate shall be valid",
        ),
    ];
    columns.extend(spec_and_status(
        include_str!("../shapes/certificatesigningrequests.spec.txt"),
        include_str!("../shapes/certificatesigningrequests.status.txt"),
    ));
    columns
}

//! Owns the table of attachments of volumes to nodes.

use trawl_sdk::schema::Type;

use super::common::{flag, spec_and_status};
use super::{BASE, Column, Kind, path};

pub(super) const KIND: Kind = Kind {
    name: "volumeattachments",
    aliases: &["volumeattachment"],
    description: "Attachments of volumes to nodes",
    api: &["apis", "storage.k8s.io", "v1"],
    namespaced: false,
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "attacher",
            Type::Utf8,
            &["spec", "attacher"],
            "CSI driver that attaches it",
        ),
        path(
            "volume",
            Type::Utf8,
            &["spec", "source", "persistentVolumeName"],
            "Volume that is attached",
        ),
        path(
            "node",
            Type::Utf8,
            &["spec", "nodeName"],
            "Node that it is attached to",
        ),
        flag(
            "attached",
            &[&["status", "attached"]],
            "Whether it is attached",
        ),
        path(
            "attach_error",
            Type::Utf8,
            &["status", "attachError", "message"],
            "Why it could not be attached",
        ),
    ];
    columns.extend(spec_and_status(
        include_str!("../shapes/volumeattachments.spec.txt"),
        include_str!("../shapes/volumeattachments.status.txt"),
    ));
    columns
}

//! Owns the table of classes of ingresses.

use trawl_sdk::schema::Type;

use super::common::spec;
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{class_parameters, true_text};

pub(super) const KIND: Kind = Kind {
    name: "ingressclasses",
    aliases: &["ingressclass"],
    description: "Classes of ingresses",
    api: &["apis", "networking.k8s.io", "v1"],
    namespaced: false,
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "controller",
            Type::Utf8,
            &["spec", "controller"],
            "Controller that serves its ingresses",
        ),
        derived(
            "parameters",
            Type::Utf8,
            &[&["spec", "parameters"]],
            class_parameters,
            "More settings of the controller: `Kind.group/name`",
        ),
        derived(
            "is_default",
            Type::Bool,
            &[&[
                "metadata",
                "annotations",
                "ingressclass.kubernetes.io/is-default-class",
            ]],
            true_text,
            "Whether ingresses without a class get it, by annotation",
        ),
    ];
    columns.push(spec(include_str!("../shapes/ingressclasses.spec.txt")));
    columns
}

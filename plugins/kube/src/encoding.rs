//! Owns how a list's objects are asked for; refuses to read them.

use serde::{Deserialize, Serialize};
use trawl_sdk::json::{Capture, Node};

use crate::kinds;
use crate::protobuf::{Covered, Message};
use crate::resource::{Known, Resource};

/// An encoding of a list.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Encoding {
    /// What every list has.
    #[default]
    Json,
    /// Costs the server half as much as JSON, and the network three quarters; custom resources have it of their metadata only.
    Protobuf,
}

impl Encoding {
    /// The encoding for what is `wanted` of a resource's objects.
    ///
    /// Protobuf where every wanted value is known to the tables: single fields take a twentieth of the time that JSON takes. A
    /// part that goes out whole as a document is asked for in JSON, which takes no longer than writing it out again, and has the
    /// fields of servers that are younger than the tables; so is a field that the tables do not know.
    pub(crate) fn of(resource: &Resource, wanted: &Node) -> Self {
        let message = if wanted.children().all(|(root, _)| root == "metadata") {
            Message::of_kind("meta.k8s.io/v1", "PartialObjectMetadata")
        } else {
            message(resource)
        };
        let is_out = |capture: &Capture| !matches!(capture, Capture::Text(_));
        match message {
            Some(message) if covers(&message, wanted, &is_out) => Self::Protobuf,
            _ => Self::Json,
        }
    }

    /// What the request accepts, of whole objects or of their metadata as client-go's metadata client asks for it. A server that
    /// has no protobuf for a kind, or a proxy that knows none, answers in JSON: the answer's content type says what came.
    pub(crate) fn accept(self, metadata_only: bool) -> &'static str {
        match (self, metadata_only) {
            (Self::Json, false) => "application/json",
            (Self::Json, true) => {
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
            }
            (Self::Protobuf, false) => "application/vnd.kubernetes.protobuf,application/json",
            (Self::Protobuf, true) => concat!(
                "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,",
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,",
                "application/json"
            ),
        }
    }
}

/// The message of a kind of ours, which is named as kubectl names one object. Kinds that were discovered have none: those in
/// Kubernetes' own groups may be younger than the tables.
fn message(resource: &Resource) -> Option<Message> {
    let Known::BuiltIn(table) = &resource.origin else {
        return None;
    };
    let kind = kinds::find(table)?;
    // Endpoints are many even when they are one.
    let names: Vec<&str> = kind.aliases.iter().copied().chain([kind.name]).collect();
    Message::of_singular(&resource.api, &names)
}

/// Whether the tables know all that is wanted of a message: `is_out` says what goes out as it is.
fn covers(message: &Message, wanted: &Node, is_out: &impl Fn(&Capture) -> bool) -> bool {
    wanted.children().all(|(name, node)| {
        match message.covered(name) {
            // It may be younger than the tables.
            Covered::Unknown => false,
            Covered::Whole => true,
            Covered::Message(inner) => {
                !node.captures().iter().any(is_out) && covers(inner, node, is_out)
            }
            Covered::Messages => !node.captures().iter().any(is_out),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protobuf::CONTENT_TYPE;
    use crate::resource::Discovered;
    use trawl_sdk::json::Extractor;

    fn of(resource: &Resource, columns: &[&[&str]], texts: &[&[&str]]) -> Encoding {
        let mut extractor = Extractor::default();
        for (index, path) in columns.iter().enumerate() {
            extractor.column(index, path, &[]);
        }
        for path in texts {
            extractor.text(path);
        }
        Encoding::of(resource, extractor.root())
    }

    #[test]
    fn the_cheapest_encoding_is_asked_for() {
        let pods = Resource::built_in(kinds::find("pods").unwrap());
        let crds = Resource::built_in(kinds::find("customresourcedefinitions").unwrap());
        let own = Resource::of(&Known::Discovered(Discovered {
            name: "applications".to_owned(),
            group: "argoproj.io".to_owned(),
            version: "v1alpha1".to_owned(),
            plural: "applications".to_owned(),
            namespaced: true,
            roots: vec![("spec".to_owned(), "spec".to_owned())],
            selectable: Vec::new(),
        }))
        .unwrap();
        let volumes = Resource::built_in(kinds::find("persistentvolumes").unwrap());
        let (name, containers) = (&["metadata", "name"][..], &["spec", "containers"][..]);
        for (resource, columns, texts, expected) in [
            (&pods, &[name][..], &[][..], Encoding::Protobuf),
            (
                &pods,
                &[&["metadata", "labels", "app"]],
                &[],
                Encoding::Protobuf,
            ),
            (&pods, &[&["spec", "nodeName"]], &[], Encoding::Protobuf),
            (&pods, &[&["spec", "nodeSelector"]], &[], Encoding::Protobuf),
            (
                &volumes,
                &[&["spec", "csi", "driver"]],
                &[],
                Encoding::Protobuf,
            ),
            // What is computed reads what it knows.
            (&pods, &[name], &[containers], Encoding::Protobuf),
            // A document shows all that the server has, and a field may be younger than the tables.
            (&pods, &[&["spec"]], &[], Encoding::Json),
            (&pods, &[&["spec", "containers"]], &[], Encoding::Json),
            (&pods, &[&["spec", "securityContext"]], &[], Encoding::Json),
            (
                &pods,
                &[&["metadata", "ownerReferences"]],
                &[],
                Encoding::Json,
            ),
            (&pods, &[&["spec", "youngerField"]], &[], Encoding::Json),
            // No tables.
            (&crds, &[&["spec", "group"]], &[], Encoding::Json),
            (&crds, &[name], &[], Encoding::Protobuf),
            (&own, &[&["spec"]], &[], Encoding::Json),
            (&own, &[name], &[], Encoding::Protobuf),
        ] {
            let found = of(resource, columns, texts);
            assert_eq!(found, expected, "{} {columns:?}", resource.name);
        }
    }

    #[test]
    fn every_kind_is_found_in_its_table() {
        let without: Vec<&str> = kinds::all()
            .iter()
            .filter(|kind| message(&Resource::built_in(kind)).is_none())
            .map(|kind| kind.name)
            .collect();
        assert_eq!(
            without,
            ["customresourcedefinitions", "node_metrics", "pod_metrics"]
        );
    }

    #[test]
    fn json_is_always_accepted() {
        for encoding in [Encoding::Json, Encoding::Protobuf] {
            for metadata_only in [false, true] {
                let accept = encoding.accept(metadata_only);
                assert_eq!(accept.rsplit(',').next(), Some("application/json"));
                assert_eq!(
                    accept.starts_with(CONTENT_TYPE),
                    encoding == Encoding::Protobuf
                );
                assert_eq!(accept.contains("PartialObjectMetadataList"), metadata_only);
            }
        }
    }
}

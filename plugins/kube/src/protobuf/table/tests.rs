//! Compares the tables with themselves, with the messages of the crate k8s-pb, and with the schemas of k8s-openapi: both were made
//! from other descriptions of the same API.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use k8s_openapi::api::{
    admissionregistration::v1 as admission, apps::v1 as apps, autoscaling::v2 as autoscaling,
    batch::v1 as batch, certificates::v1 as certificates, coordination::v1 as coordination,
    core::v1 as core, discovery::v1 as discovery, networking::v1 as networking,
    policy::v1 as policy, rbac::v1 as rbac, scheduling::v1 as scheduling, storage::v1 as storage,
};
use k8s_openapi::schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

use super::*;

/// Messages inside messages at most; the API's deepest are a StatefulSet's probes.
const MAX_DEPTH: usize = 16;

fn check(message: &Message, name: &str, depth: usize) {
    assert!(
        depth < MAX_DEPTH,
        "{name}: a message that contains itself would never end"
    );
    assert!(message.fields.len() <= 64, "{name}: one bit a field");
    let found = message.fields.iter().enumerate();
    for (place, field) in found {
        let by_number = message.field(field.number).map(|(place, _)| place);
        let expected = (field.number > 0).then_some(place);
        assert_eq!(by_number, expected, "{name}: a number is there twice");
    }
    for field in &message.fields {
        let place = format!("{name}.{}", field.name);
        if let Of::Message(later) = &field.of {
            let inner = later
                .get()
                .unwrap_or_else(|| panic!("{place}: no such message"));
            check(inner, &place, depth + 1);
        } else {
            assert!(
                !field.name.is_empty(),
                "{place}: only a message has no name"
            );
        }
    }
}

#[test]
fn every_line_is_read_and_every_message_is_there() {
    let mut messages = 0;
    for (version, text) in TABLES {
        for line in text.lines() {
            let name = line.split(' ').next().unwrap();
            let message = Message::find(version, name).unwrap_or_else(|| panic!("{line}"));
            check(&message, &format!("{version}.{name}"), 0);
            messages += 1;
        }
    }
    assert!(messages > 400, "{messages}");
}

#[test]
fn kinds_are_found_by_their_version() {
    for (version, kind, found) in [
        ("v1", "Pod", true),
        ("apps/v1", "Deployment", true),
        ("autoscaling/v2", "HorizontalPodAutoscaler", true),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", true),
        ("storage.k8s.io/v1", "StorageClass", true),
        ("meta.k8s.io/v1", "PartialObjectMetadata", true),
        ("v1", "Nothing", false),
        ("v2", "Pod", false),
        ("argoproj.io/v1alpha1", "Application", false),
        ("apps.example.com/v1", "Deployment", false),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", false),
    ] {
        assert_eq!(
            Message::of_kind(version, kind).is_some(),
            found,
            "{version} {kind}"
        );
    }
}

#[test]
fn a_field_is_read() {
    let message = Message::of_kind("v1", "Secret").unwrap();
    let (_, data) = message.field(2).unwrap();
    assert_eq!((data.name, data.form), ("data", Form::Map));
    assert!(matches!(data.of, Of::Bytes));
    let (place, immutable) = message.field(5).unwrap();
    assert!(immutable.pointer && !immutable.always);
    assert_eq!(place, 1);
    assert!(message.field(99).is_none());
}

/// The messages of k8s-pb, as the demo keeps them: names with their fields as `number:name:type`.
const K8S_PB: &str = include_str!("../../../../../demo/src/kubernetes/protobuf/messages.txt");

/// What k8s-pb calls the type of a field.
fn type_in_k8s_pb(field: &Field) -> String {
    let of = match &field.of {
        Of::String | Of::Constant(_) => "string".to_owned(),
        Of::Bool => "bool".to_owned(),
        Of::Int => "int".to_owned(),
        Of::Bytes => "bytes".to_owned(),
        Of::Time => "Time".to_owned(),
        Of::MicroTime => "MicroTime".to_owned(),
        Of::Quantity => "Quantity".to_owned(),
        Of::IntOrString => "IntOrString".to_owned(),
        Of::Raw => "FieldsV1 or RawExtension".to_owned(),
        Of::Strings => "ExtraValue".to_owned(),
        Of::Message(later) => later.name.to_owned(),
    };
    let mark = match field.form {
        Form::One => "",
        Form::List => "*",
        Form::Map => "%",
    };
    format!("{mark}{of}")
}

#[test]
fn numbers_and_types_are_those_of_k8s_pb() {
    let theirs: BTreeMap<String, Vec<&str>> = K8S_PB
        .lines()
        .map(|line| {
            let mut words = line.split(' ');
            let name = words.next().unwrap();
            let name = name
                .trim_start_matches("api.")
                .trim_start_matches("apimachinery.pkg.apis.");
            (name.to_owned(), words.collect())
        })
        .collect();
    let mut compared = 0;
    let (mut only_ours, mut only_theirs) = (Vec::new(), Vec::new());
    for (version, text) in TABLES {
        for line in text.lines() {
            let name = line.split(' ').next().unwrap();
            let Some(theirs) = theirs.get(&format!("{version}.{name}")) else {
                continue;
            };
            let message = Message::find(version, name).unwrap();
            let numbers = theirs.iter().map(|field| field.split(':').next().unwrap());
            let numbers: Vec<u32> = numbers.map(|number| number.parse().unwrap()).collect();
            let more = message
                .fields
                .iter()
                .filter(|field| field.number > 0 && !numbers.contains(&field.number));
            only_ours.extend(more.map(|field| format!("{version}.{name}.{}", field.name)));
            for theirs in theirs {
                let parts: Vec<&str> = theirs.splitn(3, ':').collect();
                let Some((_, ours)) = message.field(parts[0].parse().unwrap()) else {
                    only_theirs.push(format!("{version}.{name}.{}", parts[1]));
                    continue;
                };
                // Fields without a name in JSON have one there.
                let spelled = ours.name.to_ascii_lowercase();
                let same = spelled.is_empty() || spelled == parts[1].replace('_', "");
                assert!(same, "{version}.{name}: {} is {theirs}", ours.name);
                let (mark, of) = parts[2]
                    .split_at(parts[2].len() - parts[2].trim_start_matches(['*', '%']).len());
                let of = format!("{mark}{}", of.rsplit('.').next().unwrap());
                // Rust spells some names otherwise, and the claims of a StatefulSet have a message of their own here.
                let expected = type_in_k8s_pb(ours).to_ascii_lowercase();
                let of = of.to_ascii_lowercase();
                let known = expected.contains(&of) || of == "*persistentvolumeclaim";
                assert!(known, "{version}.{name}: {expected} is {of}");
                compared += 1;
            }
        }
    }
    // k8s-pb 0.9 is of Kubernetes 1.35, the tables of 1.36.
    assert_eq!(
        only_ours,
        [
            "core.v1.PodSpec.schedulingGroup",
            "core.v1.PodStatus.nodeAllocatableResourceClaimStatuses",
            "core.v1.ResourceHealth.message",
            "core.v1.VolumeMountStatus.volumeStatus",
            "meta.v1.ListMeta.shardInfo",
            "storage.v1.CSIDriverSpec.preventPodSchedulingIfMissing",
        ]
    );
    assert_eq!(only_theirs, ["core.v1.PodSpec.workload_ref"]);
    assert!(compared > 1_000, "{compared}");
}

/// Walks a schema and a message beside each other.
struct Schemas {
    definitions: Value,
    compared: usize,
    problems: Vec<String>,
}

impl Schemas {
    fn object(&mut self, schema: &Value, message: &Message, place: &str) {
        let mut ours = BTreeMap::new();
        own_fields(message, &mut ours);
        let Some(theirs) = schema["properties"].as_object() else {
            self.problems
                .push(format!("{place} is no object: {schema}"));
            return;
        };
        for (name, schema) in theirs {
            match ours.remove(name.as_str()) {
                Some(field) => self.value(schema, field, &format!("{place}.{name}")),
                // They stand beside the message.
                None if ["kind", "apiVersion"].contains(&name.as_str()) => {}
                None => self.problems.push(format!("{place} lacks {name}")),
            }
        }
        let more = ours.keys().map(|name| format!("{place} has no {name}"));
        self.problems.extend(more);
    }

    fn value(&mut self, schema: &Value, field: &Field, place: &str) {
        self.compared += 1;
        let schema = match field.form {
            Form::One => schema,
            Form::List => &schema["items"],
            Form::Map => &schema["additionalProperties"],
        };
        let name = schema["$ref"]
            .as_str()
            .and_then(|name| name.strip_prefix("#/$defs/"));
        let resolved = name.map_or_else(|| schema.clone(), |name| self.definitions[name].clone());
        let (of, format) = (resolved["type"].as_str(), resolved["format"].as_str());
        let fits = match &field.of {
            Of::Message(later) => {
                let message = later.get().unwrap();
                self.object(&resolved, message, place);
                true
            }
            Of::String | Of::Constant(_) => (of, format) == (Some("string"), None),
            Of::Bytes => (of, format) == (Some("string"), Some("byte")),
            Of::Bool => of == Some("boolean"),
            Of::Int => of == Some("integer"),
            Of::Time | Of::MicroTime => format == Some("date-time"),
            Of::Quantity => name.is_some_and(|name| name.ends_with(".Quantity")),
            Of::IntOrString => name.is_some_and(|name| name.ends_with(".IntOrString")),
            Of::Raw => name
                .is_some_and(|name| name.ends_with(".FieldsV1") || name.ends_with(".RawExtension")),
            Of::Strings => of == Some("array"),
        };
        if !fits {
            self.problems.push(format!("{place} is {resolved}"));
        }
    }
}

/// The fields of an object in JSON, those of messages without a name among them.
fn own_fields<'m>(message: &'m Message, into: &mut BTreeMap<&'m str, &'m Field>) {
    for field in &message.fields {
        match &field.of {
            Of::Message(later) if field.name.is_empty() => own_fields(later.get().unwrap(), into),
            _ => drop(into.insert(field.name, field)),
        }
    }
}

fn compare<T: JsonSchema>(api_version: &str, kind: &str) -> usize {
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let root = serde_json::to_value(generator.root_schema_for::<T>()).unwrap();
    let mut schemas = Schemas {
        definitions: root["$defs"].clone(),
        compared: 0,
        problems: Vec::new(),
    };
    let message = Message::of_kind(api_version, kind).unwrap();
    schemas.object(&root, &message, kind);
    assert!(schemas.problems.is_empty(), "{:#?}", schemas.problems);
    schemas.compared
}

#[test]
fn names_and_types_are_those_of_the_api() {
    let fields = [
        compare::<core::Pod>("v1", "Pod"),
        compare::<core::Node>("v1", "Node"),
        compare::<core::Namespace>("v1", "Namespace"),
        compare::<core::Event>("v1", "Event"),
        compare::<core::Service>("v1", "Service"),
        compare::<core::Endpoints>("v1", "Endpoints"),
        compare::<core::ConfigMap>("v1", "ConfigMap"),
        compare::<core::Secret>("v1", "Secret"),
        compare::<core::ServiceAccount>("v1", "ServiceAccount"),
        compare::<core::PersistentVolume>("v1", "PersistentVolume"),
        compare::<core::PersistentVolumeClaim>("v1", "PersistentVolumeClaim"),
        compare::<core::ResourceQuota>("v1", "ResourceQuota"),
        compare::<core::LimitRange>("v1", "LimitRange"),
        compare::<apps::Deployment>("apps/v1", "Deployment"),
        compare::<apps::ReplicaSet>("apps/v1", "ReplicaSet"),
        compare::<apps::StatefulSet>("apps/v1", "StatefulSet"),
        compare::<apps::DaemonSet>("apps/v1", "DaemonSet"),
        compare::<batch::Job>("batch/v1", "Job"),
        compare::<batch::CronJob>("batch/v1", "CronJob"),
        compare::<autoscaling::HorizontalPodAutoscaler>(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
        ),
        compare::<policy::PodDisruptionBudget>("policy/v1", "PodDisruptionBudget"),
        compare::<networking::Ingress>("networking.k8s.io/v1", "Ingress"),
        compare::<networking::IngressClass>("networking.k8s.io/v1", "IngressClass"),
        compare::<networking::NetworkPolicy>("networking.k8s.io/v1", "NetworkPolicy"),
        compare::<rbac::Role>("rbac.authorization.k8s.io/v1", "Role"),
        compare::<rbac::ClusterRole>("rbac.authorization.k8s.io/v1", "ClusterRole"),
        compare::<rbac::RoleBinding>("rbac.authorization.k8s.io/v1", "RoleBinding"),
        compare::<rbac::ClusterRoleBinding>("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
        compare::<storage::StorageClass>("storage.k8s.io/v1", "StorageClass"),
        compare::<storage::VolumeAttachment>("storage.k8s.io/v1", "VolumeAttachment"),
        compare::<scheduling::PriorityClass>("scheduling.k8s.io/v1", "PriorityClass"),
        compare::<coordination::Lease>("coordination.k8s.io/v1", "Lease"),
        compare::<discovery::EndpointSlice>("discovery.k8s.io/v1", "EndpointSlice"),
        compare::<certificates::CertificateSigningRequest>(
            "certificates.k8s.io/v1",
            "CertificateSigningRequest",
        ),
        compare::<admission::ValidatingWebhookConfiguration>(
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
        ),
    ];
    assert!(fields.iter().sum::<usize>() > 4_000, "{fields:?}");
}

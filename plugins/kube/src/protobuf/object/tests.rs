//! Compares rows from protobuf with rows from JSON of the same objects.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use serde::de::DeserializeSeed;
use serde_json::Value;
use serde_json::value::RawValue;
use trawl_sdk::columns::BatchBuilder;
use trawl_sdk::json::Extractor;
use trawl_sdk::schema::{Type, projected, request_path};
use trawl_sdk::types::{Column, PathStep, Payload};

use super::super::list::{self, Reader};
use super::super::table::Message;
use super::*;
use crate::page::Item;

/// 50 pods of a real API server, in both encodings.
const PODS: (&[u8], &[u8]) = (
    include_bytes!("../../../../../tests/recordings/pods-page-1.json"),
    include_bytes!("../../../../../tests/recordings/pods-page-1-protobuf.bin"),
);

/// Their metadata only.
const METADATA: (&[u8], &[u8]) = (
    include_bytes!("../../../../../tests/recordings/pods-metadata-only.json"),
    include_bytes!("../../../../../tests/recordings/pods-metadata-only-protobuf.bin"),
);

/// A scan of columns and texts, for both encodings.
struct Scan {
    columns: Vec<Column>,
    extractor: Extractor,
    texts: usize,
}

impl Scan {
    fn new(columns: &[(&str, Type)], texts: &[&str]) -> Self {
        let mut extractor = Extractor::default();
        let mut made = Vec::new();
        for (index, (path, of)) in columns.iter().enumerate() {
            let mut steps = path.split('.').map(|key| match key.parse() {
                Ok(at) => PathStep::Index(at),
                Err(_) if key == "*" => PathStep::Every,
                Err(_) => PathStep::Key(key.to_owned()),
            });
            let PathStep::Key(root) = steps.next().unwrap() else {
                panic!("{path}")
            };
            let steps: Vec<_> = steps.collect();
            extractor.column(index, &[root], &steps);
            made.push(request_path(path, vec![], of.clone()));
        }
        for path in texts {
            extractor.text(&path.split('.').collect::<Vec<_>>());
        }
        Self {
            columns: made,
            extractor,
            texts: texts.len(),
        }
    }

    fn rows(&self, batch: Option<Payload>, texts: Vec<Value>) -> Vec<Value> {
        let Some(Payload::Columns(out)) = batch else {
            panic!("expected rows")
        };
        let mut rows = trawl_sdk::testing::rows(&projected(&self.columns).fields, &out).unwrap();
        for (row, texts) in rows.iter_mut().zip(texts) {
            row["texts"] = texts;
        }
        rows
    }

    fn json(&self, items: &[&RawValue]) -> Vec<Value> {
        let mut batch = BatchBuilder::new(&self.columns).unwrap();
        let mut kept = Vec::new();
        for item in items {
            let mut texts = self.extractor.texts();
            let mut json = serde_json::Deserializer::from_str(item.get());
            let seed = self.extractor.object(batch.columns_mut(), &mut texts);
            seed.deserialize(&mut json).unwrap();
            batch.end_row().unwrap();
            kept.push(texts.iter().map(|text| document(*text)).collect());
        }
        self.rows(batch.finish(), kept)
    }

    fn protobuf(&self, version: &str, kind: &str, objects: &[impl AsRef<[u8]>]) -> Vec<Value> {
        let plan = Plan::new(
            Message::of_kind(version, kind).unwrap(),
            self.extractor.root(),
        );
        let mut batch = BatchBuilder::new(&self.columns).unwrap();
        let (mut texts, mut kept) = (Texts::new(self.texts), Vec::new());
        for object in objects {
            read(
                &plan,
                Cursor::new(object.as_ref(), 0),
                batch.columns_mut(),
                &mut texts,
            )
            .unwrap();
            batch.end_row().unwrap();
            kept.push((0..self.texts).map(|at| document(texts.get(at))).collect());
        }
        self.rows(batch.finish(), kept)
    }
}

/// A text as its document; JSON's null is as good as none.
fn document(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

fn items(body: &[u8]) -> Vec<&RawValue> {
    #[derive(serde::Deserialize)]
    struct List<'a> {
        #[serde(borrow)]
        items: Vec<&'a RawValue>,
    }
    serde_json::from_slice::<List<'_>>(body).unwrap().items
}

#[derive(Default)]
struct Objects {
    api_version: String,
    kind: String,
    objects: Vec<Vec<u8>>,
}

impl Reader for Objects {
    fn kind(&mut self, api_version: &str, kind: &str) -> Result<(), Error> {
        (self.api_version, self.kind) = (api_version.to_owned(), kind.to_owned());
        Ok(())
    }

    fn token(&mut self, _: &str) -> Result<(), Error> {
        Ok(())
    }

    fn object(&mut self, object: Cursor<'_>) -> Item {
        self.objects.push(object.bytes().to_vec());
        Item::More
    }
}

fn objects(body: &[u8]) -> Objects {
    let mut objects = Objects::default();
    let mut body = Some(body.to_vec());
    list::read(|| Ok(body.take()), &mut objects).unwrap();
    objects
}

/// Compares both encodings, and gives the rows.
fn same(bodies: (&[u8], &[u8]), columns: &[(&str, Type)], texts: &[&str]) -> Vec<Value> {
    let scan = Scan::new(columns, texts);
    let theirs = scan.json(&items(bodies.0));
    let read = objects(bodies.1);
    let ours = scan.protobuf(&read.api_version, &read.kind, &read.objects);
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
    ours
}

#[test]
fn scalars_of_recorded_pods() {
    let rows = same(
        PODS,
        &[
            ("metadata.name", Type::Utf8),
            ("metadata.namespace", Type::Utf8),
            ("metadata.generation", Type::Int64),
            ("metadata.creationTimestamp", Type::Timestamp),
            ("metadata.deletionTimestamp", Type::Timestamp),
            ("metadata.labels.app", Type::Utf8),
            ("spec.nodeName", Type::Utf8),
            ("spec.priority", Type::Int64),
            ("spec.hostNetwork", Type::Bool),
            ("spec.automountServiceAccountToken", Type::Bool),
            ("status.phase", Type::Utf8),
            ("status.startTime", Type::Timestamp),
            ("status.podIP", Type::Utf8),
            ("status.message", Type::Utf8),
        ],
        &[],
    );
    assert_eq!(rows.len(), 50);
    assert!(rows.iter().all(|row| row["metadata.name"].is_string()));
    assert!(rows.iter().any(|row| row["spec.nodeName"].is_string()));
    assert!(
        rows.iter()
            .all(|row| row["metadata.creationTimestamp"].is_i64())
    );
}

#[test]
fn documents_of_recorded_pods() {
    let rows = same(
        PODS,
        &[
            ("metadata", Type::Json),
            ("spec", Type::Json),
            ("status", Type::Json),
            ("metadata.labels", Type::map(Type::Utf8)),
            ("metadata.finalizers", Type::list(Type::Utf8)),
            ("metadata.ownerReferences", Type::Json),
            ("spec.containers.0.image", Type::Utf8),
            ("spec.containers.*.name", Type::list(Type::Utf8)),
            ("spec.nodeName", Type::Utf8),
        ],
        &[
            "spec.containers",
            "status.phase",
            "status.containerStatuses",
            "metadata.none",
        ],
    );
    assert!(rows.iter().all(|row| row["spec"]["containers"].is_array()));
    assert!(rows.iter().all(|row| row["texts"][0].is_array()));
}

#[test]
fn every_type_of_column_takes_what_json_gives_it() {
    for of in [
        Type::Utf8,
        Type::Json,
        Type::Int64,
        Type::Bool,
        Type::Float64,
        Type::Timestamp,
        Type::Quantity,
        Type::list(Type::Utf8),
        Type::map(Type::Json),
        Type::object([("name", Type::Utf8), ("phase", Type::Utf8)]),
    ] {
        let paths = [
            "metadata",
            "metadata.name",
            "metadata.creationTimestamp",
            "metadata.labels",
            "metadata.generation",
            "spec.tolerations",
            "spec.priority",
            "spec.enableServiceLinks",
            "status",
            "nothing",
        ];
        same(PODS, &paths.map(|path| (path, of.clone())), &[]);
    }
}

#[test]
fn metadata_alone() {
    let rows = same(
        METADATA,
        &[
            ("metadata.name", Type::Utf8),
            ("metadata.annotations", Type::map(Type::Utf8)),
            ("metadata.managedFields", Type::Json),
            ("spec.nodeName", Type::Utf8),
        ],
        &["metadata.ownerReferences"],
    );
    assert!(rows.iter().all(|row| row["spec.nodeName"].is_null()));
}

/// A scan of everything: columns of all kinds, documents, texts, keys of maps.
fn everything() -> Scan {
    let paths = [
        "metadata",
        "metadata.name",
        "metadata.creationTimestamp",
        "metadata.labels.app",
        "metadata.managedFields",
        "spec",
        "spec.containers.0.image",
        "spec.priority",
        "status",
        "status.startTime",
    ];
    let columns: Vec<_> = [Type::Utf8, Type::Timestamp, Type::map(Type::Json)]
        .into_iter()
        .flat_map(|of| paths.map(|path| (path, of.clone())))
        .collect();
    Scan::new(
        &columns,
        &["spec.containers", "status.conditions", "metadata.labels"],
    )
}

/// Decodes what may be broken; true: it was not.
fn survives(scan: &Scan, object: &[u8]) -> bool {
    let pod = Message::of_kind("v1", "Pod").unwrap();
    let plan = Plan::new(pod, scan.extractor.root());
    let mut batch = BatchBuilder::new(&scan.columns).unwrap();
    let mut texts = Texts::new(scan.texts);
    let cursor = Cursor::new(object, 0);
    match read(&plan, cursor, batch.columns_mut(), &mut texts) {
        Ok(()) => {
            batch.end_row().unwrap();
            true
        }
        Err(error) => {
            assert_eq!(
                error.code,
                trawl_sdk::types::ErrorCode::Protocol,
                "{error:?}"
            );
            assert!(error.message.contains(" at byte "), "{}", error.message);
            false
        }
    }
}

proptest::proptest! {
    #[test]
    fn broken_objects_are_refused_and_never_panic(
        changes in proptest::collection::vec((0_usize..4_000, 0_u8..=255), 0..4),
        cut in 0_usize..8_000,
    ) {
        let objects = objects(PODS.1).objects;
        let mut object = objects[0].to_vec();
        for (at, byte) in changes {
            if let Some(place) = object.get_mut(at) {
                *place = byte;
            }
        }
        object.truncate(cut);
        survives(&everything(), &object);
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(0_u8..=255, 0..300)) {
        survives(&everything(), &bytes);
    }
}

#[test]
fn whole_objects_survive() {
    let objects = objects(PODS.1).objects;
    let scan = everything();
    assert!(objects.iter().all(|object| survives(&scan, object)));
    assert!(survives(&scan, &[]));
}

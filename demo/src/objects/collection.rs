//! Owns how objects are held: encoded once, in storage-key order, back to back in one buffer, so that a page
//! without a selector is a slice of it and costs nothing to render. Nothing here changes after generation.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;
use serde_json::{Map, Value};

/// An object as it is generated: encoded at once, since the values it is made from take ten times the memory.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// Empty for kinds without namespaces.
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// The values that field selectors of this kind can ask for, besides name and namespace.
    pub(crate) fields: Vec<(&'static str, String)>,
    json: String,
    metadata: Range<usize>,
}

impl Draft {
    /// Encodes an object: `metadata` first, then the other members (`spec`, `status`, …) in their order.
    pub(crate) fn new(
        namespace: String,
        name: String,
        labels: BTreeMap<String, String>,
        fields: Vec<(&'static str, String)>,
        metadata: Map<String, Value>,
        rest: Map<String, Value>,
    ) -> Draft {
        let mut json = r#"{"metadata":"#.to_owned();
        let start = json.len();
        json.push_str(&Value::Object(metadata).to_string());
        let metadata = start..json.len();
        for (name, value) in rest {
            json.push_str(&format!(",{}:{value}", Value::String(name)));
        }
        json.push('}');
        Draft {
            namespace,
            name,
            labels,
            fields,
            json,
            metadata,
        }
    }
}

/// An encoded object: where its bytes are, and what selectors look at.
#[derive(Debug)]
pub(crate) struct Object {
    /// `namespace/name`, or the name alone: what etcd's keys sort by.
    pub(crate) key: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    fields: Vec<(&'static str, String)>,
    bytes: Range<usize>,
    metadata: Range<usize>,
    /// The object and its metadata in protobuf, once somebody asked for them.
    protobuf: [OnceLock<Bytes>; 2],
}

impl Object {
    /// What was made once of the object, or of its metadata alone.
    pub(crate) fn protobuf<E>(
        &self,
        metadata_only: bool,
        make: impl FnOnce() -> Result<Bytes, E>,
    ) -> Result<Bytes, E> {
        let [whole, metadata] = &self.protobuf;
        let kept = if metadata_only { metadata } else { whole };
        match kept.get() {
            Some(bytes) => Ok(bytes.clone()),
            None => {
                let bytes = make()?;
                Ok(kept.get_or_init(|| bytes).clone())
            }
        }
    }

    /// The value a field selector compares with; absent fields are empty.
    pub(crate) fn field(&self, name: &str) -> &str {
        match name {
            "metadata.name" => &self.name,
            "metadata.namespace" => &self.namespace,
            _ => self
                .fields
                .iter()
                .find(|(field, _)| *field == name)
                .map_or("", |(_, value)| value),
        }
    }
}

/// All objects of one kind in one cluster.
#[derive(Debug, Default)]
pub(crate) struct Collection {
    objects: Vec<Object>,
    /// The objects' JSON as list items, separated by commas.
    buffer: Bytes,
}

impl Collection {
    /// Sorts the drafts and lays them out.
    pub(crate) fn build(mut drafts: Vec<Draft>) -> Collection {
        drafts.sort_by_cached_key(|draft| key(&draft.namespace, &draft.name));
        let size: usize = drafts
            .iter()
            .map(|draft| draft.json.len().saturating_add(1))
            .sum();
        let mut buffer = Vec::with_capacity(size);
        let mut objects = Vec::with_capacity(drafts.len());
        for draft in drafts {
            if !buffer.is_empty() {
                buffer.push(b',');
            }
            let start = buffer.len();
            buffer.extend_from_slice(draft.json.as_bytes());
            objects.push(Object {
                key: key(&draft.namespace, &draft.name),
                namespace: draft.namespace,
                name: draft.name,
                labels: draft.labels,
                fields: draft.fields,
                bytes: start..buffer.len(),
                metadata: start.saturating_add(draft.metadata.start)
                    ..start.saturating_add(draft.metadata.end),
                protobuf: Default::default(),
            });
        }
        Collection {
            objects,
            buffer: Bytes::from(buffer),
        }
    }

    /// All objects, in storage-key order.
    pub(crate) fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The indexes of one namespace's objects, or of all.
    pub(crate) fn range(&self, namespace: Option<&str>) -> Range<usize> {
        let Some(namespace) = namespace else {
            return 0..self.objects.len();
        };
        let prefix = format!("{namespace}/");
        let start = self.objects.partition_point(|object| object.key < prefix);
        let rest = self.objects.get(start..).unwrap_or_default();
        start..start.saturating_add(rest.partition_point(|object| object.key.starts_with(&prefix)))
    }

    /// The object with this name, if there is one.
    pub(crate) fn find(&self, namespace: Option<&str>, name: &str) -> Option<&Object> {
        let wanted = key(namespace.unwrap_or_default(), name);
        let index = self
            .objects
            .binary_search_by(|object| object.key.cmp(&wanted))
            .ok()?;
        self.objects.get(index)
    }

    /// The object's JSON as a list item: without `kind` and `apiVersion`, as kube-apiserver lists built-in kinds.
    pub(crate) fn item(&self, object: &Object) -> Bytes {
        self.buffer.slice(object.bytes.clone())
    }

    /// The object's `metadata` alone.
    pub(crate) fn metadata(&self, object: &Object) -> Bytes {
        self.buffer.slice(object.metadata.clone())
    }

    /// The items at these indexes with the commas between them, without copying; empty when there are none.
    pub(crate) fn items(&self, range: Range<usize>) -> Bytes {
        match self
            .objects
            .get(range)
            .and_then(|objects| Some((objects.first()?, objects.last()?)))
        {
            Some((first, last)) => self.buffer.slice(first.bytes.start..last.bytes.end),
            None => Bytes::new(),
        }
    }
}

fn key(namespace: &str, name: &str) -> String {
    if namespace.is_empty() {
        name.to_owned()
    } else {
        format!("{namespace}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn draft(namespace: &str, name: &str) -> Draft {
        let Value::Object(metadata) = json!({"name": name, "namespace": namespace}) else {
            unreachable!()
        };
        let Value::Object(rest) = json!({"spec": {"n": 1}}) else {
            unreachable!()
        };
        let fields = vec![("status.phase", "Running".into())];
        Draft::new(
            namespace.into(),
            name.into(),
            BTreeMap::new(),
            fields,
            metadata,
            rest,
        )
    }

    fn sample() -> Collection {
        // `a-b/…` sorts before `a/…`, because '-' sorts before '/': as etcd's keys do.
        Collection::build(vec![
            draft("a", "y"),
            draft("b", "z"),
            draft("a-b", "x"),
            draft("a", "x"),
        ])
    }

    #[test]
    fn objects_are_in_the_order_of_their_storage_keys() {
        let keys: Vec<_> = sample()
            .objects()
            .iter()
            .map(|object| object.key.clone())
            .collect();
        assert_eq!(keys, ["a-b/x", "a/x", "a/y", "b/z"]);
        assert_eq!(sample().range(Some("a")), 1..3);
        assert_eq!(sample().range(Some("c")), 4..4);
        assert_eq!(sample().range(None), 0..4);
    }

    #[test]
    fn a_run_of_items_is_valid_json_between_brackets() {
        let collection = sample();
        let items = collection.items(1..4);
        let parsed: Value =
            serde_json::from_str(&format!("[{}]", std::str::from_utf8(&items).unwrap())).unwrap();
        assert_eq!(parsed.as_array().unwrap().len(), 3);
        assert_eq!(parsed[2]["metadata"]["name"], "z");
        assert!(collection.items(2..2).is_empty() && collection.items(3..9).is_empty());
    }

    #[test]
    fn one_object_is_found_with_its_metadata_and_fields() {
        let collection = sample();
        let object = collection.find(Some("a"), "y").unwrap();
        assert_eq!(
            collection.metadata(object),
            r#"{"name":"y","namespace":"a"}"#
        );
        assert_eq!(object.field("status.phase"), "Running");
        assert_eq!(object.field("metadata.namespace"), "a");
        assert_eq!(object.field("spec.nodeName"), "");
        assert!(collection.find(Some("a"), "z").is_none());
    }
}

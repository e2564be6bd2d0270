//! Owns the Table form of lists and objects (`as=Table`): its envelope, rows, and what each row carries of its
//! object. The cells of each kind are in `print`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::list::partial;
use super::print;
use super::resources::Resource;
use super::status::Failure;
use crate::clock;

/// A Table of these objects, each given as (list item, metadata).
///
/// `include` is the parameter `includeObject`: `None`, `Metadata` (the default) or `Object`.
pub(crate) fn table(
    resource: &Resource,
    objects: impl Iterator<Item = (Bytes, Bytes)>,
    metadata: &Value,
    include: Option<&str>,
) -> Result<Vec<u8>, Failure> {
    let now_s = clock::system_now_s();
    let head = format!(
        r#"{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{metadata},"columnDefinitions":{},"rows":["#,
        Value::Array(print::columns(resource))
    );
    let mut body = head.into_bytes();
    for (number, (item, metadata)) in objects.enumerate() {
        if number > 0 {
            body.push(b',');
        }
        let value: Value = serde_json::from_slice(&item).map_err(|_| Failure::of_status(500))?;
        let object = match include {
            Some("None") => Bytes::from_static(b"null"),
            Some("Object") => whole_object(resource, &item),
            None | Some("Metadata") => partial(&metadata),
            Some(other) => {
                return Err(Failure::bad_request(format!(
                    "unrecognized includeObject value: \"{other}\""
                )));
            }
        };
        let cells = Value::Array(print::cells(resource, &value, now_s));
        body.extend_from_slice(format!(r#"{{"cells":{cells},"object":"#).as_bytes());
        body.extend_from_slice(&object);
        body.push(b'}');
    }
    body.extend_from_slice(b"]}\n");
    Ok(body)
}

/// The list metadata of a Table of one object: its resource version.
pub(crate) fn resource_version(metadata: &Bytes) -> Value {
    let metadata: Value = serde_json::from_slice(metadata).unwrap_or_default();
    json!({"resourceVersion": metadata["resourceVersion"]})
}

/// A list item as an object that stands alone: with its kind and version.
pub(crate) fn whole_object(resource: &Resource, item: &Bytes) -> Bytes {
    let (kind, api_version) = (resource.kind, resource.api_version());
    let head = match resource.definition() {
        Some(_) => format!(r#"{{"apiVersion":"{api_version}","kind":"{kind}","#),
        None => format!(r#"{{"kind":"{kind}","apiVersion":"{api_version}","#),
    };
    Bytes::from([head.as_bytes(), item.get(1..).unwrap_or_default()].concat())
}

//! Owns answers in protobuf: the magic bytes, runtime.Unknown, lists, single objects, refusals. Refuses to choose objects.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use super::encode::{self, head, length};
use super::messages::Message;
use crate::kubernetes::negotiate::Form;
use crate::kubernetes::resources::{Origin, Resource};
use crate::kubernetes::status::Failure;
use crate::objects::{Collection, Object};
use crate::serve::Reply;

/// What every answer begins with: `k8s` and a zero.
const MAGIC: &[u8] = b"k8s\0";
/// The content type of an answer, and what asks for it.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.kubernetes.protobuf";
const META: &str = "apimachinery.pkg.apis.meta.v1";

/// Whether a form of the resource's objects has an encoding: custom resources have one of their metadata only.
pub(crate) fn has_encoding(resource: &Resource, form: Form) -> bool {
    match form {
        Form::Whole => message(resource).is_some(),
        Form::Metadata => true,
        Form::Table | Form::AggregatedDiscovery => false,
    }
}

fn message(resource: &Resource) -> Option<&'static Message> {
    match resource.origin {
        Origin::BuiltIn => Message::of_kind(resource.group, resource.version, resource.kind),
        Origin::Custom(_) | Origin::Metrics => None,
    }
}

/// One object of a resource, whole or its metadata alone, made once.
fn object(
    resource: &Resource,
    form: Form,
    collection: &Collection,
    object: &Object,
) -> Result<Bytes, Failure> {
    object.protobuf(form == Form::Metadata, || {
        let (message, value) = if form == Form::Metadata {
            let metadata = parsed(&collection.metadata(object))?;
            let whole = Map::from_iter([("metadata".to_owned(), metadata)]);
            (meta("PartialObjectMetadata"), Value::Object(whole))
        } else {
            (message(resource), parsed(&collection.item(object))?)
        };
        match (message, value) {
            (Some(message), Value::Object(members)) => encode::object(message, &members)
                .map(Bytes::from)
                .map_err(Failure::internal),
            _ => Err(Failure::internal(format_args!(
                "{} has no protobuf",
                resource.kind
            ))),
        }
    })
}

fn parsed(json: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(json).map_err(Failure::internal)
}

fn meta(name: &str) -> Option<&'static Message> {
    Message::find(&format!("{META}.{name}"))
}

/// The version and the kind that an answer says it is.
fn type_meta(resource: &Resource, form: Form, list: &str) -> (String, String) {
    match form {
        Form::Metadata => (
            "meta.k8s.io/v1".to_owned(),
            format!("PartialObjectMetadata{list}"),
        ),
        _ => (resource.api_version(), format!("{}{list}", resource.kind)),
    }
}

/// The answer with a list.
pub(crate) fn list<'a>(
    resource: &Resource,
    form: Form,
    metadata: &Map<String, Value>,
    collection: &Collection,
    objects: impl Iterator<Item = &'a Object>,
) -> Result<Reply, Failure> {
    let objects: Vec<Bytes> = objects
        .map(|found| object(resource, form, collection, found))
        .collect::<Result<_, _>>()?;
    /// Bytes before an object at most: its key and its length.
    const BEFORE: usize = 8;
    let size = objects
        .iter()
        .map(|object| object.len().saturating_add(BEFORE))
        .sum();
    let mut list = Vec::with_capacity(size);
    if let Some(message) = meta("ListMeta") {
        let metadata = encode::object(message, metadata).map_err(Failure::internal)?;
        length(&mut list, 1, &metadata);
    }
    for object in objects {
        length(&mut list, 2, &object);
    }
    let (api_version, kind) = type_meta(resource, form, "List");
    Ok(answer(
        StatusCode::OK,
        &api_version,
        &kind,
        Bytes::from(list),
    ))
}

/// The answer with one object.
pub(crate) fn single(
    resource: &Resource,
    form: Form,
    collection: &Collection,
    found: &Object,
) -> Result<Reply, Failure> {
    let raw = object(resource, form, collection, found)?;
    let (api_version, kind) = type_meta(resource, form, "");
    Ok(answer(StatusCode::OK, &api_version, &kind, raw))
}

/// A refusal for who accepts protobuf first: its Status in protobuf. What is no Status, as the texts of 404 and 429, stays.
pub(crate) fn refusal(reply: Reply) -> Reply {
    let body = reply.chunks.concat();
    let encoded = serde_json::from_slice::<Map<String, Value>>(&body)
        .ok()
        .and_then(|mut status| {
            let kind = status.remove("kind")?;
            let api_version = status.remove("apiVersion")?;
            let raw = encode::object(meta(kind.as_str()?)?, &status).ok()?;
            Some(answer(
                reply.status,
                api_version.as_str()?,
                kind.as_str()?,
                Bytes::from(raw),
            ))
        });
    match encoded {
        Some(encoded) => {
            let mut headers = reply.headers;
            headers.extend(encoded.headers);
            Reply { headers, ..encoded }
        }
        None => reply,
    }
}

/// An answer with anything that is encoded already.
fn answer(status: StatusCode, api_version: &str, kind: &str, raw: Bytes) -> Reply {
    let mut of = Vec::new();
    length(&mut of, 1, api_version.as_bytes());
    length(&mut of, 2, kind.as_bytes());
    let mut front = MAGIC.to_vec();
    length(&mut front, 1, &of);
    head(&mut front, 2, raw.len());
    let mut back = Vec::new();
    // contentEncoding and contentType are there and empty [recorded: pods-page-1-protobuf].
    length(&mut back, 3, b"");
    length(&mut back, 4, b"");
    Reply::new(status, CONTENT_TYPE, vec![front.into(), raw, back.into()])
}

#[cfg(test)]
mod tests;

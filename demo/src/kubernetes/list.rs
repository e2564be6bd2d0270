//! Owns lists: selectors, pages, continue tokens and the envelope around the items. Pages without a selector are
//! slices of bytes that were encoded at start; see `objects::Collection`.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::continue_token::{ContinueToken, INCONSISTENT};
use super::field_selector::FieldSelector;
use super::label_selector::LabelSelector;
use super::negotiate::{Encoding, Form};
use super::protobuf;
use super::resources::{Origin, Resource};
use super::status::Failure;
use super::table;
use crate::fault::Fault;
use crate::objects::{Collection, Object, World};
use crate::serve::{Call, Reply};

/// How many levels "latest" is above the snapshot every list starts with. Nothing ever changes in the demo, but
/// a list that goes on after its snapshot expired must show another resource version.
const LATEST_AHEAD: u64 = 7;

/// The page of a list that a request asks for.
struct Page<'a> {
    collection: &'a Collection,
    /// Positions of the objects in the collection.
    chosen: Vec<usize>,
    /// `metadata` of the list.
    metadata: Map<String, Value>,
}

impl Page<'_> {
    fn objects(&self) -> impl Iterator<Item = &Object> {
        self.chosen
            .iter()
            .filter_map(|index| self.collection.objects().get(*index))
    }
}

/// Answers a list.
pub(crate) fn list(
    world: &World,
    resource: &Resource,
    namespace: Option<&str>,
    call: &Call,
    (form, encoding): (Form, Encoding),
    fault: Option<&Fault>,
) -> Result<Reply, Failure> {
    let page = page(world, resource, namespace, call, fault)?;
    if encoding == Encoding::Protobuf {
        return protobuf::list(
            resource,
            form,
            &page.metadata,
            page.collection,
            page.objects(),
        );
    }
    let metadata = Value::Object(page.metadata.clone());
    let (kind, api_version, items) = match form {
        Form::Table => {
            let rows = page.objects().map(|object| {
                (
                    page.collection.item(object),
                    page.collection.metadata(object),
                )
            });
            let include = call.parameter("includeObject");
            return table::table(resource, rows, &metadata, include)
                .map(|body| Reply::json(StatusCode::OK, body));
        }
        Form::Metadata => (
            "PartialObjectMetadataList".to_owned(),
            "meta.k8s.io/v1".to_owned(),
            vec![partials(&page)],
        ),
        Form::Whole | Form::AggregatedDiscovery => (
            format!("{}List", resource.kind),
            resource.api_version(),
            items(resource, &page),
        ),
    };
    // Lists of custom resources are written from maps, with sorted keys [recorded: argo-applications].
    let sorted = form != Form::Metadata && resource.definition().is_some();
    let (head, tail) = if sorted {
        let mut metadata = metadata;
        metadata.sort_all_objects();
        (
            format!(r#"{{"apiVersion":"{api_version}","items":["#),
            format!("],\"kind\":\"{kind}\",\"metadata\":{metadata}}}\n"),
        )
    } else {
        (
            format!(
                r#"{{"kind":"{kind}","apiVersion":"{api_version}","metadata":{metadata},"items":["#
            ),
            "]}\n".to_owned(),
        )
    };
    let mut chunks = vec![Bytes::from(head)];
    chunks.extend(items);
    chunks.push(Bytes::from(tail));
    Ok(Reply::new(StatusCode::OK, "application/json", chunks))
}

const PARTIAL_HEAD: &[u8] =
    br#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"#;

/// One object's metadata in an object of its own.
pub(crate) fn partial(metadata: &Bytes) -> Bytes {
    Bytes::from([PARTIAL_HEAD, metadata, b"}"].concat())
}

/// The metadata of a page's objects, each in an object of its own, with the commas between them; written once,
/// because a benchmark reads hundreds of megabytes of them.
fn partials(page: &Page<'_>) -> Bytes {
    let metadata: Vec<Bytes> = page
        .objects()
        .map(|object| page.collection.metadata(object))
        .collect();
    let around = PARTIAL_HEAD.len().saturating_add(2);
    let size = metadata
        .iter()
        .map(|metadata| metadata.len().saturating_add(around))
        .sum();
    let mut joined = Vec::with_capacity(size);
    for metadata in metadata {
        if !joined.is_empty() {
            joined.push(b',');
        }
        joined.extend_from_slice(PARTIAL_HEAD);
        joined.extend_from_slice(&metadata);
        joined.push(b'}');
    }
    Bytes::from(joined)
}

fn join(items: impl Iterator<Item = Bytes>) -> Bytes {
    let mut joined = Vec::new();
    for item in items {
        if !joined.is_empty() {
            joined.push(b',');
        }
        joined.extend_from_slice(&item);
    }
    Bytes::from(joined)
}

/// The items between the brackets: one slice when the objects are neighbours, else copied together. Those of custom
/// resources carry their kind each.
fn items(resource: &Resource, page: &Page<'_>) -> Vec<Bytes> {
    if resource.definition().is_some() {
        let items = page
            .objects()
            .map(|object| table::whole_object(resource, &page.collection.item(object)));
        return vec![join(items)];
    }
    match (page.chosen.first(), page.chosen.last()) {
        (Some(first), Some(last))
            if last.saturating_sub(*first).saturating_add(1) == page.chosen.len() =>
        {
            vec![page.collection.items(*first..last.saturating_add(1))]
        }
        _ => vec![join(
            page.objects().map(|object| page.collection.item(object)),
        )],
    }
}

fn page<'a>(
    world: &'a World,
    resource: &Resource,
    namespace: Option<&str>,
    call: &Call,
    fault: Option<&Fault>,
) -> Result<Page<'a>, Failure> {
    let labels = LabelSelector::parse(call.parameter("labelSelector").unwrap_or_default())
        .map_err(Failure::bad_request)?;
    let fields = FieldSelector::parse(
        call.parameter("fieldSelector").unwrap_or_default(),
        resource,
    )
    .map_err(Failure::bad_request)?;
    let collection = world
        .collection(resource.group, resource.plural)
        .ok_or_else(Failure::no_such_resource)?;
    let token_text = call.parameter("continue");
    let asked_version = call.parameter("resourceVersion").unwrap_or_default();
    let (start, version) = match token_text {
        None => (None, world.resource_version),
        Some(text) => {
            let (start, version) = resume(world, text, asked_version, fault)?;
            (Some(start), version)
        }
    };
    // `resourceVersion=0` reads from the watch cache, which does not page [recorded].
    let metrics = matches!(resource.origin, Origin::Metrics);
    let unlimited = metrics || (asked_version == "0" && start.is_none());
    let limit = if unlimited { 0 } else { limit(call)? };

    let range = collection.range(namespace);
    let all = collection.objects().get(range.clone()).unwrap_or_default();
    let skipped = start.as_deref().map_or(0, |start| {
        all.partition_point(|object| relative(object, namespace) < start)
    });
    let (mut chosen, mut next) = (Vec::new(), None);
    if let Some(key) = empty_page(fault, start.as_deref()).filter(|_| !unlimited) {
        next = Some(key);
    } else {
        for (offset, object) in all.iter().enumerate().skip(skipped) {
            if !labels.matches(&object.labels) || !fields.matches(object) {
                continue;
            }
            chosen.push(range.start.saturating_add(offset));
            if limit > 0 && chosen.len() >= limit {
                // As kube-apiserver does: there is more when any object follows, whether it will match or not,
                // so that the last page of a list with a selector can be empty.
                next = (offset.saturating_add(1) < all.len())
                    .then(|| relative(object, namespace).to_owned());
                break;
            }
        }
    }
    let taken = chosen.last().map_or(skipped, |last| {
        last.saturating_sub(range.start).saturating_add(1)
    });
    let mut metadata = Map::new();
    if metrics {
        // metrics-server keeps no versions.
        return Ok(Page {
            collection,
            chosen,
            metadata,
        });
    }
    metadata.insert("resourceVersion".to_owned(), json!(version.to_string()));
    if let (Some(Fault::RepeatToken), Some(text)) = (fault, token_text) {
        metadata.insert("continue".to_owned(), json!(text));
    } else if let Some(key) = next {
        let token = ContinueToken::after(i64::try_from(version).unwrap_or(i64::MAX), &key);
        metadata.insert("continue".to_owned(), json!(token.encode()));
        if labels.is_empty() && fields.is_empty() {
            metadata.insert(
                "remainingItemCount".to_owned(),
                json!(all.len().saturating_sub(taken)),
            );
        }
    }
    Ok(Page {
        collection,
        chosen,
        metadata,
    })
}

/// The key after which a list goes on behind a page that a fault has emptied; `None` when this page is as it should be.
fn empty_page(fault: Option<&Fault>, start: Option<&str>) -> Option<String> {
    match (fault, start) {
        (Some(Fault::EmptyPage), None) => Some(String::new()),
        // The token of an empty page ends in one NUL more, by which the next one is known to have its turn.
        (Some(Fault::EmptyPages), Some(start)) if !start.ends_with("\0\0") => {
            Some(start.to_owned())
        }
        _ => None,
    }
}

/// An object's key within the list: without the namespace when the list has one, as in etcd's prefix.
fn relative<'a>(object: &'a Object, namespace: Option<&str>) -> &'a str {
    match namespace {
        Some(namespace) => object
            .key
            .get(namespace.len().saturating_add(1)..)
            .unwrap_or_default(),
        None => &object.key,
    }
}

/// Where a token goes on, and the resource version its page shows.
fn resume(
    world: &World,
    text: &str,
    asked_version: &str,
    fault: Option<&Fault>,
) -> Result<(String, u64), Failure> {
    let token = ContinueToken::decode(text).map_err(Failure::bad_request)?;
    if !matches!(asked_version, "" | "0") {
        return Err(Failure::bad_request(
            "specifying resource version is not allowed when using continue",
        ));
    }
    let first = world.resource_version;
    let latest = first.saturating_add(LATEST_AHEAD);
    let expired = || {
        let fresh = ContinueToken {
            resource_version: INCONSISTENT,
            start: token.start.clone(),
        };
        Failure::expired(fresh.encode())
    };
    match token.resource_version {
        INCONSISTENT => Ok((token.start, latest)),
        version
            if u64::try_from(version) == Ok(first) && !matches!(fault, Some(Fault::Expired)) =>
        {
            Ok((token.start, first))
        }
        version if u64::try_from(version) == Ok(latest) => Ok((token.start, latest)),
        _ => Err(expired()),
    }
}

/// The page size; 0 is no limit.
fn limit(call: &Call) -> Result<usize, Failure> {
    let Some(text) = call.parameter("limit") else {
        return Ok(0);
    };
    let limit: i64 = text.parse().map_err(|_| {
        Failure::bad_request(format!(
            "strconv.ParseInt: parsing \"{text}\": invalid syntax"
        ))
    })?;
    Ok(usize::try_from(limit).unwrap_or(0))
}

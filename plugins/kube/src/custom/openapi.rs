//! Owns the reading of what the API says of a kind: its OpenAPI v3 document, fetched for the kinds that a query names and for no
//! other, <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3>. Refuses objects.

mod types;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use trawl_sdk::schema::{self, ColumnSpec, Type};
use trawl_sdk::types::ErrorCode;
use trawl_sdk::{Error, Transport, http};

use crate::ENDPOINT;
use crate::discovery::Found;
use crate::kinds;
use crate::status::Status;

/// The paths that are called, for the operator to approve.
pub(crate) const OPERATIONS: [&str; 2] = ["/openapi/v3", "/openapi/v3/{path...}"];

/// The largest document that is read: as a tree it takes some ten times as much of the plugin's 256 MiB. The largest of Kubernetes' own
/// has 2 MB.
const MAX_DOCUMENT_BYTES: usize = 12 << 20;

/// Fields of an object that say what it is, and its metadata, which every kind has in columns.
const ENVELOPE: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Names that the host gives to columns of its own.
const VIRTUAL: [&str; 5] = ["cluster", "region", "environment", "account", "tags"];

/// What a kind is made of.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) columns: Vec<ColumnSpec>,
    pub(super) description: Option<String>,
    /// Paths that the API can select by, as it writes them: `spec.host`.
    pub(super) selectable: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    paths: BTreeMap<String, Place>,
}

#[derive(Deserialize)]
struct Place {
    #[serde(rename = "serverRelativeURL")]
    url: String,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    components: Components,
}

#[derive(Deserialize, Default)]
struct Components {
    #[serde(default)]
    schemas: BTreeMap<String, Value>,
}

impl Described {
    /// A kind of which nothing is known but that most have a specification and a status.
    pub(super) fn unknown() -> Self {
        Self {
            columns: vec![
                schema::column("spec", Type::Json, "What is wanted"),
                schema::column("status", Type::Json, "What is"),
            ],
            description: None,
            selectable: Vec::new(),
        }
    }
}

/// Whether a table can be read without its description: it is forbidden, or the server gives none.
pub(super) fn can_do_without(error: &Error) -> bool {
    matches!(
        error.code,
        ErrorCode::PermissionDenied | ErrorCode::NotFound | ErrorCode::Unsupported
    )
}

/// What the API says of a kind.
///
/// # Errors
/// What the API answers; `not-found` when its documents do not have the kind, `protocol` when they are none.
pub(super) fn describe(found: &Found, http: &dyn Transport) -> Result<Described, Error> {
    let index: Index = get(&["openapi", "v3"], None, http)?;
    let path = if found.group.is_empty() {
        format!("api/{}", found.version)
    } else {
        format!("apis/{}/{}", found.group, found.version)
    };
    let place = index
        .paths
        .get(&path)
        .ok_or_else(|| Error::not_found(format!("the API has no OpenAPI document of {path}")))?;
    let segments: Vec<&str> = ["openapi", "v3"]
        .into_iter()
        .chain(path.split('/'))
        .collect();
    // With its hash the document never changes, and whoever keeps it need not ask again.
    let hash = place.url.split_once("?hash=").map(|(_, hash)| hash);
    let document: Document = match get(&segments, hash, http) {
        // The document changed between the two requests: the server answers an old hash with a redirect, which the host refuses.
        Err(error) if hash.is_some() && error.code == ErrorCode::Protocol => {
            get(&segments, None, http)?
        }
        document => document?,
    };
    let schemas = document.components.schemas;
    let schema = schemas
        .values()
        .find(|schema| is_of(schema, found))
        .ok_or_else(|| {
            Error::not_found(format!(
                "the OpenAPI document of {path} does not describe {}",
                found.kind
            ))
        })?;
    Ok(read(schema, &schemas, found.namespaced))
}

fn get<T: for<'de> Deserialize<'de>>(
    segments: &[&str],
    hash: Option<&str>,
    http: &dyn Transport,
) -> Result<T, Error> {
    let mut request =
        http::get(ENDPOINT, segments.iter().copied()).header("accept", "application/json");
    if let Some(hash) = hash {
        request = request.query("hash", hash);
    }
    let (head, body) = request.start(http)?.finish()?;
    let place = format!("/{}", segments.join("/"));
    if head.status != 200 {
        let doing = format!("reading the OpenAPI document {place}");
        // Where it is forbidden the table is read without it.
        return Err(Status::read(&head, &body).refusal(&head, &doing, false));
    }
    if body.len() > MAX_DOCUMENT_BYTES {
        return Err(Error::unsupported(format!(
            "expected an OpenAPI document of at most {MAX_DOCUMENT_BYTES} bytes at {place}, got {}",
            body.len()
        )));
    }
    serde_json::from_slice(&body).map_err(|e| {
        Error::protocol(format!(
            "expected an OpenAPI document at {place}, got something else: {e}"
        ))
    })
}

/// Whether a schema is the one of a kind.
fn is_of(schema: &Value, found: &Found) -> bool {
    let is = |entry: &Value| {
        let same = |key: &str, value: &str| entry.get(key).and_then(Value::as_str) == Some(value);
        same("group", &found.group) && same("version", &found.version) && same("kind", &found.kind)
    };
    schema
        .get("x-kubernetes-group-version-kind")
        .and_then(Value::as_array)
        .is_some_and(|entries| entries.iter().any(is))
}

/// The columns of a kind: one for each field of its objects.
fn read(schema: &Value, schemas: &BTreeMap<String, Value>, namespaced: bool) -> Described {
    let fields = schema.get("properties").and_then(Value::as_object);
    let mut reader = types::Reader::new(schemas);
    let taken = taken(namespaced);
    let columns = fields
        .into_iter()
        .flatten()
        .filter(|(name, _)| !ENVELOPE.contains(&name.as_str()))
        .map(|(name, field)| column(&taken, name, field, reader.of(field)));
    let columns = columns.collect();
    let selectable = schema
        .get("x-kubernetes-selectable-fields")
        .and_then(Value::as_array);
    let path = |field: &Value| {
        let path = field.get("fieldPath")?.as_str()?;
        Some(path.strip_prefix('.').unwrap_or(path).to_owned())
    };
    Described {
        columns,
        description: text(schema, "description"),
        selectable: selectable.into_iter().flatten().filter_map(path).collect(),
    }
}

/// Names that a field cannot have as a column.
fn taken(namespaced: bool) -> Vec<String> {
    kinds::common_columns(namespaced)
        .iter()
        .map(|column| column.name.to_string())
        .chain(VIRTUAL.map(str::to_owned))
        .collect()
}

/// Texts, numbers and times are what they are; whatever has parts is a document of known shape, so that a part is read alone.
fn column(taken: &[String], name: &str, field: &Value, of: Type) -> ColumnSpec {
    let name = if taken.iter().any(|taken| taken == name) {
        format!("{name}_")
    } else {
        name.to_owned()
    };
    let description = text(field, "description").unwrap_or_default();
    match of {
        Type::List(_) | Type::Map(_) | Type::Object(_) => {
            schema::column(&name, Type::Json, &description).shape(&of.to_string())
        }
        scalar => schema::column(&name, scalar, &description),
    }
}

/// The field of an object that a column shows: its name, but for one that has the name of a common column.
pub(super) fn root_of(column: &str) -> String {
    match column.strip_suffix('_') {
        Some(root) if taken(true).iter().any(|taken| taken == root) => root.to_owned(),
        _ => column.to_owned(),
    }
}

/// The first paragraph of a text.
fn text(schema: &Value, key: &str) -> Option<String> {
    let text = schema.get(key)?.as_str()?;
    let first = text.split("\n\n").next().unwrap_or(text);
    let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

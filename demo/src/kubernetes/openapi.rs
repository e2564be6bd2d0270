//! Owns `/openapi/v3`: an index of documents and one document for each version of a group of custom resources, under an
//! address with its hash, cacheable for ever (kube-openapi `handler3`). Built-in groups have none: their schemas are
//! kube-apiserver's own, and what little of them the demo fills would be a false description.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use super::resources::{Resource, Served, group_version};
use crate::objects::custom::Definition;
use crate::seed::Rng;
use crate::serve::{Call, Reply};

/// The schemas of `metadata` and of what it consists of, as recorded from a kube-apiserver.
const META_SCHEMAS: &str = include_str!("../../openapi/meta-v1.json");
const META: &str = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.";
const API_VERSION_DESCRIPTION: &str =
    "APIVersion defines the versioned schema of this representation of an object.";
const KIND_DESCRIPTION: &str =
    "Kind is a string value representing the REST resource this object represents.";

/// The documents of a cluster, written when the first of them is asked for.
#[derive(Debug)]
pub(crate) struct OpenApi {
    /// The resources of each document, by its path: `apis/argoproj.io/v1alpha1`.
    parts: Vec<(String, Vec<&'static Resource>)>,
    documents: OnceLock<Vec<Document>>,
}

#[derive(Debug)]
struct Document {
    path: String,
    hash: String,
    body: Bytes,
}

impl OpenApi {
    /// The documents about what is served.
    pub(crate) fn of(served: &Served) -> OpenApi {
        let mut parts: Vec<(String, Vec<&'static Resource>)> = Vec::new();
        for resource in served
            .all()
            .filter(|resource| resource.definition().is_some())
        {
            let path = format!("apis/{}", resource.api_version());
            match parts.iter_mut().find(|(of, _)| *of == path) {
                Some((_, resources)) => resources.push(resource),
                None => parts.push((path, vec![resource])),
            }
        }
        OpenApi {
            parts,
            documents: OnceLock::new(),
        }
    }

    fn documents(&self) -> &[Document] {
        self.documents.get_or_init(|| {
            self.parts
                .iter()
                .map(|(path, resources)| {
                    let body = document(resources).to_string();
                    Document {
                        path: path.clone(),
                        hash: digest(&body),
                        body: Bytes::from(body),
                    }
                })
                .collect()
        })
    }

    /// `/openapi/v3`.
    pub(crate) fn index(&self) -> Reply {
        let paths: Map<String, Value> = self
            .documents()
            .iter()
            .map(|document| {
                (
                    document.path.clone(),
                    json!({"serverRelativeURL": document.address()}),
                )
            })
            .collect();
        let body = json!({"paths": paths}).to_string();
        // kube-apiserver lets Go guess the type of the index [recorded].
        Reply::new(
            StatusCode::OK,
            "text/plain; charset=utf-8",
            vec![Bytes::from(body)],
        )
    }

    /// `/openapi/v3/PATH`, or `None` for a path without a document. A hash that is not the current one is redirected to
    /// the one that is.
    pub(crate) fn document(&self, path: &str, call: &Call) -> Option<Reply> {
        let document = self
            .documents()
            .iter()
            .find(|document| document.path == path)?;
        let hash = call.parameter("hash");
        if hash.is_some_and(|hash| hash != document.hash) {
            let mut reply = Reply::text(StatusCode::MOVED_PERMANENTLY, "");
            if let Ok(address) = HeaderValue::from_str(&document.address()) {
                reply.headers.insert(header::LOCATION, address);
            }
            return Some(reply);
        }
        let mut reply =
            Reply::json(StatusCode::OK, document.body.clone()).with(header::VARY, "Accept");
        if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", document.hash)) {
            reply.headers.insert(header::ETAG, etag);
        }
        if hash.is_some() {
            reply = reply.with(header::CACHE_CONTROL, "public, immutable");
        }
        Some(reply)
    }
}

impl Document {
    fn address(&self) -> String {
        format!("/openapi/v3/{}?hash={}", self.path, self.hash)
    }
}

/// A text that is another for other content; as long as the SHA-512 that kube-apiserver takes.
pub(crate) fn digest(content: &str) -> String {
    Rng::keyed(0, &[content]).hex(128).to_uppercase()
}

/// The document about the resources of one version of a group.
fn document(resources: &[&'static Resource]) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for resource in resources {
        if let Some(definition) = resource.definition() {
            describe(resource, definition, &mut paths, &mut schemas);
        }
    }
    if let Ok(Value::Object(meta)) = serde_json::from_str(META_SCHEMAS) {
        schemas.extend(meta);
    }
    paths.sort_keys();
    schemas.sort_keys();
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes CRD Swagger", "version": "v0.1.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

/// `io.argoproj.v1alpha1.Application`: the group from its end to its beginning, the version, the kind.
fn schema_name(resource: &Resource, kind: &str) -> String {
    let mut parts: Vec<&str> = resource.group.split('.').rev().collect();
    parts.extend([resource.version, kind]);
    parts.join(".")
}

fn describe(
    resource: &Resource,
    definition: &Definition,
    paths: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
) {
    let Some(version) = definition.version(resource.version) else {
        return;
    };
    let list_kind = format!("{}List", resource.kind);
    let (name, list_name) = (
        schema_name(resource, resource.kind),
        schema_name(resource, &list_kind),
    );
    let identity =
        |kind: &str| json!([{"group": resource.group, "kind": kind, "version": resource.version}]);
    let mut schema = version.schema.clone();
    let metadata = |of: &str, description: &str| json!({"description": description, "allOf": [{"$ref": format!("{META}{of}")}]});
    schema["properties"]["metadata"] = metadata("ObjectMeta", "Standard object's metadata.");
    schema["x-kubernetes-group-version-kind"] = identity(resource.kind);
    schemas.insert(name.clone(), schema);
    schemas.insert(
        list_name.clone(),
        json!({
            "description": format!("{list_kind} is a list of {}", resource.kind),
            "type": "object",
            "required": ["items"],
            "properties": {
                "apiVersion": {"description": API_VERSION_DESCRIPTION, "type": "string"},
                "items": {
                    "description": format!("List of {}.", resource.plural), "type": "array",
                    "items": {"$ref": format!("#/components/schemas/{name}")},
                },
                "kind": {"description": KIND_DESCRIPTION, "type": "string"},
                "metadata": metadata("ListMeta", "Standard list metadata."),
            },
            "x-kubernetes-group-version-kind": identity(&list_kind),
        }),
    );
    let prefix = format!("/apis/{}", group_version(resource.group, resource.version));
    let plural = resource.plural;
    let mut operation = |path: String,
                         action: &str,
                         schema: &str,
                         description: String,
                         parameters: &[&str]| {
        paths.insert(
            path,
            json!({
                "get": {
                    "description": description,
                    "responses": {
                        "200": {
                            "description": "OK",
                            "content": {"application/json": {
                                "schema": {"$ref": format!("#/components/schemas/{schema}")},
                            }},
                        },
                        "401": {"description": "Unauthorized"},
                    },
                    "x-kubernetes-action": action,
                    "x-kubernetes-group-version-kind":
                        {"group": resource.group, "version": resource.version, "kind": resource.kind},
                },
                "parameters": parameters.iter().map(|name| parameter(name)).collect::<Vec<_>>(),
            }),
        );
    };
    let all = format!("list objects of kind {}", resource.kind);
    let one = format!("read the specified {}", resource.kind);
    operation(
        format!("{prefix}/{plural}"),
        "list",
        &list_name,
        all.clone(),
        &LIST_PARAMETERS,
    );
    if resource.namespaced {
        let of = format!("{prefix}/namespaces/{{namespace}}/{plural}");
        operation(of.clone(), "list", &list_name, all, &["namespace"]);
        operation(
            format!("{of}/{{name}}"),
            "get",
            &name,
            one,
            &["name", "namespace"],
        );
    } else {
        operation(
            format!("{prefix}/{plural}/{{name}}"),
            "get",
            &name,
            one,
            &["name"],
        );
    }
}

const LIST_PARAMETERS: [&str; 6] = [
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
];

fn parameter(name: &str) -> Value {
    let place = match name {
        "name" | "namespace" => "path",
        _ => "query",
    };
    let kind = match name {
        "limit" => "integer",
        _ => "string",
    };
    let mut parameter =
        json!({"name": name, "in": place, "schema": {"type": kind, "uniqueItems": true}});
    if place == "path" {
        parameter["required"] = json!(true);
    }
    parameter
}

#[cfg(test)]
mod tests;

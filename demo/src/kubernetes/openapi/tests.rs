//! What the documents promise: addresses that may be kept for ever, references that lead somewhere, and the shape of a
//! recorded document.

use super::*;
use crate::options::ClusterProfile;

fn openapi(index: usize) -> OpenApi {
    OpenApi::of(&Served::by(&ClusterProfile::nth(index)))
}

fn ask(openapi: &OpenApi, path: &str, query: &str) -> Option<Reply> {
    openapi.document(path, &Call::get(&format!("/?{query}"), "application/json"))
}

fn address(openapi: &OpenApi, path: &str) -> String {
    let index = openapi.index().value();
    index["paths"][path]["serverRelativeURL"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn the_index_leads_to_documents_that_may_be_kept_for_ever() {
    let openapi = openapi(0);
    assert_eq!(
        openapi.index().headers["content-type"],
        "text/plain; charset=utf-8"
    );
    for (path, _) in &openapi.parts {
        let address = address(&openapi, path);
        let (target, query) = address.split_once('?').unwrap();
        assert_eq!(target, format!("/openapi/v3/{path}"));
        let reply = ask(&openapi, path, query).unwrap();
        assert_eq!(reply.status, 200);
        assert_eq!(reply.headers["cache-control"], "public, immutable");
        let hash = query.strip_prefix("hash=").unwrap();
        assert_eq!(reply.headers["etag"], format!("\"{hash}\""));
    }
}

#[test]
fn another_hash_is_redirected_and_none_is_not_kept() {
    let openapi = openapi(0);
    let path = "apis/argoproj.io/v1alpha1";
    let stale = ask(&openapi, path, "hash=0123").unwrap();
    assert_eq!(stale.status, 301);
    assert_eq!(stale.headers["location"], address(&openapi, path).as_str());
    let bare = ask(&openapi, path, "").unwrap();
    assert_eq!(
        (bare.status.as_u16(), &bare.headers["cache-control"]),
        (200, &HeaderValue::from_static("no-cache, private"))
    );
    assert!(ask(&openapi, "apis/nope.example.com/v1", "").is_none());
}

#[test]
fn every_reference_leads_to_a_schema() {
    fn references(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member.as_str() {
                        Some(target) if name == "$ref" => into.push(target.to_owned()),
                        _ => references(member, into),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, into)),
            _ => {}
        }
    }
    for index in 0..3 {
        for document in openapi(index).documents() {
            let value: Value = serde_json::from_slice(&document.body).unwrap();
            let mut targets = Vec::new();
            references(&value, &mut targets);
            assert!(targets.len() > 10);
            for target in targets {
                let name = target.strip_prefix("#/components/schemas/").unwrap();
                assert!(
                    value["components"]["schemas"].get(name).is_some(),
                    "{target}"
                );
            }
        }
    }
}

#[test]
fn clusters_with_other_versions_have_other_documents() {
    let hash = |index: usize, path: &str| {
        let openapi = openapi(index);
        let documents = openapi.documents().iter();
        documents
            .clone()
            .find(|document| document.path == path)
            .map(|document| document.hash.clone())
    };
    let (cert, helm) = ("apis/cert-manager.io/v1", "apis/helm.toolkit.fluxcd.io/v2");
    assert!(hash(0, cert).is_some() && hash(0, cert) == hash(2, cert));
    assert!(hash(1, helm).is_none() && hash(2, helm).is_some());
}

#[test]
fn a_document_has_the_shape_of_the_recorded_one() {
    let path = format!(
        "{}/../tests/recordings/openapi-v3-argoproj.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let theirs: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let reply = ask(&openapi(0), "apis/argoproj.io/v1alpha1", "").unwrap();
    let ours = reply.value();
    assert_eq!(
        (&ours["openapi"], &ours["info"]),
        (&theirs["openapi"], &theirs["info"])
    );
    for (path, item) in theirs["paths"].as_object().unwrap() {
        let (ours, theirs) = (&ours["paths"][path]["get"], &item["get"]);
        for member in [
            "description",
            "x-kubernetes-action",
            "x-kubernetes-group-version-kind",
        ] {
            assert_eq!(ours[member], theirs[member], "{member} of {path}");
        }
        let schema = "/responses/200/content/application~1json/schema";
        assert_eq!(ours.pointer(schema), theirs.pointer(schema), "{path}");
    }
    let schemas = |of: &Value| of["components"]["schemas"].as_object().unwrap().clone();
    let (ours, theirs) = (schemas(&ours), schemas(&theirs));
    for (name, schema) in &ours {
        if name.starts_with("io.k8s.") {
            assert_eq!(Some(schema), theirs.get(name), "{name}");
        }
    }
    for name in ["Application", "ApplicationList"] {
        let name = format!("io.argoproj.v1alpha1.{name}");
        let keys = |schema: &Value| {
            schema["properties"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(&ours[&name]), keys(&theirs[&name]));
        let identity = "x-kubernetes-group-version-kind";
        assert_eq!(ours[&name][identity], theirs[&name][identity]);
        assert_eq!(ours[&name]["required"], theirs[&name]["required"]);
    }
}

//! What the API of one cluster answers, asked without a network: paging, selectors, forms and refusals. Shapes
//! are compared with the recordings.

mod faults;
mod forms;

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use super::*;
use crate::clock::Clock;
use crate::options::ClusterProfile;

const JSON: &str = "application/json";
const METADATA: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const PODS: usize = 60;

fn api() -> KubernetesApi {
    let world = World::generate(7, &ClusterProfile::nth(0), PODS, Clock::at(1_795_249_000));
    KubernetesApi::new(Arc::new(world), "secret".to_owned())
}

fn get(api: &KubernetesApi, target: &str) -> Value {
    let reply = api.answer(&Call::get(target, JSON), None);
    assert_eq!(reply.status, 200, "{target}: {}", reply.value());
    reply.value()
}

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

fn recorded(name: &str) -> Value {
    let path = format!("{}/../tests/recordings/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Follows a list's tokens to its end; the answer is the names of each page.
fn pages(api: &KubernetesApi, target: &str) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), String::new());
    loop {
        let page = get(api, &format!("{target}{next}"));
        pages.push(names(&page));
        match page["metadata"]["continue"].as_str() {
            Some(token) => next = format!("&continue={token}"),
            None => return pages,
        }
        assert!(pages.len() < 200, "the list does not end");
    }
}

#[test]
fn pages_of_any_size_give_the_same_objects() {
    let api = api();
    let all = names(&get(&api, "/api/v1/pods"));
    assert_eq!(all.len(), PODS);
    for limit in [1, 7, 59, 60, 500] {
        let pages = pages(&api, &format!("/api/v1/pods?limit={limit}"));
        assert_eq!(pages.concat(), all, "limit {limit}");
        assert_eq!(pages.len(), PODS.div_ceil(limit));
    }
    let payments = names(&get(&api, "/api/v1/namespaces/payments/pods"));
    assert!(!payments.is_empty() && payments.len() < PODS);
    assert_eq!(
        pages(&api, "/api/v1/namespaces/payments/pods?limit=2").concat(),
        payments
    );
}

#[test]
fn resource_version_zero_ignores_the_limit() {
    let api = api();
    let list = get(&api, "/api/v1/pods?limit=1&resourceVersion=0");
    assert_eq!(names(&list).len(), PODS);
    assert!(list["metadata"].get("continue").is_none());
}

#[test]
fn selectors_choose_what_they_say() {
    let api = api();
    let whole = get(&api, "/api/v1/pods");
    let all = whole["items"].as_array().unwrap();
    let count = |test: &dyn Fn(&Value) -> bool| all.iter().filter(|pod| test(pod)).count();
    for (query, expected) in [
        (
            "fieldSelector=status.phase%21%3DRunning",
            count(&|pod| pod["status"]["phase"] != "Running"),
        ),
        (
            "fieldSelector=status.phase%3DRunning",
            count(&|pod| pod["status"]["phase"] == "Running"),
        ),
        (
            "labelSelector=team%20in%20(payments,search)",
            count(&|pod| {
                ["payments", "search"]
                    .contains(&pod["metadata"]["labels"]["team"].as_str().unwrap())
            }),
        ),
        (
            "labelSelector=pod-template-hash,team!%3Dsearch&fieldSelector=metadata.namespace%3Dpayments",
            count(&|pod| {
                pod["metadata"]["namespace"] == "payments"
                    && pod["metadata"]["labels"].get("pod-template-hash").is_some()
            }),
        ),
        ("fieldSelector=metadata.name%3Dnope", 0),
    ] {
        assert_eq!(
            names(&get(&api, &format!("/api/v1/pods?{query}"))).len(),
            expected,
            "{query}"
        );
        let paged = pages(&api, &format!("/api/v1/pods?limit=3&{query}")).concat();
        assert_eq!(paged.len(), expected, "{query}, paged");
    }
}

#[test]
fn refusals_are_those_of_the_recordings() {
    let api = api();
    for (target, file) in [
        (
            "/api/v1/pods?fieldSelector=spec.nope%3Dx",
            "error-400-field-selector.json",
        ),
        (
            "/api/v1/pods?labelSelector=%21%21%21",
            "error-400-label-selector.json",
        ),
        (
            "/api/v1/pods?limit=1&continue=garbage",
            "error-400-continue.json",
        ),
        (
            "/api/v1/pods?limit=1&resourceVersion=5&continue=abc",
            "error-400-rv-with-continue.json",
        ),
        (
            "/api/v1/namespaces/default/pods/nope",
            "error-404-object.json",
        ),
        (
            "/api/v1/namespaces/default/pods/nope/log",
            "log-unavailable.json",
        ),
    ] {
        let reply = api.answer(&Call::get(target, JSON), None);
        assert_eq!(reply.value(), recorded(file), "{target}");
        assert_eq!(reply.status.as_u16(), recorded(file)["code"], "{target}");
    }
    let reply = api.answer(&Call::get("/apis/nope.example.com/v1/things", JSON), None);
    assert_eq!(
        (reply.status.as_u16(), reply.body()),
        (404, b"404 page not found\n".to_vec())
    );
    let reply = api.answer(&Call::get("/api/v1/pods", "application/yaml"), None);
    assert_eq!(reply.status, 406);
    let token = get(&api, "/api/v1/pods?limit=1")["metadata"]["continue"]
        .as_str()
        .unwrap()
        .to_owned();
    let target = format!("/api/v1/pods?resourceVersion=5&continue={token}");
    assert_eq!(
        api.answer(&Call::get(&target, JSON), None).status,
        400,
        "a version beside a good token"
    );
}

#[test]
fn only_a_good_token_or_a_certificate_comes_in() {
    let api = api();
    let status = |authorization: Option<&str>, certified: bool, path: &str| {
        let mut call = Call {
            certified,
            ..Call::get(path, JSON)
        };
        if let Some(value) = authorization {
            call.headers
                .insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        api.answer(&call, None).status.as_u16()
    };
    assert_eq!(status(None, false, "/api/v1/pods"), 401);
    assert_eq!(status(Some("Bearer wrong"), true, "/api/v1/pods"), 401);
    assert_eq!(status(Some("Basic secret"), false, "/api/v1/pods"), 401);
    assert_eq!(status(Some("Bearer secret"), false, "/api/v1/pods"), 200);
    assert_eq!(status(None, true, "/api/v1/pods"), 200);
    assert_eq!(status(None, false, "/readyz"), 200);
}

#[test]
fn what_a_client_has_is_not_sent_again() {
    let api = api();
    let discovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    for (target, accept) in [
        ("/apis", discovery),
        ("/openapi/v3/apis/argoproj.io/v1alpha1", JSON),
    ] {
        let mut call = Call::get(target, accept);
        let first = api.answer(&call, None);
        let etag = first.headers[header::ETAG].clone();
        call.headers.insert(header::IF_NONE_MATCH, etag.clone());
        let second = api.answer(&call, None);
        assert_eq!(second.status, StatusCode::NOT_MODIFIED, "{target}");
        assert!(second.body().is_empty() && second.headers[header::ETAG] == etag);
        call.headers
            .insert(header::IF_NONE_MATCH, "\"another\"".parse().unwrap());
        assert_eq!(api.answer(&call, None).body(), first.body());
    }
}

#[test]
fn nothing_can_be_written_or_watched() {
    let api = api();
    for (method, target, expected) in [
        (Method::POST, "/api/v1/namespaces/payments/pods", 403),
        (Method::PUT, "/api/v1/nodes/x", 403),
        (Method::PATCH, "/api/v1/nodes/x", 403),
        (Method::DELETE, "/api/v1/namespaces/payments/pods", 403),
        (Method::POST, "/api/v1/namespaces/payments/pods/x/exec", 403),
        (Method::POST, "/version", 405),
        (Method::GET, "/api/v1/pods?watch=1", 405),
    ] {
        let call = Call {
            method: method.clone(),
            ..Call::get(target, JSON)
        };
        let reply = api.answer(&call, None);
        assert_eq!(reply.status, expected, "{method} {target}");
        assert_eq!(reply.value()["kind"], "Status");
    }
}

#[test]
fn metadata_only_is_the_metadata_of_the_same_objects() {
    let api = api();
    let whole = get(&api, "/api/v1/pods?limit=5");
    let partial = api
        .answer(&Call::get("/api/v1/pods?limit=5", METADATA), None)
        .value();
    let theirs = recorded("pods-metadata-only.json");
    assert_eq!(
        (&partial["kind"], &partial["apiVersion"]),
        (&theirs["kind"], &theirs["apiVersion"])
    );
    assert_eq!(partial["metadata"], whole["metadata"]);
    for (ours, pod) in partial["items"]
        .as_array()
        .unwrap()
        .iter()
        .zip(whole["items"].as_array().unwrap())
    {
        let expected = json!({
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": pod["metadata"],
        });
        assert_eq!(ours, &expected);
    }
}

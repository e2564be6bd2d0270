//! What a cluster answers to whoever accepts protobuf, read with k8s-pb.

use std::sync::Arc;

use k8s_pb::api::core::v1::{Pod, PodList};
use k8s_pb::apimachinery::pkg::apis::meta::v1::{PartialObjectMetadataList, Status};
use k8s_pb::apimachinery::pkg::runtime::Unknown;
use prost::Message as _;

use super::*;
use crate::clock::Clock;
use crate::kubernetes::KubernetesApi;
use crate::kubernetes::resources::Served;
use crate::objects::World;
use crate::options::ClusterProfile;
use crate::serve::{Api, Call};

const BOTH: &str = "application/vnd.kubernetes.protobuf,application/json";
const METADATA: &str = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

fn world() -> World {
    World::generate(7, &ClusterProfile::nth(0), 60, Clock::at(1_795_249_000))
}

fn api() -> KubernetesApi {
    KubernetesApi::new(Arc::new(world()), "secret".to_owned())
}

fn asked(api: &KubernetesApi, target: &str, accept: &str) -> Reply {
    api.answer(&Call::get(target, accept), None)
}

/// The version and kind of an answer, and what it carries.
fn opened(reply: &Reply) -> (String, Vec<u8>) {
    assert_eq!(reply.headers["content-type"], CONTENT_TYPE);
    let body = reply.body();
    let unknown = Unknown::decode(body.strip_prefix(MAGIC).unwrap()).unwrap();
    let of = unknown.type_meta.unwrap();
    let of = format!("{} {}", of.api_version.unwrap(), of.kind.unwrap());
    assert_eq!(
        unknown.content_encoding.unwrap() + &unknown.content_type.unwrap(),
        ""
    );
    (of, unknown.raw.unwrap())
}

#[test]
fn a_list_and_its_pages() {
    let api = api();
    let target = "/api/v1/pods?limit=25";
    let json = asked(&api, target, "application/json").value();
    let (of, raw) = opened(&asked(&api, target, BOTH));
    assert_eq!(of, "v1 PodList");
    let list = PodList::decode(raw.as_slice()).unwrap();
    assert_eq!(list.items.len(), 25);
    let metadata = list.metadata.unwrap();
    assert_eq!(
        metadata.r#continue.as_deref(),
        json["metadata"]["continue"].as_str()
    );
    assert_eq!(
        metadata.remaining_item_count,
        json["metadata"]["remainingItemCount"].as_i64()
    );
    for (pod, item) in list.items.iter().zip(json["items"].as_array().unwrap()) {
        let metadata = pod.metadata.as_ref().unwrap();
        assert_eq!(metadata.name.as_deref(), item["metadata"]["name"].as_str());
        let spec = pod.spec.as_ref().unwrap();
        assert_eq!(spec.node_name.as_deref(), item["spec"]["nodeName"].as_str());
        assert_eq!(
            spec.containers.len(),
            item["spec"]["containers"].as_array().unwrap().len()
        );
    }
    let again = asked(&api, target, BOTH);
    assert_eq!(opened(&again).1, raw, "made once, given again");
}

#[test]
fn one_object() {
    let api = api();
    let list = asked(&api, "/api/v1/pods?limit=1", "application/json").value();
    let metadata = &list["items"][0]["metadata"];
    let (namespace, name) = (
        metadata["namespace"].as_str().unwrap(),
        metadata["name"].as_str().unwrap(),
    );
    let target = format!("/api/v1/namespaces/{namespace}/pods/{name}");
    let (of, raw) = opened(&asked(&api, &target, BOTH));
    assert_eq!(of, "v1 Pod");
    let pod = Pod::decode(raw.as_slice()).unwrap();
    assert_eq!(pod.metadata.unwrap().name.as_deref(), Some(name));
}

#[test]
fn every_object_of_every_kind_has_its_encoding() {
    let (api, profile) = (api(), ClusterProfile::nth(0));
    let (mut whole, mut metadata) = (0, 0);
    for resource in Served::by(&profile).all() {
        let api_version = resource.api_version();
        let prefix = if resource.group.is_empty() {
            "/api"
        } else {
            "/apis"
        };
        let target = format!("{prefix}/{api_version}/{}", resource.plural);
        let reply = asked(&api, &target, METADATA);
        let (of, raw) = opened(&reply);
        assert_eq!(of, "meta.k8s.io/v1 PartialObjectMetadataList");
        PartialObjectMetadataList::decode(raw.as_slice()).unwrap();
        metadata += 1;
        let reply = asked(&api, &target, BOTH);
        assert_eq!(
            reply.status,
            200,
            "{target}: {}",
            String::from_utf8_lossy(&reply.body())
        );
        if has_encoding(resource, Form::Whole) {
            assert_eq!(
                opened(&reply).0,
                format!("{api_version} {}List", resource.kind)
            );
            whole += 1;
        } else {
            assert_eq!(
                reply.headers["content-type"], "application/json",
                "{target}"
            );
            let alone = asked(&api, &target, CONTENT_TYPE);
            assert_eq!(alone.status, 406, "{target}");
        }
    }
    assert!(whole >= 30 && metadata > whole, "{whole} {metadata}");
}

#[test]
fn refusals_are_in_protobuf_too() {
    let api = api();
    let json = asked(&api, "/api/v1/pods?continue=x", "application/json").value();
    let reply = asked(&api, "/api/v1/pods?continue=x", BOTH);
    assert_eq!(reply.status, 400);
    let (of, raw) = opened(&reply);
    assert_eq!(of, "v1 Status");
    let status = Status::decode(raw.as_slice()).unwrap();
    assert_eq!(status.message.as_deref(), json["message"].as_str());
    assert_eq!(
        (status.code, status.reason.as_deref()),
        (Some(400), Some("BadRequest"))
    );
    // A text stays one.
    let reply = asked(&api, "/nothing", BOTH);
    assert_eq!(
        (reply.status.as_u16(), reply.body()),
        (404, b"404 page not found\n".to_vec())
    );
}

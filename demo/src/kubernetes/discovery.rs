//! Owns discovery: which groups and resources there are, in the plain form (one request a group) and the
//! aggregated one (two requests in all). Only what the demo serves is listed, with the verbs it allows.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::negotiate::Form;
use super::resources::{RESOURCES, Resource, VERBS, VERSION, of_group};
use crate::seed::Rng;
use crate::serve::Reply;

/// The content type of aggregated discovery, in the order of parameters that kube-apiserver writes.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// `/api`. `host` is the address the client used.
pub(crate) fn core_versions(form: Form, host: &str) -> Reply {
    if form == Form::AggregatedDiscovery {
        return aggregated(vec![aggregated_group("")]);
    }
    json_reply(&json!({
        "kind": "APIVersions", "versions": [VERSION],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": host}],
    }))
}

/// `/apis`.
pub(crate) fn groups(form: Form) -> Reply {
    let names = named_groups();
    if form == Form::AggregatedDiscovery {
        return aggregated(names.into_iter().map(aggregated_group).collect());
    }
    let groups: Vec<Value> = names.into_iter().map(plain_group).collect();
    json_reply(&json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
}

/// `/apis/GROUP`.
pub(crate) fn group(name: &'static str) -> Reply {
    let mut group = json!({"kind": "APIGroup", "apiVersion": "v1"});
    if let (Some(group), Value::Object(members)) = (group.as_object_mut(), plain_group(name)) {
        group.extend(members);
    }
    json_reply(&group)
}

/// `/api/v1`, `/apis/GROUP/v1`.
pub(crate) fn resource_list(group: &str) -> Reply {
    let group_version = group_version(group);
    let resources: Vec<Value> = of_group(group).map(plain_resource).collect();
    let mut list = json!({"kind": "APIResourceList"});
    if !group.is_empty() {
        list["apiVersion"] = json!("v1");
    }
    list["groupVersion"] = json!(group_version);
    list["resources"] = json!(resources);
    json_reply(&list)
}

/// `/version`: of the release the recordings were made from, marked as the demo's.
pub(crate) fn version() -> Reply {
    let version = json!({
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
        "gitVersion": "v1.36.2", "gitCommit": "98b35193b2ac7a23a673325f5e9b830ecd5ba406", "gitTreeState": "clean",
        "buildDate": "2026-11-21T08:07:49Z", "goVersion": "go1.27.3", "compiler": "gc", "platform": "linux/amd64",
    });
    Reply::json(StatusCode::OK, format!("{version:#}"))
}

fn group_version(group: &str) -> String {
    if group.is_empty() {
        VERSION.to_owned()
    } else {
        format!("{group}/{VERSION}")
    }
}

fn named_groups() -> Vec<&'static str> {
    let mut names: Vec<&str> = RESOURCES
        .iter()
        .map(|resource| resource.group)
        .filter(|name| !name.is_empty())
        .collect();
    names.dedup();
    names
}

fn plain_group(name: &str) -> Value {
    let version = json!({"groupVersion": group_version(name), "version": VERSION});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn plain_resource(resource: &Resource) -> Value {
    let mut value = json!({
        "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
        "kind": resource.kind, "verbs": VERBS,
    });
    short_names(&mut value, resource);
    value
}

fn short_names(value: &mut Value, resource: &Resource) {
    if !resource.short.is_empty() {
        value["shortNames"] = json!(resource.short);
    }
    if !resource.categories.is_empty() {
        value["categories"] = json!(resource.categories);
    }
}

fn aggregated_group(group: &str) -> Value {
    let resources: Vec<Value> = of_group(group)
        .map(|resource| {
            let mut value = json!({
                "resource": resource.plural,
                "responseKind": {"group": "", "version": "", "kind": resource.kind},
                "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
                "singularResource": resource.singular, "verbs": VERBS,
            });
            short_names(&mut value, resource);
            value
        })
        .collect();
    let metadata = if group.is_empty() {
        json!({})
    } else {
        json!({"name": group})
    };
    json!({
        "metadata": metadata,
        "versions": [{"version": VERSION, "resources": resources, "freshness": "Current"}],
    })
}

fn aggregated(items: Vec<Value>) -> Reply {
    let list = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    });
    let body = format!("{list}\n");
    let etag = format!("\"{}\"", Rng::keyed(0, &[&body]).hex(128).to_uppercase());
    let mut reply = Reply::new(StatusCode::OK, AGGREGATED, vec![Bytes::from(body)])
        .with(header::CACHE_CONTROL, "public")
        .with(header::VARY, "Accept");
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        reply.headers.insert(header::ETAG, etag);
    }
    reply
}

fn json_reply(value: &Value) -> Reply {
    Reply::json(StatusCode::OK, format!("{value}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(name: &str) -> Value {
        let path = format!("{}/../tests/recordings/{name}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// Every entry of ours must be one of the recorded ones, but for what the demo leaves out on purpose.
    fn check(ours: &Value, recorded: &Value, name: &str) {
        for entry in ours.as_array().unwrap() {
            let theirs = recorded
                .as_array()
                .unwrap()
                .iter()
                .find(|theirs| theirs[name] == entry[name])
                .unwrap();
            for (member, value) in entry.as_object().unwrap() {
                if member != "verbs" {
                    assert_eq!(value, &theirs[member], "{member} of {}", entry[name]);
                }
            }
        }
    }

    #[test]
    fn plain_discovery_agrees_with_the_recordings() {
        check(
            &resource_list("").value()["resources"],
            &recorded("discovery-v1-plain.json")["resources"],
            "name",
        );
        check(
            &groups(Form::Whole).value()["groups"],
            &recorded("discovery-apis-plain.json")["groups"],
            "name",
        );
        let ours = core_versions(Form::Whole, "127.0.0.1:16441").value();
        assert_eq!(ours, recorded("discovery-api-plain.json"));
    }

    #[test]
    fn aggregated_discovery_agrees_with_the_recordings() {
        for (reply, file, group) in [
            (
                core_versions(Form::AggregatedDiscovery, ""),
                "discovery-api-aggregated.json",
                0,
            ),
            (
                groups(Form::AggregatedDiscovery),
                "discovery-apis-aggregated.json",
                1,
            ),
        ] {
            let (ours, theirs) = (reply.value(), recorded(file));
            assert_eq!(
                ours["items"][0]["metadata"],
                theirs["items"][group]["metadata"]
            );
            assert_eq!(ours["kind"], theirs["kind"]);
            let resources =
                |list: &Value, at: usize| list["items"][at]["versions"][0]["resources"].clone();
            check(&resources(&ours, 0), &resources(&theirs, group), "resource");
            assert_eq!(reply.headers["content-type"], AGGREGATED);
            assert_eq!(reply.headers["cache-control"], "public");
            assert_eq!(reply.headers["vary"], "Accept");
        }
    }

    #[test]
    fn the_version_has_the_recorded_members() {
        let keys = |value: Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(version().value()), keys(recorded("version.json")));
    }
}

//! Owns discovery: which groups and resources there are, in the plain form (one request a group) and the
//! aggregated one (two requests in all). Only what the cluster serves is listed, with the verbs the demo allows.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::negotiate::Form;
use super::openapi::digest;
use super::resources::{Origin, Resource, Served, VERBS, group_version};
use crate::serve::Reply;

/// The content type of aggregated discovery, in the order of parameters that kube-apiserver writes.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// `/api`. `host` is the address the client used.
pub(crate) fn core_versions(served: &Served, form: Form, host: &str) -> Reply {
    if form == Form::AggregatedDiscovery {
        return aggregated(vec![aggregated_group(served, "", true)]);
    }
    json_reply(&json!({
        "kind": "APIVersions", "versions": served.versions(""),
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": host}],
    }))
}

/// `/apis`. `stale` is a group whose server does not answer: it is still listed, and what it has is not known.
pub(crate) fn groups(served: &Served, form: Form, stale: Option<&str>) -> Reply {
    let names = served.groups().into_iter();
    if form == Form::AggregatedDiscovery {
        let group = |name| aggregated_group(served, name, stale != Some(name));
        return aggregated(names.map(group).collect());
    }
    let groups: Vec<Value> = names.map(|name| plain_group(served, name)).collect();
    json_reply(&json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
}

/// `/apis/GROUP`.
pub(crate) fn group(served: &Served, name: &str) -> Reply {
    let mut group = json!({"kind": "APIGroup", "apiVersion": "v1"});
    if let (Some(group), Value::Object(members)) =
        (group.as_object_mut(), plain_group(served, name))
    {
        group.extend(members);
    }
    json_reply(&group)
}

/// `/api/v1`, `/apis/GROUP/VERSION`.
pub(crate) fn resource_list(served: &Served, group: &str, version: &str) -> Reply {
    let resources: Vec<Value> = served
        .of(group, version)
        .flat_map(|resource| {
            let parts = resource.subresources().iter().map(|part| {
                json!({
                    "name": format!("{}/{part}", resource.plural), "singularName": "",
                    "namespaced": resource.namespaced, "kind": resource.kind, "verbs": ["get"],
                })
            });
            std::iter::once(plain_resource(resource)).chain(parts)
        })
        .collect();
    let mut list = json!({"kind": "APIResourceList"});
    if !group.is_empty() {
        list["apiVersion"] = json!("v1");
    }
    list["groupVersion"] = json!(group_version(group, version));
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

fn plain_group(served: &Served, name: &str) -> Value {
    let versions: Vec<Value> = served
        .versions(name)
        .iter()
        .map(|version| json!({"groupVersion": group_version(name, version), "version": version}))
        .collect();
    let preferred = versions.first().cloned();
    json!({"name": name, "versions": versions, "preferredVersion": preferred})
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

fn aggregated_group(served: &Served, group: &str, current: bool) -> Value {
    let versions: Vec<Value> = served
        .versions(group)
        .into_iter()
        .map(|version| {
            if !current {
                return json!({"version": version, "freshness": "Stale"});
            }
            let resources: Vec<Value> =
                served.of(group, version).map(aggregated_resource).collect();
            json!({"version": version, "resources": resources, "freshness": "Current"})
        })
        .collect();
    let metadata = if group.is_empty() {
        json!({})
    } else {
        json!({"name": group})
    };
    json!({"metadata": metadata, "versions": versions})
}

fn aggregated_resource(resource: &Resource) -> Value {
    // kube-apiserver names group and version for custom resources and aggregated APIs only [recorded].
    let kind = |kind: &str| match resource.origin {
        Origin::BuiltIn => json!({"group": "", "version": "", "kind": kind}),
        Origin::Custom(_) | Origin::Metrics => {
            json!({"group": resource.group, "version": resource.version, "kind": kind})
        }
    };
    let mut value = json!({
        "resource": resource.plural,
        "responseKind": kind(resource.kind),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular, "verbs": VERBS,
    });
    short_names(&mut value, resource);
    let parts: Vec<Value> = resource
        .subresources()
        .iter()
        .map(|part| json!({"subresource": part, "responseKind": kind(resource.kind), "verbs": ["get"]}))
        .collect();
    if !parts.is_empty() {
        value["subresources"] = json!(parts);
    }
    value
}

fn aggregated(items: Vec<Value>) -> Reply {
    let list = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    });
    let body = format!("{list}\n");
    let etag = format!("\"{}\"", digest(&body));
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
    use crate::options::ClusterProfile;

    fn recorded(name: &str) -> Value {
        let path = format!("{}/../tests/recordings/{name}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn served() -> Served {
        Served::by(&ClusterProfile::nth(0))
    }

    /// Every entry of ours that was recorded must be as recorded, but for the verbs, of which the demo has fewer. A
    /// list in it (subresources) may be shorter.
    fn check(ours: &Value, recorded: &Value, name: &str) -> usize {
        let mut compared = 0;
        for entry in ours.as_array().unwrap() {
            let theirs = recorded.as_array().unwrap().iter();
            let Some(theirs) = theirs.clone().find(|theirs| theirs[name] == entry[name]) else {
                continue;
            };
            compared += 1;
            for (member, value) in entry.as_object().unwrap() {
                match member.as_str() {
                    "verbs" => {}
                    // The recorded definitions are shorter than those of the projects.
                    "categories" if theirs.get(member).is_none() => {}
                    "subresources" => {
                        check(value, &theirs[member], "subresource");
                    }
                    _ => assert_eq!(value, &theirs[member], "{member} of {}", entry[name]),
                }
            }
        }
        compared
    }

    #[test]
    fn plain_discovery_agrees_with_the_recordings() {
        let core = resource_list(&served(), "", "v1").value();
        let compared = check(
            &core["resources"],
            &recorded("discovery-v1-plain.json")["resources"],
            "name",
        );
        assert_eq!(compared, core["resources"].as_array().unwrap().len());
        let mut theirs = recorded("discovery-apis-plain.json")["groups"].clone();
        // A real server has both versions of this group, the demo the preferred one.
        for group in theirs.as_array_mut().unwrap() {
            if group["name"] == "autoscaling" {
                group["versions"].as_array_mut().unwrap().pop();
            }
        }
        let ours = groups(&served(), Form::Whole, None).value();
        assert!(check(&ours["groups"], &theirs, "name") >= 13);
        let ours = core_versions(&served(), Form::Whole, "127.0.0.1:16441").value();
        assert_eq!(ours, recorded("discovery-api-plain.json"));
    }

    #[test]
    fn aggregated_discovery_agrees_with_the_recordings() {
        let mut compared = 0;
        for (reply, file) in [
            (
                core_versions(&served(), Form::AggregatedDiscovery, ""),
                "discovery-api-aggregated.json",
            ),
            (
                groups(&served(), Form::AggregatedDiscovery, None),
                "discovery-apis-aggregated.json",
            ),
        ] {
            let (ours, theirs) = (reply.value(), recorded(file));
            assert_eq!(ours["kind"], theirs["kind"]);
            for group in ours["items"].as_array().unwrap() {
                let recorded = theirs["items"].as_array().unwrap().iter();
                let Some(recorded) = recorded
                    .clone()
                    .find(|recorded| recorded["metadata"]["name"] == group["metadata"]["name"])
                else {
                    continue;
                };
                let versions = |of: &Value| of["versions"][0]["resources"].clone();
                compared += check(&versions(group), &versions(recorded), "resource");
            }
            assert_eq!(reply.headers["content-type"], AGGREGATED);
            assert_eq!(reply.headers["cache-control"], "public");
            assert_eq!(reply.headers["vary"], "Accept");
        }
        assert!(compared >= 34, "{compared} resources were recorded");
    }

    #[test]
    fn a_group_with_two_versions_prefers_the_first() {
        let group = group(&served(), "networking.istio.io").value();
        assert_eq!(group["preferredVersion"]["version"], "v1");
        assert_eq!(group["versions"][1]["version"], "v1beta1");
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

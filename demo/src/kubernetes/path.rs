//! Owns the API's paths: what a request addresses. It looks nothing up but what the cluster serves.

use percent_encoding::percent_decode_str;

use super::resources::{Resource, Served};

/// What a path addresses.
#[derive(Debug)]
pub(crate) enum Route {
    /// `/version`
    Version,
    /// `/livez`, `/readyz`, `/healthz`
    Health,
    /// `/api`
    CoreVersions,
    /// `/apis`
    Groups,
    /// `/apis/GROUP`
    Group(&'static str),
    /// `/api/v1`, `/apis/GROUP/VERSION`
    Resources {
        group: &'static str,
        version: &'static str,
    },
    /// `/openapi/v3`
    OpenApiIndex,
    /// `/openapi/v3/PATH`
    OpenApi(String),
    /// All objects of a resource, or those of one namespace.
    List {
        resource: &'static Resource,
        namespace: Option<String>,
    },
    /// One object.
    Get {
        resource: &'static Resource,
        namespace: Option<String>,
        name: String,
    },
    /// Something of an object that is not the object: `log`, `exec`, `status`, ….
    Subresource {
        resource: &'static Resource,
        namespace: Option<String>,
        name: String,
        subresource: String,
    },
    /// A group that is served, and nothing of it.
    NoSuchResource,
    /// Outside every API.
    NoSuchPage,
}

impl Route {
    /// Reads a path that is still percent-encoded, as a cluster that serves this understands it.
    pub(crate) fn of(path: &str, served: &Served) -> Route {
        let segments: Vec<String> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["version"] => Route::Version,
            ["livez" | "readyz" | "healthz", ..] => Route::Health,
            ["api"] => Route::CoreVersions,
            ["apis"] => Route::Groups,
            ["openapi", "v3"] => Route::OpenApiIndex,
            ["openapi", "v3", rest @ ..] => Route::OpenApi(rest.join("/")),
            ["api", version, rest @ ..] => in_version(served, "", version, rest),
            ["apis", group] => served
                .groups()
                .into_iter()
                .find(|name| name == group)
                .map_or(Route::NoSuchPage, Route::Group),
            ["apis", group, version, rest @ ..] => in_version(served, group, version, rest),
            _ => Route::NoSuchPage,
        }
    }
}

impl Route {
    /// The group whose server must answer; none for what is about all groups.
    pub(crate) fn group(&self) -> Option<&'static str> {
        match self {
            Route::Group(group) | Route::Resources { group, .. } => Some(group),
            Route::List { resource, .. }
            | Route::Get { resource, .. }
            | Route::Subresource { resource, .. } => Some(resource.group),
            _ => None,
        }
    }
}

fn in_version(served: &Served, group: &str, version: &str, rest: &[&str]) -> Route {
    let Some(any) = served.of(group, version).next() else {
        return Route::NoSuchPage;
    };
    let listed = |plural: &str| served.find(group, version, plural);
    let find = |plural: &str, namespaced: bool| {
        listed(plural).filter(|found| found.namespaced == namespaced)
    };
    let route = match rest {
        [] => Some(Route::Resources {
            group: any.group,
            version: any.version,
        }),
        [plural] => listed(plural).map(|resource| Route::List {
            resource,
            namespace: None,
        }),
        [plural, name] => find(plural, false).map(|resource| Route::Get {
            resource,
            namespace: None,
            name: (*name).to_owned(),
        }),
        ["namespaces", of, plural] => find(plural, true).map(|resource| Route::List {
            resource,
            namespace: Some((*of).to_owned()),
        }),
        ["namespaces", of, plural, name] => find(plural, true).map(|resource| Route::Get {
            resource,
            namespace: Some((*of).to_owned()),
            name: (*name).to_owned(),
        }),
        ["namespaces", of, plural, name, subresource, ..] => {
            find(plural, true).map(|resource| Route::Subresource {
                resource,
                namespace: Some((*of).to_owned()),
                name: (*name).to_owned(),
                subresource: (*subresource).to_owned(),
            })
        }
        _ => None,
    };
    route.unwrap_or(Route::NoSuchResource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::ClusterProfile;

    #[test]
    fn paths_address_what_kube_apiserver_serves_there() {
        let served = Served::by(&ClusterProfile::nth(0));
        for (path, expected) in [
            ("/version", "Version"),
            ("/readyz/ping", "Health"),
            ("/api", "CoreVersions"),
            ("/api/v1", "Resources { group: \"\", version: \"v1\" }"),
            ("/apis/apps", "Group(\"apps\")"),
            (
                "/apis/autoscaling/v2",
                "Resources { group: \"autoscaling\", version: \"v2\" }",
            ),
            ("/apis/autoscaling/v1", "NoSuchPage"),
            ("/api/v1/pods", "pods None"),
            ("/api/v1/namespaces/a%2Fb/pods", "pods Some(\"a/b\")"),
            ("/api/v1/namespaces", "namespaces None"),
            ("/api/v1/namespaces/payments", "namespaces None payments"),
            ("/api/v1/nodes/n1", "nodes None n1"),
            ("/api/v1/pods/p1", "NoSuchResource"),
            ("/api/v1/namespaces/x/nodes", "NoSuchResource"),
            ("/api/v1/namespaces/x/pods/p1", "pods Some(\"x\") p1"),
            (
                "/api/v1/namespaces/x/pods/p1/exec",
                "pods Some(\"x\") p1 exec",
            ),
            ("/apis/apps/v1/deployments", "deployments None"),
            ("/apis/apps/v1beta1/deployments", "NoSuchPage"),
            ("/apis/nope.example.com/v1/things", "NoSuchPage"),
            ("/openapi/v3", "OpenApiIndex"),
            ("/openapi/v3/apis/apps/v1", "OpenApi(\"apis/apps/v1\")"),
            (
                "/apis/networking.istio.io/v1beta1/gateways",
                "gateways None",
            ),
            ("/apis/metrics.k8s.io/v1beta1/nodes/n1", "nodes None n1"),
            ("/", "NoSuchPage"),
        ] {
            let text = match Route::of(path, &served) {
                Route::List {
                    resource,
                    namespace,
                } => format!("{} {namespace:?}", resource.plural),
                Route::Get {
                    resource,
                    namespace,
                    name,
                } => format!("{} {namespace:?} {name}", resource.plural),
                Route::Subresource {
                    resource,
                    namespace,
                    name,
                    subresource,
                } => {
                    format!("{} {namespace:?} {name} {subresource}", resource.plural)
                }
                other => format!("{other:?}"),
            };
            assert_eq!(text, expected, "{path}");
        }
    }
}

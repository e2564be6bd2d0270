//! Owns the API's paths: what a request addresses. It looks nothing up but the table of resources.

use percent_encoding::percent_decode_str;

use super::resources::{self, Resource, VERSION};

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
    /// `/api/v1`, `/apis/GROUP/v1`
    Resources(&'static str),
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
    },
    /// A group that is served, and nothing of it.
    NoSuchResource,
    /// Outside every API.
    NoSuchPage,
}

impl Route {
    /// Reads a path that is still percent-encoded.
    pub(crate) fn of(path: &str) -> Route {
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
            ["api", version, rest @ ..] if *version == VERSION => in_group("", rest),
            ["apis", group, rest @ ..] => {
                let Some(served) = resources::RESOURCES
                    .iter()
                    .find(|resource| !resource.group.is_empty() && resource.group == *group)
                else {
                    return Route::NoSuchPage;
                };
                match rest {
                    [] => Route::Group(served.group),
                    [version, rest @ ..] if *version == VERSION => in_group(served.group, rest),
                    _ => Route::NoSuchPage,
                }
            }
            _ => Route::NoSuchPage,
        }
    }
}

fn in_group(group: &'static str, rest: &[&str]) -> Route {
    let find = |plural: &str, namespaced: bool| {
        resources::find(group, plural).filter(|resource| resource.namespaced == namespaced)
    };
    let namespace = |name: &str| Some(name.to_owned());
    let route = match rest {
        [] => Some(Route::Resources(group)),
        [plural] => resources::find(group, plural).map(|resource| Route::List {
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
            namespace: namespace(of),
        }),
        ["namespaces", of, plural, name] => find(plural, true).map(|resource| Route::Get {
            resource,
            namespace: namespace(of),
            name: (*name).to_owned(),
        }),
        ["namespaces", of, plural, name, _, ..] => {
            find(plural, true).map(|resource| Route::Subresource {
                resource,
                namespace: namespace(of),
                name: (*name).to_owned(),
            })
        }
        _ => None,
    };
    route.unwrap_or(Route::NoSuchResource)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_address_what_kube_apiserver_serves_there() {
        for (path, expected) in [
            ("/version", "Version"),
            ("/readyz/ping", "Health"),
            ("/api", "CoreVersions"),
            ("/api/v1", "Resources(\"\")"),
            ("/apis/apps", "Group(\"apps\")"),
            ("/apis/apps/v1", "Resources(\"apps\")"),
            ("/api/v1/pods", "pods None"),
            ("/api/v1/namespaces/a%2Fb/pods", "pods Some(\"a/b\")"),
            ("/api/v1/namespaces", "namespaces None"),
            ("/api/v1/namespaces/payments", "namespaces None payments"),
            ("/api/v1/nodes/n1", "nodes None n1"),
            ("/api/v1/pods/p1", "NoSuchResource"),
            ("/api/v1/namespaces/x/nodes", "NoSuchResource"),
            ("/api/v1/namespaces/x/pods/p1", "pods Some(\"x\") p1"),
            ("/api/v1/namespaces/x/pods/p1/exec", "pods Some(\"x\") p1 …"),
            ("/apis/apps/v1/deployments", "deployments None"),
            ("/apis/apps/v1beta1/deployments", "NoSuchPage"),
            ("/apis/nope.example.com/v1/things", "NoSuchPage"),
            ("/openapi/v3", "NoSuchPage"),
            ("/", "NoSuchPage"),
        ] {
            let text = match Route::of(path) {
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
                } => {
                    format!("{} {namespace:?} {name} …", resource.plural)
                }
                other => format!("{other:?}"),
            };
            assert_eq!(text, expected, "{path}");
        }
    }
}

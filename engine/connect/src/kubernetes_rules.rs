//! What no approval can open on a Kubernetes API server: the subresources that run commands, tunnel, or mint
//! credentials; and Secrets, which only the inventory opens.

use trawl_fleet::{KubernetesSpec, scalar};

use crate::error::{Error, ErrorKind};
use crate::request::Request;

/// A GET on `exec` or `attach` runs a command, `proxy` and `portforward` tunnel to anywhere the
/// cluster can reach, `token` mints a credential.
const REFUSED_SUBRESOURCES: &[&str] = &["proxy", "exec", "attach", "portforward", "token"];
/// Refused in every API group: `apis/GROUP/VERSION/secrets` is no core Secret today, and nobody knows of what.
const SECRETS: &str = "secrets";

/// Refuses what an operation as wide as `/api/{rest...}` would let through, and Secrets without their grant.
/// The representation plays no part: the metadata of a Secret often holds a copy of its data.
pub(crate) fn check(request: &Request, spec: &KubernetesSpec) -> Result<(), Error> {
    let target = Target::of(&request.path);
    if let Some(subresource) = target.refused_subresource() {
        return Err(denied(
            request,
            &format!("the subresource `{subresource}` is refused always"),
            "no approval opens proxy, exec, attach, portforward and token",
        ));
    }
    if target.resource == Some(SECRETS) && !spec.grants.secrets {
        return Err(denied(
            request,
            "Secrets are a grant of their own, which this connection has not",
            &grant_hint(spec),
        ));
    }
    Ok(())
}

/// The very line that grants Secrets on this connection.
fn grant_hint(spec: &KubernetesSpec) -> String {
    let at = match (&spec.in_cluster, &spec.context) {
        (Some(_), _) => "in_cluster: true, ".to_owned(),
        (None, Some(context)) => format!("context: {}, ", scalar(context)),
        (None, None) => String::new(),
    };
    let name = match (&spec.in_cluster, &spec.context) {
        (None, Some(context)) => scalar(context),
        (Some(_), _) => "in-cluster".to_owned(),
        (None, None) => "NAME".to_owned(),
    };
    let line = format!("kube: {{{at}grants: [{SECRETS}]}}");
    format!(
        "write `{line}` for this cluster in clusters.yaml; where there is none yet, make config/clusters.yaml of `clusters: [{{name: {name}, {line}}}]` and your other clusters"
    )
}

fn denied(request: &Request, why: &str, hint: &str) -> Error {
    let message = format!(
        "{} {}: {why}; nothing was sent",
        request.method,
        request.encoded_path()
    );
    Error::new(ErrorKind::PermissionDenied, message).hint(hint)
}

/// The parts of a resource path: `/api/v1/…` and `/apis/GROUP/VERSION/…`, then
/// `[watch/][namespaces/NS/]RESOURCE[/NAME[/SUBRESOURCE…]]`.
struct Target<'a> {
    resource: Option<&'a str>,
    /// The segments at which a subresource can stand: after the name, and after `namespaces/NS`, where
    /// a resource and a subresource of the namespace look alike.
    candidates: Vec<&'a str>,
}

impl<'a> Target<'a> {
    fn of(path: &'a [String]) -> Target<'a> {
        let mut segments = path.iter().map(String::as_str);
        let rest: Vec<&str> = match segments.next() {
            Some("api") => segments.skip(1).collect(),
            Some("apis") => segments.skip(2).collect(),
            _ => Vec::new(),
        };
        let mut rest = rest.as_slice();
        let mut candidates = Vec::new();
        // The old prefixes: `/api/v1/watch/…` lists, `/api/v1/proxy/…` tunnels.
        if let [first @ ("watch" | "proxy" | "redirect"), more @ ..] = rest {
            if *first != "watch" {
                candidates.push("proxy");
            }
            rest = more;
        }
        if let ["namespaces", _, resource, more @ ..] = rest {
            candidates.push(*resource);
            candidates.extend(more.get(1));
            return Target {
                resource: Some(resource),
                candidates,
            };
        }
        candidates.extend(rest.get(2));
        Target {
            resource: rest.first().copied(),
            candidates,
        }
    }

    fn refused_subresource(&self) -> Option<&'a str> {
        self.candidates
            .iter()
            .copied()
            .find(|candidate| REFUSED_SUBRESOURCES.contains(candidate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Method;
    use trawl_fleet::{EndpointSpec, Grants, Inventory, LoadOptions, ServiceAccount};

    fn request(path: &str) -> Request {
        Request {
            method: Method::Get,
            path: path
                .split('/')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            timeout: None,
        }
    }

    fn granted(secrets: bool) -> KubernetesSpec {
        KubernetesSpec {
            grants: Grants { secrets },
            ..KubernetesSpec::default()
        }
    }

    /// Whether it passes with every grant there is.
    fn allowed(path: &str) -> bool {
        check(&request(path), &granted(true)).is_ok()
    }

    #[test]
    fn the_dangerous_subresources_are_refused_whatever_was_approved() {
        for path in [
            "/api/v1/namespaces/a/pods/p/exec",
            "/api/v1/namespaces/a/pods/p/attach",
            "/api/v1/namespaces/a/pods/p/portforward",
            "/api/v1/namespaces/a/pods/p/proxy",
            "/api/v1/namespaces/a/pods/p/proxy/any/thing",
            "/api/v1/namespaces/a/services/s:http/proxy/metrics",
            "/api/v1/namespaces/a/serviceaccounts/s/token",
            "/api/v1/nodes/n/proxy/configz",
            "/api/v1/proxy/nodes/n",
            "/api/v1/proxy/namespaces/a/pods/p",
            "/apis/x.io/v1/namespaces/a/things/t/exec",
        ] {
            assert!(!allowed(path), "{path}");
        }
    }

    #[test]
    fn names_that_only_look_like_them_pass() {
        for path in [
            "/api/v1/namespaces/a/pods/p/log",
            "/api/v1/namespaces/proxy/pods",
            "/api/v1/namespaces/a/pods/exec",
            "/api/v1/nodes/proxy",
            "/api/v1/namespaces/token/pods/attach/status",
            "/apis/apps/v1/namespaces/exec/deployments",
            "/version",
            "/openapi/v3/apis/apps/v1",
        ] {
            assert!(allowed(path), "{path}");
        }
    }

    #[test]
    fn secrets_need_their_grant_wherever_they_are() {
        for path in [
            "/api/v1/secrets",
            "/api/v1/namespaces/a/secrets",
            "/api/v1/namespaces/a/secrets/s",
            "/api/v1/namespaces/a/secrets/s/status",
            "/api/v1/watch/secrets",
            "/api/v1/watch/namespaces/a/secrets",
            "/api/v2/secrets",
            "/apis/any.group/v1beta1/secrets",
            "/apis/any.group/v1/namespaces/a/secrets/s",
        ] {
            let error = check(&request(path), &granted(false)).expect_err(path);
            assert_eq!(error.kind, ErrorKind::PermissionDenied, "{path}");
            assert!(allowed(path), "{path}");
        }
        for path in [
            "/api/v1/namespaces/secrets/pods",
            "/api/v1/namespaces/secrets",
            "/api/v1/namespaces/a/pods/secrets",
            "/apis/secrets/v1/things",
        ] {
            assert!(
                check(&request(path), &granted(false)).is_ok(),
                "{path} has a name that looks like them"
            );
        }
    }

    /// The one connection of a clusters.yaml.
    fn load(text: &str) -> KubernetesSpec {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("clusters.yaml"), text).unwrap();
        let inventory = Inventory::load(LoadOptions {
            config: Some("clusters.yaml".into()),
            plugins: &["kube"],
            variable: &|_| None,
            folder: folder.path().to_owned(),
        })
        .unwrap();
        match &inventory.connections[0].endpoint {
            EndpointSpec::Kubernetes(spec) => spec.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_refusal_shows_the_line_that_would_allow_it() {
        let in_a_pod = ServiceAccount {
            server: "https://h:1".into(),
            folder: "/f".into(),
        };
        for (context, in_cluster, line, name) in [
            (Some("prod"), None, "context: prod, ", "prod"),
            (
                Some("arn:aws:eks:eu-west-1:1:cluster/p"),
                None,
                "context: arn:aws:eks:eu-west-1:1:cluster/p, ",
                "arn:aws:eks:eu-west-1:1:cluster/p",
            ),
            (
                Some("it's {odd}: x"),
                None,
                "context: 'it''s {odd}: x', ",
                "'it''s {odd}: x'",
            ),
            (Some("1e3"), None, "context: '1e3', ", "'1e3'"),
            (Some("Null"), None, "context: 'Null', ", "'Null'"),
            (Some("true"), None, "context: true, ", "true"),
            (None, None, "", "NAME"),
            (None, Some(in_a_pod), "in_cluster: true, ", "in-cluster"),
        ] {
            let spec = KubernetesSpec {
                context: context.map(str::to_owned),
                in_cluster: in_cluster.clone(),
                ..KubernetesSpec::default()
            };
            let error = check(&request("/api/v1/secrets"), &spec).expect_err("no grant");
            assert_eq!(
                error.message,
                "GET /api/v1/secrets: Secrets are a grant of their own, which this connection has not; nothing was sent"
            );
            let hint = error.hint.unwrap();
            let line = format!("kube: {{{line}grants: [secrets]}}");
            assert!(hint.contains(&format!("`{line}`")), "{hint}");
            assert!(
                hint.contains(&format!("`clusters: [{{name: {name}, {line}}}]`")),
                "{hint}"
            );
            if in_cluster.is_none() && !name.contains('{') {
                let text = format!("clusters: [{{name: {name}, {line}}}]");
                let written = load(&text);
                assert_eq!(written.context.as_deref(), context, "{text}");
                assert!(written.grants.secrets, "{text}");
            }
        }
    }
}

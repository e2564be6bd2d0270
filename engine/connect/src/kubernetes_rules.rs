//! What no approval can open on a Kubernetes API server: the subresources that run commands, tunnel,
//! or mint credentials, and Secrets unless an operation names them.

use crate::approval::Operation;
use crate::error::{Error, ErrorKind};
use crate::request::Request;

/// A GET on `exec` or `attach` runs a command, `proxy` and `portforward` tunnel to anywhere the
/// cluster can reach, `token` mints a credential.
const REFUSED_SUBRESOURCES: &[&str] = &["proxy", "exec", "attach", "portforward", "token"];

/// Refuses a request that an operation as wide as `/api/{rest...}` would let through.
pub(crate) fn check(request: &Request, operations: &[&Operation]) -> Result<(), Error> {
    let target = Target::of(&request.path);
    if let Some(subresource) = target.refused_subresource() {
        return Err(denied(
            request,
            &format!("the subresource `{subresource}` is refused always"),
            "no approval opens proxy, exec, attach, portforward and token",
        ));
    }
    let secrets = "secrets";
    if target.resource == Some(secrets)
        && !operations.iter().any(|operation| operation.names(secrets))
    {
        return Err(denied(
            request,
            "Secrets are a grant of their own, and no approved operation names them",
            "approve an operation whose path says `secrets`",
        ));
    }
    Ok(())
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

    fn allowed(path: &str, pattern: &str) -> bool {
        let request = Request {
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
        };
        let operation = Operation {
            method: Method::Get,
            path: pattern.to_owned(),
            action: None,
        };
        check(&request, &[&operation]).is_ok()
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
            assert!(!allowed(path, "/{rest...}"), "{path}");
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
            assert!(allowed(path, "/{rest...}"), "{path}");
        }
    }

    #[test]
    fn secrets_need_an_operation_that_names_them() {
        for path in [
            "/api/v1/secrets",
            "/api/v1/namespaces/a/secrets",
            "/api/v1/namespaces/a/secrets/s",
            "/api/v1/watch/secrets",
            "/api/v1/watch/namespaces/a/secrets",
        ] {
            assert!(!allowed(path, "/api/v1/{rest...}"), "{path}");
            assert!(
                !allowed(path, "/api/v1/namespaces/{ns}/{resource}"),
                "{path}"
            );
            assert!(allowed(path, "/api/v1/namespaces/{ns}/secrets"), "{path}");
        }
        assert!(allowed("/api/v1/namespaces/secrets/pods", "/{rest...}"));
    }
}

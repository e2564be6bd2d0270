//! What the operator approved for a plugin, matched before anything about a credential is touched.

use crate::error::{Error, ErrorKind};
use crate::request::{Method, Request};

/// The header that names an AWS action. It is part of an operation, not a header among others.
pub(crate) const ACTION_HEADER: &str = "x-amz-target";

/// The operations and headers that were approved for one endpoint of one plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approval {
    /// A request that matches none of them is refused.
    pub operations: Vec<Operation>,
    /// Names of request headers that the guest may set, in any case.
    pub request_headers: Vec<String>,
    /// Names of response headers that the guest may see, in any case; `content-type` and
    /// `retry-after` it always may.
    pub response_headers: Vec<String>,
}

/// One approved call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The HTTP method.
    pub method: Method,
    /// Such as `/api/v1/namespaces/{ns}/pods`: `{x}` is one segment, `{x...}` at the end is the
    /// rest (one segment or more), anything else is literal.
    pub path: String,
    /// The only `X-Amz-Target` that may go with it; none: the header may not be there.
    pub action: Option<String>,
}

impl Operation {
    fn allows(&self, request: &Request, action: Option<&str>) -> bool {
        self.method == request.method
            && self.action.as_deref() == action
            && matches(&self.path, &request.path)
    }
}

impl Approval {
    /// Refuses a request that is none of the approved operations.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Error> {
        let mut actions = request
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(ACTION_HEADER))
            .map(|(_, value)| value.as_str());
        let action = actions.next();
        // A second one could name another action to the server than the first does to us.
        let allowed = actions.next().is_none()
            && self
                .operations
                .iter()
                .any(|operation| operation.allows(request, action));
        if allowed {
            Ok(())
        } else {
            Err(refused(request, action))
        }
    }
}

fn refused(request: &Request, action: Option<&str>) -> Error {
    let method = request.method;
    let path = request.encoded_path();
    let (with, line) = match action {
        Some(action) => {
            let action: String = action
                .chars()
                .filter(|c| c.is_ascii_graphic())
                .take(120)
                .collect();
            (
                format!(" with the action {action}"),
                format!("{method} {path} {action}"),
            )
        }
        None => (String::new(), format!("{method} {path}")),
    };
    Error::new(
        ErrorKind::PermissionDenied,
        format!("{method} {path}{with} was not approved for this plugin; nothing was sent"),
    )
    .hint(format!("the operation `{line}` would have to be among those that the plugin declares and you approve"))
}

/// Whether the pattern matches the segments. Segments are compared before they are encoded, and a
/// valid one holds no slash, so that a segment can never match two.
fn matches(pattern: &str, segments: &[String]) -> bool {
    let Some(pattern) = pattern.strip_prefix('/') else {
        return false;
    };
    if pattern.is_empty() {
        return segments.is_empty();
    }
    let parts: Vec<&str> = pattern.split('/').collect();
    let last = parts.len().saturating_sub(1);
    let mut segments = segments.iter();
    for (at, part) in parts.iter().enumerate() {
        let Some(segment) = segments.next() else {
            return false;
        };
        let variable = part
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match variable {
            Some(name) if name.ends_with("...") => return at == last,
            Some(_) => {}
            None if part == segment => {}
            None => return false,
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(path: &str) -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn patterns_match_whole_paths() {
        for (pattern, path, expected) in [
            ("/api/v1/pods", "api/v1/pods", true),
            ("/api/v1/pods", "api/v1/pods/x", false),
            ("/api/v1/pods", "api/v1", false),
            ("/api/v1/pods", "api/v1/Pods", false),
            (
                "/api/v1/namespaces/{ns}/pods",
                "api/v1/namespaces/a/pods",
                true,
            ),
            (
                "/api/v1/namespaces/{ns}/pods",
                "api/v1/namespaces/a/b/pods",
                false,
            ),
            (
                "/api/v1/namespaces/{ns}/pods",
                "api/v1/namespaces/pods",
                false,
            ),
            ("/apis/{rest...}", "apis/apps/v1/deployments", true),
            ("/apis/{rest...}", "apis", false),
            ("/apis/{rest...}/x", "apis/a/x", false),
            ("/", "", true),
            ("/", "a", false),
            ("", "", false),
            ("api", "api", false),
            ("/{a}", "{a}", true),
            ("/a{b}", "a{b}", true),
            ("/a{b}", "ax", false),
        ] {
            assert_eq!(
                matches(pattern, &segments(path)),
                expected,
                "{pattern} {path}"
            );
        }
    }

    fn post(headers: &[(&str, &str)]) -> Request {
        Request {
            method: Method::Post,
            path: Vec::new(),
            query: Vec::new(),
            headers: headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            body: None,
            timeout: None,
        }
    }

    #[test]
    fn method_and_action_are_part_of_an_operation() {
        let operation = |action: Option<&str>| Approval {
            operations: vec![Operation {
                method: Method::Post,
                path: "/".to_owned(),
                action: action.map(str::to_owned),
            }],
            ..Approval::default()
        };
        let named = operation(Some("Logs.StartQuery"));
        let plain = operation(None);
        for (approval, headers, expected) in [
            (&named, vec![("X-Amz-Target", "Logs.StartQuery")], true),
            (&named, vec![("X-Amz-Target", "Logs.DeleteLogGroup")], false),
            (&named, vec![], false),
            (
                &named,
                vec![
                    ("X-Amz-Target", "Logs.StartQuery"),
                    ("x-amz-target", "Logs.DeleteLogGroup"),
                ],
                false,
            ),
            (&plain, vec![], true),
            (&plain, vec![("X-Amz-Target", "Logs.DeleteLogGroup")], false),
        ] {
            assert_eq!(
                approval.check(&post(&headers)).is_ok(),
                expected,
                "{headers:?}"
            );
        }
        let mut get = post(&[]);
        get.method = Method::Get;
        let error = plain.check(&get).expect_err("another method");
        assert_eq!(error.kind, ErrorKind::PermissionDenied);
        assert!(error.hint.unwrap().contains("`GET /`"));
    }
}

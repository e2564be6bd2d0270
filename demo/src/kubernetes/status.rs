//! Owns errors as kube-apiserver encodes them: `Status` objects, byte for byte as recorded, and the two answers
//! that are plain text instead.

use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use crate::serve::Reply;

/// An error answer before it is encoded.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    code: StatusCode,
    reason: &'static str,
    message: String,
    details: Option<Box<Value>>,
    continue_token: Option<String>,
}

impl Failure {
    fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Failure {
        Failure {
            code,
            reason,
            message: message.into(),
            details: None,
            continue_token: None,
        }
    }

    /// 400: the request cannot be understood.
    pub(crate) fn bad_request(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// 401: the credential is missing or not accepted.
    pub(crate) fn unauthorized() -> Failure {
        Failure::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    /// 403: the user may not do this. `resource` may have a part (`pods/log`); `place` reads `at the cluster scope` or
    /// `in the namespace "x"`.
    pub(crate) fn forbidden(
        user: &str,
        verb: &str,
        group: &str,
        resource: &str,
        name: &str,
        place: &str,
    ) -> Failure {
        let plural = resource.split('/').next().unwrap_or_default();
        let qualified = qualified(group, plural);
        let subject = if name.is_empty() {
            qualified
        } else {
            format!("{qualified} \"{name}\"")
        };
        let message = format!(
            "{subject} is forbidden: User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {place}"
        );
        let details = details(name, group, plural);
        Failure {
            details: Some(details.into()),
            ..Failure::new(StatusCode::FORBIDDEN, "Forbidden", message)
        }
    }

    /// 500: groups are impersonated, and no user.
    pub(crate) fn impersonates_nobody(groups: &[String]) -> Failure {
        let each = groups.iter().map(|name| {
            format!(
                "{{Kind:Group Namespace: Name:{name} UID: APIVersion: ResourceVersion: FieldPath:}}"
            )
        });
        let each: Vec<String> = each.collect();
        let message = format!(
            "Internal error occurred: requested [{}] without impersonating a user",
            each.join(" ")
        );
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    }

    /// 404: no object of this name.
    pub(crate) fn not_found(group: &str, plural: &str, name: &str) -> Failure {
        let message = format!("{} \"{name}\" not found", qualified(group, plural));
        Failure {
            details: Some(details(name, group, plural).into()),
            ..Failure::new(StatusCode::NOT_FOUND, "NotFound", message)
        }
    }

    /// 404 for a resource that a served group does not have.
    pub(crate) fn no_such_resource() -> Failure {
        Failure {
            details: Some(Box::new(json!({}))),
            ..Failure::new(
                StatusCode::NOT_FOUND,
                "NotFound",
                "the server could not find the requested resource",
            )
        }
    }

    /// 405: the method does not exist here.
    pub(crate) fn method_not_allowed() -> Failure {
        Failure {
            details: Some(Box::new(json!({}))),
            ..Failure::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource",
            )
        }
    }

    /// 406: none of the accepted media types can be given.
    pub(crate) fn not_acceptable() -> Failure {
        let message = "only the following media types are accepted: application/json";
        Failure::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
    }

    /// 422: the parameters are understood and cannot hold. `why` names the one at fault.
    pub(crate) fn invalid(kind: &str, name: &str, why: &str) -> Failure {
        let message = format!("{kind} \"{name}\" is invalid: {why}");
        Failure {
            details: Some(Box::new(json!({"name": name, "kind": kind}))),
            ..Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message)
        }
    }

    /// 410: the token's snapshot is gone; `fresh` goes on at the latest one.
    pub(crate) fn expired(fresh: String) -> Failure {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a \
                       new list without the continue parameter, or use the continue token in this response to retrieve \
                       the remainder of the results. Continuing with the provided token results in an inconsistent list \
                       - objects that were created, modified, or deleted between the time the first chunk was returned \
                       and now may show up in the list.";
        Failure {
            continue_token: Some(fresh),
            ..Failure::new(StatusCode::GONE, "Expired", message)
        }
    }

    /// 500: a mistake of the server's.
    pub(crate) fn internal(message: impl std::fmt::Display) -> Failure {
        let message = format!("Internal error occurred: {message}");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    }

    /// Any other status, as the fault of this number.
    pub(crate) fn of_status(code: u16) -> Failure {
        match code {
            404 => Failure::no_such_resource(),
            409 => Failure::new(
                StatusCode::CONFLICT,
                "Conflict",
                "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest \
                 version and try again",
            ),
            503 => Failure::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                "the server is currently unable to handle the request",
            ),
            504 => Failure::new(
                StatusCode::GATEWAY_TIMEOUT,
                "Timeout",
                "Timeout: request did not complete within the allotted timeout",
            ),
            _ => Failure::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalError",
                "Internal error occurred: etcdserver: request timed out",
            ),
        }
    }

    /// The answer.
    pub(crate) fn reply(self) -> Reply {
        let mut metadata = Map::new();
        if let Some(token) = self.continue_token {
            metadata.insert("continue".to_owned(), Value::String(token));
        }
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": metadata, "status": "Failure",
            "message": self.message, "reason": self.reason,
        });
        if let Some(details) = self.details {
            status["details"] = *details;
        }
        status["code"] = json!(self.code.as_u16());
        let reply = Reply::json(self.code, format!("{status}\n"));
        match self.code {
            StatusCode::FORBIDDEN => reply.with(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            _ => reply,
        }
    }
}

/// A resource as messages name it: `pods`, `deployments.apps`.
fn qualified(group: &str, plural: &str) -> String {
    if group.is_empty() {
        plural.to_owned()
    } else {
        format!("{plural}.{group}")
    }
}

fn details(name: &str, group: &str, plural: &str) -> Value {
    let mut details = Map::new();
    for (key, value) in [("name", name), ("group", group), ("kind", plural)] {
        if !value.is_empty() {
            details.insert(key.to_owned(), json!(value));
        }
    }
    Value::Object(details)
}

/// 429 as priority and fairness answers: text, not a Status, with a wait in seconds.
pub(crate) fn too_many_requests() -> Reply {
    Reply::text(
        StatusCode::TOO_MANY_REQUESTS,
        "Too many requests, please try again later.\n",
    )
    .with(header::RETRY_AFTER, "1")
    .with(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

/// 503 of the aggregation layer for an API whose server is gone, in text (kube-aggregator `handler_proxy.go`).
pub(crate) fn api_unavailable() -> Reply {
    Reply::text(StatusCode::SERVICE_UNAVAILABLE, "service unavailable\n")
        .with(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

/// 404 for a path outside every API, in text.
pub(crate) fn page_not_found() -> Reply {
    Reply::text(StatusCode::NOT_FOUND, "404 page not found\n")
        .with(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(name: &str) -> Vec<u8> {
        std::fs::read(format!(
            "{}/../tests/recordings/{name}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap()
    }

    #[test]
    fn the_bodies_are_those_of_the_recordings() {
        let token = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYXJnb2NkL2JpbGxpbmctYXBpLTIxMC05OGZiYjEyMDg2LWNiOG1kXHUwMDAwIn0";
        for (file, reply) in [
            ("error-401.json", Failure::unauthorized().reply()),
            (
                "error-403.json",
                Failure::forbidden("nobody", "list", "", "pods", "", "at the cluster scope")
                    .reply(),
            ),
            (
                "error-404-object.json",
                Failure::not_found("", "pods", "nope").reply(),
            ),
            ("error-404-resource.txt", page_not_found()),
            (
                "error-400-field-selector.json",
                Failure::bad_request("field label not supported: spec.nope").reply(),
            ),
            (
                "error-410-continue-expired.json",
                Failure::expired(token.to_owned()).reply(),
            ),
            ("error-429.txt", too_many_requests()),
        ] {
            assert_eq!(
                String::from_utf8(reply.body()).unwrap(),
                String::from_utf8(recorded(file)).unwrap(),
                "{file}"
            );
        }
    }

    #[test]
    fn the_headers_are_those_of_the_recordings() {
        let index: Value = serde_json::from_slice(&recorded("index.json")).unwrap();
        for (file, reply) in [
            ("error-401.json", Failure::unauthorized().reply()),
            (
                "error-403.json",
                Failure::forbidden("nobody", "list", "", "pods", "", "at the cluster scope")
                    .reply(),
            ),
            ("error-404-resource.txt", page_not_found()),
            ("error-429.txt", too_many_requests()),
        ] {
            let entry = index
                .as_array()
                .unwrap()
                .iter()
                .find(|entry| entry["file"] == file)
                .unwrap();
            assert_eq!(entry["response"]["status"], reply.status.as_u16(), "{file}");
            for (name, value) in entry["response"]["headers"].as_object().unwrap() {
                if name != "Content-Length" {
                    let ours = reply
                        .headers
                        .get(name.as_str())
                        .map(|value| value.to_str().unwrap());
                    assert_eq!(ours, value.as_str(), "{file}: {name}");
                }
            }
        }
    }
}

//! Which headers go out and which come back. Lists of names are approved; some are never the guest's,
//! whatever was approved.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::approval::{ACTION_HEADER, Approval};
use crate::error::{Error, malformed};
use crate::limits::{MAX_HEADER_BYTES, MAX_REQUEST_HEADERS};
use crate::request::Request;

/// Headers that say who asks, where it goes, or how it is framed: the host's alone.
const NEVER_SENT: &[&str] = &[
    "authorization",
    "cookie",
    "host",
    "upgrade",
    "connection",
    "transfer-encoding",
    "content-length",
    "accept-encoding",
    "user-agent",
    "te",
    "trailer",
    "keep-alive",
    "expect",
    "forwarded",
    "via",
    "x-real-ip",
    "x-scope-orgid",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];
/// The same by their beginnings: `X-Remote-*` is how a front proxy logs a user in to Kubernetes, `X-Amz-*` are parts of
/// a signature (the action is approved by itself).
const NEVER_SENT_PREFIXES: &[&str] = &[
    "impersonate-",
    "x-forwarded-",
    "x-remote-",
    "x-amz-",
    "proxy-",
    "sec-",
];
/// An echoed or fresh credential must not reach the guest.
const NEVER_SEEN: &[&str] = &[
    "set-cookie",
    "set-cookie2",
    "cookie",
    "authorization",
    "www-authenticate",
    "proxy-authenticate",
    "proxy-authorization",
    "authentication-info",
    "location",
];
/// What a guest sees without asking.
const ALWAYS_SEEN: &[&str] = &["content-type", "retry-after"];

/// The headers of a request, sorted out.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// Those that go out.
    pub(crate) sent: HeaderMap,
    /// Names of those that were not approved, in lower case, each once.
    pub(crate) dropped: Vec<String>,
}

/// The approved headers of a request. Those that were not approved are dropped and noted; a header that
/// could break a line is refused.
pub(crate) fn outgoing(request: &Request, approval: &Approval) -> Result<Outgoing, Error> {
    if request.headers.len() > MAX_REQUEST_HEADERS {
        return Err(malformed(format!(
            "{} request headers: expected at most {MAX_REQUEST_HEADERS}",
            request.headers.len()
        )));
    }
    let mut headers = HeaderMap::new();
    let mut dropped = Vec::new();
    for (name, value) in &request.headers {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            return Err(malformed(format!("`{shown}` is no name of a header")));
        };
        if value.len() > MAX_HEADER_BYTES {
            return Err(malformed(format!(
                "the header `{shown}` is longer than {MAX_HEADER_BYTES} bytes"
            )));
        }
        // `HeaderValue` accepts tabs and refuses CR, LF and NUL; so do we, for all controls.
        let valid = !value.chars().any(char::is_control);
        let Some(value) = HeaderValue::from_str(value).ok().filter(|_| valid) else {
            return Err(malformed(format!(
                "the header `{shown}` holds a character that headers may not have"
            )));
        };
        if name.as_str() == ACTION_HEADER || may_send(name.as_str(), approval) {
            headers.append(name, value);
        } else if !dropped.iter().any(|it| it == name.as_str()) {
            dropped.push(name.as_str().to_owned());
        }
    }
    Ok(Outgoing {
        sent: headers,
        dropped,
    })
}

/// Whether a request header of this name, in lower case, can be approved at all.
#[must_use]
pub fn can_be_sent(name: &str) -> bool {
    let mut prefixes = NEVER_SENT_PREFIXES.iter();
    !NEVER_SENT.contains(&name) && !prefixes.any(|prefix| name.starts_with(prefix))
}

/// Whether a response header of this name, in lower case, can be approved at all.
#[must_use]
pub fn can_be_seen(name: &str) -> bool {
    !NEVER_SEEN.contains(&name)
}

fn may_send(name: &str, approval: &Approval) -> bool {
    can_be_sent(name)
        && approval
            .request_headers
            .iter()
            .any(|approved| approved.eq_ignore_ascii_case(name))
}

/// The headers of a response that a guest may see, names in lower case. Values that are not text are
/// left out.
pub(crate) fn incoming(headers: &HeaderMap, approval: &Approval) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| may_see(name.as_str(), approval))
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect()
}

/// Whether a guest may see the header of this name, in lower case.
pub(crate) fn may_see(name: &str, approval: &Approval) -> bool {
    ALWAYS_SEEN.contains(&name)
        || (can_be_seen(name)
            && approval
                .response_headers
                .iter()
                .any(|approved| approved.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Method;

    fn send(headers: &[(&str, &str)], approved: &[&str]) -> Result<Vec<String>, Error> {
        let request = Request {
            method: Method::Get,
            path: Vec::new(),
            query: Vec::new(),
            headers: headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            body: None,
            timeout: None,
        };
        let approval = Approval {
            request_headers: approved.iter().map(|name| (*name).to_owned()).collect(),
            ..Approval::default()
        };
        let outgoing = outgoing(&request, &approval)?;
        let all = outgoing.sent.keys_len() + outgoing.dropped.len();
        assert_eq!(all, headers.len(), "each is sent or noted");
        Ok(outgoing
            .sent
            .keys()
            .map(|name| name.as_str().to_owned())
            .collect())
    }

    #[test]
    fn only_approved_headers_go_out() {
        let sent = send(&[("Accept", "x"), ("X-Other", "y")], &["accept"]).unwrap();
        assert_eq!(sent, ["accept"]);
    }

    #[test]
    fn some_headers_never_go_out_even_approved() {
        for name in [
            "Authorization",
            "Cookie",
            "Host",
            "Impersonate-User",
            "impersonate-extra-x",
            "X-Forwarded-For",
            "X-Scope-OrgID",
            "Upgrade",
            "Connection",
            "Transfer-Encoding",
            "Content-Length",
            "Accept-Encoding",
            "User-Agent",
            "X-Remote-User",
            "Proxy-Authorization",
            "X-Amz-Date",
            "X-Amz-Security-Token",
            "X-Amz-Content-Sha256",
        ] {
            assert_eq!(
                send(&[(name, "x")], &[name]).unwrap(),
                Vec::<String>::new(),
                "{name}"
            );
        }
    }

    #[test]
    fn broken_lines_are_refused_even_where_the_header_would_be_dropped() {
        for (name, value) in [
            ("Accept", "a\r\nAuthorization: b"),
            ("Accept", "a\nb"),
            ("Accept", "a\u{0}"),
            ("X-Dropped", "a\r\nb"),
            ("A\r\nB", "x"),
            ("A B", "x"),
            ("", "x"),
            ("A:", "x"),
        ] {
            assert!(
                send(&[(name, value)], &["accept"]).is_err(),
                "{name:?}: {value:?}"
            );
        }
        assert!(send(&[("Accept", &"x".repeat(9_000))], &["accept"]).is_err());
        assert!(send(&[("Accept", "x"); 65], &["accept"]).is_err());
    }

    #[test]
    fn answers_show_what_was_approved_and_no_credential() {
        let mut headers = HeaderMap::new();
        for name in [
            "content-type",
            "retry-after",
            "etag",
            "set-cookie",
            "authorization",
            "x-secret",
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("v"));
        }
        let approval = Approval {
            response_headers: vec!["ETag".into(), "Set-Cookie".into(), "Authorization".into()],
            ..Approval::default()
        };
        let mut names: Vec<String> = incoming(&headers, &approval)
            .into_iter()
            .map(|(n, _)| n)
            .collect();
        names.sort();
        assert_eq!(names, ["content-type", "etag", "retry-after"]);
    }
}

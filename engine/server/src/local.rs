//! No web page drives a local server: Host must be an address of this machine's loopback (or literal address), and an Origin
//! must be the server's own.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// Refuses what a page of another site could send.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    match refusal(request.headers()) {
        Some(message) => ApiError::new(StatusCode::FORBIDDEN, "forbidden", message).into_response(),
        None => next.run(request).await,
    }
}

fn refusal(headers: &HeaderMap) -> Option<String> {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("\u{fffd}"))
    };
    let host = text(header::HOST)?;
    // A name that an attacker's DNS points here (rebinding) is not an address.
    if host_name(host) != "localhost" && host_name(host).parse::<IpAddr>().is_err() {
        return Some(format!(
            "the Host `{host}` is neither localhost nor an address"
        ));
    }
    let origin = text(header::ORIGIN)?;
    let own = origin
        .split_once("://")
        .is_some_and(|(_, authority)| authority == host);
    (!own).then(|| format!("requests from pages of `{origin}` are refused"))
}

fn host_name(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_own_origins_pass() {
        for (host, origin, refused) in [
            ("127.0.0.1:7117", None, false),
            ("localhost:7117", None, false),
            ("[::1]:7117", None, false),
            ("evil.example:7117", None, true),
            ("localhost:7117", Some("http://localhost:7117"), false),
            ("localhost:7117", Some("https://evil.example"), true),
            ("localhost:7117", Some("null"), true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(refusal(&headers).is_some(), refused, "{host} {origin:?}");
        }
    }
}

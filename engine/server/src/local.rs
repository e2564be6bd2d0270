//! No web page drives a server: Host must be an address, localhost or a name that the server was given, an Origin must be the
//! server's own, and what a browser sends for a page of another site is refused.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::caller::is_public;
use crate::error::ApiError;
use crate::state::AppState;

/// What a browser says of the page that has it ask: [Fetch Metadata](https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header).
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what a page of another site could send.
pub(crate) async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match refusal(request.headers(), request.uri(), &state.hosts) {
        Some(message) => ApiError::new(StatusCode::FORBIDDEN, "forbidden", message).into_response(),
        None => next.run(request).await,
    }
}

fn refusal(headers: &HeaderMap, uri: &Uri, names: &[String]) -> Option<String> {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("\u{fffd}"))
    };
    // HTTP/2 says it in the address of the request.
    let authority = uri.authority().map(|authority| authority.as_str());
    let hosts = [text(header::HOST), authority];
    for host in hosts.iter().flatten() {
        let name = host_name(host);
        let is_own = name.eq_ignore_ascii_case("localhost")
            || name.parse::<IpAddr>().is_ok()
            || names.iter().any(|own| own.eq_ignore_ascii_case(name));
        // A name that an attacker's DNS points here (rebinding) is none of those.
        if !is_own {
            return Some(format!(
                "the Host `{host}` is neither localhost, an address nor a name that the server was given with --host"
            ));
        }
    }
    // An image or a form of another site has no Origin. Whoever follows a link to what is everybody's may.
    let site = text(SITE).unwrap_or("none");
    if !["same-origin", "none"].contains(&site) && !is_public(uri.path()) {
        return Some(format!(
            "requests that a page of another site makes are refused (`Sec-Fetch-Site: {site}`)"
        ));
    }
    let origin = text(header::ORIGIN)?;
    let own = origin
        .split_once("://")
        .is_some_and(|(_, from)| hosts.iter().flatten().any(|host| from == *host));
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
    fn only_addresses_own_names_and_own_origins_pass() {
        for (host, origin, refused) in [
            ("127.0.0.1:7117", None, false),
            ("localhost:7117", None, false),
            ("[::1]:7117", None, false),
            ("evil.example:7117", None, true),
            ("Trawl.example", None, false),
            ("trawl.example.evil", None, true),
            ("localhost:7117", Some("http://localhost:7117"), false),
            ("trawl.example", Some("https://trawl.example"), false),
            ("localhost:7117", Some("https://evil.example"), true),
            ("localhost:7117", Some("http://localhost:8080"), true),
            ("localhost:7117", Some("null"), true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            let names = ["trawl.example".to_owned()];
            let path = Uri::from_static("/healthz");
            let refusal = refusal(&headers, &path, &names);
            assert_eq!(refusal.is_some(), refused, "{host} {origin:?}");
        }
    }

    #[test]
    fn what_a_page_of_another_site_asks_for_is_refused() {
        for (site, path, refused) in [
            ("cross-site", "/api/clusters/overview", true),
            // Another port of this machine.
            ("same-site", "/api/clusters/overview", true),
            ("same-origin", "/api/clusters/overview", false),
            ("none", "/api/clusters/overview", false),
            ("cross-site", "/docs/", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(SITE, site.parse().unwrap());
            let refusal = refusal(&headers, &Uri::from_static(path), &[]);
            assert_eq!(refusal.is_some(), refused, "{site} {path}");
        }
    }

    #[test]
    fn the_authority_of_a_request_is_a_host() {
        for (uri, refused) in [
            ("https://localhost:7117/", false),
            ("https://evil.example/", true),
        ] {
            let refusal = refusal(&HeaderMap::new(), &Uri::from_static(uri), &[]);
            assert_eq!(refusal.is_some(), refused, "{uri}");
        }
    }
}

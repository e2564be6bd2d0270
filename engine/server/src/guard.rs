//! What holds for every request and answer, whichever the endpoint: a body comes whole, in time and as JSON; an answer says to browsers
//! what they must not do with it.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;
use crate::limits;

/// Nothing may be loaded for an answer, and no page may frame it.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// The page of the document loads its own files alone, and sets styles on its elements.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Reads the body of a request, so that handlers find it whole.
pub(crate) async fn intake(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let sent = parts.headers.get(header::CONTENT_TYPE);
    // A page of another site may send forms, plain text and what has no type without being asked first.
    let posts = parts.method == Method::POST;
    if posts && sent.is_some_and(|it| !is_json(it)) {
        return no_json().into_response();
    }
    let whole = to_bytes(body, limits::BODY_BYTES);
    let body = match tokio::time::timeout(limits::BODY_TIME, whole).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => return unread(&error).into_response(),
        Err(_) => {
            let seconds = limits::BODY_TIME.as_secs();
            let message = format!("the body of the request was not there within {seconds} s");
            return ApiError::new(StatusCode::REQUEST_TIMEOUT, "timeout", message).into_response();
        }
    };
    if posts && !body.is_empty() && parts.headers.get(header::CONTENT_TYPE).is_none() {
        return no_json().into_response();
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

fn no_json() -> ApiError {
    ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "invalid-request",
        "expected `Content-Type: application/json`",
    )
}

fn is_json(content_type: &HeaderValue) -> bool {
    let text = content_type.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn unread(error: &axum::Error) -> ApiError {
    let source = std::error::Error::source(error);
    if source.is_some_and(|it| it.is::<http_body_util::LengthLimitError>()) {
        let message = format!(
            "the body of a request may have {} bytes",
            limits::BODY_BYTES
        );
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "limit", message);
    }
    ApiError::invalid("the body of the request broke off")
}

/// Adds what browsers are told.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_page = path == "/docs" || path.starts_with("/docs/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = if is_page { PAGE_POLICY } else { API_POLICY };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !is_page {
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_type_alone() {
        for (text, is) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/jsonp", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            assert_eq!(is_json(&HeaderValue::from_static(text)), is, "{text}");
        }
    }
}

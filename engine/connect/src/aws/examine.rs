//! The body of an error of AWS: its head is looked at here, and the whole goes on to the guest, without the credential
//! that AWS quotes in some of its refusals.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt, Full};

use crate::aws::fault::Fault;
use crate::quiet::quiet;
use crate::response::{Body, BoxError};

/// AWS's errors have some hundred bytes; one that quotes a canonical request has a few thousand.
const MAX_FAULT_BYTES: usize = 64 * 1024;

/// Notes an error's fault in the extensions of its response. `secrets` are struck out of its body.
pub(crate) async fn examine(
    response: http::Response<Body>,
    secrets: &[&str],
) -> Result<http::Response<Body>, BoxError> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response);
    }
    let (mut parts, mut body) = response.into_parts();
    let mut head = Vec::new();
    let mut ended = false;
    while head.len() < MAX_FAULT_BYTES && !ended {
        match quiet(body.frame()).await {
            Some(frame) => {
                if let Ok(data) = frame?.into_data() {
                    head.extend_from_slice(&data);
                }
            }
            None => ended = true,
        }
    }
    for secret in secrets {
        head = struck_out(head, secret.as_bytes());
    }
    parts
        .extensions
        .insert(Fault::read(status, &parts.headers, &head));
    let head = Bytes::from(head);
    let body = if ended {
        Full::new(head)
            .map_err(|never| match never {})
            .boxed_unsync()
    } else {
        Continued {
            head: Some(head),
            rest: body,
        }
        .boxed_unsync()
    };
    Ok(http::Response::from_parts(parts, body))
}

/// A body whose beginning was read already.
struct Continued {
    head: Option<Bytes>,
    rest: Body,
}

impl http_body::Body for Continued {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.head.take() {
            Some(head) => Poll::Ready(Some(Ok(Frame::data(head)))),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }
}

/// `bytes` with every occurrence of `secret` replaced.
fn struck_out(bytes: Vec<u8>, secret: &[u8]) -> Vec<u8> {
    if secret.is_empty() || !bytes.windows(secret.len()).any(|part| part == secret) {
        return bytes;
    }
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while let Some((first, others)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(secret) {
            kept.extend_from_slice(b"(redacted)");
            rest = after;
        } else {
            kept.push(*first);
            rest = others;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn examined(body: Body, secrets: &[&str]) -> (Option<Fault>, String) {
        let response = http::Response::builder().status(400).body(body).unwrap();
        let response = examine(response, secrets).await.unwrap();
        let fault = response.extensions().get::<Fault>().cloned();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (fault, String::from_utf8(bytes.to_vec()).unwrap())
    }

    proptest::proptest! {
        #[test]
        fn no_secret_is_left(parts in proptest::collection::vec("[ab]{0,4}", 0..8), secret in "[ab]{3,5}") {
            let kept = struck_out(parts.join(&secret).into_bytes(), secret.as_bytes());
            let kept = String::from_utf8(kept).unwrap();
            assert!(!kept.contains(&secret), "{kept}");
        }
    }

    fn full(text: String) -> Body {
        Full::new(Bytes::from(text))
            .map_err(|never| match never {})
            .boxed_unsync()
    }

    #[tokio::test]
    async fn the_guest_reads_the_whole_body_without_the_credential() {
        let body = r#"{"__type":"X","message":"x-amz-security-token:T0KEN+T0KEN T0KE"}"#;
        let (fault, text) = examined(full(body.to_owned()), &["T0KEN", ""]).await;
        assert_eq!(text, body.replace("T0KEN", "(redacted)"));
        assert!(!fault.unwrap().words.contains("T0KEN"));
        let long = "x".repeat(MAX_FAULT_BYTES);
        let frames =
            [long.clone(), "tail".to_owned()].map(|text| Ok(Frame::data(Bytes::from(text))));
        let stream = http_body_util::StreamBody::new(futures::stream::iter(frames));
        let (fault, text) = examined(BodyExt::boxed_unsync(stream), &[]).await;
        assert!(fault.is_some());
        assert_eq!(text, long + "tail");
    }
}

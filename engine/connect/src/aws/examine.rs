//! The body of an error of AWS: its head is looked at here, and the whole goes on to the guest.

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

/// Notes an error's fault in the extensions of its response.
pub(crate) async fn examine(
    response: http::Response<Body>,
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn examined(body: Body) -> (Option<Fault>, String) {
        let response = http::Response::builder().status(400).body(body).unwrap();
        let response = examine(response).await.unwrap();
        let fault = response.extensions().get::<Fault>().cloned();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (fault, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_guest_reads_the_whole_body() {
        let body = r#"{"__type":"X","message":"words"}"#;
        let full = Full::new(Bytes::from(body)).map_err(|never| match never {});
        let (fault, text) = examined(full.boxed_unsync()).await;
        assert_eq!(text, body);
        assert_eq!(fault.unwrap().words, "words");
        let long = "x".repeat(MAX_FAULT_BYTES);
        let frames =
            [long.clone(), "tail".to_owned()].map(|text| Ok(Frame::data(Bytes::from(text))));
        let stream = http_body_util::StreamBody::new(futures::stream::iter(frames));
        let (fault, text) = examined(BodyExt::boxed_unsync(stream)).await;
        assert!(fault.is_some());
        assert_eq!(text, long + "tail");
    }
}

//! The bodies of answers without the credential that they were asked with: a remote that shows what it was sent (an error that quotes the
//! request, a page for debugging) must not show it to a guest, and so not to whoever reads an error or a row. Owns how that is found and
//! hidden in bodies of any size; knows no HTTP client.
//!
//! What is hidden keeps its length, so that a body stays what it was: JSON, or a message whose lengths were written before.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::header::HeaderValue;
use http_body::Frame;
use http_body_util::BodyExt;
use memchr::memmem::{Finder, FinderBuilder};

use crate::response::{Body, BoxError};

/// Shorter ones are words and numbers that bodies have anyway: hiding them would change rows, and they protect nothing.
const MIN_SECRET_BYTES: usize = 8;
/// What stands in the place of each byte.
const MASK: u8 = b'*';

/// What is hidden in answers. Cheap to clone; it is never printed.
#[derive(Clone, Default)]
pub(crate) struct Masks(Arc<[Finder<'static>]>);

impl fmt::Debug for Masks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "({} secrets)", self.0.len())
    }
}

impl Masks {
    /// These texts and what they hold.
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut all: Vec<Vec<u8>> = Vec::new();
        for secret in secrets {
            all.extend(parts(secret));
        }
        all.retain(|secret| secret.len() >= MIN_SECRET_BYTES);
        all.sort();
        all.dedup();
        let finder = |secret: &Vec<u8>| FinderBuilder::new().build_forward(secret).into_owned();
        Self(all.iter().map(finder).collect())
    }

    /// The values of these headers.
    pub(crate) fn of_headers<'a>(values: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        Self::of(values.into_iter().map(HeaderValue::as_bytes))
    }

    /// These and others.
    pub(crate) fn and<'a>(&'a self, secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let own = self.0.iter().map(Finder::needle);
        Self::of(own.chain(secrets))
    }

    /// The response without them.
    pub(crate) fn hide(&self, response: http::Response<Body>) -> http::Response<Body> {
        if self.0.is_empty() {
            return response;
        }
        let hidden = response.headers().iter().filter_map(|(name, value)| {
            let mut bytes = value.as_bytes().to_vec();
            let value = self.overwrite(&mut bytes).then_some(bytes)?;
            Some((name.clone(), HeaderValue::from_bytes(&value).ok()?))
        });
        let hidden: Vec<_> = hidden.collect();
        let mut response = response.map(|body| {
            let masked = Masked {
                body,
                masks: self.clone(),
                held: BytesMut::new(),
                next: None,
                ended: false,
            };
            masked.boxed_unsync()
        });
        for (name, value) in hidden {
            response.headers_mut().insert(name, value);
        }
        response
    }

    /// Hides them; whether there was any.
    pub(crate) fn overwrite(&self, bytes: &mut [u8]) -> bool {
        let mut found = false;
        for finder in self.0.iter() {
            let mut from = 0;
            while let Some(at) = bytes.get(from..).and_then(|rest| finder.find(rest)) {
                let start = from + at;
                let end = start + finder.needle().len();
                if let Some(part) = bytes.get_mut(start..end) {
                    part.fill(MASK);
                }
                from = end;
                found = true;
            }
        }
        found
    }

    fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|finder| finder.find(bytes).is_some())
    }

    /// How many bytes at the end may be the beginning of one.
    fn begun(&self, bytes: &[u8]) -> usize {
        let begun = |finder: &Finder<'_>| {
            let needle = finder.needle();
            let most = needle.len().saturating_sub(1).min(bytes.len());
            let tail = bytes.get(bytes.len() - most..).unwrap_or_default();
            let starts = memchr::memchr_iter(needle.first().copied().unwrap_or_default(), tail);
            let mut ends = starts.filter_map(|start| tail.get(start..));
            ends.find(|end| needle.starts_with(end))
                .map_or(0, <[u8]>::len)
        };
        self.0.iter().map(begun).max().unwrap_or(0)
    }
}

/// Whether what has this name, in lower case, is a secret by its name: a header, or an option of a program.
pub(crate) fn names_a_secret(name: &str) -> bool {
    const WORDS: [&str; 8] = [
        "auth",
        "cookie",
        "credential",
        "key",
        "password",
        "secret",
        "session",
        "token",
    ];
    WORDS.iter().any(|word| name.contains(word))
}

/// A credential and what it is made of: the token behind its scheme, the pair and the password of basic authentication.
fn parts(secret: &[u8]) -> Vec<Vec<u8>> {
    let text = std::str::from_utf8(secret).unwrap_or_default();
    let (scheme, credential) = text.split_once(' ').unwrap_or(("", text));
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => vec![credential.as_bytes().to_vec()],
        "basic" => {
            let pair = STANDARD.decode(credential).unwrap_or_default();
            let at = pair.iter().position(|byte| *byte == b':');
            let password = at.and_then(|at| pair.get(at + 1..)).unwrap_or_default();
            vec![credential.as_bytes().to_vec(), password.to_vec()]
        }
        _ => vec![secret.to_vec()],
    }
}

/// A body without them. What may be the beginning of one waits for what comes next.
struct Masked {
    body: Body,
    masks: Masks,
    held: BytesMut,
    /// What follows what was held.
    next: Option<Result<Frame<Bytes>, BoxError>>,
    ended: bool,
}

impl Masked {
    /// What of it and of what was held can go on.
    fn pass(&mut self, data: Bytes) -> Bytes {
        let mut piece = if self.held.is_empty() {
            data
        } else {
            let mut whole = std::mem::take(&mut self.held);
            whole.extend_from_slice(&data);
            whole.freeze()
        };
        if self.masks.are_in(&piece) {
            let mut bytes = BytesMut::from(piece);
            self.masks.overwrite(&mut bytes);
            piece = bytes.freeze();
        }
        let begun = self.masks.begun(&piece);
        if begun > 0 {
            let held = piece.split_off(piece.len() - begun);
            self.held.extend_from_slice(&held);
        }
        piece
    }
}

impl http_body::Body for Masked {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            if let Some(next) = self.next.take() {
                return Poll::Ready(Some(next));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            let polled = Pin::new(&mut self.body).poll_frame(context);
            let after = match std::task::ready!(polled) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        let piece = self.pass(data);
                        if piece.is_empty() {
                            continue;
                        }
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                    Err(trailers) => Some(Ok(trailers)),
                },
                Some(Err(error)) => Some(Err(error)),
                None => {
                    self.ended = true;
                    None
                }
            };
            self.next = after;
            // It was no beginning after all.
            if !self.held.is_empty() {
                let held = std::mem::take(&mut self.held).freeze();
                return Poll::Ready(Some(Ok(Frame::data(held))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(pieces: Vec<String>) -> Body {
        let frames = pieces
            .into_iter()
            .map(|piece| Ok(Frame::data(Bytes::from(piece))));
        let stream = http_body_util::StreamBody::new(futures::stream::iter(frames));
        BodyExt::boxed_unsync(stream)
    }

    async fn hidden(masks: &Masks, pieces: Vec<String>) -> String {
        let response = masks.hide(http::Response::new(body(pieces)));
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    proptest::proptest! {
        // Few letters, so that beginnings of it are everywhere.
        #[test]
        fn no_secret_is_left_however_it_is_cut(
            parts in proptest::collection::vec("[ab]{0,9}", 0..8),
            secret in "[ab]{8,10}",
            cuts in proptest::collection::vec(1_usize..9, 1..40),
        ) {
            let text = parts.join(&secret);
            let mut pieces = Vec::new();
            let mut rest = text.as_str();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece.to_owned());
                rest = after;
            }
            pieces.push(rest.to_owned());
            let masks = Masks::of([secret.as_bytes()]);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let kept = runtime.block_on(hidden(&masks, pieces));
            assert!(!kept.contains(&secret), "{kept}");
            assert_eq!(kept.len(), text.len());
            let changed = kept.bytes().zip(text.bytes()).filter(|(a, b)| a != b);
            assert!(changed.into_iter().all(|(a, _)| a == MASK));
        }
    }

    #[tokio::test]
    async fn what_a_header_holds_is_hidden_in_body_and_headers() {
        let basic = STANDARD.encode("me:a long password");
        for (header, told, kept) in [
            (
                "Bearer T0KEN-T0KEN",
                "got Bearer T0KEN-T0KEN!",
                "got Bearer ***********!",
            ),
            ("Bearer T0KEN-T0KEN", "got T0KEN-T0KE", "got T0KEN-T0KE"),
            ("Bearer short", "a short story", "a short story"),
            ("a plain value", "x a plain value", "x *************"),
            (
                &format!("Basic {basic}"),
                "a long password",
                "***************",
            ),
        ] {
            let value = HeaderValue::from_str(header).unwrap();
            let masks = Masks::of_headers([&value]);
            assert_eq!(hidden(&masks, vec![told.to_owned()]).await, kept);
            let response = http::Response::builder().header("content-type", told);
            let response = masks.hide(response.body(body(Vec::new())).unwrap());
            assert_eq!(response.headers()["content-type"], kept);
            assert!(!format!("{masks:?}").contains("T0KEN"));
        }
    }

    #[tokio::test]
    async fn an_error_comes_behind_what_was_held() {
        let frames: [Result<Frame<Bytes>, BoxError>; 2] = [
            Ok(Frame::data(Bytes::from_static(b"x T0KEN"))),
            Err("broken".into()),
        ];
        let stream = http_body_util::StreamBody::new(futures::stream::iter(frames));
        let masks = Masks::of([b"T0KEN-T0KEN".as_slice()]);
        let response = http::Response::new(BodyExt::boxed_unsync(stream));
        let mut body = masks.hide(response).into_body();
        let mut read = String::new();
        let error = loop {
            match body.frame().await.unwrap() {
                Ok(frame) => read += std::str::from_utf8(&frame.into_data().unwrap()).unwrap(),
                Err(error) => break error,
            }
        };
        assert_eq!(
            (read.as_str(), error.to_string().as_str()),
            ("x T0KEN", "broken")
        );
        assert!(body.frame().await.is_none());
    }
}

//! Owns the body on its way out: pieces in their order, and the ways in which a fault ends it early.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Frame, SizeHint};

use super::Reply;

/// A body of 1 GiB is what a client's limits are tried with.
const HUGE_BYTES: u64 = 1 << 30;
/// What a huge body consists of: valid JSON as far as it goes.
static PADDING: [u8; 65_536] = [b' '; 65_536];

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// After its last piece.
    Whole,
    /// The connection breaks; the flag says that the pieces have had their chance to be written out.
    Broken { flushed: bool },
    /// Padding goes on until so many bytes were sent.
    Padded { left: u64 },
}

/// A body that hyper sends.
#[derive(Debug)]
pub(crate) struct Body {
    chunks: VecDeque<Bytes>,
    end: End,
}

impl Body {
    /// The reply's body as it is.
    pub(crate) fn whole(chunks: Vec<Bytes>) -> Body {
        Body {
            chunks: chunks.into(),
            end: End::Whole,
        }
    }

    /// The first half of the reply's body, after which it ends as if that were all.
    pub(crate) fn truncated(reply: &Reply) -> Body {
        Body {
            chunks: half(reply),
            end: End::Whole,
        }
    }

    /// The first half of the reply's body, after which the connection breaks.
    pub(crate) fn broken(reply: &Reply) -> Body {
        Body {
            chunks: half(reply),
            end: End::Broken { flushed: false },
        }
    }

    /// An opening brace and then nothing but spaces, 1 GiB of them.
    pub(crate) fn huge() -> Body {
        Body {
            chunks: VecDeque::from([Bytes::from_static(b"{")]),
            end: End::Padded { left: HUGE_BYTES },
        }
    }
}

/// The first half of a body, at least one byte of it when it has any.
fn half(reply: &Reply) -> VecDeque<Bytes> {
    let mut left = reply.len().div_ceil(2);
    let mut chunks = VecDeque::new();
    for chunk in &reply.chunks {
        let piece = chunk.slice(..chunk.len().min(left));
        left = left.saturating_sub(piece.len());
        chunks.push_back(piece);
        if left == 0 {
            break;
        }
    }
    chunks
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        while let Some(chunk) = self.chunks.pop_front() {
            if chunk.has_remaining() {
                return Poll::Ready(Some(Ok(Frame::data(chunk))));
            }
        }
        match self.end {
            End::Whole => Poll::Ready(None),
            End::Broken { flushed: false } => {
                // hyper writes out what it has when a body is not ready; without this the client would see
                // a connection that breaks before the head of the answer.
                self.end = End::Broken { flushed: true };
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            End::Broken { flushed: true } => Poll::Ready(Some(Err(io::Error::new(
                io::ErrorKind::ConnectionReset,
                "the demo's fault `reset`",
            )))),
            End::Padded { left: 0 } => Poll::Ready(None),
            End::Padded { left } => {
                let length = left.min(PADDING.len() as u64);
                self.end = End::Padded {
                    left: left.saturating_sub(length),
                };
                let piece = PADDING
                    .get(..usize::try_from(length).unwrap_or(0))
                    .unwrap_or_default();
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(piece)))))
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self.end {
            // A known length lets hyper send Content-Length; a truncated body then has a true one.
            End::Whole => {
                SizeHint::with_exact(self.chunks.iter().map(|chunk| chunk.len() as u64).sum())
            }
            End::Broken { .. } | End::Padded { .. } => SizeHint::new(),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.end == End::Whole && self.chunks.iter().all(Bytes::is_empty)
    }
}

//! Whether clients take what was handed to them. A client of HTTP/2 says how much of each answer it takes, and can say nothing: then
//! its connection writes nothing that could wait for too long, answers every ping, and holds all its answers. Owns how long a piece
//! of an answer may wait; knows no request.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Instant;

use super::busy::Held;
use crate::limits::{LAST_PIECE_BYTES, PIECE_BYTES};

/// The answers of one connection.
#[derive(Clone)]
pub(super) struct Pace {
    waiting: Arc<Mutex<Waiting>>,
    limit: Duration,
}

/// When the last piece of each answer was given of which the next one was not asked for yet.
#[derive(Default)]
struct Waiting {
    next: u64,
    since: BTreeMap<u64, Instant>,
}

/// A body in pieces. Its request is over with it.
pub(super) struct Paced {
    body: Body,
    left: Bytes,
    id: u64,
    pace: Pace,
    _request: Held,
}

impl Pace {
    /// Pieces may wait so long.
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            waiting: Arc::default(),
            limit,
        }
    }

    /// An answer that leaves in pieces.
    pub(super) fn of(&self, body: Body, request: Held) -> Paced {
        let mut waiting = self.waiting();
        let id = waiting.next;
        waiting.next = id.wrapping_add(1);
        drop(waiting);
        Paced {
            body,
            left: Bytes::new(),
            id,
            pace: self.clone(),
            _request: request,
        }
    }

    /// Ready when a piece has waited for too long.
    pub(super) async fn stuck(self) {
        loop {
            let longest = || self.waiting().since.values().min().copied();
            // What is given from now on waits until later than the end of this sleep.
            let looked = longest().unwrap_or_else(Instant::now);
            tokio::time::sleep_until(looked + self.limit).await;
            if longest().is_some_and(|since| since.elapsed() >= self.limit) {
                return;
            }
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl http_body::Body for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let id = self.id;
        // Who asks has taken what was given before.
        self.pace.waiting().since.remove(&id);
        if self.left.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.left = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = piece(self.left.len());
        let piece = self.left.split_to(length);
        self.pace.waiting().since.insert(id, Instant::now());
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let left = u64::try_from(self.left.len()).unwrap_or(u64::MAX);
        let rest = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(left));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(left));
        }
        hint
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        self.pace.waiting().since.remove(&self.id);
    }
}

/// How much of so many bytes is given next. The last of them is little: with it the body can be over, and then nobody looks any more
/// whether it is taken.
fn piece(left: usize) -> usize {
    match left.checked_sub(LAST_PIECE_BYTES) {
        None | Some(0) => left,
        Some(before) => before.min(PIECE_BYTES),
    }
}

#[cfg(test)]
mod tests {
    use super::super::busy::Busy;
    use super::*;
    use futures::FutureExt as _;
    use http_body::Body as _;
    use http_body_util::BodyExt as _;

    const LIMIT: Duration = Duration::from_secs(60);

    fn paced(pace: &Pace, bytes: usize) -> Paced {
        pace.of(Body::from(vec![7; bytes]), Busy::default().begin())
    }

    #[tokio::test]
    async fn an_answer_is_whole_and_ends_with_little() {
        let pace = Pace::new(LIMIT);
        for bytes in [0, 1, LAST_PIECE_BYTES, LAST_PIECE_BYTES + 1, 300_000] {
            let mut body = paced(&pace, bytes);
            assert_eq!(body.size_hint().exact(), u64::try_from(bytes).ok());
            let (mut all, mut last) = (0, 0);
            while let Some(frame) = body.frame().await {
                last = frame.unwrap().into_data().unwrap().len();
                assert!(last <= PIECE_BYTES);
                all += last;
                let left = u64::try_from(bytes - all).ok();
                assert_eq!(body.size_hint().exact(), left);
            }
            assert_eq!(all, bytes);
            assert!(last <= LAST_PIECE_BYTES && body.is_end_stream());
        }
        assert!(pace.waiting().since.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_piece_that_nobody_takes_is_seen() {
        let pace = Pace::new(LIMIT);
        let mut read = paced(&pace, 1 << 20);
        let stuck = tokio::spawn(pace.clone().stuck());
        // Slowly, but it is read.
        for _ in 0..5 {
            read.frame().await.unwrap().unwrap();
            tokio::time::sleep(LIMIT * 3 / 4).await;
        }
        assert!(!stuck.is_finished());
        drop(read);
        let mut left = paced(&pace, 1 << 20);
        left.frame().await.unwrap().unwrap();
        tokio::time::sleep(LIMIT / 2).await;
        assert!(!stuck.is_finished());
        stuck.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_waited_for_is_nobodys_fault() {
        let pace = Pace::new(LIMIT);
        let first = futures::stream::iter([Ok::<_, std::io::Error>("rows")]);
        let rows = futures::StreamExt::chain(first, futures::stream::pending());
        let mut body = pace.of(Body::from_stream(rows), Busy::default().begin());
        body.frame().await.unwrap().unwrap();
        assert!(body.frame().now_or_never().is_none());
        let stuck = tokio::time::timeout(LIMIT * 10, pace.stuck()).await;
        assert!(stuck.is_err());
    }
}

//! An answer as a streamed body. A task reads the query and encodes, one chunk ahead of what the client has taken, so that a client that
//! reads slowly slows the query down to its remotes; dropping the body (the client went away) ends the query down to its requests. A
//! stream that breaks aborts the connection: it is never closed as if it were whole.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::http::HeaderMap;
use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What the task hands to the body.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Some of the answer.
    Chunk(Vec<u8>),
    /// That was all of it, but for these.
    End(Option<HeaderMap>),
}

/// Why a body ended before its end; the log says more.
#[derive(Debug, thiserror::Error)]
#[error("the answer broke off")]
pub(crate) struct Broken;

/// A body whose chunks a task sends, which ends with the body. When the task ends without [`Piece::End`], or panics, the connection is
/// aborted.
pub(crate) fn of<T>(task: impl FnOnce(mpsc::Sender<Piece>) -> T) -> Body
where
    T: Future<Output = ()> + Send + 'static,
{
    let (sender, pieces) = mpsc::channel(1);
    Body::new(Outgoing {
        pieces,
        task: tokio::spawn(task(sender)),
        state: State::Open,
    })
}

struct Outgoing {
    pieces: mpsc::Receiver<Piece>,
    task: JoinHandle<()>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Ended,
    Breaking,
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.state {
            State::Open => {}
            State::Ended => return Poll::Ready(None),
            State::Breaking => {
                self.state = State::Ended;
                return Poll::Ready(Some(Err(Broken)));
            }
        }
        match ready!(self.pieces.poll_recv(context)) {
            Some(Piece::Chunk(chunk)) => Poll::Ready(Some(Ok(Frame::data(chunk.into())))),
            Some(Piece::End(trailers)) => {
                self.state = State::Ended;
                Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
            }
            None => {
                self.state = State::Breaking;
                // An error drops what the connection has not sent yet. It sends when there is nothing to be had for a moment.
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.state == State::Ended
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

//! The part of an answer's body that is here before the guest asks for it: blocks, filled by the task of the request and
//! bounded while nobody wants all of it. Owns who sleeps and who is woken; refuses to know what the bytes are.
//!
//! A body comes in pieces of a TLS record each. A reader that wants all of it is woken once, not for each piece: waking a thread
//! costs about as much as copying the piece.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use crate::bindings::types::ErrorCode;
use crate::error::{Failure, failure, failure_with};
use crate::stats::locked;

/// The reader is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Abandoned;

/// The end that fills the buffer. Dropping it without [`Writer::finish`] breaks the body off.
pub(crate) struct Writer(Arc<Mutex<Body>>);

/// The end that empties it. Dropping it wakes a waiting writer.
pub(crate) struct Reader(Arc<Mutex<Body>>);

/// Bytes of a block. A guest that reads windows of this size is given blocks as they are, without a copy; two of them stay in a
/// core's cache.
const BLOCK_BYTES: usize = 256 << 10;

struct Body {
    /// What was not read yet; all but the last have at least [`BLOCK_BYTES`].
    blocks: VecDeque<Vec<u8>>,
    /// How many bytes of the first block were read already.
    read: usize,
    /// Bytes that were not read yet.
    held: usize,
    /// Whether anything came.
    begun: bool,
    /// How the body ended; none: there is more to come.
    end: Option<Result<(), Failure>>,
    /// Bytes that are read ahead of a reader who did not ask yet.
    capacity: usize,
    /// Bytes at which a sleeping reader is woken; at the end of the body it gets what there is.
    wanted: usize,
    abandoned: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// A body of which about `capacity` bytes are held, and one piece of any size when it is empty.
pub(crate) fn ahead(capacity: usize) -> (Writer, Reader) {
    let body = Arc::new(Mutex::new(Body {
        blocks: VecDeque::new(),
        read: 0,
        held: 0,
        begun: false,
        end: None,
        capacity,
        wanted: 1,
        abandoned: false,
        reader: None,
        writer: None,
    }));
    (Writer(Arc::clone(&body)), Reader(body))
}

/// The request's task is gone without an answer: it was aborted with its runtime, or it panicked.
pub(crate) fn lost() -> Failure {
    failure(ErrorCode::Internal, "the request was lost inside trawl")
}

impl Writer {
    /// Waits for room and hands over a piece.
    pub(crate) async fn push(&self, piece: &[u8]) -> Result<(), Abandoned> {
        std::future::poll_fn(|context| locked(&self.0).poll_room(context)).await?;
        let woken = locked(&self.0).push(piece);
        wake(woken);
        Ok(())
    }

    /// Ends the body: it is whole, or why it is not.
    pub(crate) fn finish(self, end: Result<(), Failure>) {
        locked(&self.0).end = Some(end);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let woken = {
            let mut body = locked(&self.0);
            body.end.get_or_insert_with(|| Err(lost()));
            body.reader.take()
        };
        wake(woken);
    }
}

impl Reader {
    /// The next bytes, at most `max` of them and at least one; none at the end.
    ///
    /// # Errors
    /// Why the body broke off, once everything before was read.
    pub(crate) async fn read(&mut self, max: usize) -> Result<Option<Vec<u8>>, Failure> {
        self.wait(1).await;
        self.take(max)
    }

    /// The next `length` bytes, fewer at the end, none behind it.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub(crate) async fn fill(&mut self, length: usize) -> Result<Option<Vec<u8>>, Failure> {
        self.wait(length).await;
        self.take(length)
    }

    fn take(&mut self, max: usize) -> Result<Option<Vec<u8>>, Failure> {
        let (read, woken) = {
            let mut body = locked(&self.0);
            (body.take(max), body.writer.take())
        };
        wake(woken);
        read
    }

    /// The rest of the body in one piece.
    ///
    /// # Errors
    /// It has more than `max` bytes, or broke off.
    pub(crate) async fn read_all(&mut self, max: usize) -> Result<Vec<u8>, Failure> {
        self.wait(max.saturating_add(1)).await;
        let mut body = locked(&self.0);
        if body.held > max {
            return Err(failure_with(
                ErrorCode::Protocol,
                format!("the answer has more than the {max} bytes the plugin expected"),
                "ask for less (a filter, a smaller page)",
            ));
        }
        if let Some(Err(failure)) = &body.end {
            return Err(failure.clone());
        }
        Ok(body.take(max)?.unwrap_or_default())
    }

    /// Sleeps until `wanted` bytes are here, or the body has ended.
    async fn wait(&mut self, wanted: usize) {
        std::future::poll_fn(|context| {
            let (poll, woken) = locked(&self.0).poll_held(wanted, context);
            wake(woken);
            poll
        })
        .await;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let woken = {
            let mut body = locked(&self.0);
            body.abandoned = true;
            body.writer.take()
        };
        wake(woken);
    }
}

/// Outside of the lock, which the woken takes first.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Body {
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Abandoned>> {
        if self.abandoned {
            return Poll::Ready(Err(Abandoned));
        }
        if self.held < self.capacity.max(self.wanted) {
            return Poll::Ready(Ok(()));
        }
        self.writer = Some(context.waker().clone());
        Poll::Pending
    }

    /// Adds a piece, and gives the reader to wake.
    fn push(&mut self, piece: &[u8]) -> Option<Waker> {
        self.held = self.held.saturating_add(piece.len());
        // Whoever wants all of it gets one block.
        let block_bytes = BLOCK_BYTES.max(self.wanted);
        let mut rest = piece;
        while !rest.is_empty() {
            match self.blocks.back_mut() {
                Some(block) if block.len() < block_bytes => {
                    let room = block_bytes.saturating_sub(block.len()).min(rest.len());
                    let (here, behind) = rest.split_at(room);
                    block.extend_from_slice(here);
                    rest = behind;
                }
                // Most answers are small: the first block grows as they do.
                _ => {
                    let room = if std::mem::replace(&mut self.begun, true) {
                        BLOCK_BYTES
                    } else {
                        piece.len()
                    };
                    self.blocks.push_back(Vec::with_capacity(room));
                }
            }
        }
        if self.held < self.wanted {
            return None;
        }
        self.reader.take()
    }

    /// Whether enough is here; where it is not, the writer that may go on.
    fn poll_held(&mut self, wanted: usize, context: &mut Context<'_>) -> (Poll<()>, Option<Waker>) {
        if self.end.is_some() || self.held >= wanted {
            self.wanted = 1;
            return (Poll::Ready(()), None);
        }
        // Who can wait for a window can wait for two, and is woken half as often.
        self.wanted = match wanted {
            0 | 1 => 1,
            more => more.max(self.capacity / 2),
        };
        self.reader = Some(context.waker().clone());
        (Poll::Pending, self.writer.take())
    }

    /// What is here, at most `max` bytes of it.
    fn take(&mut self, max: usize) -> Result<Option<Vec<u8>>, Failure> {
        if self.held == 0 {
            return match &self.end {
                Some(Err(failure)) => Err(failure.clone()),
                _ => Ok(None),
            };
        }
        let length = self.held.min(max);
        let whole = self.read == 0
            && self
                .blocks
                .front()
                .is_some_and(|block| block.len() == length);
        let taken = match self.blocks.pop_front() {
            Some(block) if whole => block,
            Some(block) => {
                self.blocks.push_front(block);
                self.copy(length)
            }
            None => Vec::new(),
        };
        self.held = self.held.saturating_sub(length);
        Ok(Some(taken))
    }

    /// The next `length` bytes, out of the blocks that they are in.
    fn copy(&mut self, length: usize) -> Vec<u8> {
        let mut copied = Vec::with_capacity(length);
        while copied.len() < length
            && let Some(block) = self.blocks.front()
        {
            let rest = block.get(self.read..).unwrap_or_default();
            let here = rest.len().min(length.saturating_sub(copied.len()));
            copied.extend_from_slice(rest.get(..here).unwrap_or_default());
            self.read = self.read.saturating_add(here);
            if here == rest.len() {
                self.blocks.pop_front();
                self.read = 0;
            }
        }
        copied
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::poll;
    use std::pin::pin;

    async fn written(pieces: &[&str], end: Option<Result<(), Failure>>) -> Reader {
        let (writer, reader) = ahead(1 << 20);
        for piece in pieces {
            writer.push(piece.as_bytes()).await.unwrap();
        }
        if let Some(end) = end {
            writer.finish(end);
        }
        reader
    }

    fn broken() -> Failure {
        failure(ErrorCode::Unavailable, "reset")
    }

    #[tokio::test]
    async fn reads_join_and_split_pieces_at_the_asked_size() {
        let mut body = written(&["abc", "def", "ghijklmnop"], Some(Ok(()))).await;
        for expected in ["abcd", "efgh", "ijkl", "mnop"] {
            let read = body.read(4).await.unwrap().unwrap();
            assert_eq!(read, expected.as_bytes());
        }
        assert_eq!(body.read(4).await, Ok(None));
        assert_eq!(body.read(4).await, Ok(None), "an end stays the end");
    }

    #[tokio::test]
    async fn fill_waits_for_the_asked_size_or_the_end() {
        let (writer, mut body) = ahead(2);
        {
            let mut filled = pin!(body.fill(5));
            for piece in ["ab", "cd"] {
                writer.push(piece.as_bytes()).await.unwrap();
                assert!(poll!(filled.as_mut()).is_pending());
            }
            writer.push(b"efg").await.unwrap();
            assert_eq!(filled.await.unwrap().unwrap(), b"abcde");
        }
        writer.finish(Ok(()));
        assert_eq!(body.fill(5).await.unwrap().unwrap(), b"fg");
        assert_eq!(body.fill(5).await, Ok(None));
    }

    #[tokio::test]
    async fn what_was_read_is_let_go_of_while_more_comes() {
        let (writer, mut body) = ahead(8);
        let mut seen = Vec::new();
        for number in 0..100_u8 {
            writer.push(&[number; 3]).await.unwrap();
            seen.extend(body.read(2).await.unwrap().unwrap());
            seen.extend(body.read(1).await.unwrap().unwrap());
            assert_eq!(locked(&body.0).blocks.len(), 0);
        }
        let expected: Vec<u8> = (0..100).flat_map(|number| [number; 3]).collect();
        assert_eq!(seen, expected);
    }

    /// Pieces and reads of any size, over many blocks: nothing is lost, doubled or moved.
    #[tokio::test]
    async fn blocks_are_no_borders() {
        let expected: Vec<u8> = (0..3 * BLOCK_BYTES + 77)
            .map(|at| u8::try_from(at % 251).unwrap())
            .collect();
        for (piece, read) in [
            (BLOCK_BYTES, BLOCK_BYTES),
            (10_007, BLOCK_BYTES),
            (16_384, 70_001),
            (3 * BLOCK_BYTES, 99_991),
        ] {
            for whole in [false, true] {
                let (writer, mut body) = ahead(8 * BLOCK_BYTES);
                for piece in expected.chunks(piece) {
                    writer.push(piece).await.unwrap();
                }
                writer.finish(Ok(()));
                let mut seen = body.fill(read).await.unwrap().unwrap();
                assert_eq!(seen.len(), read);
                if whole {
                    seen.extend(body.read_all(usize::MAX).await.unwrap());
                }
                while let Some(more) = body.fill(read).await.unwrap() {
                    seen.extend(more);
                }
                assert!(seen == expected, "pieces of {piece}, reads of {read}");
            }
        }
    }

    #[tokio::test]
    async fn read_all_gives_what_is_left_and_refuses_what_is_too_long() {
        let mut body = written(&["abc", "def", "gh"], Some(Ok(()))).await;
        assert_eq!(body.read(2).await.unwrap().unwrap(), b"ab");
        assert_eq!(body.read_all(100).await.unwrap(), b"cdefgh");
        assert_eq!(body.read_all(100).await.unwrap(), b"");
        // Longer than allowed is known before the end.
        let (writer, mut body) = ahead(4);
        writer.push(b"abcdef").await.unwrap();
        let failure = body.read_all(5).await.unwrap_err();
        assert!(
            failure.message.contains("more than the 5 bytes"),
            "{failure:?}"
        );
        let mut body = written(&["abc"], Some(Err(broken()))).await;
        assert_eq!(body.read_all(9).await, Err(broken()));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_an_error_not_an_end() {
        let mut body = written(&["abc"], Some(Err(broken()))).await;
        assert_eq!(body.read(3).await.unwrap().unwrap(), b"abc");
        assert_eq!(body.read(3).await, Err(broken()));
        let mut body = written(&["abc"], None).await;
        assert_eq!(body.read(3).await.unwrap().unwrap(), b"abc");
        assert_eq!(body.read(3).await, Err(lost()));
    }

    #[tokio::test]
    async fn a_full_buffer_makes_the_writer_wait_until_it_is_read_or_all_is_wanted() {
        let (writer, mut body) = ahead(4);
        writer.push(b"abcdef").await.unwrap();
        {
            let mut more = pin!(writer.push(b"gh"));
            assert!(poll!(more.as_mut()).is_pending());
            assert_eq!(body.read(3).await.unwrap().unwrap(), b"abc");
            assert_eq!(poll!(more.as_mut()), Poll::Ready(Ok(())));
        }
        let mut all = {
            let mut more = pin!(writer.push(b"ij"));
            assert!(poll!(more.as_mut()).is_pending());
            let mut all = Box::pin(body.read_all(100));
            assert!(poll!(all.as_mut()).is_pending());
            assert_eq!(poll!(more.as_mut()), Poll::Ready(Ok(())));
            all
        };
        for _ in 0..10 {
            writer.push(b"k").await.unwrap();
            assert!(poll!(&mut all).is_pending());
        }
        writer.finish(Ok(()));
        assert_eq!(all.await.unwrap(), b"defghijkkkkkkkkkk");
    }

    #[tokio::test]
    async fn a_reader_that_is_gone_wakes_the_writer() {
        let (writer, body) = ahead(1);
        writer.push(b"ab").await.unwrap();
        let mut waiting = pin!(writer.push(b"c"));
        assert!(poll!(waiting.as_mut()).is_pending());
        drop(body);
        assert_eq!(poll!(waiting.as_mut()), Poll::Ready(Err(Abandoned)));
    }

    #[tokio::test]
    async fn a_reader_sleeps_through_the_pieces_of_what_it_wants_whole() {
        use std::sync::atomic::{AtomicUsize, Ordering};

        #[derive(Default)]
        struct Count(AtomicUsize);
        impl std::task::Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let (writer, mut body) = ahead(4);
        let mut all = pin!(body.read_all(1000));
        assert!(
            all.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        for _ in 0..100 {
            writer.push(b"piece").await.unwrap();
        }
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
        writer.finish(Ok(()));
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert_eq!(all.await.unwrap().len(), 500);
    }
}

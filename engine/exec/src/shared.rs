//! One stream of rows for several readers of different speeds. The fastest sets the pace, what the others have not read yet waits
//! in the query's spool: no reader ever waits for another one, so that none can block another.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::{DataFusionError, Result};
use futures::future::{Either, select};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use tokio::sync::watch;
use tracing::Instrument;

use crate::spool::{Kept, Spool};

/// The position of a reader that wants no more rows.
const DONE: usize = usize::MAX;

/// A stream that is read once and given several times.
#[derive(Debug)]
pub struct Shared {
    rows: Arc<Rows>,
    /// Reads the stream; ends with the last reader.
    _driver: SpawnedTask<()>,
}

#[derive(Debug)]
struct Rows {
    spool: Arc<Spool>,
    state: Mutex<State>,
    /// How many batches the fastest reader wants; [`DONE`] when no reader is left.
    wanted: watch::Sender<usize>,
    /// Changes whenever there is more to read, or nothing more to come.
    news: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    /// Batches that some reader has yet to read.
    kept: VecDeque<Arc<Kept>>,
    /// Batches that every reader has read.
    released: usize,
    /// The next batch of each reader.
    positions: Vec<usize>,
    /// Whether the stream ended, and how.
    end: Option<std::result::Result<(), Arc<DataFusionError>>>,
}

/// What a reader finds at its position.
enum Found {
    Batch(Arc<Kept>),
    End(Option<Arc<DataFusionError>>),
    NotYet,
}

impl Shared {
    /// Shares a stream among this many readers.
    pub fn new(
        stream: BoxStream<'static, Result<RecordBatch>>,
        readers: usize,
        spool: Arc<Spool>,
    ) -> Self {
        let rows = Arc::new(Rows {
            spool,
            state: Mutex::new(State {
                kept: VecDeque::new(),
                released: 0,
                positions: vec![0; readers],
                end: None,
            }),
            wanted: watch::Sender::new(0),
            news: watch::Sender::new(0),
        });
        let driver = SpawnedTask::spawn(drive(Arc::clone(&rows), stream).in_current_span());
        Self {
            rows,
            _driver: driver,
        }
    }

    /// The rows for one of the readers, each of which reads once.
    pub fn read(
        self: &Arc<Self>,
        reader: usize,
    ) -> impl Stream<Item = Result<RecordBatch>> + Send + 'static {
        let turn = Turn {
            shared: Arc::clone(self),
            reader,
            position: 0,
        };
        futures::stream::unfold(Some(turn), |turn| async move {
            let mut turn = turn?;
            match turn.next().await {
                Some(Ok(batch)) => Some((Ok(batch), Some(turn))),
                Some(Err(error)) => Some((Err(error), None)),
                None => None,
            }
        })
    }
}

/// Reads the stream as far as some reader wants it.
async fn drive(rows: Arc<Rows>, mut stream: BoxStream<'static, Result<RecordBatch>>) {
    let mut wanted = rows.wanted.subscribe();
    let mut have = 0;
    loop {
        // The sender is ours: it cannot be gone.
        let Ok(want) = wanted.wait_for(|want| *want > have).await.map(|want| *want) else {
            return;
        };
        if want == DONE {
            return;
        }
        let left = pin!(wanted.wait_for(|want| *want == DONE));
        let batch = match select(stream.next(), left).await {
            Either::Left((batch, _)) => batch,
            Either::Right(_) => return,
        };
        let kept = match batch {
            Some(Ok(batch)) => rows.spool.keep(batch).await,
            Some(Err(error)) => Err(error),
            None => return rows.end(Ok(())),
        };
        match kept {
            Ok(kept) => rows.push(kept),
            Err(error) => return rows.end(Err(Arc::new(error))),
        }
        have += 1;
    }
}

impl Rows {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, kept: Kept) {
        self.state().kept.push_back(Arc::new(kept));
        self.news.send_modify(|version| *version += 1);
    }

    fn end(&self, end: std::result::Result<(), Arc<DataFusionError>>) {
        self.state().end = Some(end);
        self.news.send_modify(|version| *version += 1);
    }

    fn find(&self, position: usize) -> Found {
        let state = self.state();
        let ahead = position.checked_sub(state.released);
        match (ahead.and_then(|at| state.kept.get(at)), &state.end) {
            (Some(kept), _) => Found::Batch(Arc::clone(kept)),
            (None, Some(Ok(()))) => Found::End(None),
            (None, Some(Err(error))) => Found::End(Some(Arc::clone(error))),
            (None, None) => Found::NotYet,
        }
    }

    /// A reader goes on to a position; what all have read is given up.
    fn advance(&self, reader: usize, to: usize) {
        let mut state = self.state();
        if let Some(position) = state.positions.get_mut(reader) {
            *position = to;
        }
        let slowest = state.positions.iter().copied().min().unwrap_or(DONE);
        while state.released < slowest
            && let Some(kept) = state.kept.pop_front()
        {
            state.released += 1;
            self.spool.release(&kept);
        }
        drop(state);
        if slowest == DONE {
            self.want(DONE);
        }
    }

    fn want(&self, batches: usize) {
        self.wanted.send_if_modified(|wanted| {
            let more = batches > *wanted;
            *wanted = batches.max(*wanted);
            more
        });
    }
}

/// A reader and where it stands.
struct Turn {
    shared: Arc<Shared>,
    reader: usize,
    position: usize,
}

impl Turn {
    async fn next(&mut self) -> Option<Result<RecordBatch>> {
        let rows = &self.shared.rows;
        let mut news = rows.news.subscribe();
        loop {
            // What comes from here on is news: nothing is missed between looking and waiting.
            news.borrow_and_update();
            match rows.find(self.position) {
                Found::Batch(kept) => {
                    let batch = rows.spool.read(&kept).await;
                    self.position += 1;
                    rows.advance(self.reader, self.position);
                    return Some(batch);
                }
                Found::End(error) => return error.map(|error| Err(DataFusionError::Shared(error))),
                Found::NotYet => {
                    rows.want(self.position + 1);
                    if news.changed().await.is_err() {
                        return None;
                    }
                }
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.shared.rows.advance(self.reader, DONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::Quota;
    use arrow::array::{ArrayRef, Int64Array};
    use datafusion::execution::runtime_env::RuntimeEnv;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn batch(n: i64) -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![n]));
        RecordBatch::try_from_iter([("n", numbers)]).unwrap()
    }

    fn spool() -> Arc<Spool> {
        let runtime = RuntimeEnv::default();
        Arc::new(Spool::new(&runtime, Quota::default(), "rows of a test"))
    }

    /// A stream that counts how far it was read.
    fn counted(batches: i64, read: &Arc<AtomicUsize>) -> BoxStream<'static, Result<RecordBatch>> {
        let read = Arc::clone(read);
        futures::stream::iter(0..batches)
            .map(move |n| {
                read.fetch_add(1, Ordering::SeqCst);
                Ok(batch(n))
            })
            .boxed()
    }

    #[tokio::test]
    async fn one_after_the_other_reads_all_and_the_source_is_read_once() {
        let read = Arc::new(AtomicUsize::new(0));
        let shared = Arc::new(Shared::new(counted(5, &read), 2, spool()));
        for reader in 0..2 {
            let batches: Vec<_> = shared.read(reader).map(Result::unwrap).collect().await;
            assert_eq!(batches, (0..5).map(batch).collect::<Vec<_>>());
        }
        assert_eq!(read.load(Ordering::SeqCst), 5);
        assert!(shared.rows.state().kept.is_empty());
    }

    #[tokio::test]
    async fn nothing_is_read_that_nobody_wants() {
        let read = Arc::new(AtomicUsize::new(0));
        let shared = Arc::new(Shared::new(counted(1_000, &read), 2, spool()));
        let first: Vec<_> = shared.read(0).take(3).collect().await;
        assert_eq!(first.len(), 3);
        assert_eq!(read.load(Ordering::SeqCst), 3);
        let second: Vec<_> = shared.read(1).take(2).collect().await;
        assert_eq!(second.len(), 2);
        assert!(shared.rows.state().kept.is_empty());
    }

    #[tokio::test]
    async fn an_error_comes_to_every_reader_after_the_rows_before_it() {
        let stream = futures::stream::iter([
            Ok(batch(1)),
            Err(DataFusionError::Execution("broke".to_owned())),
        ]);
        let shared = Arc::new(Shared::new(stream.boxed(), 2, spool()));
        for reader in 0..2 {
            let all: Vec<_> = shared.read(reader).collect().await;
            assert_eq!(all.len(), 2);
            assert!(all[1].as_ref().unwrap_err().to_string().contains("broke"));
        }
    }
}

//! A scan as a stream of batches. Its channel is the backpressure; dropping it ends the guest.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use futures::Stream;
use tracing::Instrument;

use crate::bindings::types::ErrorCode;
use crate::bounded::{Receiver, channel};
use crate::call::{self, AbortOnDrop, Call};
use crate::connection::Connection;
use crate::error::{Error, defect, failure};
use crate::imports::Sink;
use crate::limits;
use crate::memory::QueryMemory;
use crate::schema::SchemaError;
use crate::stats::ScanStats;

/// What a scan runs in.
#[derive(Debug, Clone)]
pub struct ScanContext {
    /// When it is stopped. Time in which the guest waits for the stream's consumer is not counted:
    /// a query that does not want to wait for its own consumer drops the stream.
    pub deadline: Instant,
    /// Where it is counted; may be shared.
    pub stats: Arc<ScanStats>,
    /// What it shares with the other guests of its query; none: its plugin's own limit is all that holds.
    pub memory: Option<QueryMemory>,
}

/// The rows of one partition. After an error there is nothing more.
pub struct ScanStream {
    schema: SchemaRef,
    rows: Option<Receiver<Result<RecordBatch, Error>>>,
    /// Rows the query still wants, where the plan takes its limit.
    wanted: Option<u64>,
    _driver: Option<AbortOnDrop<()>>,
}

impl ScanStream {
    /// The schema of its batches.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn end(&mut self) {
        self.rows = None;
        self._driver = None;
    }
}

impl Stream for ScanStream {
    type Item = Result<RecordBatch, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(rows) = &mut self.rows else {
            return Poll::Ready(None);
        };
        let item = std::task::ready!(rows.poll_recv(context));
        match &item {
            Some(Ok(batch)) => {
                let rows = u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
                self.wanted = self.wanted.map(|wanted| wanted.saturating_sub(rows));
                // The last row that counts is here: what the guest does from now on is not waited for.
                if self.wanted == Some(0) {
                    self.end();
                }
            }
            Some(Err(_)) | None => self.end(),
        }
        Poll::Ready(item)
    }
}

/// Begins a scan. What is wrong with the request comes out of the stream.
pub(crate) fn start(
    connection: &Connection,
    schema: Result<SchemaRef, SchemaError>,
    token: Option<String>,
    limit: Option<u64>,
    context: ScanContext,
) -> ScanStream {
    let (sender, receiver) = channel(limits::ROWS_AHEAD_BYTES);
    let identity = connection.site().identity.clone();
    let (schema, token) = match (schema, token) {
        (Ok(schema), Some(token)) => (schema, token),
        (schema, _) => {
            let message = match schema {
                Err(error) => error.message,
                Ok(_) => "the plan has no such partition".to_owned(),
            };
            sender.finish(Err(
                identity.error(failure(ErrorCode::InvalidQuery, message))
            ));
            return ScanStream {
                schema: Arc::new(Schema::empty()),
                rows: Some(receiver),
                wanted: None,
                _driver: None,
            };
        }
    };
    let rows = Arc::new(sender);
    let sink = Sink::new(
        Arc::clone(&schema),
        Arc::clone(&rows),
        limit,
        connection.site().limits.rows,
    );
    let driver = drive(connection.clone(), sink, token, context);
    let drive = async move {
        if let Err(error) = driver.await {
            rows.finish(Err(error));
        }
    };
    let task = connection.host().io.spawn(drive.in_current_span());
    ScanStream {
        schema,
        rows: Some(receiver),
        wanted: limit,
        _driver: Some(AbortOnDrop(task)),
    }
}

async fn drive(
    connection: Connection,
    sink: Sink,
    token: String,
    context: ScanContext,
) -> Result<(), Error> {
    let call = Call {
        what: "scan",
        deadline: context.deadline,
        stats: context.stats,
        memory: context.memory,
    };
    let site = Arc::clone(connection.site());
    let task: call::Task<()> = Box::new(move |instance| {
        Box::pin(async move {
            let session = instance.open(&site.config).await?;
            let sink = instance.lend(sink)?;
            let scanned = instance
                .exports
                .scan(&mut instance.store, session, &token, sink)
                .await;
            instance
                .answer(scanned)
                .map_err(|failure| match failure.code {
                    // Nobody cancelled: were it so, nobody would read this.
                    ErrorCode::Cancelled => {
                        defect(format!("the plugin gave up: {}", failure.message))
                    }
                    _ => failure,
                })
        })
    });
    call::run(
        connection.host(),
        connection.pre(),
        connection.site(),
        call,
        task,
    )
    .await
}

//! The sink: payloads in, validated batches out, waiting while there is no room. A payload that
//! breaks the contract ends the guest; rows after `stop` are dropped and counted.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use wasmtime::component::Resource;

use crate::bindings::output::{Flow, Gap, Host, HostSink, ProgressReport};
use crate::bindings::types::{Error, Payload};
use crate::bounded::Sender;
use crate::error::{Failure, defect, stop};
use crate::instance::Guest;
use crate::stats::{self, Progress, ScanStats};
use crate::{limits, payload};

/// What carries a scan's rows to its stream; the error comes last.
pub(crate) type Rows = Sender<Result<RecordBatch, crate::Error>>;

/// Where the rows of one partition go.
pub struct Sink {
    schema: SchemaRef,
    rows: std::sync::Arc<Rows>,
    /// Rows that are still wanted.
    wanted: u64,
    /// Whether `wanted` is the query's limit rather than the host's.
    limited: bool,
    stopped: bool,
    after_stop: u32,
    empty: u32,
}

impl Sink {
    /// A sink for rows of `schema`. `limit` is the query's, where the plan takes it exactly.
    pub(crate) fn new(
        schema: SchemaRef,
        rows: std::sync::Arc<Rows>,
        limit: Option<u64>,
        most: u64,
    ) -> Self {
        Self {
            schema,
            rows,
            wanted: limit.unwrap_or(most).min(most),
            limited: limit.is_some_and(|limit| limit <= most),
            stopped: limit == Some(0),
            after_stop: 0,
            empty: 0,
        }
    }

    /// A push after `stop`: forgiven a few times.
    fn overlook(&mut self) -> Result<(), Failure> {
        self.after_stop = self.after_stop.saturating_add(1);
        if self.after_stop > limits::PUSHES_AFTER_STOP {
            return Err(defect(format!(
                "the plugin went on pushing {} times after it was told to stop",
                limits::PUSHES_AFTER_STOP
            )));
        }
        Ok(())
    }

    /// Counts pushes without rows.
    fn seen(&mut self, rows: usize) -> Result<(), Failure> {
        self.empty = if rows == 0 {
            self.empty.saturating_add(1)
        } else {
            0
        };
        if self.empty > limits::EMPTY_PUSHES {
            return Err(defect(format!(
                "the plugin pushed {} batches without a row, one after the other",
                limits::EMPTY_PUSHES
            )));
        }
        Ok(())
    }
}

impl Host for Guest {}

impl HostSink for Guest {
    async fn push(
        &mut self,
        sink: Resource<Sink>,
        data: Payload,
    ) -> wasmtime::Result<Result<Flow, Error>> {
        let sink = self.table.get_mut(&sink)?;
        let batch = match payload::decode_rows(&sink.schema, data) {
            Ok(batch) => batch,
            Err(failure) => return stop(failure),
        };
        let rows = batch.num_rows();
        if sink.stopped {
            ScanStats::add(&self.stats.rows_cut, count(rows));
            return match sink.overlook() {
                Ok(()) => Ok(Ok(Flow::Stop)),
                Err(failure) => stop(failure),
            };
        }
        if let Err(failure) = sink.seen(rows) {
            return stop(failure);
        }
        if rows == 0 {
            return Ok(Ok(Flow::More));
        }
        let taken = rows.min(usize::try_from(sink.wanted).unwrap_or(usize::MAX));
        let cut = rows.saturating_sub(taken);
        if cut > 0 {
            ScanStats::add(&self.stats.rows_cut, count(cut));
            if !sink.limited {
                self.stats.report(stats::Gap {
                    kind: Gap::Truncated,
                    cluster: None,
                    message: format!(
                        "more rows than one scan may put out; ask for less (a filter), or raise {}",
                        self.site.identity.setting("rows")
                    ),
                });
            }
        }
        sink.wanted = sink.wanted.saturating_sub(count(taken));
        sink.stopped = sink.wanted == 0 && (sink.limited || cut > 0);
        let batch = if cut > 0 {
            batch.slice(0, taken)
        } else {
            batch
        };
        let bytes = batch.get_array_memory_size();
        if taken > 0 {
            ScanStats::add(&self.stats.rows, count(taken));
            let sent = self
                .allowance
                .paused(&self.stats, sink.rows.send(Ok(batch), bytes))
                .await;
            sink.stopped |= sent.is_err();
        }
        Ok(Ok(if sink.stopped { Flow::Stop } else { Flow::More }))
    }

    async fn report(
        &mut self,
        _sink: Resource<Sink>,
        kind: Gap,
        cluster: Option<String>,
        message: String,
    ) -> wasmtime::Result<()> {
        self.stats.report(stats::Gap {
            kind,
            cluster,
            message,
        });
        Ok(())
    }

    async fn progress(
        &mut self,
        sink: Resource<Sink>,
        report: ProgressReport,
    ) -> wasmtime::Result<Flow> {
        self.stats.progressed(Progress {
            rows_read: report.rows_read,
            bytes_read: report.bytes_read,
            done: report.done,
        });
        let stopped = self.table.get(&sink)?.stopped;
        Ok(if stopped { Flow::Stop } else { Flow::More })
    }

    async fn drop(&mut self, sink: Resource<Sink>) -> wasmtime::Result<()> {
        self.table.delete(sink)?;
        Ok(())
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

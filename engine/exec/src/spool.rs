//! Rows that wait: for a slower reader, or for the end of an answer that is held back. They are in memory up to a limit and as far as the query's pool allows, beyond it in one file of
//! the query, and never beyond that file's limit. Knows batches and bytes; who reads what, and when, is `shared`'s.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::disk_manager::DiskManager;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::spill_file::SpillFile;
use datafusion::physical_plan::spill::get_record_batch_memory_size;

use crate::limits;

/// How much a spool may hold.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Bytes in memory.
    pub memory: usize,
    /// Bytes on disk.
    pub disk: u64,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            memory: limits::SHARED_MEMORY_BYTES,
            disk: limits::SHARED_DISK_BYTES,
        }
    }
}

/// The waiting rows of one query.
pub struct Spool {
    reservation: MemoryReservation,
    disk: Arc<DiskManager>,
    quota: Quota,
    /// What the rows are, for messages.
    what: &'static str,
    file: Mutex<Option<Spilled>>,
}

/// The file, and where its end is.
struct Spilled {
    /// Removes the file when it is dropped.
    _entry: Arc<dyn SpillFile>,
    file: Arc<File>,
    end: u64,
}

/// A batch that was put away.
#[derive(Debug)]
pub enum Kept {
    /// In memory, counted with these bytes.
    Memory(RecordBatch, usize),
    /// In the file.
    Disk {
        /// Where it begins.
        offset: u64,
        /// How long it is.
        bytes: usize,
    },
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool")
            .field("memory", &self.reservation.size())
            .field("quota", &self.quota)
            .finish_non_exhaustive()
    }
}

impl Spool {
    /// An empty spool that counts against a query's memory pool; `what` its rows are.
    pub fn new(runtime: &RuntimeEnv, quota: Quota, what: &'static str) -> Self {
        Self {
            reservation: MemoryConsumer::new(what).register(&runtime.memory_pool),
            disk: Arc::clone(&runtime.disk_manager),
            quota,
            what,
            file: Mutex::new(None),
        }
    }

    /// Puts a batch away.
    ///
    /// # Errors
    /// When the file's limit is reached or it cannot be written.
    pub async fn keep(self: &Arc<Self>, batch: RecordBatch) -> Result<Kept> {
        let bytes = get_record_batch_memory_size(&batch);
        let fits = self.reservation.size().saturating_add(bytes) <= self.quota.memory;
        if fits && self.reservation.try_grow(bytes).is_ok() {
            return Ok(Kept::Memory(batch, bytes));
        }
        let spool = Arc::clone(self);
        blocking(move || spool.write(&batch)).await
    }

    /// Gives a batch back.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn read(self: &Arc<Self>, kept: &Kept) -> Result<RecordBatch> {
        match kept {
            Kept::Memory(batch, _) => Ok(batch.clone()),
            &Kept::Disk { offset, bytes } => {
                let file = self
                    .file()
                    .as_ref()
                    .map(|spilled| Arc::clone(&spilled.file));
                let Some(file) = file else {
                    return datafusion::common::internal_err!("rows were put into no file");
                };
                blocking(move || {
                    let mut encoded = vec![0; bytes];
                    file.read_exact_at(&mut encoded, offset)?;
                    match StreamReader::try_new(encoded.as_slice(), None)?.next() {
                        Some(batch) => Ok(batch?),
                        None => datafusion::common::internal_err!("a file of rows holds none"),
                    }
                })
                .await
            }
        }
    }

    /// Nobody will read it again.
    pub fn release(&self, kept: &Kept) {
        if let Kept::Memory(_, bytes) = kept {
            self.reservation.shrink(*bytes);
        }
    }

    fn file(&self) -> std::sync::MutexGuard<'_, Option<Spilled>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, batch: &RecordBatch) -> Result<Kept> {
        let mut encoded = Vec::new();
        let mut writer = StreamWriter::try_new(&mut encoded, batch.schema_ref())?;
        writer.write(batch)?;
        writer.finish()?;
        drop(writer);

        let mut file = self.file();
        let spilled = match file.as_mut() {
            Some(spilled) => spilled,
            None => file.insert(self.create()?),
        };
        let offset = spilled.end;
        let end = u64::try_from(encoded.len())
            .ok()
            .and_then(|bytes| offset.checked_add(bytes))
            .filter(|end| *end <= self.quota.disk);
        let Some(end) = end else {
            return Err(DataFusionError::ResourcesExhausted(format!(
                "{} take more than {} MiB on disk",
                self.what,
                self.quota.disk >> 20
            )));
        };
        spilled.file.write_all_at(&encoded, offset)?;
        spilled.end = end;
        Ok(Kept::Disk {
            offset,
            bytes: encoded.len(),
        })
    }

    fn create(&self) -> Result<Spilled> {
        let entry = self.disk.create_tmp_file(self.what)?;
        let Some(path) = entry.path() else {
            return datafusion::common::internal_err!("temporary files have no path");
        };
        let file = File::options().read(true).write(true).open(path)?;
        Ok(Spilled {
            file: Arc::new(file),
            _entry: entry,
            end: 0,
        })
    }
}

/// Runs what blocks on a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    SpawnedTask::spawn_blocking(work)
        .join()
        .await
        .map_err(|error| DataFusionError::External(Box::new(error)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array};

    const WHAT: &str = "rows of a test";

    fn batch(from: i64) -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(from..from + 1_000));
        RecordBatch::try_from_iter([("n", numbers)]).unwrap()
    }

    #[tokio::test]
    async fn what_memory_refuses_goes_to_disk_and_comes_back() {
        let quota = Quota {
            memory: get_record_batch_memory_size(&batch(0)),
            disk: 1 << 20,
        };
        let spool = Arc::new(Spool::new(&RuntimeEnv::default(), quota, WHAT));
        let mut kept = Vec::new();
        for from in 0..3 {
            kept.push(spool.keep(batch(from)).await.unwrap());
        }
        assert!(matches!(
            kept.as_slice(),
            [Kept::Memory(..), Kept::Disk { .. }, Kept::Disk { .. }]
        ));
        for (from, kept) in (0..3).zip(&kept) {
            assert_eq!(spool.read(kept).await.unwrap(), batch(from));
            spool.release(kept);
        }
        assert!(matches!(
            spool.keep(batch(3)).await.unwrap(),
            Kept::Memory(..)
        ));
    }

    #[tokio::test]
    async fn a_full_disk_quota_is_named() {
        let quota = Quota {
            memory: 0,
            disk: 10 << 10,
        };
        let spool = Arc::new(Spool::new(&RuntimeEnv::default(), quota, WHAT));
        spool.keep(batch(0)).await.unwrap();
        let error = spool.keep(batch(1)).await.unwrap_err();
        assert!(matches!(error, DataFusionError::ResourcesExhausted(_)));
        assert!(error.to_string().contains("0 MiB on disk"), "{error}");
    }
}

//! Rows as bytes, by the language's types rather than Arrow's: an [`Encoding`] has a file, every door uses the same [`Encoder`]s.
//! What an answer ends with is a [`Summary`] in all of them. Knows neither HTTP nor terminals.

mod arrow;
mod csv;
mod events;
mod json;
mod ndjson;
mod object;
mod record;

use ::arrow::array::RecordBatch;

use crate::answer::{AnswerColumn, Summary};
use crate::error::Error;

pub use events::{error_event, progress_event};
pub use json::{cell, row_object, rows_json};
pub use record::record_line;

/// A form in which an answer leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One document.
    Json,
    /// A row a line, then a line with what the answer ends with.
    Ndjson,
    /// A line of names, then a row a line; what the answer ends with has no place in it.
    Csv,
    /// Arrow's IPC stream; what the answer ends with has no place in it.
    Arrow,
    /// Server-sent events: the columns, rows as they come, targets as they change, what the answer ends with.
    Events,
}

impl Encoding {
    /// All of them, the one that is used when nobody says another first.
    pub const ALL: [Self; 5] = [
        Self::Json,
        Self::Ndjson,
        Self::Csv,
        Self::Arrow,
        Self::Events,
    ];

    /// Its name in requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Arrow => "arrow",
            Self::Events => "events",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Its media type, without parameters.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv",
            Self::Arrow => "application/vnd.apache.arrow.stream",
            Self::Events => "text/event-stream",
        }
    }

    /// Whether the bytes themselves say what the answer ends with.
    pub fn carries_summary(self) -> bool {
        matches!(self, Self::Json | Self::Ndjson | Self::Events)
    }

    /// What writes an answer with these columns.
    ///
    /// # Errors
    /// When the columns have no form in it: our bug.
    pub fn encoder(self, columns: &[AnswerColumn]) -> Result<Box<dyn Encoder>, Error> {
        let columns = columns.to_vec();
        Ok(match self {
            Self::Json => Box::new(object::Document::new(columns)),
            Self::Ndjson => Box::new(ndjson::Lines::new(columns)),
            Self::Csv => Box::new(csv::Csv::new(columns)),
            Self::Arrow => Box::new(arrow::Ipc::new(&columns)?),
            Self::Events => Box::new(events::Events::new(columns)),
        })
    }
}

/// Writes one answer: once its head, any number of batches, once its tail. What it writes is appended.
pub trait Encoder: Send {
    /// What stands before the rows.
    ///
    /// # Errors
    /// As [`Encoder::rows`].
    fn head(&mut self, out: &mut Vec<u8>) -> Result<(), Error>;

    /// Some rows.
    ///
    /// # Errors
    /// When they are not what the columns say: our bug.
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), Error>;

    /// What stands after the rows.
    ///
    /// # Errors
    /// As [`Encoder::rows`].
    fn tail(&mut self, summary: &Summary, out: &mut Vec<u8>) -> Result<(), Error>;
}

/// The rows of a batch in order, in pieces of about `bytes` as they lie in memory, but of `rows` rows at least.
pub fn pieces(batch: &RecordBatch, bytes: usize, rows: usize) -> impl Iterator<Item = RecordBatch> {
    let all = batch.num_rows();
    let parts = (batch.get_array_memory_size() / bytes.max(1)).max(1);
    let step = (all / parts).max(rows).max(1);
    (0..all)
        .step_by(step)
        .map(move |from| batch.slice(from, step.min(all - from)))
}

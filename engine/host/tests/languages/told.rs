//! Owns the text of what a guest says: rows, plans, gaps, errors and what it asked the remote. Refuses to judge it.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType as ArrowType, Int64Type, TimestampNanosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::StreamExt;
use trawl_host::types::ScanRequest;
use trawl_host::{Connection, Error};

use crate::common::{PATIENCE, context};
use crate::remote::Remote;

/// The text so far.
pub struct Told<'r> {
    connection: Connection,
    remote: &'r Remote,
    text: String,
}

impl<'r> Told<'r> {
    pub fn new(connection: Connection, remote: &'r Remote) -> Self {
        Self {
            connection,
            remote,
            text: String::new(),
        }
    }

    pub fn text(self) -> String {
        self.text
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// What came of a call.
    pub fn says(&mut self, title: &str, result: Result<String, Error>) {
        self.line(&format!("\n== {title}"));
        match result {
            Ok(text) => self.line(&text),
            Err(error) => self.error(&error),
        }
    }

    fn error(&mut self, error: &Error) {
        let mut line = format!(
            "error {:?}: {}",
            error.code,
            places_left_out(&error.message).replace(&self.remote.url(), "REMOTE")
        );
        if let Some(hint) = &error.hint {
            line.push_str(&format!(" [{hint}]"));
        }
        if let Some(status) = error.http_status {
            line.push_str(&format!(" status {status}"));
        }
        if let Some(after) = error.retry_after {
            line.push_str(&format!(" retry after {after:?}"));
        }
        self.line(&line);
    }

    /// How a request would be done.
    pub async fn plan(&mut self, title: &str, request: &ScanRequest) {
        let plan = self
            .connection
            .within(context(PATIENCE))
            .plan(request)
            .await;
        let text = plan.map(|plan| {
            let filters: Vec<_> = plan.filters.iter().map(|it| format!("{it:?}")).collect();
            format!(
                "{}\nfilters {}\nlimit {:?}",
                plan.explain.replace("],[", "],\n["),
                filters.join(" "),
                plan.limit
            )
        });
        self.says(title, text);
    }

    /// All rows, how the scan ended, what is missing, and what was asked.
    pub async fn rows(&mut self, title: &str, request: &ScanRequest) {
        self.line(&format!("\n== {title}"));
        self.read(request, |told, batch| told.batch(batch)).await;
    }

    /// The rows of each batch.
    pub async fn count(&mut self, title: &str, request: &ScanRequest) {
        self.line(&format!("\n== {title}"));
        self.read(request, |told, batch| {
            told.line(&format!("{} rows", batch.num_rows()))
        })
        .await;
    }

    async fn read(&mut self, request: &ScanRequest, each: impl Fn(&mut Self, &RecordBatch)) {
        let context = context(PATIENCE);
        let plan = match self.connection.within(context.clone()).plan(request).await {
            Ok(plan) => plan,
            Err(error) => return self.error(&error),
        };
        let connection = self.connection.clone();
        let mut stream = connection.scan(request, &plan, 0, context.clone());
        while let Some(batch) = stream.next().await {
            match batch {
                Ok(batch) => each(self, &batch),
                Err(error) => self.error(&error),
            }
        }
        for gap in context.stats.gaps() {
            let of = gap
                .cluster
                .map(|cluster| format!(" of {cluster}"))
                .unwrap_or_default();
            self.line(&format!("gap {:?}{of}: {}", gap.kind, gap.message));
        }
        for line in context.stats.log_lines() {
            self.line(&format!("log {:?}: {}", line.level, line.message));
        }
        for asked in self.remote.asked() {
            self.line(&format!("asked {asked}"));
        }
    }

    fn batch(&mut self, batch: &RecordBatch) {
        let options = FormatOptions::default().with_null("–");
        // Times as their nanoseconds: arrow knows no zones by name here.
        let arrays: Vec<ArrayRef> = batch
            .columns()
            .iter()
            .map(|column| match column.data_type() {
                ArrowType::Timestamp(..) => {
                    let times = column.as_primitive::<TimestampNanosecondType>();
                    Arc::new(times.reinterpret_cast::<Int64Type>())
                }
                _ => Arc::clone(column),
            })
            .collect();
        let columns: Vec<_> = arrays
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options).expect("a formatter"))
            .collect();
        let names: Vec<_> = batch
            .schema()
            .fields()
            .iter()
            .map(|it| it.name().clone())
            .collect();
        self.line(&names.join(" | "));
        for row in 0..batch.num_rows() {
            let cells: Vec<_> = columns
                .iter()
                .map(|it| it.value(row).to_string().replace('\n', "\\n"))
                .collect();
            self.line(&cells.join(" | "));
        }
    }
}

/// A defect's message without the words of the language: `the plugin failed: …`; those of a JSON parser likewise.
fn places_left_out(message: &str) -> String {
    for words in ["the plugin failed: ", "got something else: "] {
        if let Some((before, _)) = message.split_once(words) {
            return format!("{before}{words}…");
        }
    }
    message.to_owned()
}

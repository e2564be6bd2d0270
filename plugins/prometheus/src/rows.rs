//! Owns the way from samples to rows; refuses the decoding of answers.

use std::cell::RefCell;

use serde_json::{Value, json};
use trawl_sdk::columns::{BatchBuilder, ColumnBuilder, Scalar};
use trawl_sdk::types::{Column, Flow, PathStep, ProgressReport};
use trawl_sdk::{Error, Output, json as documents};

use crate::answer::{Histogram, Labels, Sample, Samples};
use crate::clusters::{self, Clusters};
use crate::evaluate::Sink;
use crate::time::{NAME_LABEL, Window, ns_of_ms};

/// Where an output column's values come from.
#[derive(Debug, Clone, PartialEq)]
enum Origin {
    Timestamp,
    Value,
    Histogram(Vec<PathStep>),
    Labels(Vec<PathStep>),
    /// One label.
    Label(String),
    Cluster,
    /// A path that no row has a value at.
    Nothing,
}

fn origin(column: &Column) -> Result<Origin, Error> {
    Ok(match (column.name.as_str(), column.path.as_slice()) {
        ("timestamp", []) => Origin::Timestamp,
        ("value", []) => Origin::Value,
        ("histogram", path) => Origin::Histogram(path.to_vec()),
        ("metric", []) => Origin::Label(NAME_LABEL.to_owned()),
        ("labels", [PathStep::Key(key)]) => Origin::Label(key.clone()),
        ("labels", path) => Origin::Labels(path.to_vec()),
        (clusters::COLUMN, []) => Origin::Cluster,
        ("timestamp" | "value" | "metric" | clusters::COLUMN, _) => Origin::Nothing,
        (other, _) => {
            return Err(Error::invalid_query(format!(
                "expected one of timestamp, value, histogram, metric, labels, got column `{other}`"
            )));
        }
    })
}

/// Refuses a projection that a [`Writer`] could not fill.
pub(crate) fn check(projection: &[Column]) -> Result<(), Error> {
    BatchBuilder::new(projection)?;
    projection
        .iter()
        .try_for_each(|column| origin(column).map(drop))
}

/// Whose rows they are.
pub(crate) enum Whose<'c> {
    /// The connection's one cluster: the host says which.
    Connection,
    /// Everything that is evaluated now is this cluster's.
    One(&'c str),
    /// A label says it.
    Label(&'c Clusters),
}

/// Fills batches with samples and pushes them.
pub(crate) struct Writer<'o> {
    origins: Vec<Origin>,
    batch: BatchBuilder,
    output: &'o dyn Output,
    /// Samples outside of it are left out.
    window: Window,
    /// Rows still wanted; none: all.
    left: Option<u64>,
    whose: Whose<'o>,
    labels: Labels,
    rows: u64,
    stopped: bool,
}

impl<'o> Writer<'o> {
    /// Rows of `projection` within a window, at most `limit` of them.
    pub(crate) fn new(
        projection: &[Column],
        window: Window,
        limit: Option<u64>,
        output: &'o dyn Output,
    ) -> Result<Self, Error> {
        Ok(Self {
            origins: projection.iter().map(origin).collect::<Result<_, _>>()?,
            batch: BatchBuilder::new(projection)?,
            output,
            window,
            left: limit,
            whose: Whose::Connection,
            labels: Labels::new(),
            rows: 0,
            stopped: limit == Some(0),
        })
    }

    /// From here on, rows are of these clusters.
    pub(crate) fn of(&mut self, whose: Whose<'o>) {
        self.whose = whose;
    }

    fn append(&mut self, ms: i64, sample: &Sample) -> Result<(), Error> {
        let labels = &self.labels;
        // Two columns may ask for parts of the same histogram.
        let document: RefCell<Option<String>> = RefCell::default();
        for (column, origin) in self.batch.columns_mut().iter_mut().zip(&self.origins) {
            match origin {
                Origin::Timestamp => column.append(Scalar::TimestampNs(ns_of_ms(ms)))?,
                Origin::Value => match sample {
                    Sample::Float(value) => column.append(Scalar::Float(*value))?,
                    Sample::Histogram(_) => column.append_null()?,
                },
                Origin::Histogram(path) => match sample {
                    Sample::Float(_) => column.append_null()?,
                    Sample::Histogram(histogram) => {
                        let mut document = document.borrow_mut();
                        let text = document
                            .get_or_insert_with(|| histogram_document(histogram).to_string());
                        documents::append_path(column, text, path)?;
                    }
                },
                Origin::Label(key) => append_text(column, labels.get(key).map(String::as_str))?,
                Origin::Labels(path) if path.is_empty() && column.is_map() => {
                    column.append_map(labels.iter().map(|(k, v)| (k.as_str(), Scalar::Str(v))))?;
                }
                Origin::Labels(path) => {
                    let text = serde_json::to_string(labels)
                        .map_err(|e| Error::internal(format!("labels became no JSON: {e}")))?;
                    documents::append_path(column, &text, path)?;
                }
                Origin::Cluster => append_text(
                    column,
                    match &self.whose {
                        Whose::Connection => None,
                        Whose::One(name) => Some(name),
                        Whose::Label(clusters) => clusters.name_of(labels),
                    },
                )?,
                Origin::Nothing => column.append_null()?,
            }
        }
        self.batch.end_row()
    }
}

impl Sink for Writer<'_> {
    fn stopped(&self) -> bool {
        self.stopped
    }

    fn satisfied(&self) -> bool {
        self.left == Some(0)
    }

    fn flush(&mut self) -> Result<(), Error> {
        if let Some(rest) = self.batch.finish() {
            self.stopped |= self.output.push(rest)? == Flow::Stop;
        }
        let report = ProgressReport {
            rows_read: self.rows,
            bytes_read: 0,
            done: None,
        };
        self.stopped |= self.output.progress(report) == Flow::Stop;
        Ok(())
    }
}

fn append_text(column: &mut ColumnBuilder, text: Option<&str>) -> Result<(), Error> {
    column.append(text.map_or(Scalar::Null, Scalar::Str))
}

impl Samples for Writer<'_> {
    fn series(&mut self, labels: Labels) {
        self.labels = labels;
    }

    fn sample(&mut self, ms: i64, sample: &Sample) -> Result<Flow, Error> {
        if self.stopped {
            return Ok(Flow::Stop);
        }
        if !self.window.contains(ms) {
            return Ok(Flow::More);
        }
        self.append(ms, sample)?;
        self.rows = self.rows.saturating_add(1);
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
            self.stopped |= *left == 0;
        }
        if self.batch.is_full()
            && let Some(full) = self.batch.finish()
        {
            self.stopped |= self.output.push(full)? == Flow::Stop;
        }
        Ok(if self.stopped { Flow::Stop } else { Flow::More })
    }
}

/// A histogram as the column `histogram` shows it.
fn histogram_document(histogram: &Histogram) -> Value {
    let buckets: Vec<Value> = histogram
        .buckets
        .iter()
        .map(|(bounds, lower, upper, count)| {
            json!({
                "lower": number(lower),
                "upper": number(upper),
                "lower_inclusive": matches!(bounds, 1 | 3),
                "upper_inclusive": matches!(bounds, 0 | 3),
                "count": number(count),
            })
        })
        .collect();
    json!({
        "count": number(&histogram.count),
        "sum": number(&histogram.sum),
        "buckets": buckets,
    })
}

/// A number as JSON has it; what JSON cannot say (NaN, infinities) stays a text, which a real column reads all the same.
fn number(text: &str) -> Value {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => json!(value),
        _ => json!(text),
    }
}

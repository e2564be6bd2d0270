//! Owns the list that pushed rows end in; refuses payloads other than columns.

use std::cell::{Cell, RefCell};

use serde_json::Value;

use super::decode;
use crate::Output;
use crate::types::{Error, Flow, Gap, Payload, ProgressReport, Schema};

/// Collects what a scan pushes and reports.
#[derive(Debug, Default)]
pub struct Collected {
    schema: Option<Schema>,
    stop_after_batches: Option<usize>,
    batches: Cell<usize>,
    rows: RefCell<Vec<Value>>,
    reports: RefCell<Vec<(Gap, String)>>,
}

impl Collected {
    /// Decodes batches by the plan's `schema`.
    pub fn new(schema: Schema) -> Self {
        Self {
            schema: Some(schema),
            ..Self::default()
        }
    }

    /// Answers `stop` from the `batches`-th push on, to reports of progress too.
    #[must_use]
    pub fn stopping_after(mut self, batches: usize) -> Self {
        self.stop_after_batches = Some(batches);
        self
    }

    /// The rows, as JSON objects.
    pub fn rows(&self) -> Vec<Value> {
        self.rows.borrow().clone()
    }

    /// What was reported.
    pub fn reports(&self) -> Vec<(Gap, String)> {
        self.reports.borrow().clone()
    }

    fn flow(&self) -> Flow {
        match self.stop_after_batches {
            Some(limit) if self.batches.get() >= limit => Flow::Stop,
            _ => Flow::More,
        }
    }

    /// How many batches came.
    pub fn batches(&self) -> usize {
        self.batches.get()
    }
}

impl Output for Collected {
    fn push(&self, payload: Payload) -> Result<Flow, Error> {
        let Payload::Columns(batch) = payload else {
            return Err(Error::unsupported("the test's sink takes columns only"));
        };
        let fields = self.schema.as_ref().map_or(&[][..], |s| &s.fields);
        self.rows.borrow_mut().extend(decode::rows(fields, &batch)?);
        self.batches.set(self.batches.get() + 1);
        Ok(self.flow())
    }

    fn report(&self, gap: Gap, _cluster: Option<&str>, message: &str) {
        self.reports.borrow_mut().push((gap, message.to_owned()));
    }

    fn progress(&self, _: ProgressReport) -> Flow {
        self.flow()
    }
}
